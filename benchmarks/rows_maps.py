"""Rows B1, B2 and B3: maps and scattered points of the two-qubit machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import entherm as et
import peer_closed_form
import peer_jax
import peer_loop
import peer_numpy
import peer_qthermo
import peer_qutip
from machines import solve, two_qubits
from points import Points, circuit_map, paper_map, scattered
from scale import Scale
from timing import Job, Row, agree, take_turns

LOOP = f"loop by hand, Numba, {peer_loop.THREADS} threads"
Solver = Callable[[Points], tuple[np.ndarray, np.ndarray]]

# Closed forms have a handful of roundings. A state from 16×16 has errors of 1e-14 in each element,
# at the coldest points of B3, and so of 1e-7 in √(ρ₁₁ ρ₄₄) where ρ₁₁ should be nothing.
CLOSED, STATE = 1e-11, 1e-7


def compare(row: Row, name: str, solver: Solver, points: Points, tolerance: float) -> None:
    """Hold a peer's C, and Q_C over the largest Q_C, against entherm's."""
    C, Q = solve(two_qubits(points))
    found = solver(points)
    errors = (abs(found[0] - C).max(), abs(found[1] - Q).max() / abs(Q).max())
    agree(row, name, points.count, max(errors), tolerance)


def entherm_job(name: str, points: Points, engine: str | None = None) -> Job:
    """From the machine on; the machine itself is made anew for each round."""

    def call(machine: et.Machine) -> None:
        solve(machine, engine)

    return Job(name, points.count, call, partial(two_qubits, points))


def first_call(row: Row, points: Points) -> None:
    """Warm up, and note what the first call of the process took."""
    job = entherm_job("entherm", points)
    row.notes.append(f"first call of the process: {job.timed():.2f} s (imports, compilation)")


def in_chunks(row: Row, points: Points) -> Solver:
    """The chunked closed form at its best size."""
    size = peer_closed_form.best_chunk(points)
    row.notes.append(f"NumPy closed form, chunked: {size // 1024} k points are the fastest chunk")
    return partial(peer_closed_form.chunked, size=size)


def write_jobs(points: Points) -> list[Job]:
    return [
        Job(
            f"write two outputs, {threads} thread{'s' * (threads > 1)}",
            points.count,
            partial(peer_loop.write_fresh_pages, points.shape, threads),
        )
        for threads in sorted({1, peer_loop.THREADS})
    ]


def b1(scale: Scale) -> Row:
    size = scale.map
    row = Row("B1", f"paper map, T × T_C, {size} × {size}, C and Q_C in one pass")
    whole = paper_map(size)
    first_call(row, whole)
    checked = {
        "QuTiP as in its guide": (peer_qutip.guide, scale.slow, STATE),
        "QuTiP, preassembled, svd": (peer_qutip.preassembled, scale.slow, STATE),
        "qthermo": (peer_qthermo.solve, scale.slow, STATE),
        "NumPy, batched 16×16 LU": (peer_numpy.solve, scale.batch, STATE),
    }
    few = {name: whole.some(count) for name, (_, count, _) in checked.items()}
    for name, (solver, _, tolerance) in checked.items():
        compare(row, name, solver, few[name], tolerance)
    batch = whole.some(scale.batch)
    jax_solver = peer_jax.solver(batch)
    compare(row, "JAX, vmapped 16×16", lambda _: jax_solver(), batch, STATE)
    closed = {
        "NumPy closed form": peer_closed_form.solve,
        "NumPy closed form, chunked": in_chunks(row, whole),
        LOOP: peer_loop.solve_map,
    }
    for name, solver in closed.items():
        compare(row, name, solver, whole, CLOSED)
    timings = take_turns(
        row,
        [
            entherm_job("entherm", whole),
            entherm_job("entherm, numpy", whole, "numpy"),
            *(Job(name, whole.count, partial(f, whole)) for name, f in closed.items()),
            *write_jobs(whole),
            Job("JAX, vmapped 16×16", batch.count, jax_solver),
            *(
                Job(name, few[name].count, partial(f, few[name]))
                for name, (f, _, _) in checked.items()
            ),
        ],
        scale.rounds,
    )
    rate = timings["entherm"].rate
    limit = max(t.rate for name, t in timings.items() if name.startswith("write"))
    fair = timings["QuTiP, preassembled, svd"].rate
    asked = min(200e6, limit / 2)
    row.demand("200 M points/s, or half of the write limit", "at least", asked, rate, "points/s")
    row.demand("× fair QuTiP", "at least", 80_000, rate / fair)
    row.extra["of the write limit"] = rate / limit
    row.extra["of the loop by hand"] = rate / timings[LOOP].rate
    return row


def b2(scale: Scale) -> Row:
    points = scattered(scale.scattered)
    row = Row("B2", f"{points.count:,} scattered points, all ten parameters vary, C and Q_C")
    first_call(row, points)
    peers = {
        "NumPy closed form": peer_closed_form.solve,
        "NumPy closed form, chunked": in_chunks(row, points),
        LOOP: peer_loop.solve_points,
    }
    for name, solver in peers.items():
        compare(row, name, solver, points, CLOSED)
    compare(row, "QuTiP as in its guide", peer_qutip.guide, points.some(scale.slow), STATE)
    compare(row, "qthermo", peer_qthermo.solve, points.some(scale.slow), STATE)
    timings = take_turns(
        row,
        [
            entherm_job("entherm", points),
            entherm_job("entherm, numpy", points, "numpy"),
            *(Job(name, points.count, partial(f, points)) for name, f in peers.items()),
            *write_jobs(points),
        ],
        scale.rounds,
    )
    rate = timings["entherm"].rate
    for name, factor in (("NumPy closed form", 20.0), ("NumPy closed form, chunked", 2.5)):
        row.demand(f"× {name}", "at least", factor, rate / timings[name].rate)
    row.extra["of the loop by hand"] = rate / timings[LOOP].rate
    return row


def b3(scale: Scale) -> Row:
    size = scale.map
    row = Row("B3", f"Fig. 7 map with dephasing and detuning, {size} × {size}, C and Q_C")
    whole = circuit_map(size)
    batch = whole.some(scale.batch)
    first_call(row, whole)
    compare(row, "NumPy, batched 16×16 LU", peer_numpy.solve, batch, STATE)
    compare(row, "NumPy closed form", peer_closed_form.solve, whole, CLOSED)
    compare(row, "QuTiP, preassembled, svd", peer_qutip.preassembled, whole.some(scale.slow), STATE)
    jax_solver = peer_jax.solver(batch)
    compare(row, "JAX, vmapped 16×16", lambda _: jax_solver(), batch, STATE)
    row.notes.append("qthermo is left out: it has no dephasing that is not secular")
    timings = take_turns(
        row,
        [
            entherm_job("entherm", whole),
            entherm_job("entherm, numpy", whole, "numpy"),
            Job("NumPy closed form", whole.count, partial(peer_closed_form.solve, whole)),
            Job("NumPy, batched 16×16 LU", batch.count, partial(peer_numpy.solve, batch)),
            Job("JAX, vmapped 16×16", batch.count, jax_solver),
        ],
        scale.rounds,
    )
    rate = timings["entherm"].rate
    row.demand("points/s", "at least", 50e6, rate, "points/s")
    lu = timings["NumPy, batched 16×16 LU"].rate
    row.demand("× batched NumPy LU", "at least", 1000, rate / lu)
    return row
