"""Seconds against the number of points, for entherm's engines and its peers: a figure's data."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np

import peer_closed_form
import peer_loop
import peer_numpy
import peer_qthermo
import peer_qutip
from machines import solve, two_qubits
from points import Points, paper_map
from scale import Scale
from timing import Row, say

# A curve ends where one call takes longer.
ENOUGH_S = 8.0


def curves() -> dict[str, Callable[[Points], object]]:
    engines = {
        f"entherm, {engine}": partial(lambda engine, p: solve(two_qubits(p), engine), engine)
        for engine in ("numpy", "compiled")
    }
    return engines | {
        "loop by hand, Numba": peer_loop.solve_map,
        "NumPy closed form": peer_closed_form.solve,
        "NumPy, batched 16×16 LU": lambda p: peer_numpy.solve(p.some(p.count)),
        "QuTiP, preassembled, svd": lambda p: peer_qutip.preassembled(p.some(p.count)),
        "qthermo": lambda p: peer_qthermo.solve(p.some(p.count)),
        "QuTiP as in its guide": lambda p: peer_qutip.guide(p.some(p.count)),
    }


def fastest(call: Callable[[], object]) -> float:
    """The best of a few: small calls are disturbed most."""
    seconds: list[float] = []
    while len(seconds) < 5 and sum(seconds) < 3.0:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def points(scale: Scale) -> Row:
    """The paper's map from 1 × 1 up, by half decades of points."""
    row = Row(
        "points", "seconds of the paper's map against its number of points, from the machine on"
    )
    sides = np.unique(np.rint(10.0 ** np.arange(0.0, scale.growth / 2 + 0.01, 0.25)).astype(int))
    for name, call in curves().items():
        call(paper_map(int(sides[-1]) if "numba" in name.lower() or "compiled" in name else 2))
        found: list[tuple[int, float]] = []
        for side in map(int, sides):
            seconds = fastest(partial(call, paper_map(side)))
            found.append((side * side, float(f"{seconds:.4g}")))
            if seconds > ENOUGH_S:
                break
        row.extra[name] = found
        say(f"points: {name} up to {found[-1][0]:,} points, {found[-1][1]:.3g} s")
    return row
