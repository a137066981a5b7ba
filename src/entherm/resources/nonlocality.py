r"""Nonlocality of two qubits: CHSH and steering.

Both are functions of the correlation matrix :math:`T_{ij} = \mathrm{Tr}\,\rho\,\sigma_i \otimes
\sigma_j` up to rotations of either side, that is of its singular values s₁ ≥ s₂ ≥ s₃. Of an X
state these are 2 (\|ρ₂₃\| ± \|ρ₁₄\|) and \|ρ₁₁ + ρ₄₄ − ρ₂₂ − ρ₃₃\|.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import ParameterError
from entherm.parameters import Array, as_array
from entherm.resources.density_matrices import COINCIDENCE, density_matrices, note_kink

PAULI = (
    np.array([[0.0, 1.0], [1.0, 0.0]]),
    np.array([[0.0, -1j], [1j, 0.0]]),
    np.array([[1.0, 0.0], [0.0, -1.0]]),
)

# Tr ρ O = Σ ρ_ab O_ba: one row for each ρ_ab, one column for each of the nine products.
_PRODUCTS = np.stack([np.kron(p, q).T.ravel() for p in PAULI for q in PAULI], axis=-1)


def correlation_matrix_of(rho: ArrayLike) -> Array:
    r"""Correlation matrix of two qubits.

    .. math:: T_{ij} = \mathrm{Tr}\,\rho\,\sigma_i \otimes \sigma_j

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (..., 3, 3)
        Rows x, y, z of the first qubit, columns of the second.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    Examples
    --------
    >>> singlet = np.zeros((4, 4))
    >>> singlet[1:3, 1:3] = [[0.5, -0.5], [-0.5, 0.5]]
    >>> correlation_matrix_of(singlet) + 0.0
    array([[-1.,  0.,  0.],
           [ 0., -1.,  0.],
           [ 0.,  0., -1.]])
    """
    matrix = density_matrices(rho, 4)
    rows = np.reshape(matrix, (*matrix.shape[:-2], 1, 16)) @ _PRODUCTS
    return np.reshape(np.real(rows), (*matrix.shape[:-2], 3, 3))


def chsh_of(rho: ArrayLike) -> Array:
    r"""Largest value that two qubits give the CHSH expression; above 2 no local model has it.

    .. math:: B = 2 \sqrt{s_1^2 + s_2^2} \le 2 \sqrt 2

    with the two largest singular values of `correlation_matrix_of`.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    References
    ----------
    R. Horodecki, P. Horodecki, M. Horodecki, Phys. Lett. A 200, 340 (1995).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> float(chsh_of(bell))
    2.828427124746
    """
    s = _singular_values(rho)
    return as_array(chsh_of_sizes(s[..., 0], s[..., 1], s[..., 2]))


def chsh_of_sizes(s1: Any, s2: Any, s3: Any) -> Any:
    """Return B of the singular values of T in any order with s₁ ≥ s₂.

    Examples
    --------
    >>> float(chsh_of_sizes(0.6, 0.0, 0.8))
    2.0
    """
    squares = _largest_two(s1, s2, s3)
    note_kink(squares == 0.0, [squares], "CHSH has a kink where all correlations vanish")
    return 2.0 * np.sqrt(squares)


def _largest_two(s1: Any, s2: Any, s3: Any) -> Any:
    told = "CHSH and steering by two settings have a kink where two correlations change places"
    note_kink(np.absolute(s2 - s3) <= COINCIDENCE, [s2 - s3], told)
    return s1 * s1 + np.maximum(s2 * s2, s3 * s3)


def steering_of(rho: ArrayLike, settings: int = 3) -> Array:
    r"""Steering of two qubits with two or three settings a side, 0 to 1.

    .. math:: S_3 = \max\Big\{0, \frac{\sqrt{s_1^2 + s_2^2 + s_3^2} - 1}{\sqrt 3 - 1}\Big\}, \quad
        S_2 = \max\Big\{0, \frac{\sqrt{s_1^2 + s_2^2} - 1}{\sqrt 2 - 1}\Big\}

    Above 0 the state violates the linear steering inequality of that many settings. S₂ > 0 says
    the same as CHSH > 2.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)
    settings : int
        2 or 3.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For another number of settings, for what is no density matrix of two qubits.

    References
    ----------
    A. C. S. Costa, R. M. Angelo, Phys. Rev. A 93, 020103(R) (2016).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(steering_of(bell)), 12), round(float(steering_of(bell, settings=2)), 12)
    (1.0, 1.0)
    """
    require_settings(settings)
    s = _singular_values(rho)
    return as_array(steering_of_sizes(s[..., 0], s[..., 1], s[..., 2], settings))


def require_settings(settings: object) -> None:
    """Refuse a number of settings that the inequality is not written for.

    Examples
    --------
    >>> require_settings(3)
    """
    if not isinstance(settings, int | np.integer) or settings not in (2, 3):
        remedy = "give the number of measurements a side"
        raise ParameterError("settings", "be 2 or 3", repr(settings), remedy)


def steering_of_sizes(s1: Any, s2: Any, s3: Any, settings: int) -> Any:
    """Return S₂ or S₃ of the singular values of T, in the order of `chsh_of_sizes`.

    Examples
    --------
    >>> float(steering_of_sizes(1.0, 0.0, 0.0, 3))
    0.0
    """
    three = settings == 3
    squares = s1 * s1 + s2 * s2 + s3 * s3 if three else _largest_two(s1, s2, s3)
    excess = (np.sqrt(squares) - 1.0) / (np.sqrt(float(settings)) - 1.0)
    note_kink(excess == 0.0, [excess], "Steering has a kink at its threshold")
    return np.maximum(excess, 0.0)


def _singular_values(rho: ArrayLike) -> Any:
    correlations = correlation_matrix_of(rho)
    # JAX differentiates singular values that coincide in their symmetric functions only, which
    # is all that is made of them here.
    return np.linalg.svd(correlations, compute_uv=False)


def x_state_sizes(populations: Any, inner: Any, outer: Any) -> tuple[Any, Any, Any]:
    r"""Return the singular values of T of an X state, the first not below the second.

    .. math:: 2 (|\rho_{23}| + |\rho_{14}|), \quad 2 \big||\rho_{23}| - |\rho_{14}|\big|, \quad
        |\rho_{11} + \rho_{44} - \rho_{22} - \rho_{33}|

    Parameters
    ----------
    populations : sequence of four values
        Of \|11⟩, \|10⟩, \|01⟩, \|00⟩.
    inner, outer : value
        \|ρ₂₃\| and \|ρ₁₄\|.

    Examples
    --------
    >>> [float(s) for s in x_state_sizes([0.0, 0.5, 0.5, 0.0], 0.5, 0.0)]
    [1.0, 1.0, 1.0]
    """
    p11, p10, p01, p00 = populations
    told = "The correlations of an X state have a kink where one of its two coherences vanishes"
    note_kink((inner == 0.0) & (outer > 0.0), [inner], told)
    note_kink((outer == 0.0) & (inner > 0.0), [outer], told)
    along = np.absolute(p11 + p00 - p10 - p01)
    return 2.0 * (inner + outer), 2.0 * np.absolute(inner - outer), along
