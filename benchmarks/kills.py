"""Kill a sweep again and again, and see that its store is what it would have been.

``python benchmarks/kills.py`` sends SIGKILL to a process that sweeps into a store, at a random
moment after it began: while the store is made, between chunks, in the middle of a file, or when it
is being finished. The same call then goes on. A store that is finished is compared, file by file,
with one that nobody disturbed, and another one is begun, until 100 kills have hit.

A function among the observables appends a line to a file for every chunk that it is called for:
what was computed twice is counted there, not believed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

import entherm as et

COLD = "reservoirs.RC.temperature"
STRENGTH = "exchange.A-B.strength"
# Seconds of work of a chunk beside what it takes to compute and write it.
WORK = 0.01
# Files that tell how a store came about, not what is in it.
HISTORY = {"ledger.jsonl", "sweep.lock"}
SEED = 20260711


def marking(marks: str) -> Callable[[Any], Any]:
    """Return an observable, the square of the concurrence, that marks the chunk it is read of."""

    def marked(state: Any) -> Any:
        corner = [float(state.machine.parameters[path].flat[0]) for path in (COLD, STRENGTH)]
        with Path(marks).open("a", encoding="utf-8") as stream:
            stream.write(f"{corner}\n")
        time.sleep(WORK)
        return state.concurrence("A", "B") ** 2

    return marked


def swept(folder: str, marks: str, workers: int | None, ready: Connection | None = None) -> None:
    """Sweep into a store; a third of its points have no steady state."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
    axes = {COLD: np.linspace(0.5, 6.0, 16), STRENGTH: np.linspace(1.0, 30.0, 16)}
    observables = {
        "marked": marking(marks),
        "concurrence": et.with_and_without("RC"),
        "heat": et.heat("RC"),
    }
    if ready is not None:
        ready.send("ready")
    et.sweep(
        machine, axes, observables, on_invalid="nan", out=folder, chunk_points=16, workers=workers
    )


@dataclass
class Tally:
    """What was seen.

    Attributes
    ----------
    kills : int
        Processes that were killed before they had ended.
    stores : int
        That were finished.
    chunks : int
        Of all these stores, each once.
    recomputed : int
        Chunks that were computed again.
    most : int
        Of these, how many one kill cost at most.
    unlike : list of str
        Files that differ from those of an undisturbed store.
    seconds : float
    """

    kills: int = 0
    stores: int = 0
    chunks: int = 0
    recomputed: int = 0
    most: int = 0
    unlike: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        equal = "no: " + ", ".join(self.unlike[:3]) if self.unlike else "yes"
        return (
            f"| {self.kills} | {self.stores} | {self.chunks} | {self.recomputed} | {self.most} "
            f"| bit for bit equal: {equal} | {self.seconds:.0f} |"
        )


HEAD = """\
| kills | stores | chunks | recomputed chunks | at most for one kill | finished stores | seconds |
| ---: | ---: | ---: | ---: | ---: | :--- | ---: |"""


def run(kills: int, folder: Path, workers: int | None = None, seed: int = SEED) -> Tally:
    """Kill a sweep so many times, and let every store that is begun be finished."""
    tally, begun, moments = Tally(), time.monotonic(), random.Random(seed)
    expected, chunks, seconds = _undisturbed(folder)
    store, marks = folder / "run.zarr", folder / "marks"
    while tally.kills < kills:
        ended = False
        while not ended:
            before = _lines(marks)
            # So that a store is killed a few times; what is left of one is killed at its end, too.
            patience = moments.uniform(0.0, 0.5 * seconds) if tally.kills < kills else None
            ended, _ = _ended(store, marks, workers, patience)
            tally.kills += not ended
            again = [mark for mark in _lines(marks)[len(before) :] if mark in before]
            tally.most = max(tally.most, len(again))
        found = contents(store)
        names = sorted({*found, *expected})
        tally.unlike += [name for name in names if found.get(name) != expected.get(name)]
        tally.stores += 1
        tally.chunks += chunks
        tally.recomputed += len(_lines(marks)) - chunks
        shutil.rmtree(store)
        marks.unlink()
    tally.seconds = time.monotonic() - begun
    return tally


def _undisturbed(folder: Path) -> tuple[dict[str, bytes], int, float]:
    """What a store should hold, whoever works on it; its chunks, and how long they take."""
    store, marks = folder / "undisturbed.zarr", folder / "undisturbed_marks"
    _, seconds = _ended(store, marks, None, None)
    return contents(store), len(_lines(marks)), seconds


def _ended(
    store: Path, marks: Path, workers: int | None, patience: float | None
) -> tuple[bool, float]:
    """Sweep in a process of its own, and kill it when patience ends.

    Tells whether it ended before, and after how many seconds it was at its last chunk.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "entherm", "xarray", "zarr"])
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=swept, args=(str(store), str(marks), workers, there))
    child.start()
    known = len(_lines(marks))
    here.recv()
    # Processes take a while to start: in theirs, nothing can be interrupted.
    while workers is not None and child.is_alive() and len(_lines(marks)) == known:
        time.sleep(0.005)
    begun = time.time()
    child.join(patience)
    if child.exitcode is None:
        child.kill()
        child.join()
    if child.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the sweep ended with {child.exitcode}")
    return child.exitcode == 0, marks.stat().st_mtime - begun if marks.exists() else 0.0


def contents(store: Path) -> dict[str, bytes]:
    """Everything that a store holds: arrays, coordinates, attributes."""
    files = (path for path in store.rglob("*") if path.is_file() and path.name not in HISTORY)
    return {str(path.relative_to(store)): path.read_bytes() for path in files}


def _lines(marks: Path) -> list[str]:
    return marks.read_text(encoding="utf-8").splitlines() if marks.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--workers", type=int, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(given.kills, Path(folder), given.workers)
    print(HEAD)
    print(tally)
    return bool(tally.unlike)


if __name__ == "__main__":
    sys.exit(main())
