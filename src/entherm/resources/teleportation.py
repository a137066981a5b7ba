r"""Teleportation through two qubits: how near they are to a maximally entangled state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.parameters import Array, as_array
from entherm.resources.density_matrices import COINCIDENCE, density_matrices, note_kink

# Columns: Bell states with the phases in which every product of local rotations is real.
_MAGIC = np.array(
    [[1.0, 1j, 0.0, 0.0], [0.0, 0.0, 1j, 1.0], [0.0, 0.0, 1j, -1.0], [1.0, -1j, 0.0, 0.0]]
) / np.sqrt(2.0)


def fully_entangled_fraction_of(rho: ArrayLike) -> Array:
    r"""Largest overlap of two qubits with a maximally entangled state.

    .. math:: f = \max_{\Phi} \langle\Phi|\rho|\Phi\rangle
        = \lambda_{\max}\big(\mathrm{Re}\, M^\dagger \rho M\big)

    with M the magic basis, in which the maximally entangled states are the real vectors.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)
        1/4 to 1; above 1/2 the state is entangled.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    References
    ----------
    C. H. Bennett, D. P. DiVincenzo, J. A. Smolin, W. K. Wootters, Phys. Rev. A 54, 3824 (1996).

    Examples
    --------
    >>> fully_entangled_fraction_of(np.eye(4) / 4)
    array(0.25)
    """
    turned = np.real(_MAGIC.conj().T @ density_matrices(rho, 4) @ _MAGIC)
    values = np.linalg.eigvalsh(turned)
    gap = values[..., 3] - values[..., 2]
    told = "The fully entangled fraction has a kink where two entangled states come equally near"
    note_kink(gap <= COINCIDENCE, [gap], told)
    return as_array(values[..., 3])


def teleportation_fidelity_of(rho: ArrayLike) -> Array:
    r"""Mean fidelity of the standard teleportation of a qubit through a two-qubit state.

    .. math:: F = \frac{2 f + 1}{3}

    with f the `fully_entangled_fraction_of`, both parties free to rotate first. Measuring and
    preparing anew reaches 2/3 without entanglement, so below that the state is of no use as it is.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)
        1/2 to 1.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    References
    ----------
    M. Horodecki, P. Horodecki, R. Horodecki, Phys. Rev. A 60, 1888 (1999).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(teleportation_fidelity_of(bell)), 12)
    1.0
    """
    return as_array(fidelity_of_fraction(fully_entangled_fraction_of(rho)))


def fidelity_of_fraction(fraction: Any) -> Any:
    """Return (2 f + 1)/3, the mean fidelity of teleporting a qubit.

    Examples
    --------
    >>> fidelity_of_fraction(1.0)
    1.0
    """
    return (2.0 * fraction + 1.0) / 3.0


def x_state_fraction(populations: Any, inner: Any, outer: Any) -> Any:
    r"""Fully entangled fraction of an X state.

    .. math:: f = \max\Big\{\frac{\rho_{22} + \rho_{33}}{2} + |\rho_{23}|,\;
        \frac{\rho_{11} + \rho_{44}}{2} + |\rho_{14}|\Big\}

    Parameters
    ----------
    populations, inner, outer
        As in `entherm.resources.nonlocality.x_state_sizes`.

    Examples
    --------
    >>> float(x_state_fraction([0.0, 0.5, 0.5, 0.0], 0.5, 0.0))
    1.0
    """
    p11, p10, p01, p00 = populations
    first, second = 0.5 * (p10 + p01) + inner, 0.5 * (p11 + p00) + outer
    gap = np.absolute(first - second)
    told = "The fully entangled fraction has a kink where two entangled states come equally near"
    note_kink(gap <= COINCIDENCE, [first - second], told)
    told = "The fully entangled fraction has a kink where a coherence vanishes"
    note_kink((inner == 0.0) & (first > second), [inner], told)
    note_kink((outer == 0.0) & (second > first), [outer], told)
    return np.maximum(first, second)
