"""Points a second on the paper's map: C and Q_C over T × T_C, against the machine's own limit.

All figures are taken in one run, alternating, because machines are shared and noisy: the median of
`--repeat` rounds is shown with the range. Run as ``python benchmarks/paper_map.py``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import entherm as et


def machine(size: int) -> et.Machine:
    """Fig. 2 of the paper over `size` × `size` temperatures."""
    axis = np.linspace(0.05, 20.0, size)
    return et.two_qubit_machine(
        20.0, 20.0, 10.0, T_A=axis[:, None], T_B=axis[:, None], T_C=axis[None, :]
    )


def solve(m: et.Machine, engine: str | None) -> None:
    """From the machine on: plan, rates, elimination, two observables."""
    et.steady_state(m, engine=engine).observe(et.concurrence("A", "B"), et.heat("RC"))


def write_fresh_pages(size: int) -> None:
    """Allocate and fill two float64 outputs: no map can be faster."""
    for _ in range(2):
        np.empty((size, size)).fill(1.0)


def measure(rounds: int, jobs: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    """Seconds of each job in each round, the jobs taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=3000, help="points along each axis")
    parser.add_argument("--repeat", type=int, default=7, help="rounds")
    options = parser.parse_args()
    m = machine(options.size)
    start = time.perf_counter()
    solve(m, "compiled")
    print(
        f"first compiled call: {time.perf_counter() - start:.2f} s (Numba import and compilation)"
    )
    seconds = measure(
        options.repeat,
        {
            "write two outputs": lambda: write_fresh_pages(options.size),
            "compiled (chosen)": lambda: solve(m, None),
            "numpy": lambda: solve(m, "numpy"),
        },
    )
    limit = statistics.median(seconds["write two outputs"])
    print(f"{'':>18}  {'Mpts/s':>8}  {'range':>15}  {'of the write limit':>18}")
    for name, runs in seconds.items():
        median = statistics.median(runs)
        low, high = (options.size**2 / 1e6 / s for s in (max(runs), min(runs)))
        print(
            f"{name:>18}  {options.size**2 / 1e6 / median:8.1f}  {low:6.1f} –{high:7.1f}"
            f"  {limit / median:18.2f}"
        )


if __name__ == "__main__":
    main()
