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
from numpy.typing import ArrayLike, NDArray

from entherm.checks import items_of, require_choice
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import Array, as_array, broadcast_shape
from entherm.reduced import partial_trace, sites_of
from entherm.resources.density_matrices import ROUNDED_STATE
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
        Of reading the populations of the named subsystems in their bare levels; <= `quantum`. NaN
        where one of them is negative.
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
    equation: Equation | None = None,
    *,
    on: Sequence[str] | None = None,
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
    equation : Equation, optional
        The master equation; left out, `Global`.
    on : sequence of str, optional
        Subsystems that can be measured, the others being traced out; left out, all of them. A part
        of the machine is known to rounding of its largest eigenvalue, 1e-16; the whole better.
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
    best: list[Array] = []
    for run in linearised(machine, chosen_equation(equation), (control,), on_invalid):
        both = run.rho, run.change[0]
        bare = [partial_trace(run.matrices(m), machine.dimensions, sites) for m in both]
        states.append(bare[0])
        changes.append(bare[1])
        # Small populations keep their digits between levels, and lose them in the bare basis.
        own = [run.between_levels(m) for m in both] if len(sites) == len(machine.names) else bare
        best.append(_quantum(*own))
    rho, change = by_points(machine, states), by_points(machine, changes)
    p, slope = (np.einsum("...ii->...i", m).real for m in (rho, change))
    readout = np.where(p.min(-1) < NEGATIVE, np.nan, _information(slope**2, p))
    quantum = frozen(by_points(machine, best))[()]
    return ThermometricFisher(quantum, frozen(readout)[()], frozen(rho), frozen(change))


def quantum_fisher_information(rho: ArrayLike, change: ArrayLike) -> Array:
    r"""Return the quantum Fisher information of states that change by `change`.

    .. math:: F = \sum_{p_i + p_j > 0} \frac{2\,|\langle i|\partial\rho|j\rangle|^2}{p_i + p_j}

    Parameters
    ----------
    rho, change : array_like, shape (..., m, m)
        States, and their derivatives by a parameter.

    Returns
    -------
    ndarray, shape (...)
        In units of 1/parameter²; NaN where `rho` has a negative eigenvalue, or either has a NaN.

    Raises
    ------
    ParameterError
        For matrices that are not square, not Hermitian, of different sizes or of another trace than
        1 and 0.

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
    state, slope = _hermitian(rho, "rho", 1.0), _hermitian(change, "change", 0.0)
    if state.shape[-1] != slope.shape[-1]:
        rule, got = "have the size of rho", f"{slope.shape[-1]} for {state.shape[-1]}"
        raise ParameterError("change", rule, got, "give the derivative of the same matrices")
    broadcast_shape({"rho": state[..., 0, 0], "change": slope[..., 0, 0]})
    return frozen(_quantum(state, slope))[()]


def _hermitian(value: ArrayLike, path: str, trace: float) -> Matrix:
    """Return Hermitian matrices of one trace, NaN let through, or say what is wrong with them."""
    remedy = "give Hermitian matrices of shape (..., m, m)"
    try:
        found = np.asarray(value, complex)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim < 2 or found.shape[-1] != found.shape[-2] or not found.shape[-1]:
        raise ParameterError(path, "be square matrices", f"shape {found.shape}", remedy)
    allowed = ROUNDED_STATE * np.maximum(1.0, np.nan_to_num(np.abs(found)).max(initial=0.0))
    skew, total = np.abs(found - adjoint(found)), np.trace(found, axis1=-2, axis2=-1)
    if np.any(skew > allowed):
        raise ParameterError(path, "be Hermitian", "another matrix", remedy)
    off = np.abs(total - trace)
    if np.any(off > allowed):
        got = f"a trace that is off by {np.nanmax(off):.3g}"
        raise ParameterError(path, f"have trace {trace:g}", got, remedy)
    return found


def _quantum(rho: Matrix, change: Matrix) -> Array:
    """Quantum Fisher information; NaN where `rho` is no state."""
    known = as_array(np.isfinite(rho).all((-2, -1)) & np.isfinite(change).all((-2, -1)))
    safe = np.where(known[..., None, None], rho, np.eye(rho.shape[-1]))
    p, vectors = np.linalg.eigh(safe)
    turned = adjoint(vectors) @ np.where(known[..., None, None], change, 0.0) @ vectors
    both = p[..., :, None] + p[..., None, :]
    found = _information(2.0 * np.abs(turned) ** 2, both).sum(-1)
    return as_array(np.where(known & (p.min(-1) > NEGATIVE), found, np.nan))


def _information(squares: Array, weights: Array) -> Array:
    """Return Σ squares/weights over the last axis, where a weight is there at all."""
    there = ~(weights <= 0.0)
    return as_array(np.where(there, squares / np.where(there, weights, 1.0), 0.0).sum(-1))
