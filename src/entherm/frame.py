"""The basis that an equation is written in: its reference levels, and H_S and heat in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, bare_levels, diagonalise
from entherm.clusters import Clustered, clustered
from entherm.equations import Equation, Local, Unified
from entherm.jumps import require_thermal
from entherm.machine import Machine
from entherm.operators import adjoint
from entherm.parameters import Array, as_array


@dataclass(frozen=True, eq=False)
class Frame:
    """Reference levels of an equation, and what is diagonal in them or not.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    clusters : Clustered
        The reference levels, with the energies that Bohr frequencies are taken from.
    hamiltonian : ndarray, shape (..., n, n)
        H_S between reference levels.
    energy : ndarray, shape (..., n, n)
        What is counted as heat.
    """

    machine: Machine
    equation: Equation
    clusters: Clustered
    hamiltonian: NDArray[Any]
    energy: NDArray[Any]

    @property
    def levels(self) -> Levels:
        """The reference levels."""
        return self.clusters.levels

    @property
    def diagonal(self) -> bool:
        """Whether the reference levels are those of H_S."""
        return self.equation.reference != "bare"


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
        return Frame(
            machine,
            equation,
            clusters,
            _diagonal(own.energies),
            _diagonal(clusters.levels.energies),
        )
    bare = bare_levels(machine)
    clusters = (
        clustered(machine, bare, equation) if isinstance(equation, Local) else Clustered(bare, {})
    )
    vectors = bare.matrix
    hamiltonian = adjoint(vectors) @ machine.hamiltonian @ vectors
    energy = hamiltonian if equation.heat == "total" else _diagonal(clusters.levels.energies)
    return Frame(machine, equation, clusters, hamiltonian, energy)


def _diagonal(energies: tuple[Array, ...]) -> Array:
    stacked = np.stack(np.broadcast_arrays(*energies), -1)
    return as_array(stacked[..., None] * np.eye(len(energies)))
