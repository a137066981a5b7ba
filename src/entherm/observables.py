"""What can be asked of a steady state: each observable says how a point is turned into a number.

An observable is a frozen description. `prepare` checks it against a machine and hoists what does
not depend on the point; the function that it returns runs inside the point stage, on arrays or on
recorded scalars, so several observables share one pass. `finish` is what remains to be done with
the finished arrays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from entherm.bohr import Levels
from entherm.elimination import sum_of
from entherm.entanglement import (
    entanglement_of_formation,
    x_state_concurrence,
    x_state_negativity,
)
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.recording import Reader

DEPHASING = "dephasing"


class Point(Protocol):
    """One solved point, or a block of points: what the observables may ask."""

    @property
    def read(self) -> Reader:
        """How arrays of the plan are read at this point."""

    def population(self, level: int) -> Any:
        """Population of a level."""

    def coherence(self, a: int, b: int) -> tuple[Any, Any] | None:
        """Real and imaginary part of ⟨a|ρ|b⟩, a < b; None where it vanishes identically."""

    def heat(self, source: str) -> Any:
        """Heat current out of a reservoir or the dephasing."""


Evaluate = Callable[[Point], Any]


class Observable(ABC):
    """Something a steady state can be asked for; see `SteadyState.observe`."""

    @abstractmethod
    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check against `machine`, hoist, and return what runs at each point."""

    def finish(self, value: Array) -> Array:
        """Return what is left to do with the finished array."""
        return value

    @property
    @abstractmethod
    def label(self) -> str:
        """Short name, for axes and columns."""


@dataclass(frozen=True, eq=False)
class MatrixElement:
    """⟨bra|ρ|ket⟩ of a few subsystems as a linear form over levels; the rest is traced out.

    Attributes
    ----------
    diagonal : dict of int to ndarray
        Coefficient of each population.
    real, imaginary : dict of (int, int) to ndarray
        Coefficients of Re ρ_ab in the real part and of Im ρ_ab in the imaginary part.
    """

    diagonal: dict[int, Array]
    real: dict[tuple[int, int], Array]
    imaginary: dict[tuple[int, int], Array]

    def __call__(self, point: Point) -> tuple[Any, Any]:
        """Return real and imaginary part; the latter None where it vanishes identically."""
        terms = [_scaled(point, c, point.population(i)) for i, c in self.diagonal.items()]
        others: list[Any] = []
        for forms, part, found in ((self.real, 0, terms), (self.imaginary, 1, others)):
            for (a, b), coefficient in forms.items():
                coherence = point.coherence(a, b)
                if coherence is not None:
                    found.append(_scaled(point, coefficient, coherence[part]))
        return sum_of(terms), (sum_of(others) if others else None)


def _scaled(point: Point, coefficient: Array, value: Any) -> Any:
    # A coefficient that is exactly one everywhere is structure, not a number.
    exact = coefficient.ndim == 0 and coefficient == 1.0
    return value if exact else point.read(coefficient) * value


def matrix_element(
    machine: Machine,
    levels: Levels,
    sites: tuple[int, ...],
    bra: tuple[int, ...],
    ket: tuple[int, ...],
) -> MatrixElement:
    """Return ⟨bra|ρ|ket⟩ on `sites` (Eq. (15) of [Man], with the coherences that it leaves out).

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> form = matrix_element(m, diagonalise(m), (0, 1), (1, 0), (0, 1))
    >>> {i: round(float(c), 12) for i, c in form.diagonal.items()}
    {1: 0.5, 2: -0.5}
    """
    pairs = [
        (b, levels.states.index(_with(state, sites, ket)))
        for b, state in enumerate(levels.states)
        if tuple(state[s] for s in sites) == bra
    ]

    def form(a: int, b: int, sign: float) -> Array | None:
        u = levels.vectors
        terms = [u[p, a] * u[q, b] for p, q in pairs if (p, a) in u and (q, b) in u]
        if a != b:
            terms += [sign * u[p, b] * u[q, a] for p, q in pairs if (p, b) in u and (q, a) in u]
        total = np.asarray(sum(terms)) if terms else np.asarray(0.0)
        return total if np.any(total != 0.0) else None

    diagonal = {i: c for i in range(len(levels)) if (c := form(i, i, 1.0)) is not None}
    real = {p: c for p in levels.coherences if (c := form(*p, 1.0)) is not None}
    imaginary = {p: c for p in levels.coherences if (c := form(*p, -1.0)) is not None}
    return MatrixElement(diagonal, real, imaginary)


def _with(
    state: tuple[int, ...], sites: tuple[int, ...], values: tuple[int, ...]
) -> tuple[int, ...]:
    changed = list(state)
    for site, value in zip(sites, values, strict=True):
        changed[site] = value
    return tuple(changed)


