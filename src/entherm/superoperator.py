"""The generator of an equation over chosen elements of ρ, in parts, and the currents they carry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.channels import lifted
from entherm.composition import DEPHASING, HAMILTONIAN
from entherm.elimination import sum_of
from entherm.frame import Frame
from entherm.interference import Element, Pairs, Strengths
from entherm.parameters import Array, as_array, sum_by_shape
from entherm.sides import Sides, commutator, frequencies

Matrix = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator over chosen elements of ρ, in parts.

    Attributes
    ----------
    frame : Frame
        The equation's basis.
    elements : tuple of (int, int)
    flows : dict of str to tuple of Strengths
        What each thermal reservoir does, pair by pair of transitions.
    plain : dict of str to ndarray, shape (..., m, m)
        What acts whatever the frequencies: ``"dephasing"``, and reservoirs that reset.
    quanta : dict of str to ndarray, shape (..., n, n)
        M with Tr(M ρ) the current of quanta out of each reservoir that collides.
    """

    frame: Frame
    elements: tuple[Element, ...]
    flows: dict[str, tuple[Strengths, ...]]
    plain: dict[str, NDArray[Any]]
    quanta: dict[str, NDArray[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parts: each reservoir's, ``"dephasing"``, ``"hamiltonian"``."""
        return (*(r.name for r in self.frame.machine.reservoirs), DEPHASING, HAMILTONIAN)

    @property
    def counting(self) -> tuple[str, ...]:
        """Reservoirs of which quanta are counted."""
        return (*self.flows, *self.quanta)

    def part(self, name: str) -> NDArray[Any]:
        """Return one of the parts, shape (..., m, m): [p, q] is what element q makes of p."""
        size = len(self.elements)
        if name == HAMILTONIAN:
            return self._unitary
        terms = [_last(flow.matrix(), 2) for flow in self.flows.get(name, ())]
        terms += [self.plain[name]] if name in self.plain else []
        return as_array(sum_of(terms) if terms else np.zeros((size, size)))

    @cached_property
    def total(self) -> Matrix:
        """The sum of the parts, shape (..., m, m)."""
        return as_array(sum_of(self.part(name) for name in self.names), complex)

    @cached_property
    def over_reals(self) -> Array:
        """The sum of the parts over populations, then Re ρ_ab, then Im ρ_ab, shape (m, m, ...).

        The elements are to be populations, then each coherence and its conjugate.
        """
        axes = len(self.frame.machine.shape)
        count = sum(a == b for a, b in self.elements)
        rows = np.array([*range(count), *range(count, len(self.elements), 2)])
        terms = [pairs.matrix(k, rows) for pairs, k in _by_structure(self.flows)]
        terms += [_first(part, axes)[rows] for part in self.plain.values()]
        if not self.frame.diagonal:
            terms.append(_first(self._unitary, axes)[rows])
        real = [_over_reals(term, count) for term in sum_by_shape(terms)]
        if self.frame.diagonal:
            real.append(lifted(_rotation(self._frequencies[count::2], count), 2, axes))
        return as_array(sum_of(sum_by_shape(real)))

    def energy_current(self, name: str, rho: Matrix) -> Array:
        """Tr(E D_ν ρ) of elements ρ, shape (..., m), with the energy that the equation counts."""
        return as_array(np.sum(self._energy(name) * rho, axis=-1).real)

    def quanta_current(self, name: str, rho: Matrix) -> Array:
        """Quanta per time that a reservoir gives, of elements ρ."""
        if name in self.quanta:
            a, b = np.array(self.elements).T
            return as_array(np.sum(self.quanta[name][..., b, a] * rho, axis=-1).real)
        terms = [_last(flow.quanta(), 1) for flow in self.flows[name]]
        weights = sum_of(terms) if terms else np.zeros(len(self.elements))
        return as_array(np.sum(weights * rho, axis=-1).real)

    def _energy(self, name: str) -> NDArray[Any]:
        """Energy current per element of ρ, shape (..., m)."""
        a, b = np.array(self.elements).T
        if name == HAMILTONIAN:
            if self.frame.diagonal:
                return np.zeros(len(a))
            energy, hamiltonian = self.frame.energy, self.frame.hamiltonian
            return as_array(-1j * (energy @ hamiltonian - hamiltonian @ energy)[..., b, a])
        if not self.frame.counts_levels:
            return self._weighed(self.part(name))
        charges = lifted(self._charges, 1, len(self.frame.machine.shape))
        terms = [_last(flow.energy(charges), 1) for flow in self.flows.get(name, ())]
        terms += [self._weighed(self.plain[name])] if name in self.plain else []
        return as_array(sum_of(terms) if terms else np.zeros(len(a)))

    def _weighed(self, part: NDArray[Any]) -> NDArray[Any]:
        a, b = np.array(self.elements).T
        return as_array(np.einsum("...p,...pq->...q", self.frame.energy[..., b, a], part))

    @cached_property
    def _charges(self) -> Array:
        """Energies of the reference levels, shape (n, ...)."""
        return np.stack(np.broadcast_arrays(*self.frame.levels.energies))

    @cached_property
    def _frequencies(self) -> Array:
        return frequencies(self.frame, self.elements)

    @cached_property
    def _unitary(self) -> Matrix:
        """−i [H_S, ρ] over the elements, shape (..., m, m)."""
        if not self.frame.diagonal:
            return commutator(self.frame, Sides(self.elements))
        omega = _last(self._frequencies, 1)
        return as_array(-1j * omega[..., None] * np.eye(len(self.elements)))


def _by_structure(
    flows: dict[str, tuple[Strengths, ...]],
) -> list[tuple[Pairs, NDArray[Any]]]:
    """Strengths of all reservoirs, added where they are over the same pairs and axes."""
    found: dict[Pairs, list[NDArray[Any]]] = {}
    for own in flows.values():
        for flow in own:
            found.setdefault(flow.pairs, []).append(flow.strength)
    return [(pairs, k) for pairs, terms in found.items() for k in sum_by_shape(terms)]


def _over_reals(upper: NDArray[Any], count: int) -> Array:
    """Rows of populations and of one of each pair of coherences, in real coordinates."""
    mean = upper[:, count::2] + upper[:, count + 1 :: 2]
    apart = upper[:, count::2] - upper[:, count + 1 :: 2]
    real = [np.real(upper[:, :count]), np.real(mean), -np.imag(apart)]
    imaginary = [np.imag(upper[count:, :count]), np.imag(mean[count:]), np.real(apart[count:])]
    return np.concatenate([np.concatenate(real, 1), np.concatenate(imaginary, 1)])


def _rotation(omega: Array, count: int) -> Array:
    """−iω ρ_ab of each coherence in real coordinates, shape (m, m, ...)."""
    pairs = len(omega)
    size = count + 2 * pairs
    place = np.full((size, size), 2 * pairs)
    real, imaginary = count + np.arange(pairs), count + pairs + np.arange(pairs)
    place[real, imaginary], place[imaginary, real] = np.arange(pairs), pairs + np.arange(pairs)
    return as_array(np.concatenate([omega, -omega, np.zeros((1, *omega.shape[1:]))])[place])


def _last(values: NDArray[Any], counted: int) -> NDArray[Any]:
    """Axes that count put behind the points."""
    return np.moveaxis(values, range(counted), range(-counted, 0))


def _first(values: NDArray[Any], axes: int) -> NDArray[Any]:
    """A matrix (..., m, m) as (m, m, points)."""
    return lifted(np.moveaxis(values, (-2, -1), (0, 1)), 2, axes)
