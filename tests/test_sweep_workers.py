"""Sweeps over several processes: the same bits, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import xarray as xr

import entherm as et
from entherm.errors import MissingLibraryError
from entherm.sweeps import workers

distributed = pytest.importorskip("distributed")
cloudpickle = pytest.importorskip("cloudpickle")
if TYPE_CHECKING:
    from distributed import Client

RA, RB, RC = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))
MACHINE = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
AXES = {(RA, RB): np.linspace(0.5, 12.0, 12), RC: np.linspace(0.3, 9.0, 10)}
ASKED = ["heat RC", et.with_and_without("RC")]
POINTS = 12  # ten chunks
ENDED = 20.0  # seconds in which processes are gone


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two worker processes, of which each chunk may end two."""
    import dask

    allowed = {"distributed.scheduler.allowed-failures": 1}
    with (
        dask.config.set(allowed),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def alone() -> xr.Dataset:
    return et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS)


def assert_same(one: xr.Dataset, other: xr.Dataset) -> None:
    assert [*one.variables] == [*other.variables]
    for name in one.variables:
        assert one[name].values.tobytes() == other[name].values.tobytes(), name


def gone(processes: list[psutil.Process]) -> bool:
    _, left = psutil.wait_procs(processes, timeout=ENDED)
    return not left


def children() -> set[psutil.Process]:
    return {*psutil.Process().children(recursive=True)}


# --- the same bits --------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_bits(client: Client, alone: xr.Dataset, tmp_path: Path) -> None:
    """In memory, in a store, and reduced; observables that are lambdas and closures travel."""
    assert_same(alone, et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS, client=client))
    out = tmp_path / "run.zarr"
    stored = et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS, client=client, out=out).load()
    for name in alone:
        assert stored[name].values.tobytes() == alone[name].values.tobytes(), name
    kept = [
        et.Maximum("concurrence"),
        et.Mean("heat_RC", over=RC),
        et.Contour("heat_RC", along=RC),
        et.Histogram("concurrence", edges=np.linspace(0.0, 0.2, 21)),
    ]
    options = {"chunk_points": POINTS, "reduce": kept}
    assert_same(
        et.sweep(MACHINE, AXES, ASKED, **options),
        et.sweep(MACHINE, AXES, ASKED, client=client, **options),
    )
    factor = 3.0
    own = {"scaled": lambda state: factor * state.heat_currents["RC"], "one": lambda state: 1.0}
    assert_same(
        et.sweep(MACHINE, AXES, own, chunk_points=POINTS),
        et.sweep(MACHINE, AXES, own, chunk_points=POINTS, client=client),
    )


def test_one_worker_gives_the_same_bits_and_ends(alone: xr.Dataset) -> None:
    before = children()
    moments: list[et.Progress] = []
    found = et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS, workers=1, progress=moments.append)
    assert_same(alone, found)
    done = [moment.done for moment in moments]
    assert done[0] == 0
    assert done[-1] == 120
    assert np.all(np.diff(done) > 0)
    assert gone([*children() - before])


def test_general_equations_give_the_same_bits(client: Client) -> None:
    """Three qubits, solved by linear algebra: the same cut gives the same bits anywhere."""
    machine = et.zoo.machine("huang_2009")
    axes = {RA: [0.5, 0.8, 1.1, 1.3], RC: [0.3, 0.6, 0.9]}
    options = {"equation": et.Redfield(), "chunk_points": 3}
    assert_same(
        et.sweep(machine, axes, ["heat RA", "population 1"], **options),
        et.sweep(machine, axes, ["heat RA", "population 1"], client=client, **options),
    )


# --- workers that end -----------------------------------------------------------------------------


def test_a_worker_killed_in_flight(client: Client, alone: xr.Dataset) -> None:
    """SIGKILL after the third chunk, while others are out: what it had is done by others."""
    killed: list[int] = []

    def slow(state: et.SteadyState) -> float:
        time.sleep(0.05)
        return 0.0

    def kill(moment: et.Progress) -> None:
        if not killed and moment.now >= 3 * POINTS:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    found = et.sweep(
        MACHINE, AXES, [*ASKED, slow], chunk_points=POINTS, client=client, progress=kill
    )
    assert killed
    assert not psutil.pid_exists(killed[0]) or killed[0] not in client.run(os.getpid).values()
    assert_same(alone, found.drop_vars("slow"))


def test_a_chunk_that_ends_every_worker(client: Client) -> None:
    def deadly(state: et.SteadyState) -> float:
        os._exit(3)

    with pytest.raises(et.EnthermError, match=r"Chunk 0 ended 2 workers .*chunk_points"):
        et.sweep(MACHINE, {RC: [1.0, 2.0]}, deadly, client=client)
    client.wait_for_workers(2)