@dataclass(frozen=True)
class PairMeasure(Observable):
    """A measure of two qubits whose reduced state has the form of Eq. (16)."""

    first: str
    second: str

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Hoist the three matrix elements that an X state needs."""
        if self.first == self.second:
            raise ParameterError(
                "pair", "name two qubits", f"'{self.first}' twice", "name another one"
            )
        sites = (machine.site(self.first), machine.site(self.second))
        both, none, cross = (
            matrix_element(machine, levels, sites, bra, ket)
            for bra, ket in (((1, 1), (1, 1)), ((0, 0), (0, 0)), ((1, 0), (0, 1)))
        )
        return lambda point: self.measure(both(point)[0], none(point)[0], *cross(point))

    @staticmethod
    @abstractmethod
    def measure(p11: Any, p00: Any, re: Any, im: Any) -> Any:
        """Return the measure from η₁₁, η₄₄, Re η₂₃, Im η₂₃."""

    @property
    def label(self) -> str:
        """e.g. ``concurrence A-B``."""
        return f"{type(self).__name__.lower()} {self.first}-{self.second}"


class Concurrence(PairMeasure):
    """Concurrence of a pair, Eq. (17)."""

    measure = staticmethod(x_state_concurrence)


class Negativity(PairMeasure):
    """Negativity of a pair."""

    measure = staticmethod(x_state_negativity)


class EntanglementOfFormation(Concurrence):
    """Entanglement of formation of a pair, in ebits."""

    def finish(self, value: Array) -> Array:
        """Apply Wootters' function to the concurrence."""
        return entanglement_of_formation(value)

    @property
    def label(self) -> str:
        """e.g. ``entanglement of formation A-B``."""
        return f"entanglement of formation {self.first}-{self.second}"


@dataclass(frozen=True)
class Heat(Observable):
    """Heat current out of a reservoir, or out of the dephasing, Eq. (18)."""

    source: str

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check the name."""
        del levels
        available = heat_sources(machine)
        if self.source not in available:
            raise UnknownNameError("heat", self.source, available)
        return lambda point: point.heat(self.source)

    @property
    def label(self) -> str:
        """e.g. ``heat RC``."""
        return f"heat {self.source}"


@dataclass(frozen=True)
class Population(Observable):
    """Population of a level, by its static label (0 is λ₁)."""

    level: int

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check the level."""
        del machine
        if not 0 <= self.level < len(levels):
            raise ParameterError(
                "level", f"lie in 0..{len(levels) - 1}", self.level, "count from the top, λ₁ is 0"
            )
        return lambda point: point.population(self.level)

    @property
    def label(self) -> str:
        """e.g. ``population 4`` for the level labelled 3, which is λ₄."""
        return f"population {self.level + 1}"


@dataclass(frozen=True)
class CoherencePart(Observable):
    """Real (part 0) or imaginary (part 1) part of ⟨a|ρ|b⟩ between two levels."""

    a: int
    b: int
    part: int

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Nothing to hoist."""
        del machine, levels

        def evaluate(point: Point) -> Any:
            coherence = point.coherence(self.a, self.b)
            return 0.0 if coherence is None else coherence[self.part]

        return evaluate

    @property
    def label(self) -> str:
        """e.g. ``Re λ23``."""
        return f"{'Im' if self.part else 'Re'} λ{self.a + 1}{self.b + 1}"


def heat_sources(machine: Machine) -> tuple[str, ...]:
    """Names under which heat is counted: the reservoirs, and the dephasing.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> heat_sources(two_qubit_machine(1, 1, 0.5))
    ('RA', 'RB', 'RC', 'dephasing')
    """
    return (*(bath.name for bath in machine.reservoirs), DEPHASING)


def concurrence(first: str, second: str) -> Observable:
    """Observable: concurrence of two qubits (Eq. (17) of [Man]).

    Examples
    --------
    >>> concurrence("A", "B").label
    'concurrence A-B'
    """
    return Concurrence(first, second)


def negativity(first: str, second: str) -> Observable:
    """Observable: negativity of two qubits.

    Examples
    --------
    >>> negativity("A", "B").label
    'negativity A-B'
    """
    return Negativity(first, second)


def formation(first: str, second: str) -> Observable:
    """Observable: entanglement of formation of two qubits, in ebits.

    Examples
    --------
    >>> formation("A", "B").label
    'entanglement of formation A-B'
    """
    return EntanglementOfFormation(first, second)


def heat(source: str) -> Observable:
    """Observable: heat current out of a reservoir (Eq. (18) of [Man]) or the dephasing.

    Examples
    --------
    >>> heat("RC").label
    'heat RC'
    """
    return Heat(source)
