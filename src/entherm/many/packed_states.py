r"""States kept class by class of levels, each Hermitian block as one real matrix.

P = Re ρ + Im ρ has the size and the norm of ρ; its symmetric part is Re ρ, its antisymmetric part
Im ρ. What is kept so is Hermitian whatever happens to P.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.parameters import Array

Edge = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PackedStates:
    """How elements of ρ between levels of one class are kept in one real vector.

    Attributes
    ----------
    members : tuple of ndarray of int
        Labels of the levels of each class.
    """

    members: tuple[NDArray[np.intp], ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each class."""
        return tuple(map(len, self.members))

    @cached_property
    def elements(self) -> int:
        """Number of elements of ρ, and of real unknowns."""
        return sum(size**2 for size in self.sizes)

    def by_class(self, values: Array) -> list[Array]:
        """Return values of all levels, class by class."""
        return [values[labels] for labels in self.members]

    def split(self, packed: Array) -> list[Array]:
        """Return P as blocks, views of a packed vector."""
        ends = np.cumsum([size**2 for size in self.sizes])[:-1]
        parts = np.split(packed, ends)
        return [part.reshape(size, size) for part, size in zip(parts, self.sizes, strict=True)]

    def unpacked(self, packed: Array) -> list[NDArray[np.complex128]]:
        """Return ρ as blocks.

        Examples
        --------
        >>> states = PackedStates((np.array([0, 1]),))
        >>> states.unpacked(np.array([0.5, 0.3, 0.1, 0.5]))[0][0]
        array([0.5+0.j , 0.2+0.1j])
        """
        found = [0.5 * ((p + p.T) + 1j * (p - p.T)) for p in self.split(packed)]
        return [np.asarray(block, complex) for block in found]

    def packed(self, blocks: Sequence[NDArray[Any]]) -> Array:
        """Return Hermitian blocks as one real vector.

        Examples
        --------
        >>> PackedStates((np.array([0, 1]),)).packed([np.array([[0.5, 0.2j], [-0.2j, 0.5]])])
        array([ 0.5,  0.2, -0.2,  0.5])
        """
        return np.concatenate([(block.real + block.imag).ravel() for block in blocks])

    def of_populations(self, populations: Array) -> Array:
        """Return populations without coherences, packed."""
        return self.packed([np.diag(p) for p in self.by_class(populations)])

    def populations(self, packed: Array) -> Array:
        """Return the populations of all levels.

        Examples
        --------
        >>> states = PackedStates((np.array([0, 2]), np.array([1])))
        >>> states.populations(states.of_populations(np.array([0.5, 0.3, 0.2])))
        array([0.5, 0.3, 0.2])
        """
        found = np.empty(sum(self.sizes))
        for labels, block in zip(self.members, self.split(packed), strict=True):
            found[labels] = np.diag(block)
        return found


class PackedCoherences(Mapping[Edge, tuple[Array, Array]]):
    """Real and imaginary parts of the coherences of packed states, each made when it is read.

    Parameters
    ----------
    kinds : tuple of int
        Class of each level.
    packed : ndarray, shape (n, ...)

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> kinds = diagonalise(two_qubit_machine(1.0, 1.0, 0.5)).classes
    >>> found = PackedCoherences(kinds, np.array([0.1, 0.4, 0.3, 0.1, 0.2, 0.3]))
    >>> list(found), [float(part) for part in found[1, 2]]
    ([(1, 2)], [0.2, 0.1])
    """

    def __init__(self, kinds: tuple[int, ...], packed: Array) -> None:
        self._kinds, self.packed = kinds, packed
        size = Counter(kinds)
        first = np.cumsum([0, *(size[k] ** 2 for k in range(len(size)))])
        seen: Counter[int] = Counter()
        self._rows = []
        for kind in kinds:
            self._rows.append((int(first[kind]), seen[kind], size[kind]))
            seen[kind] += 1

    def element(self, a: int, b: int) -> Array:
        """Return the element of P between levels `a` and `b` of one class."""
        first, row, size = self._rows[a]
        return np.asarray(self.packed[first + row * size + self._rows[b][1]])

    def __contains__(self, pair: object) -> bool:
        return (
            isinstance(pair, tuple)
            and len(pair) == 2
            and 0 <= pair[0] < pair[1] < len(self._kinds)
            and self._kinds[pair[0]] == self._kinds[pair[1]]
        )

    def __getitem__(self, pair: Edge) -> tuple[Array, Array]:
        if pair not in self:
            raise KeyError(pair)
        above, below = self.element(*pair), self.element(*pair[::-1])
        return np.asarray(0.5 * (above + below)), np.asarray(0.5 * (above - below))

    def __iter__(self) -> Iterator[Edge]:
        pairs = combinations(range(len(self._kinds)), 2)
        return ((a, b) for a, b in pairs if self._kinds[a] == self._kinds[b])

    def __len__(self) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(self._kinds).values())
