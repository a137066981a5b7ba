"""Operators of the subsystems, embedded in the whole: the bare basis, its labels, and their words.

The bare basis is the tensor product in the order in which the machine names its subsystems, each
with its **highest level first**: |11⟩, |10⟩, |01⟩, |00⟩ for two qubits, as in the paper. This is
QuTiP's tensor order in the spin convention, and exactly reversed in its Fock convention.

Everything is made from the lowering operator L of a subsystem: σ₋ = |0⟩⟨1| of a qubit (Eq. (2) of
[Man]), Σ |n−1⟩⟨n| of a qudit, a = Σ √n |n−1⟩⟨n| of an oscillator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.errors import ParameterError
from entherm.parameters import Array

# Real where it can be, so that a machine with a real Hamiltonian stays real throughout.
Operator = NDArray[Any]

SMALLEST_ENTRY, LARGEST_ENTRY = 1e-50, 1e50
WORDS = ("lowering", "x", "y", "z", "number")
_TRANSITION = re.compile(r"\|(\d+)>\s*<(\d+)\|")


def bare_states(dimensions: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the excitation numbers of every bare basis state, highest first.

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
    >>> ket((1, 0)), ket((12, 0))
    ('|10⟩', '|12,0⟩')
    """
    return "|" + ("," if max(state) > 9 else "").join(map(str, state)) + "⟩"


def spelled_state(components: Iterable[Any], states: Iterable[tuple[int, ...]]) -> str:
    """Spell a superposition of bare states.

    Examples
    --------
    >>> spelled_state([0.6, -0.8], [(1, 0), (0, 1)]), spelled_state([1j], [(1,)])
    ('0.6000|10⟩ - 0.8000|01⟩', '1.0000i|1⟩')
    """
    text = ""
    for value, state in zip(components, states, strict=True):
        if value == 0.0:
            continue
        real = value.imag == 0.0 if np.iscomplexobj(value) else True
        plain = real or value.real == 0.0
        part = value.real if real else value.imag if plain else abs(value)
        sign = ("-" if part < 0 else "") if not text else (" - " if part < 0 else " + ")
        size = "" if real and abs(part) == 1.0 else f"{abs(part):.4f}"
        if not plain:
            size = f"({value.real:.4f}{value.imag:+.4f}i)"
        text += f"{sign}{size}{'i' if plain and not real else ''}{ket(state)}"
    return text


def ladder(dimension: int) -> Array:
    """Return Σ |n−1⟩⟨n|, σ₋ for two levels; highest first, so lowering raises the index.

    Examples
    --------
    >>> ladder(2)
    array([[0., 0.],
           [1., 0.]])
    """
    return np.eye(dimension, k=-1)


def annihilation(dimension: int) -> Array:
    """Return a = Σ √n |n−1⟩⟨n| of a truncated oscillator.

    Examples
    --------
    >>> (annihilation(3) ** 2).round(12)
    array([[0., 0., 0.],
           [2., 0., 0.],
           [0., 1., 0.]])
    """
    return np.diag(np.sqrt(np.arange(dimension - 1, 0, -1.0)), k=-1)


def levels_of(dimension: int) -> Array:
    """Return the excitation numbers d−1, ..., 0.

    Examples
    --------
    >>> levels_of(3)
    array([2., 1., 0.])
    """
    return np.arange(dimension - 1, -1, -1.0)


def named_operator(word: object, lowering: Array, path: str) -> Operator:
    r"""Return the operator that a word stands for, on one subsystem with lowering operator L.

    ``"lowering"`` L, ``"x"`` L + L†, ``"y"`` i (L − L†), ``"z"`` 2 n − (d − 1), ``"number"`` n,
    ``"|j><k|"`` a single transition; for a qubit the Pauli matrices with \|1⟩ first.

    Raises
    ------
    ParameterError
        For another word, or a level that is not there.

    Examples
    --------
    >>> named_operator("x", ladder(2), "operator")
    array([[0., 1.],
           [1., 0.]])
    >>> named_operator("|0><2|", ladder(3), "operator")[2]
    array([1., 0., 0.])
    """
    dimension = len(lowering)
    levels = levels_of(dimension)
    match word:
        case "lowering":
            return lowering
        case "x":
            return lowering + lowering.T
        case "y":
            return 1j * (lowering - lowering.T)
        case "z":
            return np.diag(2.0 * levels - (dimension - 1))
        case "number":
            return np.diag(levels)
    found = _TRANSITION.fullmatch(word.strip()) if isinstance(word, str) else None
    if not found:
        rule = f"be a matrix, '|j><k|', or one of {', '.join(WORDS)}"
        raise ParameterError(path, rule, repr(word), "give e.g. operator='x'")
    to, source = map(int, found.groups())
    if max(to, source) >= dimension:
        rule = f"name levels 0..{dimension - 1}"
        raise ParameterError(path, rule, repr(word), "count from the ground state, which is 0")
    single = np.zeros((dimension, dimension))
    single[dimension - 1 - to, dimension - 1 - source] = 1.0
    return single


