"""What a plan gives when it is read: each piece by its own way, written in order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.kernels import Engine, run, run_directly
from entherm.many.sector_plan import SectorPlan
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.plan import Piece, Plan, make_plan
from entherm.point_stage import UNROLLED_LEVELS
from entherm.prepared import PreparedPiece, batches
from entherm.recording import Reader
from entherm.scalars import NotRecordableError

# Rates of a block of points, all pairs of levels: 2²² float64 are 32 MiB.
DENSE_ELEMENTS = 1 << 22


def read_plan(
    plan: Plan,
    shape: tuple[int, ...],
    equation: Equation,
    observables: Sequence[Observable],
    outputs: int,
    engine: Engine | None,
) -> list[Array]:
    """Compute what observables need of every point; NaN where there is no steady state.

    Parameters
    ----------
    plan : Plan
    shape : tuple of int
        Of the points that it covers.
    equation : Equation
        What the plan was made by.
    observables : sequence of Observable
    outputs : int
        How many numbers they need together.
    engine : {"numpy", "compiled"}, optional

    Examples
    --------
    >>> from entherm import Global, heat, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> [q] = read_plan(make_plan(m, Global()), (), Global(), [heat("RC")], 1, None)
    >>> abs(float(q)) < 1e-12
    True
    """
    results: list[Array] = []
    if not plan.pieces or plan.pieces[0].points is not None:
        results = [np.full(shape, np.nan) for _ in range(outputs)]
    for piece in plan.pieces:
        values = _read_piece(piece, equation, observables, outputs, engine)
        if piece.points is None:
            results = values
        else:
            for result, value in zip(results, values, strict=True):
                result.reshape(-1)[piece.points] = value.reshape(-1)
    for failure in plan.failures:
        for result in results:
            result.reshape(-1)[failure.points] = np.nan
    return results


def _read_piece(
    piece: Piece,
    equation: Equation,
    observables: Sequence[Observable],
    outputs: int,
    engine: Engine | None,
) -> list[Array]:
    if isinstance(piece, PreparedPiece):
        try:
            results, odd = piece.observe(observables, outputs)
        except NotRecordableError:
            results = [np.empty(piece.covered.shape) for _ in range(outputs)]
            odd = np.arange(prod(piece.covered.shape))
        for some in batches(odd):
            part = piece.covered.take(some)
            plan = make_plan(part, equation)
            values = read_plan(plan, part.shape, equation, observables, outputs, "numpy")
            for result, value in zip(results, values, strict=True):
                result.reshape(-1)[some] = value
        return results
    if isinstance(piece.plan, SectorPlan):
        return piece.plan.observed(observables)
    prepared = [o.prepare(piece.machine, piece.levels) for o in observables]

    def stage(read: Reader) -> list[object]:
        point = piece.plan.point(read)
        return [value for evaluate in prepared for value in evaluate(point)]

    shape = piece.machine.shape
    if not piece.plan.recordable:
        if engine == "compiled":
            rule, remedy = f"be 'numpy' above {UNROLLED_LEVELS} levels", "leave engine out"
            raise ParameterError("engine", rule, "'compiled'", remedy)
        points = max(1, DENSE_ELEMENTS // len(piece.levels) ** 2)
        return run_directly(stage, shape, outputs, points)
    return run(stage, shape, outputs, engine)
