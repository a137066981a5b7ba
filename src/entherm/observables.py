"""What can be asked of a steady state: each observable says how a point is turned into a number.

An observable is a frozen description. `prepare` checks it against a machine and hoists what does
not depend on the point; the function that it returns runs inside the point stage, on arrays or on
recorded scalars, so several observables share one pass. `finish` is what remains to be done with
the finished arrays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from entherm.bohr import Levels
from entherm.checks import require_name
from entherm.composition import DEPHASING, WORK
from entherm.elimination import sum_of
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine import Machine
from entherm.many.sector_state import SectorState
from entherm.parameters import Array, as_array, matters, stands_in
from entherm.recording import Reader
from entherm.reservoirs import Reservoir


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

    def quanta(self, source: str) -> Any:
        """Quanta per time out of a reservoir."""


Evaluate = Callable[[Point], Sequence[Any]]


class Observable(ABC):
    """Something a steady state can be asked for; see `SteadyState.observe`."""

    @abstractmethod
    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check against `machine`, hoist, and return what runs at each point."""

    def outputs(self, machine: Machine) -> int:
        """How many numbers it needs of each point."""
        del machine
        return 1

    def of_state(self, machine: Machine, state: SectorState) -> Sequence[Any]:
        """Return these numbers of a state that is kept by sectors."""
        return self.prepare(machine, state.levels)(state)

    def finish(self, values: Sequence[Array]) -> Array:
        """Return what is left to do with the finished arrays, one for each output."""
        return values[0]

    @property
    @abstractmethod
    def label(self) -> str:
        """Short name, for axes and columns."""


@dataclass(frozen=True, eq=False)
class LinearForm:
    """A real number that is linear in populations and coherences.

    Attributes
    ----------
    diagonal : dict of int to ndarray
        Coefficient of each population.
    real, imaginary : dict of (int, int) to ndarray
        Coefficients of Re ρ_ab and of Im ρ_ab, a < b.
    """

    diagonal: dict[int, Array]
    real: dict[tuple[int, int], Array]
    imaginary: dict[tuple[int, int], Array]

    def __call__(self, point: Point) -> Any:
        """Return the number; None where it vanishes identically."""
        terms = [_scaled(point, c, point.population(i)) for i, c in self.diagonal.items()]
        for forms, part in ((self.real, 0), (self.imaginary, 1)):
            for (a, b), coefficient in forms.items():
                coherence = point.coherence(a, b)
                if coherence is not None:
                    terms.append(_scaled(point, coefficient, coherence[part]))
        return sum_of(terms) if terms else None


def _scaled(point: Point, coefficient: Array, value: Any) -> Any:
    # A coefficient that is exactly one everywhere is structure, not a number.
    exact = not stands_in(coefficient) and coefficient.ndim == 0 and coefficient == 1.0
    return value if exact else point.read(coefficient) * value


def matrix_element(
    levels: Levels,
    sites: tuple[int, ...],
    bra: tuple[int, ...],
    ket: tuple[int, ...],
) -> tuple[LinearForm, LinearForm]:
    """Return real and imaginary part of ⟨bra|ρ|ket⟩ on `sites`, the rest being traced out.

    Eq. (15) of [Man], with the coherences that it leaves out.

    Examples
    --------
    >>> from entherm.bohr import diagonalise
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> form, _ = matrix_element(diagonalise(m), (0, 1), (1, 0), (0, 1))
    >>> {i: round(float(c), 12) for i, c in form.diagonal.items()}
    {1: 0.5, 2: -0.5}
    """
    place = {state: b for b, state in enumerate(levels.states)}
    pairs = [
        (b, place[with_values(state, sites, ket)])
        for b, state in enumerate(levels.states)
        if tuple(state[s] for s in sites) == bra
    ]
    u = levels.vectors

    def weight(a: int, b: int) -> Any:
        terms = [u[p, a] * np.conj(u[q, b]) for p, q in pairs if (p, a) in u and (q, b) in u]
        return as_array(sum(terms)) if terms else as_array(0.0)

    diagonal = {i: weight(i, i) for i in range(len(levels))}
    both = {(a, b): (weight(a, b), weight(b, a)) for a, b in levels.coherences}
    real = LinearForm(
        _mattering({i: c.real for i, c in diagonal.items()}),
        _mattering({t: (c + d).real for t, (c, d) in both.items()}),
        _mattering({t: (d - c).imag for t, (c, d) in both.items()}),
    )
    imaginary = LinearForm(
        _mattering({i: c.imag for i, c in diagonal.items()}),
        _mattering({t: (c + d).imag for t, (c, d) in both.items()}),
        _mattering({t: (c - d).real for t, (c, d) in both.items()}),
    )
    return real, imaginary


