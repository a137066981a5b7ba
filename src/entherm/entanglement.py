r"""Measures of entanglement, as pure functions of populations and density matrices.

The functions on X states are plain arithmetic that arrays and recorded scalars both pass through;
those on a whole density matrix take any state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.checks import real_numbers
from entherm.errors import ParameterError
from entherm.parameters import Array, as_array, require
from entherm.tracing import StandIn, as_stand_in

SMALLEST = float(np.finfo(float).tiny)


def x_state_concurrence(p11: Any, p00: Any, re: Any, im: Any = None) -> Any:
    r"""Concurrence of a state of form Eq. (16).

    .. math:: C = 2 \max\{0, |\eta_{23}| - \sqrt{\eta_{11}\eta_{44}}\}

    Parameters
    ----------
    p11, p00 : value
        η₁₁ and η₄₄, populations of |11⟩ and |00⟩.
    re, im : value
        Real and imaginary part of η₂₃ = ⟨10|ρ|01⟩; `im` is None where it vanishes.

    Returns
    -------
    value
        In [0, 1].

    References
    ----------
    [Man] Eq. (17).

    Examples
    --------
    >>> float(x_state_concurrence(0.0, 0.5, 0.25))
    0.5
    """
    excess = 2.0 * (_modulus(re, im) - _root(p11, p00))
    _note_threshold("The concurrence", excess, p11 * p00, re, im)
    return np.maximum(excess, 0.0)


def x_state_negativity(p11: Any, p00: Any, re: Any, im: Any = None) -> Any:
    r"""Negativity of a state of form Eq. (16): minus the negative eigenvalue of ρ^{T_B}.

    .. math:: N = \max\Big\{0, \frac{|\eta_{23}|^2 - \eta_{11}\eta_{44}}
        {\tfrac12(\eta_{11}+\eta_{44})
        + \sqrt{\tfrac14(\eta_{11}-\eta_{44})^2 + |\eta_{23}|^2}}\Big\}

    which is the textbook difference multiplied out, so that it does not cancel.

    Examples
    --------
    >>> float(x_state_negativity(0.0, 0.0, 0.5))
    0.5
    """
    size = _modulus(re, im)
    root = _root(p11, p00)
    inner, outer = size - root, size + root
    half = 0.5 * (p11 - p00)
    # All three vanish for |10⟩ and its like: 0 over the smallest number is the right 0.
    sum_of_sizes = 0.5 * (p11 + p00) + np.sqrt(half * half + size * size)
    _note_threshold("The negativity", inner, p11 * p00, re, im)
    return np.maximum(inner * outer / np.maximum(sum_of_sizes, SMALLEST), 0.0)


def _note_threshold(name: str, excess: Any, product: Any = 1.0, *others: Any) -> None:
    """Note where max(0, excess) is not smooth, nor a root of `product` and sizes of `others` in it.

    Below the threshold neither matters.
    """
    if not isinstance(excess, StandIn):
        return
    excess.algebra.kink(
        (excess == 0.0) | ((excess > 0.0) & (product == 0.0)),
        [excess, product, *others],
        f"{name} has a kink at its threshold, where it vanishes or the state changes rank: "
        "differentiate to either side of it",
    )


def _root(p11: Any, p00: Any) -> Any:
    # Below zero only in a state of Redfield's, whose `validity` says so.
    return np.sqrt(np.maximum(p11 * p00, 0.0))


def _modulus(re: Any, im: Any) -> Any:
    return np.absolute(re) if im is None else np.sqrt(re * re + im * im)


def entanglement_of_formation(concurrence: ArrayLike) -> Array:
    r"""Entanglement of formation of two qubits, from their concurrence.

    .. math:: E = h\Big(\frac{1 - \sqrt{1 - C^2}}{2}\Big), \quad
        h(x) = -x \log_2 x - (1 - x) \log_2(1 - x)

    Parameters
    ----------
    concurrence : array_like, shape (...)
        In [0, 1].

    Returns
    -------
    ndarray, shape (...)
        In ebits.

    References
    ----------
    W. K. Wootters, Phys. Rev. Lett. 80, 2245 (1998).

    Examples
    --------
    >>> float(entanglement_of_formation(1.0)), float(entanglement_of_formation(0.0))
    (1.0, 0.0)
    """
    c = real_numbers(concurrence, "concurrence")
    require(
        (c >= 0.0) & (c <= 1.0 + 1e-12), c, "concurrence", "lie in [0, 1]", "give a concurrence"
    )
    # (1 − √(1−C²))/2 multiplied out: the difference would lose a small C.
    x = 0.5 * c * c / (1.0 + np.sqrt(np.maximum(1.0 - c * c, 0.0)))
    log = np.log(np.where(x > 0.0, x, 1.0))
    return as_array(-(x * log + (1.0 - x) * np.log1p(-np.minimum(x, 0.5))) / np.log(2.0))


def concurrence_of(rho: ArrayLike) -> Array:
    r"""Concurrence of any two-qubit density matrix, by Wootters' formula.

    .. math:: C = \max\{0, \mu_1 - \mu_2 - \mu_3 - \mu_4\}

    with μ_i the singular values, in falling order, of √ρᵀ (σ_y ⊗ σ_y) √ρ. On an X state use
    `x_state_concurrence`: the square root of ρ costs about half of the digits of a small C.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)
        Positive semidefinite up to rounding, trace 1.

    Returns
    -------
    ndarray, shape (...)

    References
    ----------
    W. K. Wootters, Phys. Rev. Lett. 80, 2245 (1998).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(concurrence_of(bell)), 12)
    1.0
    """
    matrix = _two_qubit_state(rho)
    traced = as_stand_in(matrix)
    if traced is not None:
        root: Any = traced.algebra.root(traced)
    else:
        values, vectors = np.linalg.eigh(matrix)
        # Eigenvalues of a state below zero are rounding; a state with worse is refused upstream.
        root = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    flip = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
    mu = np.linalg.svd(np.swapaxes(root, -1, -2) @ flip @ root, compute_uv=False)
    excess = mu[..., 0] - mu[..., 1:].sum(-1)
    _note_threshold("The concurrence", excess)
    return as_array(np.maximum(excess, 0.0))


def negativity_of(rho: ArrayLike) -> Array:
    r"""Negativity of any two-qubit density matrix: minus the negative part of ρ^{T_B}.

    .. math:: N = \tfrac12 \big(\|\rho^{T_B}\|_1 - 1\big)

    Parameters
    ----------
    rho : array_like of complex, shape (..., 4, 4)

    Returns
    -------
    ndarray, shape (...)

    References
    ----------
    G. Vidal, R. F. Werner, Phys. Rev. A 65, 032314 (2002).

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> round(float(negativity_of(bell)), 12)
    0.5
    """
    matrix = _two_qubit_state(rho)
    split = matrix.reshape(*matrix.shape[:-2], 2, 2, 2, 2)
    turned = np.swapaxes(split, -1, -3).reshape(matrix.shape)
    return as_array(-np.minimum(np.linalg.eigvalsh(turned), 0.0).sum(-1))


def _two_qubit_state(rho: ArrayLike) -> NDArray[np.complex128]:
    try:
        matrix = as_array(rho, complex)
    except (ValueError, TypeError, OverflowError):
        matrix = np.empty(0)
    if matrix.shape[-2:] != (4, 4) or not np.all(np.isfinite(matrix)):
        rule, remedy = "be finite matrices of shape (..., 4, 4)", "give a two-qubit density matrix"
        raise ParameterError("rho", rule, f"shape {np.shape(matrix)}", remedy)
    return matrix
