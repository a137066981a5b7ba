"""Rows B5 and B1 on a GPU: what goes through JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import entherm as et
from machines import CONCURRENCE, HEAT, solve, two_qubits
from points import Points, paper_map, scattered
from scale import Scale
from timing import Job, Row, agree, take_turns

# Where each of the ten parameters of the two-qubit machine is found.
PATHS = {
    "epsilon_A": "qubits.A",
    "epsilon_B": "qubits.B",
    "Omega": "exchange.A-B.strength",
    "T_A": "reservoirs.RA.temperature",
    "T_B": "reservoirs.RB.temperature",
    "T_C": "reservoirs.RC.temperature",
    "Gamma_A": "reservoirs.RA.couplings.A.rate",
    "Gamma_B": "reservoirs.RB.couplings.B.rate",
    "Gamma_CA": "reservoirs.RC.couplings.A.rate",
    "Gamma_CB": "reservoirs.RC.couplings.B.rate",
}
# Of a difference quotient, step 1e-5 of the parameter: its own error, over the largest derivative.
STEP, TOLERANCE = 1e-5, 1e-6


def unavailable() -> str:
    """Why there is no row; empty where there is one."""
    try:
        import jax  # noqa: F401
    except ImportError:
        return "jax is not installed: pip install 'entherm[jax]'"
    return "" if hasattr(et, "observe") else "this entherm has no `et.observe`"


def quotients(points: Points) -> dict[str, np.ndarray]:
    """Derivatives of C by central differences of entherm's NumPy numbers."""
    found = {}
    for name, path in PATHS.items():
        value = np.asarray(vars(points)[name])
        step = STEP * abs(value)
        low, high = (
            solve(two_qubits(Points(**vars(points) | {name: value + sign * step})))[0]
            for sign in (-1.0, 1.0)
        )
        found[path] = (high - low) / (2.0 * step)
    return found


def compare(row: Row, gradient: Any, points: Points) -> None:
    """Away from C = 0, where C has a kink, and from large differences."""
    C = solve(two_qubits(points))[0]
    entangled = points.take(np.flatnonzero(C > 1e-3))
    exact = quotients(entangled)
    values = {path: np.asarray(vars(entangled)[name]) for name, path in PATHS.items()}
    found = gradient(values)
    largest = max(float(abs(d).max()) for d in exact.values())
    error = max(float(abs(np.asarray(found[path]) - d).max()) for path, d in exact.items())
    agree(row, "difference quotients", entangled.count, error / largest, TOLERANCE)


def b5(scale: Scale) -> Row:
    row = Row("B5", f"gradient of C by all ten parameters, batch of {scale.gradients:,}")
    row.skipped = unavailable()
    if row.skipped:
        return row
    import jax

    base = two_qubits(Points(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))

    def C(values: dict[str, Any]) -> Any:
        return et.observe(base.replace(values), CONCURRENCE)[0]

    def total(values: dict[str, Any]) -> Any:
        return C(values).sum()

    points = scattered(scale.gradients)
    with jax.enable_x64(True):
        cost, gradient = jax.jit(C), jax.jit(jax.grad(total))
        compare(row, gradient, points.some(min(points.count, 2000)))
        values = {path: jax.numpy.asarray(vars(points)[name]) for name, path in PATHS.items()}
        jobs = [
            Job("entherm", points.count, lambda: jax.block_until_ready(cost(values))),
            Job("gradient of C", points.count, lambda: jax.block_until_ready(gradient(values))),
        ]
        for job in jobs:
            row.notes.append(f"{job.name}, first call: {job.timed():.1f} s (compilation)")
        timings = take_turns(row, jobs, scale.rounds)
    ratio = timings["gradient of C"].median / timings["entherm"].median
    row.demand("cost of the gradient over that of C", "at most", 4.0, ratio)
    return row


def b1_gpu(scale: Scale) -> Row:
    """The paper's map on JAX's GPU, against writing its two outputs there."""
    row = Row("B1 GPU", f"paper map, {scale.map} × {scale.map}, C and Q_C, on a GPU through JAX")
    row.skipped = unavailable()
    if row.skipped:
        return row
    import jax

    if jax.default_backend() == "cpu":
        row.skipped = "JAX sees no GPU"
        return row
    points = paper_map(scale.map)
    base = two_qubits(Points(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    paths = [PATHS[name] for name in ("T_A", "T_B", "T_C")]
    with jax.enable_x64(True):
        T, T_C = jax.numpy.asarray(points.T_A), jax.numpy.asarray(points.T_C)

        @jax.jit
        def on_gpu(T: Any, T_C: Any) -> Any:
            machine = base.replace(dict(zip(paths, (T, T, T_C), strict=True)))
            return et.observe(machine, CONCURRENCE, HEAT)

        write = jax.jit(partial(_two_outputs, points.shape))
        C, Q = (np.asarray(x) for x in on_gpu(T, T_C))
        exact = solve(two_qubits(points))
        errors = [
            float(abs(f - e).max() / abs(e).max()) for f, e in zip((C, Q), exact, strict=True)
        ]
        agree(row, "entherm on the CPU", points.count, max(errors), 1e-11)
        jobs = [
            Job("entherm", points.count, lambda: jax.block_until_ready(on_gpu(T, T_C))),
            Job("write two outputs, GPU", points.count, lambda: jax.block_until_ready(write(T))),
        ]
        for job in jobs:
            job.timed()
        timings = take_turns(row, jobs, scale.rounds)
    row.notes.append(str(jax.devices()[0].device_kind))
    row.extra["of the write limit"] = timings[jobs[0].name].rate / timings[jobs[1].name].rate
    return row


def _two_outputs(shape: tuple[int, ...], T: Any) -> Any:
    return T + 0.0 * T.T, T.T + 0.0 * T
