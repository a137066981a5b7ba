"""The global equation of one point through its rungs: levels, rates, populations, currents."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.composition import DEPHASING
from entherm.machine import Machine
from entherm.many.coincidences import Coincidences, some_last
from entherm.many.ladder import bottom_weights, closed_sets, factorise, returns, settles
from entherm.many.rung_rates import Account, add_dephasing, add_rates
from entherm.many.rungs import Amplitudes, Rung, rungs_of
from entherm.parameters import Array

NO_PAIRS = np.zeros((0, 2), np.intp)


@dataclass(frozen=True, eq=False)
class Solved:
    """Populations of one point by label, and how the reservoirs' currents follow from them.

    Attributes
    ----------
    populations : ndarray, shape (n,)
    account : Account
    closed : list of ndarray
        Sets of levels that nothing leaves, where there is not one of all levels; more than one
        means that the populations are not unique, and they are NaN.
    lasting : bool
        Whether a coherence between levels of two classes never decays.
    """

    populations: Array
    account: Account
    closed: list[NDArray[np.intp]]
    lasting: bool

    @property
    def currents(self) -> dict[str | tuple[str, str], float]:
        """Heat by source, and quanta keyed (``"quanta"``, reservoir)."""
        return self.account.currents(self.populations)


def solve_rungs(machine: Machine, levels: Levels, pairs: NDArray[np.intp] = NO_PAIRS) -> Solved:
    """Solve the rate equation of a machine of a single point, no levels of which coincide.

    Parameters
    ----------
    machine : Machine
    levels : Levels
        Of that machine.
    pairs : ndarray of int, shape (k, 2)
        Levels of two classes that coincide.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> solve_rungs(m, diagonalise(m)).populations.sum().round(12)
    np.float64(1.0)
    """
    amplitudes = Amplitudes(machine, levels, rungs_of(machine, levels))
    ladder = _Ladder(machine, amplitudes)
    weights = ladder.weights()
    closed: list[NDArray[np.intp]] = []
    if weights is None and not ladder.account.undefined:
        closed = _Ladder(machine, amplitudes).closed()
        if len(closed) == 1:
            ladder = _Ladder(machine, amplitudes, closed[0])
            weights = ladder.weights()
    account = ladder.account
    if weights is None or account.undefined:
        return Solved(np.full(len(levels), np.nan), account, closed, lasting=False)
    lasting = some_last(amplitudes, account.exits, Coincidences([], pairs))
    return Solved(weights / weights.sum(), account, closed, lasting)


class _Ladder:
    """One way down the rungs, of all levels or of a closed set of them."""

    kept: list[NDArray[np.intp] | None]

    def __init__(
        self, machine: Machine, amplitudes: Amplitudes, kept: NDArray[np.intp] | None = None
    ) -> None:
        names = (*(bath.name for bath in amplitudes.baths), DEPHASING)
        self.machine, self.amplitudes = machine, amplitudes
        self.account = Account.of(names, len(amplitudes.levels))
        self.rungs, self.kept = amplitudes.rungs, [None for _ in amplitudes.rungs]
        if kept is not None:
            places = [np.flatnonzero(np.isin(rung.levels, kept)) for rung in self.rungs]
            self.rungs = [r for r, own in zip(self.rungs, places, strict=True) if own.size]
            self.kept = [*(own for own in places if own.size)]
        self._room = np.empty(max((len(a) * len(b) for a, b in pairwise(self.rungs)), default=0))

    def within(self, rung: Rung) -> Array:
        """Rates i → j at [i, j] between the levels of one rung."""
        rates = np.zeros((len(rung), len(rung)))
        if any(np.any(d.rate) for d in self.machine.dephasing.values()):
            add_dephasing(self.machine, self.amplitudes.levels, rung, rates)
            gap = rung.energies - rung.energies[:, None]
            self.account.heat[DEPHASING][rung.levels] += np.einsum("ij,ij->i", rates, gap)
        add_rates(self.amplitudes, rung, rung, rates.T, rates, self.account)
        return rates

    def between(self, lower: Rung, upper: Rung) -> tuple[Array, Array]:
        """Rates upper → lower, in a room that the next ones overwrite, and lower → upper."""
        shape = len(lower), len(upper)
        down = self._room[: shape[0] * shape[1]].reshape(shape)
        down[...] = 0.0
        up = np.zeros(shape)
        add_rates(self.amplitudes, lower, upper, down, up, self.account)
        return down, up

    def weights(self) -> Array | None:
        """Populations up to a factor; None where rates of zero ask for another way."""
        shares: list[Array] = []
        leaving: list[Array] = []
        through: Array | None = None
        for k, upper in enumerate(self.rungs):
            own = self._restricted(self.within(upper), k, k)
            own = own if through is None else np.add(own, through, out=own)
            if k == len(self.rungs) - 1:
                break
            rates = self.between(self.rungs[k + 1], upper)
            down, up = (self._restricted(part, k + 1, k) for part in rates)
            leaving.append(down.sum(0))
            if self._stuck(leaving[-1:], np.zeros((1, 1))):
                return None
            np.negative(own, out=own)
            factorise(own, leaving[-1].copy())
            shares.append(returns(np.ascontiguousarray(up), own))
            through = shares[-1] @ down.T
        if self._stuck([], own):
            return None
        found = [bottom_weights(own)]
        for share in reversed(shares):
            found.append(found[-1] @ share)
        weights = np.zeros(len(self.amplitudes.levels))
        for rung, kept, values in zip(self.rungs, self.kept, reversed(found), strict=True):
            weights[rung.levels if kept is None else rung.levels[kept]] = values
        return weights

    def _stuck(self, leaving: list[Array], bottom: Array) -> bool:
        """Whether the elimination has no meaning, or would divide by zero."""
        irreducible = self.kept[0] is not None
        return bool(self.account.undefined) or not (irreducible or settles(leaving, bottom))

    def _restricted(self, block: Array, row: int, column: int) -> Array:
        rows, columns = self.kept[row], self.kept[column]
        return block if rows is None or columns is None else block[np.ix_(rows, columns)]

    def closed(self) -> list[NDArray[np.intp]]:
        """Sets of levels that communicate and that nothing leaves."""
        edges = []
        for k, upper in enumerate(self.rungs):
            source, into = np.nonzero(self.within(upper))
            edges.append((upper.levels[source], upper.levels[into]))
            if k + 1 < len(self.rungs):
                lower = self.rungs[k + 1]
                down, up = self.between(lower, upper)
                into, source = np.nonzero(down)
                edges.append((upper.levels[source], lower.levels[into]))
                source, into = np.nonzero(up)
                edges.append((lower.levels[source], upper.levels[into]))
        rows, columns = (np.concatenate(part) for part in zip(*edges, strict=True))
        return closed_sets(rows, columns, len(self.amplitudes.levels))
