"""Operators of the subsystems, embedded in the whole: the bare basis and its labels.

The bare basis is the tensor product in the order in which the machine names its subsystems, each
with its **excited state first**: |11⟩, |10⟩, |01⟩, |00⟩ for two qubits, as in the paper. This is
QuTiP's tensor order in the spin convention, and exactly reversed in its Fock convention.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from entherm.parameters import Array


def bare_states(dimensions: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the excitation numbers of every bare basis state, excited first.

    Examples
    --------
    >>> bare_states((2, 2))
    ((1, 1), (1, 0), (0, 1), (0, 0))
    """
    return tuple(product(*(range(d - 1, -1, -1) for d in dimensions)))


def ket(state: tuple[int, ...]) -> str:
    """Spell a bare state.

    Examples
    --------
    >>> ket((1, 0))
    '|10⟩'
    """
    return "|" + "".join(map(str, state)) + "⟩"


def lowering(dimensions: tuple[int, ...], site: int) -> Array:
    """Return σ₋ = |0⟩⟨1| of one subsystem, embedded (Eq. (2) of [Man]).

    Parameters
    ----------
    dimensions : tuple of int
        Dimension of every subsystem.
    site : int
        Which one.

    Returns
    -------
    ndarray, shape (d, d)
        In the bare basis.

    Examples
    --------
    >>> lowering((2,), 0)
    array([[0., 0.],
           [1., 0.]])
    """
    # Excited first, so lowering raises the index by one.
    return _embedded(dimensions, site, np.eye(dimensions[site], k=-1))


def number(dimensions: tuple[int, ...], site: int) -> Array:
    """Return the excitation number |1⟩⟨1| of one subsystem, embedded (Eq. (1) of [Man]).

    Examples
    --------
    >>> np.diag(number((2, 2), 0))
    array([1., 1., 0., 0.])
    """
    levels = np.arange(dimensions[site] - 1, -1, -1.0)
    return _embedded(dimensions, site, np.diag(levels))


def sigma_z(dimensions: tuple[int, ...], site: int) -> Array:
    """Return σ_z = |1⟩⟨1| − |0⟩⟨0| of one qubit, embedded (Eq. (21) of [Man]).

    Examples
    --------
    >>> np.diag(sigma_z((2, 2), 1))
    array([ 1., -1.,  1., -1.])
    """
    return 2.0 * number(dimensions, site) - np.eye(int(np.prod(dimensions)))


def exchange_operator(dimensions: tuple[int, ...], first: int, second: int) -> Array:
    """Return σ₊ ⊗ σ₋ + σ₋ ⊗ σ₊ between two subsystems (Eq. (2) of [Man]).

    Examples
    --------
    >>> exchange_operator((2, 2), 0, 1)[1]
    array([0., 0., 1., 0.])
    """
    hop = lowering(dimensions, first).T @ lowering(dimensions, second)
    return hop + hop.T


def _embedded(dimensions: tuple[int, ...], site: int, local: Array) -> Array:
    before = np.eye(int(np.prod(dimensions[:site])))
    after = np.eye(int(np.prod(dimensions[site + 1 :])))
    return np.kron(np.kron(before, local), after)
