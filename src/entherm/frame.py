"""The basis that an equation is written in: its reference levels, and H_S and heat in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, bare_levels, diagonalise
from entherm.clusters import Clustered, clustered
from entherm.equations import Equation, Local, Unified
from entherm.jumps import require_thermal
from entherm.machine import Machine
from entherm.operators import adjoint
from entherm.parameters import Array, as_array, first_order, stands_in


@dataclass(frozen=True, eq=False)
class Frame:
    """Reference levels of an equation, and what is diagonal in them or not.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    clusters : Clustered
        The reference levels, with the energies that Bohr frequencies are taken from.
    own : Levels
        With the energies of H_S where the reference levels are its own, else as in `clusters`.
    """

    machine: Machine
    equation: Equation
    clusters: Clustered
    own: Levels

    @property
    def levels(self) -> Levels:
        """The reference levels."""
        return self.clusters.levels

    @property
    def diagonal(self) -> bool:
        """Whether the reference levels are those of H_S."""
        return self.equation.reference != "bare" and not self._moves

    @property
    def _moves(self) -> bool:
        """Whether H_S is differentiated: inside a cluster it is diagonal at one point only."""
        return any(map(stands_in, self.own.energies))

    @cached_property
    def total(self) -> Levels:
        """The levels of H_S."""
        return diagonalise(self.machine) if self.equation.reference == "bare" else self.own

    @property
    def counts_levels(self) -> bool:
        """Whether what is counted as heat is the energy of the reference levels."""
        levels = self.diagonal or isinstance(self.equation, Unified)
        return levels or self.equation.heat == "bare"

    @cached_property
    def hamiltonian(self) -> NDArray[Any]:
        """H_S between reference levels, shape (..., n, n)."""
        if self.diagonal:
            return _diagonal(self.own.energies)
        vectors = self.own.matrix
        turned = as_array(adjoint(vectors) @ self.machine.hamiltonian @ vectors)
        if self.equation.reference == "bare":
            return turned
        coinciding = _diagonal(_made_equal(self.own))
        return as_array(first_order(0.0 * turned + coinciding, lambda: turned))

    @cached_property
    def energy(self) -> NDArray[Any]:
        """What is counted as heat, shape (..., n, n)."""
        return _diagonal(self.levels.energies) if self.counts_levels else self.hamiltonian


def frame_of(machine: Machine, equation: Equation) -> Frame:
    """Return the basis that `equation` is written in.

    Raises
    ------
    ParameterError
        For a reset reservoir under an equation of weak coupling.

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> frame_of(two_qubit_machine(20.0, 16.0, 10.0), Local()).hamiltonian[1]
    array([ 0., 20., 10.,  0.])
    """
    if equation.reference != "bare":
        require_thermal(machine, equation.name)
        own = diagonalise(machine)
        clusters = Clustered(own, {})
        if isinstance(equation, Unified):
            clusters = clustered(machine, own, equation)
        elif equation.interference == "equal" and any(map(stands_in, own.energies)):
            # Nothing is joined but what coincides, which keeps one energy.
            clusters = clustered(machine, own, Unified(joined=()))
        return Frame(machine, equation, clusters, own)
    bare = bare_levels(machine)
    clusters = (
        clustered(machine, bare, equation) if isinstance(equation, Local) else Clustered(bare, {})
    )
    return Frame(machine, equation, clusters, bare)


def _made_equal(levels: Levels) -> tuple[Array, ...]:
    """Energies, one for all levels of a class that coincide."""
    energies = list(levels.energies)
    for a, b in levels.coherences:
        if np.all(levels.degenerate(a, b)):
            energies[b] = energies[a]
    return tuple(energies)


def _diagonal(energies: tuple[Array, ...]) -> Array:
    stacked = np.stack(np.broadcast_arrays(*energies), -1)
    return as_array(stacked[..., None] * np.eye(len(energies)))
