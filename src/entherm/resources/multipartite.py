r"""Entanglement of three qubits: nearness to W and GHZ, negativity of all cuts, biseparability.

Indices of ρ count the bare states from 0: \|111⟩, \|110⟩, \|101⟩, \|100⟩, \|011⟩, \|010⟩, \|001⟩,
\|000⟩.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.parameters import Array, as_array, stands_in
from entherm.resources.density_matrices import density_matrices, note_kink, plain_density_matrices
from entherm.resources.partial_transpose import negative_part, partial_transpose

QUBITS = (2, 2, 2)

# |100⟩, |010⟩, |001⟩; |111⟩ and |000⟩.
ONE_EXCITED, ALL_ALIKE = (3, 5, 6), (0, 7)

# Angles of the grid on which the best phase is bracketed, and halvings of the bracket.
ANGLES, HALVINGS = 48, 60


def w_fidelity_of(rho: ArrayLike) -> Array:
    r"""Fidelity of three qubits with the W state.

    .. math:: F = \langle W|\rho|W\rangle, \qquad
        |W\rangle = (|100\rangle + |010\rangle + |001\rangle)/\sqrt 3

    Above 2/3 the entanglement is genuinely tripartite.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    References
    ----------
    A. Acín, D. Bruß, M. Lewenstein, A. Sanpera, Phys. Rev. Lett. 87, 040401 (2001).

    Examples
    --------
    >>> w = np.zeros((8, 8))
    >>> w[np.ix_([3, 5, 6], [3, 5, 6])] = 1 / 3
    >>> round(float(w_fidelity_of(w)), 12)
    1.0
    """
    return _fidelity(density_matrices(rho, 8), ONE_EXCITED)


def ghz_fidelity_of(rho: ArrayLike) -> Array:
    r"""Fidelity of three qubits with the GHZ state.

    .. math:: F = \langle GHZ|\rho|GHZ\rangle, \qquad
        |GHZ\rangle = (|111\rangle + |000\rangle)/\sqrt 2

    Above 1/2 the entanglement is genuinely tripartite.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    References
    ----------
    A. Acín, D. Bruß, M. Lewenstein, A. Sanpera, Phys. Rev. Lett. 87, 040401 (2001).

    Examples
    --------
    >>> round(float(ghz_fidelity_of(np.eye(8) / 8)), 12)
    0.125
    """
    return _fidelity(density_matrices(rho, 8), ALL_ALIKE)


def best_w_fidelity_of(rho: ArrayLike) -> Array:
    r"""Fidelity with the W state, phases of the qubits left free.

    .. math:: F = \max_{\varphi} \langle W_\varphi|\rho|W_\varphi\rangle, \qquad |W_\varphi\rangle
        = \tfrac{1}{\sqrt 3} (e^{i\varphi_1}|100\rangle + e^{i\varphi_2}|010\rangle
        + e^{i\varphi_3}|001\rangle)

    Phases are local rotations about z, so it is as good a witness. With c_kl the three coherences,
    the third phase follows the others and one is left,

    .. math:: F = \tfrac13 \big(p_1 + p_2 + p_3\big) + \tfrac23 \max_t
        \big( |c_{12}| \cos t + \big||c_{13}| + |c_{23}| e^{i (\alpha + t)}\big| \big), \quad
        \alpha = \arg c_{12} c_{23} c_{31}

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    Examples
    --------
    >>> w = np.zeros((8, 8))
    >>> w[np.ix_([3, 5, 6], [3, 5, 6])] = np.outer([1, -1, 1], [1, -1, 1]) / 3
    >>> round(float(best_w_fidelity_of(w)), 12), round(float(w_fidelity_of(w)), 12)
    (1.0, 0.111111111111)
    """
    matrix = plain_density_matrices(rho, 8, "The best W fidelity")
    i, j, k = ONE_EXCITED
    first, second, third = matrix[..., i, j], matrix[..., i, k], matrix[..., j, k]
    turned = np.angle(first * third * second.conj())
    found = _best_phase(np.abs(first), np.abs(second), np.abs(third), turned)
    populations = sum(matrix[..., p, p].real for p in ONE_EXCITED)
    return np.asarray((populations + 2.0 * found) / 3.0)


def _best_phase(a: Array, b: Array, c: Array, alpha: Array) -> Array:
    """Largest a cos t + |b + c exp(i (α + t))|: on a grid, then by golden section."""

    def value(t: Array) -> Array:
        inner = b * b + c * c + 2.0 * b * c * np.cos(alpha + t)
        return np.asarray(a * np.cos(t) + np.sqrt(np.maximum(inner, 0.0)))

    grid = np.arange(ANGLES) * (2.0 * np.pi / ANGLES)
    values = np.stack([value(np.asarray(t)) for t in grid], -1)
    # Two maxima may come to one height; each is followed.
    peaks = (values >= np.roll(values, 1, -1)) & (values >= np.roll(values, -1, -1))
    two = np.argsort(np.where(peaks, -values, np.inf), axis=-1, kind="stable")[..., :2]
    best = values.max(-1)
    for k in range(2):
        low, high = grid[two[..., k]] - grid[1], grid[two[..., k]] + grid[1]
        for _ in range(HALVINGS):
            inside = 0.381966011250105 * (high - low)
            left, right = low + inside, high - inside
            lower = value(left) < value(right)
            low, high = np.where(lower, left, low), np.where(lower, high, right)
        best = np.maximum(best, value(0.5 * (low + high)))
    return np.asarray(best)


def best_ghz_fidelity_of(rho: ArrayLike) -> Array:
    r"""Fidelity with the GHZ state, its phase left free.

    .. math:: F = \max_\varphi \langle GHZ_\varphi|\rho|GHZ_\varphi\rangle
        = \tfrac12 (\rho_{111,111} + \rho_{000,000}) + |\rho_{111,000}|

    The phase is a rotation of any of the qubits about z, so it is as good a witness.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    Examples
    --------
    >>> ghz = np.zeros((8, 8))
    >>> ghz[np.ix_([0, 7], [0, 7])] = [[0.5, -0.5], [-0.5, 0.5]]
    >>> float(best_ghz_fidelity_of(ghz)), float(ghz_fidelity_of(ghz))
    (1.0, 0.0)
    """
    matrix: Any = density_matrices(rho, 8)
    populations = np.real(matrix[..., 0, 0]) + np.real(matrix[..., 7, 7])
    size = np.absolute(matrix[..., 0, 7])
    told = "The best GHZ fidelity has a kink where its coherence vanishes"
    note_kink(size == 0.0, [size], told)
    return as_array(0.5 * populations + size)


def tripartite_negativity_of(rho: ArrayLike) -> Array:
    r"""Tripartite negativity: geometric mean of the negativities of the three cuts of three qubits.

    .. math:: N_{ABC} = (N_{A|BC}\, N_{B|CA}\, N_{C|AB})^{1/3}

    It vanishes where some cut has none, 1/2 of GHZ, √2/3 of W. On mixed states it may be positive
    without genuinely tripartite entanglement.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)
        With N a cut's negative eigenvalues, 1/2 of a Bell pair: half of the source's.

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    References
    ----------
    C. Sabín, G. García-Alcaine, Eur. Phys. J. D 48, 435 (2008).

    Examples
    --------
    >>> ghz = np.zeros((8, 8))
    >>> ghz[np.ix_([0, 7], [0, 7])] = 0.5
    >>> round(float(tripartite_negativity_of(ghz)), 12)
    0.5
    """
    matrix = density_matrices(rho, 8)
    cuts = [negative_part(partial_transpose(matrix, QUBITS, (k,))) for k in range(3)]
    product: Any = reduce(np.multiply, cuts)
    told = "The tripartite negativity has a kink where the negativity of a cut vanishes"
    note_kink(product == 0.0, cuts, told)
    if not stands_in(product):
        return as_array(np.cbrt(product))
    # A third root of 0 would make a NaN of its derivative; there is none to be had.
    return as_array(np.where(product > 0.0, np.exp(np.log(product) / 3.0), 0.0))


def genuine_entanglement_of(rho: ArrayLike) -> Array:
    r"""Excess over what biseparable states of three qubits reach; positive: genuinely tripartite.

    .. math:: \max\{\, & |\rho_{18}| - \sqrt{\rho_{22}\rho_{77}} - \sqrt{\rho_{33}\rho_{66}}
        - \sqrt{\rho_{44}\rho_{55}}, \\ & |\rho_{23}| + |\rho_{25}| + |\rho_{35}|
        - \sqrt{\rho_{11}\rho_{44}} - \sqrt{\rho_{11}\rho_{66}} - \sqrt{\rho_{11}\rho_{77}}
        - \tfrac12 (\rho_{22} + \rho_{33} + \rho_{55}) \,\}

    the second also with \|1⟩ and \|0⟩ exchanged. Indices count from 1. Sufficient, not necessary.

    Parameters
    ----------
    rho : array_like of complex, shape (..., 8, 8)

    Returns
    -------
    ndarray, shape (...)
        At most 1/2; negative where the criterion is silent.

    Raises
    ------
    ParameterError
        For what is no density matrix of three qubits.

    References
    ----------
    O. Gühne, M. Seevinck, New J. Phys. 12, 053002 (2010).

    Examples
    --------
    >>> w = np.zeros((8, 8))
    >>> w[np.ix_([3, 5, 6], [3, 5, 6])] = 1 / 3
    >>> round(float(genuine_entanglement_of(w)), 12)
    0.5
    """
    matrix = plain_density_matrices(rho, 8, "The biseparability criterion")
    p = np.maximum(np.diagonal(matrix, axis1=-2, axis2=-1).real, 0.0)

    def root(a: int, b: int) -> Array:
        return np.asarray(np.sqrt(p[..., a] * p[..., b]))

    ghz = np.abs(matrix[..., 0, 7]) - root(1, 6) - root(2, 5) - root(3, 4)

    def of_w(empty: int, one: tuple[int, int, int], two: tuple[int, int, int]) -> Array:
        i, j, k = one
        pairs = sum(np.abs(matrix[..., a, b]) for a, b in ((i, j), (i, k), (j, k)))
        # Each pair of single excitations with the state that both of them make.
        bound = sum(root(empty, t) for t in two)
        return np.asarray(pairs - bound - 0.5 * sum(p[..., a] for a in one))

    up, down = of_w(0, (1, 2, 4), (3, 5, 6)), of_w(7, (6, 5, 3), (4, 2, 1))
    return np.asarray(np.maximum(ghz, np.maximum(up, down)))


def _fidelity(matrix: Any, states: tuple[int, ...]) -> Array:
    terms = [np.real(matrix[..., a, b]) for a in states for b in states]
    return as_array(sum(terms) / len(states))
