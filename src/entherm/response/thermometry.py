r"""What a steady state tells of the temperature of a reservoir: Fisher information.

ν independent runs tell T of one reservoir, the others being known, no better than

.. math:: \Delta T \ge \frac{1}{\sqrt{\nu F}},

the Cramér–Rao bound: F of the quantum Fisher information is the best that any measurement does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import items_of, require_choice
from entherm.equations import Equation, chosen_equation
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.reduced import partial_trace, sites_of
from entherm.response.generator_slopes import require_temperature
from entherm.response.linearised import OnInvalid, by_points, linearised
from entherm.solution import frozen

Matrix = NDArray[Any]

# An eigenvalue this far below zero is no rounding: the matrix is no state.
NEGATIVE = -1e-12


@dataclass(frozen=True, eq=False)
class ThermometricFisher:
    """Fisher information about the temperature of one reservoir, in 1/temperature².

    Attributes
    ----------
    quantum : ndarray, shape (...)
        Of the best measurement; NaN where the matrix is no state (`Redfield` may leave one).
    readout : ndarray, shape (...)
        Of reading the populations of the named subsystems in their bare levels; <= `quantum`.
    state : ndarray of complex, shape (..., m, m)
        The (reduced) state in the bare basis, highest levels first.
    change : ndarray of complex, shape (..., m, m)
        Its derivative ∂ρ/∂T.
    """

    quantum: Array
    readout: Array
    state: Matrix
    change: Matrix


def thermometric_fisher(
    machine: Machine,
    reservoir: str,
    on: Sequence[str] | None = None,
    equation: Equation | None = None,
    *,
    on_invalid: OnInvalid = "raise",
) -> ThermometricFisher:
    r"""Fisher information of a steady state about the temperature of one reservoir.

    .. math:: F = \sum_{ij} \frac{2\,|\langle i|\partial_T\rho|j\rangle|^2}{p_i + p_j},
        \qquad F_\mathrm{readout} = \sum_b \frac{(\partial_T p_b)^2}{p_b}

    over eigenstates of ρ, and over bare levels. A Gibbs state has F = Var(H)/T⁴. At T = 0 there
    is none of a bosonic reservoir, whose n̄ vanishes there to all orders.

    Parameters
    ----------
    machine : Machine
    reservoir : str
        The one whose temperature is sought.
    on : sequence of str, optional
        Subsystems that can be measured, the others being traced out; left out, all of them.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        As in `steady_state`.

    Returns
    -------
    ThermometricFisher

    Raises
    ------
    ParameterError
        For a reservoir known by its occupation, or an empty `on`.
    UnknownNameError
        For a reservoir or subsystem that is not there.

    References
    ----------
    M. G. A. Paris, Int. J. Quantum Inf. 7, 125 (2009).

    Examples
    --------
    >>> from entherm import Machine, Qubit, Reservoir
    >>> qubit = Machine([Qubit("A", 3.0)], [], [Reservoir("R", 2.0, {"A": 1.0})])
    >>> found = thermometric_fisher(qubit, "R")
    >>> p = 1.0 / (1.0 + np.exp(1.5))
    >>> bool(np.isclose(found.quantum, 9.0 * p * (1.0 - p) / 2.0**4))
    True
    """
    require_machine(machine)
    require_choice(on_invalid, "on_invalid", ("raise", "nan"))
    control = require_temperature(machine, reservoir)
    names = machine.names if on is None else items_of(on, "on", "give names, e.g. ('A', 'B')")
    sites = sites_of(machine, names)
    states: list[Matrix] = []
    changes: list[Matrix] = []
    for run in linearised(machine, chosen_equation(equation), (control,), on_invalid):
        for found, elements in ((states, run.rho), (changes, run.change[0])):
            found.append(partial_trace(run.matrices(elements), machine.dimensions, sites))
    rho, change = by_points(machine, states), by_points(machine, changes)
    quantum = quantum_fisher_information(rho, change)
    p, slope = (np.einsum("...ii->...i", m).real for m in (rho, change))
    readout = frozen(_information(slope**2, p))[()]
    return ThermometricFisher(quantum, readout, frozen(rho), frozen(change))


def quantum_fisher_information(rho: Matrix, change: Matrix) -> Array:
    r"""Return the quantum Fisher information of states that change by `change`.

    .. math:: F = \sum_{p_i + p_j > 0} \frac{2\,|\langle i|\partial\rho|j\rangle|^2}{p_i + p_j}

    Parameters
    ----------
    rho, change : ndarray, shape (..., m, m)
        States, and their derivatives by a parameter.

    Returns
    -------
    ndarray, shape (...)
        In units of 1/parameter²; NaN where `rho` is no state.

    References
    ----------
    S. L. Braunstein, C. M. Caves, Phys. Rev. Lett. 72, 3439 (1994).

    Examples
    --------
    A pure state turned about an axis: four times the variance of the generator ½ σ_y.

    >>> plus, turned = np.full((2, 2), 0.5), np.diag([-0.5, 0.5])
    >>> round(float(quantum_fisher_information(plus, turned)), 12)
    1.0
    """
    known = as_array(np.isfinite(rho).all((-2, -1)) & np.isfinite(change).all((-2, -1)))
    safe = np.where(known[..., None, None], rho, np.eye(rho.shape[-1]))
    p, vectors = np.linalg.eigh(safe)
    turned = adjoint(vectors) @ np.where(known[..., None, None], change, 0.0) @ vectors
    both = p[..., :, None] + p[..., None, :]
    found = _information(2.0 * np.abs(turned) ** 2, both).sum(-1)
    return frozen(np.where(known & (p.min(-1) > NEGATIVE), found, np.nan))[()]


def _information(squares: Array, weights: Array) -> Array:
    """Return Σ squares/weights over the last axis, where a weight is there at all."""
    there = ~(weights <= 0.0)
    return as_array(np.where(there, squares / np.where(there, weights, 1.0), 0.0).sum(-1))
