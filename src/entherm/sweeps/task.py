"""What a sweep does with one chunk: the same on every machine, whoever asks.

A task is everything that the numbers depend on, and travels whole to the processes that work on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from entherm.checks import identifier
from entherm.clusters import fixed_over
from entherm.equations import Equation
from entherm.errors import EnthermError, ParameterError
from entherm.failures import Reason
from entherm.kernels import Engine
from entherm.machine import Machine
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.point_stage import UNROLLED_LEVELS
from entherm.steady_state import SteadyState, steady_state
from entherm.sweeps.axes import Grid
from entherm.sweeps.chunks import CHUNK_POINTS, Chunks
from entherm.sweeps.columns import REASON, Column

OnInvalid = Literal["raise", "nan"]
# A sweep of so many points pays for compiling: a second, against ten nanoseconds a point.
COMPILED_POINTS = 2 * CHUNK_POINTS


@dataclass(frozen=True, eq=False)
class Block:
    """What was computed of a chunk.

    Attributes
    ----------
    values : dict of str to ndarray
        Of every column, of the chunk's shape; read-only, perhaps broadcast.
    reasons : dict of str to ndarray of int8
        `Reason` codes, by the name of their variable.
    """

    values: dict[str, Array]
    reasons: dict[str, NDArray[np.int8]]

    @property
    def invalid(self) -> dict[str, dict[str, int]]:
        """How many points are invalid for which reason, by variable; empty if none is."""
        found: dict[str, dict[str, int]] = {}
        for name, codes in self.reasons.items():
            if np.any(codes):
                counts = np.bincount(codes.ravel(), minlength=len(Reason))
                found[name] = {r.name.lower(): int(counts[r]) for r in Reason if r and counts[r]}
        return found


@dataclass(frozen=True, eq=False)
class Task:
    """A sweep, ready to be worked on.

    Attributes
    ----------
    base : Machine
        One point.
    grid : Grid
    columns : tuple of Column
    equation : Equation
    on_invalid : {"raise", "nan"}
    initial : ndarray or None
        Ket or density matrix to start from where the steady state is not unique.
    engine : {"numpy", "compiled", "jax"} or None
    chunks : Chunks
    """

    base: Machine
    grid: Grid
    columns: tuple[Column, ...]
    equation: Equation
    on_invalid: OnInvalid
    initial: NDArray[Any] | None
    engine: Engine | None
    chunks: Chunks

    @cached_property
    def _variants(self) -> Mapping[str, tuple[Machine, Equation]]:
        """The whole machine, on its own axes, and without what some columns leave out."""
        whole = self.grid.machine(self.base)
        names = dict.fromkeys(c.without for c in self.columns if not isinstance(c.of, tuple))
        machines = {name: whole.without(name) if name else whole for name in names}
        # Clusters that are one for a sweep are decided by all of it, before it is cut.
        return {name: (m, fixed_over(m, self.equation)) for name, m in machines.items()}

    @property
    def reasons(self) -> dict[str, str]:
        """The variables that say why points are invalid, and the reservoir that each leaves out."""
        without = dict.fromkeys(c.without for c in self.columns if not isinstance(c.of, tuple))
        return {_reason(name): name for name in without}

    @cached_property
    def _engine(self) -> Engine | None:
        """One for the whole sweep, so that a number does not depend on the chunk it falls into."""
        if self.engine is not None:
            return self.engine
        large = self.grid.points >= COMPILED_POINTS
        return "compiled" if large and self._levels <= UNROLLED_LEVELS else None

    @property
    def _levels(self) -> int:
        return int(np.prod(self.base.dimensions))

    def compute(self, chunk: int) -> Block:
        """Return all columns of one chunk.

        Raises
        ------
        EnthermError
            For the first point without a steady state, unless these are marked; says where it is.
        ParameterError
            For a function of the user's that does not return a number for every point.
        """
        index = self.chunks[chunk]
        shape = tuple(s.stop - s.start for s in index)
        values: dict[str, Array] = {}
        reasons: dict[str, NDArray[np.int8]] = {}
        for name, (machine, equation) in self._variants.items():
            state = self._solved(machine.block(_own(index, machine)), equation)
            codes = np.broadcast_to(state.reason, shape)
            if self.on_invalid == "raise" and np.any(codes):
                self._refuse(machine, equation, index, codes)
            reasons[_reason(name)] = codes
            own = [c for c in self.columns if c.without == name]
            values |= _read(own, state, codes)
        for column in self.columns:
            if isinstance(column.of, tuple):
                first, second = column.of
                values[column.name] = values[first] - values[second]
        return Block({c.name: values[c.name] for c in self.columns}, reasons)

    def _solved(self, machine: Machine, equation: Equation) -> SteadyState:
        return steady_state(
            machine, equation, on_invalid="nan", initial=self.initial, engine=self._engine
        )

    def _refuse(
        self,
        machine: Machine,
        equation: Equation,
        index: tuple[slice, ...],
        codes: NDArray[np.int8],
    ) -> None:
        """Raise what is wrong with the first invalid point of a chunk, and say where it is."""
        inner = np.unravel_index(int(np.flatnonzero(codes)[0]), codes.shape)
        place = tuple(s.start + int(k) for s, k in zip(index, inner, strict=True))
        code = Reason(int(codes[inner]))
        where = f"at {self.grid.told(place)}"
        remedy = "leave such points out of the axes, or mark them: on_invalid='nan'"
        point = machine.block(_own(tuple(slice(k, k + 1) for k in place), machine))
        try:
            alone = point.standing(lambda _, value: value.reshape(()))
            steady_state(alone, equation, initial=self.initial)
        except EnthermError as error:
            raise error.retold(f"{error} This is {where}: {remedy}.") from None
        reason = code.name.lower().replace("_", " ")
        raise EnthermError(f"No steady state {where} ({reason}): {remedy}.")


def _reason(without: str) -> str:
    return identifier(f"{REASON}_without_{without}") if without else REASON


def _own(index: tuple[slice, ...], machine: Machine) -> tuple[slice, ...]:
    """The slices that a machine has axes for: without a reservoir there may be fewer."""
    own = index[len(index) - len(machine.shape) :]
    return tuple(slice(0, 1) if n == 1 else s for n, s in zip(machine.shape, own, strict=True))


def _read(columns: list[Column], state: SteadyState, codes: NDArray[np.int8]) -> dict[str, Array]:
    """Columns of one state, in their units; observables in one pass."""
    observables = [c.of for c in columns if isinstance(c.of, Observable)]
    fused = iter(state.observe(*observables))
    found: dict[str, Array] = {}
    for column in columns:
        if isinstance(column.of, tuple):
            continue
        raw = next(fused) if isinstance(column.of, Observable) else _called(column, state)
        values = _numbers(raw, codes.shape, column)
        if not isinstance(column.of, Observable) and np.any(codes):
            values = np.where(codes == Reason.VALID, values, np.nan)
        size = 1.0 if column.scale is None else column.scale.size
        found[column.name] = values if size == 1.0 else np.asarray(values / size)
    return found


def _called(column: Column, state: SteadyState) -> Array:
    """What a function of the user's returns; an error of its own says whose it is."""
    assert callable(column.of)
    try:
        return column.of(state)
    except Exception as error:
        error.add_note(f"Raised by the observable {column.name!r} of a sweep.")
        raise


def _numbers(raw: object, shape: tuple[int, ...], column: Column) -> Array:
    """A real number for every point, or what is wrong with what a function returned."""
    rule = f"return a real number for every point, shape {shape} or one that broadcasts to it"
    remedy = "reduce other axes in the function, and take .real of what is real"
    try:
        found = np.asarray(raw)
        if found.dtype.kind not in "iufb":
            raise ParameterError(column.name, rule, f"{found.dtype}", remedy)
        return np.broadcast_to(found.astype(np.float64, copy=False), shape)
    except ParameterError:
        raise
    except ValueError as error:
        raise ParameterError(column.name, rule, str(error), remedy) from None
