"""Observables of several subsystems together: functions of their reduced state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod
from typing import Any

import numpy as np

from entherm.bohr import Levels
from entherm.machine import Machine
from entherm.many.sector_state import SectorState
from entherm.observables import Evaluate, LinearForm, Observable, Point, matrix_element
from entherm.operators import bare_states, embedded_entries
from entherm.parameters import Array
from entherm.resources.density_matrices import of_known


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
        sites = self.sites(machine)
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
        sites = self.sites(machine)
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
        return prod(machine.dimensions[k] for k in self.sites(machine)) ** 2

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

    def sites(self, machine: Machine) -> tuple[int, ...]:
        """Where the subsystems are, once they are known to be fit."""
        sites = tuple(machine.site(name) for name in self.names)
        self.require(machine)
        return sites


def numbers(forms: tuple[LinearForm, ...], point: Point, count: int) -> list[Any]:
    """Return the real numbers of a matrix element at a point, 0 for what symmetry forbids.

    Examples
    --------
    >>> numbers((), None, 2)
    [0.0, 0.0]
    """
    values = [form(point) for form in forms] or [None] * count
    return [0.0 if value is None else value for value in values]


def admitted(
    machine: Machine, sites: tuple[int, ...], bra: tuple[int, ...], ket: tuple[int, ...]
) -> bool:
    """Return whether symmetry admits an element of the reduced state of some subsystems.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> admitted(two_qubit_machine(20.0, 20.0, 10.0), (0, 1), (1, 1), (0, 0))
    False
    """
    states = bare_states(tuple(machine.dimensions[k] for k in sites))
    unit = np.zeros((len(states),) * 2)
    unit[states.index(bra), states.index(ket)] = 1.0
    rows, columns, _ = embedded_entries(machine.dimensions, sites, unit)
    kinds = np.array(machine.classes)
    return bool(np.any(kinds[rows] == kinds[columns]))