def operator_matrix(value: ArrayLike, path: str) -> Operator:
    """Return a square matrix as a frozen float64 or complex128 array, real where it is.

    Raises
    ------
    ParameterError
        For what is not square, finite, or a number.

    Examples
    --------
    >>> operator_matrix([[0, 1j], [-1j, 0]], "operator").dtype.kind
    'c'
    """
    remedy = "give rows of numbers, highest level first"
    try:
        matrix = np.array(value)
    except (ValueError, TypeError, OverflowError):
        raise ParameterError(path, "be a matrix", repr(value), remedy) from None
    if isinstance(value, np.ma.MaskedArray):
        raise ParameterError(path, "not be masked", "a masked array", remedy)
    if matrix.dtype.kind not in "iufc":
        raise ParameterError(path, "be a matrix of numbers", repr(value), remedy)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] < 2:
        raise ParameterError(path, "be a square matrix", f"shape {matrix.shape}", remedy)
    sizes = np.abs(matrix)
    if not np.all((sizes == 0.0) | ((sizes >= SMALLEST_ENTRY) & (sizes <= LARGEST_ENTRY))):
        rule = f"have entries of 0 or of {SMALLEST_ENTRY:g} to {LARGEST_ENTRY:g} in size"
        raise ParameterError(path, rule, repr(value), "put the scale into the strength or the rate")
    kind = complex if matrix.dtype.kind == "c" and np.any(matrix.imag) else float
    matrix = (matrix if kind is complex else matrix.real).astype(kind) + 0.0  # no −0
    matrix.setflags(write=False)
    return matrix


def adjoint(matrix: Operator) -> Operator:
    """Return U† of matrices (..., m, n).

    Examples
    --------
    >>> adjoint(np.array([[0.0, 1j], [0.0, 0.0]]))[1]
    array([0.-1.j, 0.-0.j])
    """
    return np.swapaxes(matrix, -1, -2).conj()


def is_hermitian(matrix: Operator) -> bool:
    """Whether a matrix equals its adjoint to rounding.

    Examples
    --------
    >>> is_hermitian(ladder(2))
    False
    """
    return bool(np.abs(matrix - matrix.conj().T).max() <= 1e-14 * np.abs(matrix).max())


def embedded_entries(
    dimensions: tuple[int, ...], sites: tuple[int, ...], local: Operator
) -> tuple[NDArray[np.intp], NDArray[np.intp], Operator]:
    """Return rows, columns and values of what `embedded` makes, entries that vanish left out.

    As many entries as there are states, times those of one row of `local`.

    Examples
    --------
    >>> rows, columns, _ = embedded_entries((2, 2), (1,), ladder(2))
    >>> rows.tolist(), columns.tolist()
    ([1, 3], [0, 2])
    """
    ordered = _places(dimensions, sites)
    to, source = np.nonzero(local)
    rows, columns = ordered[to].ravel(), ordered[source].ravel()
    return rows, columns, np.repeat(local[to, source], ordered.shape[1])


@lru_cache(maxsize=64)
def _places(dimensions: tuple[int, ...], sites: tuple[int, ...]) -> NDArray[np.intp]:
    """Bare states by the levels of `sites`, then by those of the others."""
    own = prod(dimensions[s] for s in sites)
    places = np.arange(prod(dimensions)).reshape(dimensions)
    return np.moveaxis(places, sites, range(len(sites))).reshape(own, -1)


def embedded(dimensions: tuple[int, ...], sites: tuple[int, ...], local: Operator) -> Operator:
    """Return an operator on a few subsystems, in the order of `sites`, as one on the whole.

    Parameters
    ----------
    dimensions : tuple of int
        Dimension of every subsystem.
    sites : tuple of int
        Which ones, in the order of the tensor product that `local` is written in.
    local : ndarray, shape (m, m)

    Returns
    -------
    ndarray, shape (d, d)
        In the bare basis.

    Examples
    --------
    >>> np.diag(embedded((2, 2), (1,), np.diag([1.0, 0.0])))
    array([1., 0., 1., 0.])
    """
    others = tuple(k for k in range(len(dimensions)) if k not in sites)
    order = (*sites, *others)
    rest = np.eye(prod(dimensions[k] for k in others))
    shape = tuple(dimensions[k] for k in order)
    tensor = np.kron(local, rest).reshape(*shape, *shape)
    back = [order.index(k) for k in range(len(order))]
    axes = (*back, *(len(order) + k for k in back))
    size = prod(dimensions)
    return np.ascontiguousarray(tensor.transpose(axes).reshape(size, size))
