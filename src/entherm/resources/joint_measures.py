"""Measures of several subsystems of any dimension: negativity across a cut."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod
from typing import Any

import numpy as np

from entherm.bohr import Levels
from entherm.checks import items_of, require_distinct, require_name
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.many.sector_state import SectorState
from entherm.observables import Evaluate, Observable, Point, matrix_element
from entherm.operators import bare_states
from entherm.pair_measures import admitted, numbers
from entherm.parameters import Array
from entherm.resources.density_matrices import of_known
from entherm.resources.partial_transpose import negative_part


@dataclass(frozen=True)
class JointObservable(Observable):
    """A function of the reduced state of several subsystems.

    Its matrix elements come out of the point stage, those that symmetry admits; the rest is 0.
    """

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The subsystems, in the order of the tensor product."""

    @abstractmethod
    def of_matrix(self, rho: Array) -> Array:
        """Return it of the matrices (..., m, m) that `element` makes."""

    def require(self, machine: Machine) -> None:
        """Refuse a machine whose subsystems it is not defined for."""

    def element(self, bra: tuple[int, ...], ket: tuple[int, ...]) -> tuple[Any, Any]:
        """Return which element of ρ stands at (bra, ket) of the matrix that is asked for."""
        return bra, ket

    def prepare(self, machine: Machine, levels: Levels) -> Evaluate:
        """Hoist the matrix elements."""
        sites = self._sites(machine)
        states = bare_states(tuple(machine.dimensions[k] for k in sites))
        diagonal, above = [], []
        for a, bra in enumerate(states):
            for ket in states[a:]:
                pair = self.element(bra, ket)
                forms = (
                    matrix_element(levels, sites, *pair) if admitted(machine, sites, *pair) else ()
                )
                if bra == ket:
                    diagonal.append(forms[:1])
                else:
                    above.append(forms)

        def evaluate(point: Point) -> list[Any]:
            values = [x for forms in diagonal for x in numbers(forms, point, 1)]
            return values + [x for forms in above for x in numbers(forms, point, 2)]

        return evaluate

    def of_state(self, machine: Machine, state: SectorState) -> Sequence[Any]:
        """Read them off the reduced state."""
        sites = self._sites(machine)
        states = bare_states(tuple(machine.dimensions[k] for k in sites))
        place = {bare: k for k, bare in enumerate(states)}
        rho = state.reduced(sites)
        size = len(states)
        found = [complex(rho[k, k]).real for k in range(size)]
        for a, b in combinations(range(size), 2):
            bra, ket = self.element(states[a], states[b])
            value = complex(rho[place[bra], place[ket]])
            found += [value.real, value.imag]
        return found

    def outputs(self, machine: Machine) -> int:
        """As many as a density matrix has real numbers."""
        return prod(machine.dimensions[k] for k in self._sites(machine)) ** 2

    def finish(self, values: Sequence[Array]) -> Array:
        """Put the matrix together, and return it of that."""
        size = isqrt(len(values))
        entries: dict[tuple[int, int], Any] = {(k, k): values[k] + 0j for k in range(size)}
        parts = zip(values[size::2], values[size + 1 :: 2], strict=True)
        for (r, c), (re, im) in zip(combinations(range(size), 2), parts, strict=True):
            entries[r, c], entries[c, r] = re + 1j * im, re - 1j * im
        rows = [entries[r, c] for r in range(size) for c in range(size)]
        rho = np.reshape(np.stack(rows, -1), (*np.shape(values[0]), size, size))
        return of_known(self.of_matrix, rho)

    def _sites(self, machine: Machine) -> tuple[int, ...]:
        sites = tuple(machine.site(name) for name in self.names)
        self.require(machine)
        return sites


@dataclass(frozen=True)
class NegativityAcross(JointObservable):
    """Negativity between two groups of subsystems, the others being traced out."""

    first: tuple[str, ...]
    second: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Those of both groups."""
        return (*self.first, *self.second)

    def element(self, bra: tuple[int, ...], ket: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the one that the partial transpose puts there."""
        cut = len(self.first)
        return ket[:cut] + bra[cut:], bra[:cut] + ket[cut:]

    def of_matrix(self, rho: Array) -> Array:
        """Return minus the negative part of the partial transpose."""
        return negative_part(rho)

    @property
    def label(self) -> str:
        """e.g. ``negativity A|BC``."""
        return f"negativity {_spelled(self.first)}|{_spelled(self.second)}"


def negativity_across(first: Iterable[str], second: Iterable[str]) -> Observable:
    """Observable: negativity between two groups of subsystems, the others being traced out.

    See `entherm.resources.partial_transpose.negativity_of_cut`; `logarithmic_negativity` makes the
    other measure of it.

    Parameters
    ----------
    first, second : iterable of str
        Subsystems of any dimension.

    Raises
    ------
    ParameterError
        For an empty group, and for a subsystem that stands twice.

    Examples
    --------
    >>> negativity_across(["A"], ["B", "C"]).label
    'negativity A|BC'
    """
    groups = []
    for path, names in (("first", first), ("second", second)):
        group = items_of(names, path, "give a list of names, e.g. ['A']")
        if not group:
            remedy = "name at least one subsystem on either side"
            raise ParameterError(path, "leave subsystems on both sides", "nothing", remedy)
        for name in group:
            require_name(name, path)
        groups.append(group)
    require_distinct("cut", [*groups[0], *groups[1]])
    return NegativityAcross(*groups)


def _spelled(names: tuple[str, ...]) -> str:
    return ("" if max(map(len, names)) == 1 else " ").join(names)
