"""Operators between levels, sector by sector: dense blocks where there is something, no d × d one.

An operator on a few subsystems has as many entries as there are bare states, times those of one of
its rows. Between two sectors it is a gather of rows of either set of eigenvectors and one product:
a lowering operator is a partial permutation, of which only the rows that it moves are multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.operators import Operator, embedded_entries

Blocks = dict[tuple[int, int], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class BlockEntries:
    """What an operator does from one sector of bare states to another.

    Attributes
    ----------
    rows, columns : ndarray of int
        Position of each entry among the members of the two sectors.
    values : ndarray
        The entries, none of them zero.
    plain : bool
        Whether every entry is one, and the only one of its row.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: NDArray[Any]
    plain: bool

    @cached_property
    def runs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """An order by rows, and where each row starts in it."""
        order = np.argsort(self.rows, kind="stable")
        return order, np.flatnonzero(np.diff(self.rows[order], prepend=-1))

    def between(
        self, into: NDArray[Any], source: NDArray[Any], out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Return U† O V of vectors U (..., m, i) and V (..., n, j), as (..., i, j).

        Examples
        --------
        >>> one = np.zeros(1, int)
        >>> BlockEntries(one, one, np.array([2.0]), False).between(np.ones((1, 1)), np.eye(2))
        array([[2., 0.]])
        """
        rows, right = self.rows, source[..., self.columns, :]
        if not self.plain:
            right = self.values[:, None] * right
            order, starts = self.runs
            if len(starts) < len(rows):
                right = np.add.reduceat(right[..., order, :], starts, axis=-2)
                rows = rows[order][starts]
        left = np.swapaxes(into[..., rows, :], -1, -2)
        return np.matmul(left.conj() if np.iscomplexobj(left) else left, right, out=out)


def block_entries(
    levels: Levels, dimensions: tuple[int, ...], sites: tuple[int, ...], local: Operator
) -> Iterator[tuple[tuple[int, int], BlockEntries]]:
    """Yield the entries of an operator, by (into, source) sectors that it connects.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> from entherm.operators import ladder
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> for pair, found in block_entries(levels, (2, 2), (1,), ladder(2)):
    ...     print(pair, found.rows, found.columns)
    (1, 0) [0] [0]
    (2, 1) [0] [1]
    """
    rows, columns, values = embedded_entries(dimensions, sites, local)
    block, place = levels.places
    count = len(levels.blocks)
    plain = bool(np.all(values == 1.0)) and bool(np.all(np.count_nonzero(local, axis=1) <= 1))
    pairs = block[rows] * count + block[columns]
    order = np.argsort(pairs, kind="stable")
    cuts = np.flatnonzero(np.diff(pairs[order])) + 1
    for entries in np.split(order, cuts) if order.size else ():
        into, source = divmod(int(pairs[entries[0]]), count)
        found = BlockEntries(place[rows[entries]], place[columns[entries]], values[entries], plain)
        yield (into, source), found


def between_levels(
    levels: Levels, dimensions: tuple[int, ...], sites: tuple[int, ...], local: Operator
) -> Blocks:
    """Return ⟨j|O|i⟩ of an operator on a few subsystems, by sectors that it connects.

    Parameters
    ----------
    levels : Levels
    dimensions : tuple of int
        Dimension of every subsystem.
    sites : tuple of int
        Which ones the operator acts on, in the order of the tensor product.
    local : ndarray, shape (m, m)

    Returns
    -------
    dict of (int, int) to ndarray, shape (..., n_into, n_source)
        Keyed (into, source), positions in ``levels.blocks``; sectors that the operator does not
        connect are left out.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> from entherm.operators import ladder
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> between_levels(levels, (2, 2), (0,), ladder(2))[1, 0].round(4).ravel()
    array([0.7071, 0.7071])
    """
    return {
        (into, source): found.between(levels.blocks[into].vectors, levels.blocks[source].vectors)
        for (into, source), found in block_entries(levels, dimensions, sites, local)
    }
