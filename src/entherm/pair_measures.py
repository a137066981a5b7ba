"""Measures of two qubits: concurrence, negativity, entanglement of formation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from entherm.bohr import Levels
from entherm.checks import require_name
from entherm.entanglement import (
    concurrence_of,
    entanglement_of_formation,
    negativity_of,
    x_state_concurrence,
    x_state_negativity,
)
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.many.sector_state import SectorState
from entherm.observables import Evaluate, LinearForm, Observable, Point, matrix_element
from entherm.parameters import Array, stands_in
from entherm.reduced_observables import JointObservable, admitted

# |11⟩, |10⟩, |01⟩, |00⟩ of a pair, and the elements above its diagonal.
_PAIR_STATES = ((1, 1), (1, 0), (0, 1), (0, 0))
_ABOVE = tuple((r, c) for r in range(4) for c in range(r + 1, 4))
_INNER, _OUTER = (1, 2), (0, 3)


@dataclass(frozen=True)
class PairObservable(JointObservable):
    """A function of the reduced state of two qubits.

    Where symmetry gives that state the form of Eq. (16), or that and ⟨11|ρ|00⟩, it is plain
    arithmetic inside the point stage; else the whole 4 × 4 matrix comes out of it.
    """

    first: str
    second: str

    def __post_init__(self) -> None:
        require_name(self.first, "first")
        require_name(self.second, "second")

    @property
    def names(self) -> tuple[str, str]:
        """The two qubits."""
        return self.first, self.second

    def require(self, machine: Machine) -> None:
        """Refuse one qubit twice, and what is no qubit."""
        if self.first == self.second:
            raise ParameterError(
                "pair", "name two qubits", f"'{self.first}' twice", "name another one"
            )
        for name in self.names:
            dimension = machine.dimensions[machine.site(name)]
            if dimension != 2:
                rule, got = "name two qubits", f"'{name}' with {dimension} levels"
                raise ParameterError("pair", rule, got, "this measure is defined for qubits")

    @abstractmethod
    def of_x_state(
        self,
        populations: Sequence[Callable[[], Any]],
        inner: tuple[Any, Any],
        outer: tuple[Any, Any] | None,
    ) -> Any:
        """Return it of an X state.

        Parameters
        ----------
        populations : sequence of four callables
            Of |11⟩, |10⟩, |01⟩, |00⟩, each computed when it is asked for.
        inner, outer : (value, value)
            Real and imaginary part of η₂₃ and of η₁₄; None instead of what vanishes by symmetry.
        """

    def by_x_form(self, machine: Machine) -> bool:
        """Whether it is computed by the formula of X states."""
        return self._coherences(machine) <= {_INNER, _OUTER}

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Hoist the matrix elements that are needed."""
        if not self.by_x_form(machine):
            return super().prepare(machine, levels)
        sites = self.sites(machine)

        def form(row: int, column: int) -> tuple[LinearForm, LinearForm]:
            return matrix_element(levels, sites, _PAIR_STATES[row], _PAIR_STATES[column])

        diagonal = [form(k, k)[0] for k in range(4)]
        forms = {pair: form(*pair) for pair in self._coherences(machine)}

        def evaluate(point: Point) -> list[Any]:
            p = [partial(_number, own, point) for own in diagonal]
            inner, outer = (
                None
                if pair not in forms
                else (_number(forms[pair][0], point), forms[pair][1](point))
                for pair in (_INNER, _OUTER)
            )
            return [self.of_x_state(p, inner or (0.0, None), outer)]

        return evaluate

    def of_state(self, machine: Machine, state: SectorState) -> Sequence[Any]:
        """Read it off the reduced state of the pair."""
        if not self.by_x_form(machine):
            return super().of_state(machine, state)
        rho = state.reduced(self.sites(machine))
        p = [partial(float, value) for value in rho.diagonal().real]
        inner, outer = ((rho[pair].real, rho[pair].imag) for pair in (_INNER, _OUTER))
        present = _OUTER in self._coherences(machine)
        return [self.of_x_state(p, inner, outer if present else None)]

    def outputs(self, machine: Machine) -> int:
        """One, or the sixteen numbers of a density matrix."""
        return 1 if self.by_x_form(machine) else super().outputs(machine)

    def finish(self, values: Sequence[Array]) -> Array:
        """Return it, of the density matrix if that came out of the point stage."""
        return values[0] if len(values) == 1 else super().finish(values)

    def _coherences(self, machine: Machine) -> set[tuple[int, int]]:
        """Elements above the diagonal that symmetry admits."""
        sites = self.sites(machine)
        states = _PAIR_STATES
        return {(r, c) for r, c in _ABOVE if admitted(machine, sites, states[r], states[c])}

    @property
    def label(self) -> str:
        """e.g. ``concurrence A-B``."""
        return f"{type(self).__name__.lower()} {self.first}-{self.second}"


class PairMeasure(PairObservable):
    """The larger of one measure of η₂₃ beside η₁₁, η₄₄ and of η₁₄ beside η₂₂, η₃₃.

    Of an X state at most one of the two is above zero.
    """

    def of_x_state(
        self,
        populations: Sequence[Callable[[], Any]],
        inner: tuple[Any, Any],
        outer: tuple[Any, Any] | None,
    ) -> Any:
        """Return the larger of the two."""
        p = populations
        found = self.measure(p[0](), p[3](), *inner)
        return found if outer is None else np.maximum(found, self.measure(p[1](), p[2](), *outer))

    def of_matrix(self, rho: Array) -> Array:
        """Return the measure of density matrices (..., 4, 4)."""
        return self.measure_of(rho)

    @staticmethod
    @abstractmethod
    def measure(p11: Any, p00: Any, re: Any, im: Any) -> Any:
        """Return the measure from η₁₁, η₄₄, Re η₂₃, Im η₂₃."""

    @staticmethod
    @abstractmethod
    def measure_of(rho: Array) -> Array:
        """Return the measure of density matrices (..., 4, 4)."""


def _number(form: LinearForm, point: Point) -> Any:
    return 0.0 if (value := form(point)) is None else value


class Concurrence(PairMeasure):
    """Concurrence of a pair, Eq. (17)."""

    measure = staticmethod(x_state_concurrence)
    measure_of = staticmethod(concurrence_of)


class Negativity(PairMeasure):
    """Negativity of a pair."""

    measure = staticmethod(x_state_negativity)
    measure_of = staticmethod(negativity_of)


class EntanglementOfFormation(Concurrence):
    """Entanglement of formation of a pair, in ebits."""

    def finish(self, values: Sequence[Array]) -> Array:
        """Apply Wootters' function to the concurrence."""
        concurrence = super().finish(values)
        if stands_in(concurrence):
            return entanglement_of_formation(concurrence)
        found = np.full(concurrence.shape, np.nan)
        known = ~np.isnan(concurrence)
        found[known] = entanglement_of_formation(concurrence[known])
        return found

    @property
    def label(self) -> str:
        """e.g. ``entanglement of formation A-B``."""
        return f"entanglement of formation {self.first}-{self.second}"


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
