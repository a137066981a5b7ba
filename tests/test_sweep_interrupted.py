"""A sweep that is killed goes on, computes what is missing once, and ends as if left alone.

Oracle: the files of a store that nobody disturbed. Chunks are counted by an observable that leaves
a mark for each. Real processes, real signals.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from entherm.sweeps.interrupts import uninterrupted

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
# What Python tells its audit hooks of, where a file is made, moved or removed.
CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")


@pytest.fixture(scope="module")
def kills() -> Iterator[ModuleType]:
    """The benchmark of the same name, which does this a hundred times."""
    sys.path.insert(0, str(BENCHMARKS))
    import kills  # type: ignore[import-not-found]

    yield kills
    sys.path.remove(str(BENCHMARKS))
    del sys.modules["kills"]


def test_ten_kills_at_random_moments(kills: ModuleType, tmp_path: Path) -> None:
    tally = kills.run(10, tmp_path)
    assert tally.kills == 10
    assert tally.stores >= 1
    assert tally.unlike == []
    assert tally.most <= 1
    assert tally.recomputed <= tally.kills


def test_a_kill_of_a_sweep_over_two_workers(kills: ModuleType, tmp_path: Path) -> None:
    tally = kills.run(1, tmp_path, workers=2)
    assert tally.kills == 1
    assert tally.unlike == []
    # Given out to two workers, three each, which may still do them when the sweep is gone.
    assert tally.most <= 6


class Undisturbed(NamedTuple):
    """A store, the steps in which it was made, and its chunks."""

    store: Path
    ledger: int  # the step that gives the ledger its name
    steps: int
    chunks: int


def killed_at(step: int, store: str, marks: str, told: Any) -> None:
    """Sweep, and die just before the file system of the store is changed for that time."""
    import kills

    changes: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES or not str(arguments[0]).startswith(store):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        changes.append(f"{event} {arguments[0]}")
        if len(changes) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    kills.swept(store, marks, None)
    named = [n for n, change in enumerate(changes, 1) if change == f"os.rename {store}/ledger.new"]
    told.send(([*named, 0][0], len(changes)))


def run(kills: ModuleType, step: int, store: Path, marks: Path) -> tuple[int, int] | None:
    """Sweep in a process that is killed at a step, or 0: return the ledger's step, and all."""
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=killed_at, args=(step, str(store), str(marks), there))
    child.start()
    child.join()
    assert child.exitcode == (-signal.SIGKILL if step else 0)
    return here.recv() if child.exitcode == 0 else None


@pytest.mark.parametrize(
    "where",
    ["before the ledger", "with the ledger", "in chunks", "before the end", "at the end"],
)
def test_kills_at_every_kind_of_step(
    where: str, kills: ModuleType, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    like, ledger, steps, chunks = undisturbed
    store, marks = tmp_path / "run.zarr", tmp_path / "marks"
    moments = {
        "before the ledger": random.Random(5).sample(range(1, ledger), 4),
        "with the ledger": [ledger + 1],
        "in chunks": random.Random(5).sample(range(ledger + 9, (ledger + steps) // 2), 2),
        "before the end": [steps - 1],
        "at the end": [steps],
    }
    for step in moments[where]:
        run(kills, step, store, marks)
        assert (store / "ledger.jsonl").exists() == (where != "before the ledger")
    run(kills, 0, store, marks)
    assert kills.contents(store) == kills.contents(like)
    cost = len(marks.read_text().splitlines()) - chunks
    assert 0 <= cost <= (len(moments[where]) if where == "in chunks" else 0)


@pytest.fixture(scope="module")
def undisturbed(kills: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A sweep that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = run(kills, 0, folder / "run.zarr", folder / "marks")
    assert found is not None
    chunks = len((folder / "marks").read_text().splitlines())
    return Undisturbed(folder / "run.zarr", *found, chunks)


def test_an_interrupt_from_the_keyboard(
    kills: ModuleType, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    store, marks = tmp_path / "run.zarr", tmp_path / "marks"
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=kills.swept, args=(str(store), str(marks), None, there))
    child.start()
    here.recv()
    while not marks.exists() or len(marks.read_text().splitlines()) < 5:
        time.sleep(0.01)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGINT)
    child.join()
    assert child.exitcode == 1
    lines = (store / "ledger.jsonl").read_text().splitlines()
    assert len(lines) >= 5
    run(kills, 0, store, marks)
    assert kills.contents(store) == kills.contents(undisturbed.store)
    cost = len(marks.read_text().splitlines()) - undisturbed.chunks
    assert 0 <= cost <= 1


def test_ctrl_c_waits_for_a_write() -> None:
    """What it interrupts comes to its end first; then Ctrl-C does what it did before."""
    before, written = signal.getsignal(signal.SIGINT), []

    def write() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            written.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert written == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is before
