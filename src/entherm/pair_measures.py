"""Measures of two qubits: concurrence, negativity, entanglement of formation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
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
from entherm.observables import (
    Evaluate,
    LinearForm,
    Observable,
    Point,
    matrix_element,
)
from entherm.operators import embedded_entries
from entherm.parameters import Array, room, stands_in

# |11⟩, |10⟩, |01⟩, |00⟩ of a pair, and the elements above its diagonal.
_PAIR_STATES = ((1, 1), (1, 0), (0, 1), (0, 0))
_ABOVE = tuple((r, c) for r in range(4) for c in range(r + 1, 4))
_INNER, _OUTER = (1, 2), (0, 3)


@dataclass(frozen=True)
class PairMeasure(Observable):
    """A measure of two qubits.

    Where symmetry gives their reduced state the form of Eq. (16), or that and ⟨11|ρ|00⟩, it is
    plain arithmetic inside the point stage; else the whole 4 × 4 matrix comes out of it.
    """

    first: str
    second: str

    def __post_init__(self) -> None:
        require_name(self.first, "first")
        require_name(self.second, "second")

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Hoist the matrix elements that are needed."""
        sites = self._sites(machine)

        def form(row: int, column: int) -> tuple[LinearForm, LinearForm]:
            return matrix_element(levels, sites, _PAIR_STATES[row], _PAIR_STATES[column])

        diagonal = [form(k, k)[0] for k in range(4)]
        present = self._coherences(machine)
        forms = {pair: form(*pair) for pair in present}
        if not present <= {_INNER, _OUTER}:
            every = [(diagonal[k],) for k in range(4)] + [forms.get(p, ()) for p in _ABOVE]
            return lambda point: [
                value
                for pair in every
                for value in _numbers(pair, point, 1 if pair in every[:4] else 2)
            ]

        def evaluate(point: Point) -> list[Any]:
            inner = self._x_measure(point, diagonal, (0, 3), forms.get(_INNER))
            if _OUTER not in present:
                return [inner]
            return [np.maximum(inner, self._x_measure(point, diagonal, (1, 2), forms[_OUTER]))]

        return evaluate

    def of_state(self, machine: Machine, state: SectorState) -> Sequence[Any]:
        """Read them off the reduced state of the pair."""
        rho = state.reduced(self._sites(machine))
        present = self._coherences(machine)
        if not present <= {_INNER, _OUTER}:
            parts = [(rho[pair].real, rho[pair].imag) for pair in _ABOVE]
            return [*rho.diagonal().real, *(number for part in parts for number in part)]
        p = rho.diagonal().real
        inner = self.measure(p[0], p[3], rho[_INNER].real, rho[_INNER].imag)
        if _OUTER not in present:
            return [inner]
        return [max(inner, self.measure(p[1], p[2], rho[_OUTER].real, rho[_OUTER].imag))]

    def _x_measure(
        self,
        point: Point,
        diagonal: list[LinearForm],
        outside: tuple[int, int],
        coherence: tuple[LinearForm, LinearForm] | None,
    ) -> Any:
        outer = [0.0 if (p := diagonal[k](point)) is None else p for k in outside]
        re, im = (None, None) if coherence is None else (form(point) for form in coherence)
        return self.measure(outer[0], outer[1], 0.0 if re is None else re, im)

    def outputs(self, machine: Machine) -> int:
        """One, or the sixteen numbers of a density matrix."""
        self._sites(machine)
        return 1 if self._coherences(machine) <= {_INNER, _OUTER} else 16

    def finish(self, values: Sequence[Array]) -> Array:
        """Return the measure, of the density matrix if that came out of the point stage."""
        if len(values) == 1:
            return values[0]
        rho = room((*values[0].shape, 4, 4), complex, *values)
        for k in range(4):
            rho[..., k, k] = values[k]
        for (r, c), re, im in zip(_ABOVE, values[4::2], values[5::2], strict=True):
            rho[..., r, c] = re + 1j * im
            rho[..., c, r] = re - 1j * im
        if stands_in(rho):
            return self.measure_of(rho)
        found = np.full(rho.shape[:-2], np.nan)
        known = np.isfinite(rho).all((-1, -2))
        found[known] = self.measure_of(rho[known])
        return found

    def _sites(self, machine: Machine) -> tuple[int, int]:
        if self.first == self.second:
            raise ParameterError(
                "pair", "name two qubits", f"'{self.first}' twice", "name another one"
            )
        sites = machine.site(self.first), machine.site(self.second)
        for name, site in zip((self.first, self.second), sites, strict=True):
            if machine.dimensions[site] != 2:
                rule, got = "name two qubits", f"'{name}' with {machine.dimensions[site]} levels"
                raise ParameterError("pair", rule, got, "this measure is defined for qubits")
        return sites

    def _coherences(self, machine: Machine) -> set[tuple[int, int]]:
        """Elements above the diagonal that symmetry admits."""
        sites = self._sites(machine)
        kinds = np.array(machine.classes)
        found = set()
        for pair in _ABOVE:
            unit = np.zeros((4, 4))
            unit[pair] = 1.0
            rows, columns, _ = embedded_entries(machine.dimensions, sites, unit)
            if np.any(kinds[rows] == kinds[columns]):
                found.add(pair)
        return found

    @staticmethod
    @abstractmethod
    def measure(p11: Any, p00: Any, re: Any, im: Any) -> Any:
        """Return the measure from η₁₁, η₄₄, Re η₂₃, Im η₂₃."""

    @staticmethod
    @abstractmethod
    def measure_of(rho: Array) -> Array:
        """Return the measure of density matrices (..., 4, 4)."""

    @property
    def label(self) -> str:
        """e.g. ``concurrence A-B``."""
        return f"{type(self).__name__.lower()} {self.first}-{self.second}"


def _numbers(forms: tuple[LinearForm, ...], point: Point, count: int) -> list[Any]:
    values = [form(point) for form in forms] or [None] * count
    return [0.0 if value is None else value for value in values]


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