def _mattering(coefficients: dict[Any, Any]) -> dict[Any, Any]:
    return {k: as_array(c) for k, c in coefficients.items() if matters(c)}


def with_values(
    state: tuple[int, ...], sites: tuple[int, ...], values: tuple[int, ...]
) -> tuple[int, ...]:
    """Return a bare state with some subsystems put into other levels.

    Examples
    --------
    >>> with_values((1, 0), (1,), (1,))
    (1, 1)
    """
    changed = list(state)
    for site, value in zip(sites, values, strict=True):
        changed[site] = value
    return tuple(changed)


@dataclass(frozen=True)
class Heat(Observable):
    """Heat current out of a reservoir, or out of the dephasing, Eq. (18)."""

    source: str

    def __post_init__(self) -> None:
        require_name(self.source, "source")

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check the name."""
        del levels
        available = (*heat_sources(machine), WORK)
        if self.source not in available:
            raise UnknownNameError("heat", self.source, available)
        return lambda point: [point.heat(self.source)]

    @property
    def label(self) -> str:
        """e.g. ``heat RC``."""
        return f"heat {self.source}"


@dataclass(frozen=True)
class Quanta(Observable):
    """Current of quanta out of a reservoir: those that it gives less those that it takes."""

    source: str

    def __post_init__(self) -> None:
        require_name(self.source, "source")

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Check the name."""
        del levels
        available = [bath.name for bath in machine.reservoirs if isinstance(bath, Reservoir)]
        if self.source not in available:
            raise UnknownNameError("quanta", self.source, available)
        return lambda point: [point.quanta(self.source)]

    @property
    def label(self) -> str:
        """e.g. ``quanta RC``."""
        return f"quanta {self.source}"


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
        return lambda point: [point.population(self.level)]

    @property
    def label(self) -> str:
        """e.g. ``population 4`` for the level labelled 3, which is λ₄."""
        return f"population {self.level + 1}"


@dataclass(frozen=True)
class Populations(Observable):
    """Populations of all levels, by static label, shape (..., n)."""

    count: int

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Nothing to hoist."""
        del machine, levels
        return lambda point: [point.population(k) for k in range(self.count)]

    def outputs(self, machine: Machine) -> int:
        """One a level."""
        del machine
        return self.count

    def of_state(self, machine: Machine, state: SectorState) -> Sequence[Any]:
        """All at once."""
        del machine
        return list(state.populations)

    def finish(self, values: Sequence[Array]) -> Array:
        """Stack them."""
        return np.stack(values, -1)

    @property
    def label(self) -> str:
        """``populations``."""
        return "populations"


@dataclass(frozen=True)
class CoherencePart(Observable):
    """Real (part 0) or imaginary (part 1) part of ⟨a|ρ|b⟩ between two levels."""

    a: int
    b: int
    part: int

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Nothing to hoist."""
        del machine, levels

        def evaluate(point: Point) -> list[Any]:
            coherence = point.coherence(self.a, self.b)
            return [0.0 if coherence is None else coherence[self.part]]

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


def heat(source: str) -> Observable:
    """Observable: heat current out of a reservoir (Eq. (18) of [Man]) or the dephasing.

    Examples
    --------
    >>> heat("RC").label
    'heat RC'
    """
    return Heat(source)


def quanta(source: str) -> Observable:
    """Observable: current of quanta (particles, of fermions) out of a thermal reservoir.

    Examples
    --------
    >>> quanta("RC").label
    'quanta RC'
    """
    return Quanta(source)
