"""What is measured in a process of its own, because memory and caches belong to a process.

`measured` starts ``python benchmarks/children.py NAME ARGUMENT…`` and returns what that printed:
one JSON object, with the largest resident memory of the process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread

import numpy as np

HERE = Path(__file__).resolve()
Found = dict[str, object]
# Repeated until this many rounds or seconds are reached, the first call aside.
ROUNDS, ENOUGH_S = 5, 20.0


class ChildError(RuntimeError):
    """A measurement ended without a result; the message is its last line."""


def measured(name: str, *arguments: object, limit_s: float, **environment: str) -> Found:
    """Run one of the functions below in a fresh process."""
    command = [sys.executable, str(HERE), name, *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"not done after {limit_s:.0f} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise ChildError(lines[-1])
    return json.loads(done.stdout.splitlines()[-1])


def repeated(call: Callable[[], object]) -> Found:
    """Seconds of the first call, which may compile, and of some more."""
    seconds: list[float] = []
    while len(seconds) < ROUNDS + 1 and (len(seconds) < 2 or sum(seconds[1:]) < ENOUGH_S):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if seconds[0] > ENOUGH_S:
            break
    return {"first": seconds[0], "seconds": seconds[1:] or seconds}


def chain(count: str, equation: str, folder: str) -> Found:
    """State and all currents of a chain, from the machine on; the state goes into `folder`."""
    import entherm as et
    from machines import spin_machine
    from spins import chain as spins_of

    number = int(count)
    rule = getattr(et, equation)()
    found: dict[str, object] = {}

    def solve(machine: et.Machine) -> None:
        state = et.steady_state(machine, rule)
        found["populations"] = state.populations
        found["currents"] = {k: float(q) for k, q in state.heat_currents.items()}
        found["state"] = state

    solve(spin_machine(spins_of(3)))  # imports
    times = repeated(lambda: solve(spin_machine(spins_of(number))))
    peak = peak_MB()
    if folder != "-":
        np.save(Path(folder) / "state.npy", found["state"].density_matrix)
    return times | {"currents": found["currents"], "peak_MB": peak}


def compiled_map(size: str) -> Found:
    """A large map, and how many functions Numba compiled for it instead of reading them."""
    from numba.core import event

    from machines import solve, two_qubits
    from points import paper_map

    with event.install_recorder("numba:compile") as recorder:
        start = time.perf_counter()
        solve(two_qubits(paper_map(int(size))), "compiled")
        seconds = time.perf_counter() - start
    starts = [e for _, e in recorder.buffer if e.is_start]
    return {"seconds": seconds, "compilations": len(starts)}


def reduced_map(size: str) -> Found:
    """The largest C of a size × size map, and T_C where ΔC = 0 at each T; no map is kept."""
    import entherm as et
    from machines import CONCURRENCE, two_qubits
    from points import Points

    count = int(size)
    T, T_C = np.linspace(0.05, 20.0, count), np.linspace(0.05, 20.0, count)
    rows = max(1, 4_000_000 // count)
    best, contour = (-1.0, 0.0, 0.0), np.full(count, np.nan)
    start = time.perf_counter()
    for low in range(0, count, rows):
        here = T[low : low + rows, None]
        machine = two_qubits(Points(20.0, 20.0, 10.0, here, here, T_C[None, :]))
        (C,) = et.steady_state(machine).observe(CONCURRENCE)
        (C_AB,) = et.steady_state(machine.without("RC")).observe(CONCURRENCE)
        k, j = np.unravel_index(C.argmax(), C.shape)
        best = max(best, (float(C[k, j]), float(here[k, 0]), float(T_C[j])))
        contour[low : low + rows] = _crossings(T_C, C, np.broadcast_to(C_AB, (len(here), 1)))
    return {
        "seconds": time.perf_counter() - start,
        "best": best,
        "T": T[:: max(1, count // 50)].tolist(),
        "contour": contour[:: max(1, count // 50)].tolist(),
    }


def _crossings(x: np.ndarray, rows: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Where each row last falls below its level > 0, interpolated; NaN where it does not."""
    above = rows > level
    last = above.shape[1] - 1 - above[:, ::-1].argmax(1)
    each = np.arange(len(rows))
    found = above.any(1) & (last < above.shape[1] - 1) & (level[:, 0] > 0.0)
    after = np.minimum(last + 1, above.shape[1] - 1)
    first, second = rows[each, last] - level[:, 0], rows[each, after] - level[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x[last] + (x[after] - x[last]) * first / (first - second)
    return np.where(found, crossing, np.nan)


def swept(count: str, workers: str) -> Found:
    """A sweep over three axes, reduced; steady seconds leave out what starts and compiles."""
    import entherm as et
    from machines import CONCURRENCE, HEAT, two_qubits
    from points import Points

    machine = two_qubits(Points(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    number = int(count)
    own = ("reservoirs.RA.temperature", "reservoirs.RB.temperature")
    axes = {
        own: np.linspace(0.1, 20.0, number),
        "reservoirs.RC.temperature": np.linspace(0.1, 14.0, number),
        "exchange.A-B.strength": np.linspace(0.5, 19.0, number),
    }
    reductions = [
        et.Maximum("concurrence"),
        et.Minimum("heat_RC"),
        et.Fraction("concurrence", above=0.0),
        et.Histogram("concurrence", edges=np.linspace(0.0, 1.0, 101)),
        et.Contour("concurrence", along="exchange.A-B.strength"),
    ]
    moments: list[tuple[float, int]] = []

    def told(moment: et.Progress) -> None:
        moments.append((time.perf_counter(), moment.now))

    start = time.perf_counter()
    with memory_of_all() as peak:
        found = et.sweep(
            machine,
            axes,
            [CONCURRENCE, HEAT],
            reduce=reductions,
            workers=int(workers) or None,
            progress=told,
        )
    seconds = time.perf_counter() - start
    # From a tenth of the sweep on every process has started and compiled.
    (early, before), (late, after) = moments[len(moments) // 10], moments[-1]
    return {
        "points": number**3,
        "seconds": seconds,
        "rate": (after - before) / (late - early),
        "peak_of_all_MB": peak[0],
        "largest": float(found.concurrence_maximum),
        "share": float(found.concurrence_fraction),
    }


@contextmanager
def memory_of_all() -> Iterator[list[float]]:
    """Largest resident memory of this process and its children, each at its worst, added; MB.

    Seldom looked at: a look goes through all processes of the machine, and takes a core from them.
    """
    import psutil

    peak, over, worst = [0.0], Event(), dict[int, float]()
    here = psutil.Process()

    def look() -> None:
        for process in (here, *here.children(recursive=True)):
            with suppress(psutil.Error, OSError, ValueError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                (line,) = (x for x in status.splitlines() if x.startswith("VmHWM:"))
                worst[process.pid] = float(line.split()[1]) / 1e3
        peak[0] = sum(worst.values())

    def watch() -> None:
        while not over.wait(1.0):
            look()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()
        look()


def peak_MB() -> float:
    """Largest resident memory of this process so far.

    Linux tells ru_maxrss of a new process as that of the process which started it, so there it is
    read from /proc.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return float(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


KINDS = {f.__name__: f for f in (chain, compiled_map, reduced_map, swept)}


def main() -> None:
    name, *arguments = sys.argv[1:]
    found = partial(KINDS[name], *arguments)()
    print(json.dumps({"peak_MB": peak_MB()} | found))


if __name__ == "__main__":
    main()