def test_a_scheduler_that_is_lost(tmp_path: Path) -> None:
    """What is finished is kept, and the same call goes on elsewhere."""
    file = str(tmp_path / "scheduler.json")
    dask = [sys.executable, "-m", "dask"]
    roles = (
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        ["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "1"],
    )
    started = [
        subprocess.Popen([*dask, *role, "--scheduler-file", file], stderr=subprocess.DEVNULL)
        for role in roles
    ]

    def lose(moment: et.Progress) -> None:
        if moment.now:
            started[0].kill()
            time.sleep(0.5)

    options = {"chunk_points": POINTS, "out": tmp_path / "run.zarr"}
    try:
        with (
            distributed.Client(scheduler_file=file, set_as_default=False) as own,
            pytest.raises(et.EnthermError, match=r"scheduler was lost.*with out=, what is"),
        ):
            et.sweep(MACHINE, AXES, ASKED, client=own, progress=lose, **options)
    finally:
        for process in started:
            process.kill()
            process.wait()
    moments: list[et.Progress] = []
    et.sweep(MACHINE, AXES, ASKED, progress=moments.append, **options)
    assert moments[0].before > 0


def test_an_error_arrives_as_it_was_raised(client: Client) -> None:
    """With its type, what it carries, and whose function it was."""

    def broken(state: et.SteadyState) -> float:
        raise FloatingPointError("mine")

    with pytest.raises(FloatingPointError, match="mine") as error:
        et.sweep(MACHINE, AXES, broken, chunk_points=POINTS, client=client)
    assert error.value.__notes__ == ["Raised by the observable 'broken' of a sweep."]
    strong = {"exchange.A-B.strength": [5.0, 25.0]}
    with pytest.raises(et.InvalidMachineError, match=r"strength = 25: leave such") as refused:
        et.sweep(MACHINE, strong, ASKED, client=client)
    assert refused.value.path == "exchange.A-B.strength"
    with pytest.raises(et.ParameterError, match="must return a real number") as wrong:
        et.sweep(MACHINE, AXES, {"f": lambda state: "x"}, client=client)
    assert wrong.value.path == "f"


def test_an_interrupted_sweep_leaves_a_cluster_idle(client: Client, alone: xr.Dataset) -> None:
    """Chunks that are out are called back, and the cluster works on for others."""

    def slow(state: et.SteadyState) -> float:
        time.sleep(0.2)
        return 0.0

    def stop(moment: et.Progress) -> None:
        if moment.now:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        et.sweep(MACHINE, AXES, slow, chunk_points=1, client=client, progress=stop)
    end = time.monotonic() + ENDED
    while any(client.processing().values()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(client.processing().values())
    assert_same(alone, et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS, client=client))


def test_no_process_is_left_behind() -> None:
    """After an error here, while workers are busy; after SIGINT: below."""
    before = children()
    seen: set[psutil.Process] = set()

    def stop(moment: et.Progress) -> None:
        if moment.now:
            seen.update(children() - before)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        et.sweep(MACHINE, AXES, ASKED, chunk_points=POINTS, workers=2, progress=stop)
    assert len(seen) >= 2
    assert gone([*seen])
    assert children() <= before


# --- scripts --------------------------------------------------------------------------------------

SCRIPT = """
import sys
import numpy as np
import entherm as et
from neighbour import doubled

print("begun", flush=True)
machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
axes = {"reservoirs.RC.temperature": np.linspace(0.5, 9.0, 40)}
def own(state):
    return 2.0 * state.heat_currents["RC"]
asked = {"own": own, "doubled": doubled, "also": lambda state: doubled(state)}
one = et.sweep(machine, axes, asked, chunk_points=4)
two = et.sweep(machine, axes, asked, chunk_points=4, workers=2)
print(all(one[k].values.tobytes() == two[k].values.tobytes() for k in one), flush=True)
"""
NEIGHBOUR = """
def doubled(state):
    return 2.0 * state.heat_currents["RC"]
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """No `if __name__`; functions of a module beside the script, run from elsewhere."""
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR)
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd="/",
    )
    assert done.stdout.split() == ["begun", "True"], done.stderr
    assert done.stderr == ""


WAITING = """
import time
import entherm as et

def slow(state):
    time.sleep(0.3)
    return 0.0

def told(moment):
    if moment.now:
        print("going", flush=True)

machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
axes = {"reservoirs.RC.temperature": et.Span(1.0, 9.0, 500)}
et.sweep(machine, axes, slow, chunk_points=1, workers=2, progress=told)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_workers_end_with_their_script(number: signal.Signals, tmp_path: Path) -> None:
    """Interrupted, and killed without a chance to tidy up."""
    (tmp_path / "script.py").write_text(WAITING)
    with subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert gone(family)


# --- what is said ---------------------------------------------------------------------------------


def test_workers_of_another_version() -> None:
    payload = cloudpickle.dumps(("0.0.1", [], b"not even read"))
    with pytest.raises(et.EnthermError, match=r"the sweep is of 0\.0\.1: install one version"):
        workers._work(payload, 0)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'entherm\[dask\]'"):
        et.sweep(MACHINE, {RC: [1.0]}, "concurrence", workers=2)
    with (
        pytest.raises(MissingLibraryError, match=r"pip install 'entherm\[dask\]'"),
        workers.connected("tcp://x"),
    ):
        pass
    assert et.sweep(MACHINE, {RC: [1.0]}, "concurrence").concurrence.shape == (1,)


def test_nobody_answers() -> None:
    import dask

    before = dask.config.get("scheduler", None)
    with (
        pytest.raises(et.EnthermError, match="No Dask scheduler answers at 127"),
        workers.connected("127.0.0.1:abc"),
    ):
        pass
    # Dask's arrays, such as those of a store, are read here as before.
    assert dask.config.get("scheduler", None) == before


def test_progress_counts_what_is_done() -> None:
    moment = et.Progress(points=100, before=20, now=30, seconds=2.0)
    assert (moment.done, moment.rate) == (50, 15.0)
    assert moment.remaining == pytest.approx(50 / 15.0)
    assert et.Progress(10, 10, 0, 0.0).remaining == 0.0
