r"""Quantum discord of two qubits: what a measurement of one of them cannot find out.

.. math:: D(A|B) = I(A : B) - J(A|B), \qquad J(A|B) = S(A) - \min_{\mathbf n} S(A|\mathbf n)

The minimum is over projective measurements along **n** on B
(`entherm.resources.conditional_entropy`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.parameters import Array
from entherm.resources.conditional_entropy import least_entropy, length, minus_log
from entherm.resources.density_matrices import plain_density_matrices
from entherm.resources.nonlocality import PAULI, correlation_matrix_of


def mutual_information_of(rho: ArrayLike) -> Array:
    r"""Mutual information of two qubits, in bits.

    .. math:: I(A : B) = S(A) + S(B) - S(AB)

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)
        0 to 2.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(mutual_information_of(bell)), 12)
    2.0
    """
    matrix = plain_density_matrices(rho, 4, "The mutual information")
    a, b = _bloch_vectors(matrix)
    local = _binary_entropy(length(a)) + _binary_entropy(length(b))
    return np.asarray(np.maximum(local - _entropy(matrix), 0.0) + 0.0)


def classical_correlation_of(rho: ArrayLike) -> Array:
    r"""Classical correlation of two qubits (Henderson, Vedral), the second one measured, in bits.

    .. math:: J(A|B) = S(A) - \min_{\mathbf n} \sum_\pm p_\pm S(\rho_{A|\pm \mathbf n})

    over projective measurements.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)
        0 to 1.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.

    References
    ----------
    L. Henderson, V. Vedral, J. Phys. A 34, 6899 (2001).

    Examples
    --------
    >>> round(float(classical_correlation_of(np.diag([0.5, 0.0, 0.0, 0.5]))), 12)
    1.0
    """
    matrix = plain_density_matrices(rho, 4, "The classical correlation")
    a, _ = _bloch_vectors(matrix)
    found = _binary_entropy(length(a)) - conditional_entropy_of(matrix)
    return np.asarray(np.maximum(found, 0.0))


def discord_of(rho: ArrayLike) -> Array:
    r"""Quantum discord of two qubits, the second one measured, in bits.

    .. math:: D(A|B) = S(B) - S(AB) + \min_{\mathbf n} \sum_\pm p_\pm S(\rho_{A|\pm \mathbf n})

    over projective measurements. It is not symmetric: of a swapped ρ it is D(B\|A). The error is
    about 1e-14, absolute.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)
        0 to 1.

    Raises
    ------
    ParameterError
        For what is no density matrix of two qubits.
    NotDifferentiableError
        For tracers of JAX: the minimum is found by a search.

    References
    ----------
    H. Ollivier, W. H. Zurek, Phys. Rev. Lett. 88, 017901 (2001).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(discord_of(bell)), 12)
    1.0
    """
    matrix = plain_density_matrices(rho, 4, "Discord")
    _, b = _bloch_vectors(matrix)
    found = _binary_entropy(length(b)) - _entropy(matrix) + conditional_entropy_of(matrix)
    # It vanishes on classical states, where rounding would leave −1e-16.
    return np.asarray(np.maximum(found, 0.0))


def conditional_entropy_of(rho: ArrayLike) -> Array:
    r"""Least mean entropy of the first qubit after a projective measurement of the second, in bits.

    .. math:: \min_{\mathbf n} \sum_\pm p_\pm S(\rho_{A|\pm \mathbf n}), \qquad
        p_\pm = \tfrac12 (1 \pm \mathbf b \cdot \mathbf n), \quad
        \mathbf r_\pm = \frac{\mathbf a \pm T \mathbf n}{1 \pm \mathbf b \cdot \mathbf n}

    with **r** the Bloch vector of the conditional state.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> round(float(conditional_entropy_of(np.eye(4) / 4)), 12)
    1.0
    """
    matrix = plain_density_matrices(rho, 4, "The conditional entropy")
    a, b = _bloch_vectors(matrix)
    return np.asarray(least_entropy(a, b, correlation_matrix_of(matrix)) / np.log(2.0))


def _bloch_vectors(matrix: NDArray[np.complex128]) -> tuple[Array, Array]:
    split = matrix.reshape(*matrix.shape[:-2], 2, 2, 2, 2)
    local = np.einsum("...ikjk->...ij", split), np.einsum("...kikj->...ij", split)
    first, second = (np.einsum("...ij,kji->...k", x, np.array(PAULI)).real for x in local)
    return first, second


def _binary_entropy(size: Array) -> Array:
    """Entropy of a qubit by the length of its Bloch vector, in bits."""
    found = minus_log(0.5 * (1.0 + size)) + minus_log(0.5 * (1.0 - size))
    return np.asarray(found / np.log(2.0))


def _entropy(matrix: NDArray[np.complex128]) -> Array:
    return np.asarray(minus_log(np.asarray(np.linalg.eigvalsh(matrix))).sum(-1) / np.log(2.0))
