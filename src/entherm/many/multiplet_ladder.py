"""The ladder with multiplets: coherences between coinciding levels, then populations, rung by rung.

Of each rung the coherences are eliminated first, by LU; what is left of its populations is a rate
equation, which goes by the same elimination without subtraction as without multiplets. Its
effective rates may be negative, so that the pivots are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from entherm.bohr import Levels
from entherm.machine import Machine
from entherm.many.coincidences import Coincidences, some_last
from entherm.many.ladder import bottom_weights, factorise, returns
from entherm.many.multiplet_rates import Elements, Way, elements_of, losses, ways_between
from entherm.many.rung_rates import Undefined
from entherm.many.rungs import Amplitudes, rungs_of
from entherm.many.sector_memory import require_multiplets
from entherm.many.sector_state import Multiplet
from entherm.parameters import Array

# A block of coherences with a smaller inverse condition has one that may never decay.
SINGULAR = 1e-13


@dataclass(frozen=True, eq=False)
class SolvedMultiplets:
    """Populations and coherences of one point, and its currents.

    Attributes
    ----------
    populations : ndarray, shape (n,)
    multiplets : tuple of Multiplet
    currents : dict
        Heat by reservoir, and quanta keyed ("quanta", reservoir).
    undefined : tuple of Undefined
        Transitions without a spectrum; the state is NaN where there are any.
    """

    populations: Array
    multiplets: tuple[Multiplet, ...]
    currents: dict[str | tuple[str, str], float]
    undefined: tuple[Undefined, ...]


def solve_multiplets(
    machine: Machine, levels: Levels, meeting: Coincidences
) -> SolvedMultiplets | None:
    """Solve a machine of a single point, some levels of one class of which coincide.

    Parameters
    ----------
    machine : Machine
    levels : Levels
        Of that machine.
    meeting : Coincidences
        Of these levels.

    Returns
    -------
    SolvedMultiplets, or None
        None where this way does not tell a unique state: complex vectors, coinciding levels of
        two rungs, couplings or dephasing within one, a block or pivot that may be singular.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> from entherm.many.coincidences import coincidences
    >>> m = two_qubit_machine(20.0, 20.0, 0.0, Gamma_A=2.0)
    >>> levels = diagonalise(m)
    >>> found = solve_multiplets(m, levels, coincidences(levels))
    >>> [block.levels.tolist() for block in found.multiplets]
    [[1, 2]]
    """
    rungs = rungs_of(machine, levels)
    amplitudes = Amplitudes(machine, levels, rungs)
    number = np.empty(len(levels), np.intp)
    for k, rung in enumerate(rungs):
        number[rung.levels] = k
    apart = any(np.any(number[own] != number[own[0]]) for own in meeting.multiplets)
    dephased = any(np.any(d.rate) for d in machine.dephasing.values())
    if apart or dephased or amplitudes.stays or np.issubdtype(amplitudes.kind, np.complexfloating):
        return None
    unknowns = [elements_of(rung, meeting.multiplets) for rung in rungs]
    require_multiplets([len(own) for own in unknowns])
    ladder = _Ladder(amplitudes, unknowns)
    if not ladder.undefined and not ladder.eliminated():
        return None
    if not ladder.undefined and some_last(amplitudes, ladder.exits, meeting):
        return None
    return ladder.solved()


class _Ladder:
    """One way down the rungs, and back."""

    def __init__(self, amplitudes: Amplitudes, rungs: list[Elements]) -> None:
        self.rungs, self.levels = rungs, amplitudes.levels
        self.undefined: list[Undefined] = []
        self.downs: list[Way] = []
        self.ups: list[Way] = []
        for upper, lower in pairwise(rungs):
            down, up = ways_between(amplitudes, lower, upper, self.undefined)
            self.downs.append(down)
            self.ups.append(up)
        self.lost = [np.zeros(len(own)) for own in rungs]
        for k, (down, up) in enumerate(zip(self.downs, self.ups, strict=True)):
            self.lost[k] += down.lost
            self.lost[k + 1] += up.lost
        self.steps: list[tuple[Array, Array, Array]] = []
        self.bottom = np.zeros(0)

    @property
    def exits(self) -> Array:
        """Total rate out of each level."""
        found = np.zeros(len(self.levels))
        for own, lost in zip(self.rungs, self.lost, strict=True):
            found[own.rung.levels] = 2.0 * lost[: len(own.rung)]
        return found

    def eliminated(self) -> bool:
        """Eliminate from the top; False where something may be singular."""
        parts = [losses(own, lost) for own, lost in zip(self.rungs, self.lost, strict=True)]
        local, odd = parts[0]
        for k, (down, up) in enumerate(zip(self.downs, self.ups, strict=True)):
            # Imaginary parts have no source: they vanish if their generator is not singular.
            turned = _divided(odd, up.turned)
            sizes = len(self.rungs[k].rung), len(self.rungs[k + 1].rung)
            step = _removed(local, down.rates, up.rates, sizes)
            if turned is None or step is None:
                return False
            self.steps.append((step.share, step.from_own, step.from_next))
            local, odd = parts[k + 1]
            local = local + step.through
            odd = odd - down.turned @ turned
        n = len(self.rungs[-1].rung)
        from_own = _divided(local[n:, n:], local[n:, :n])
        if from_own is None or _divided(odd, odd[:, :0]) is None:
            return False
        self.bottom = bottom_weights((local[:n, :n] - local[:n, n:] @ from_own).T.copy())
        self.steps.append((np.zeros((0, n)), from_own, np.zeros((len(local) - n, 0))))
        return bool(np.all(self.bottom > 0.0) and np.all(np.isfinite(self.bottom)))

    def solved(self) -> SolvedMultiplets:
        """Populations and coherences from the bottom up, and the currents."""
        count = len(self.levels)
        if self.undefined:
            return SolvedMultiplets(np.full(count, np.nan), (), {}, tuple(self.undefined))
        values: list[Array] = []
        below = np.zeros(0)
        for share, own_pairs, next_pairs in reversed(self.steps):
            populations = self.bottom if not values else below @ share
            pairs = -(own_pairs @ populations + next_pairs @ below)
            below = np.concatenate([populations, pairs])
            values.append(below)
        values.reverse()
        total = sum(v[: len(own.rung)].sum() for own, v in zip(self.rungs, values, strict=True))
        found = np.empty(count)
        multiplets = []
        values = [value / total for value in values]
        for own, value in zip(self.rungs, values, strict=True):
            n = len(own.rung)
            found[own.rung.levels] = value[:n]
            for group in own.groups:
                rho = np.diag(value[group])
                inside = np.flatnonzero(np.isin(own.first[n:], group)) + n
                place = {int(level): k for k, level in enumerate(group)}
                rows = [place[int(x)] for x in own.first[inside]]
                columns = [place[int(x)] for x in own.second[inside]]
                rho[rows, columns] = rho[columns, rows] = value[inside]
                multiplets.append(Multiplet(own.rung.levels[group], rho))
        return SolvedMultiplets(found, tuple(multiplets), self._currents(values), ())

    def _currents(self, values: list[Array]) -> dict[str | tuple[str, str], float]:
        found: dict[str | tuple[str, str], float] = {}
        ways = [*zip(self.downs, values, strict=False), *zip(self.ups, values[1:], strict=True)]
        for name in self.downs[0].heat:
            found["quanta", name] = float(sum(way.quanta[name] @ v for way, v in ways))
            found[name] = float(sum(way.heat[name] @ v for way, v in ways))
        return found


@dataclass(frozen=True, eq=False)
class _Removed:
    """A rung with populations p and pairs c, out of the way.

    p = x X and c = −C p − D x, with x the unknowns of the next rung, whose own generator it adds
    `through` to.
    """

    share: Array
    from_own: Array
    from_next: Array
    through: Array


def _removed(local: Array, leave: Array, enter: Array, sizes: tuple[int, int]) -> _Removed | None:
    """Eliminate the pairs of a rung by LU and its populations without the diagonal."""
    n, lower = sizes
    inner = _divided(local[n:, n:], np.hstack([local[n:, :n], enter[n:]]))
    if inner is None:
        return None
    from_own, from_next = inner[:, :n], inner[:, n:]
    leaving = leave[:, :n] - leave[:, n:] @ from_own
    matrix = (local[:n, n:] @ from_own - local[:n, :n]).T.copy()
    exits = leaving[:lower].sum(0)
    scale = np.abs(exits) + np.abs(matrix).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factorise(matrix, exits)
    if not np.all(matrix.diagonal() > SINGULAR * scale):
        return None
    entering = enter[:n] - local[:n, n:] @ from_next
    share = returns(np.ascontiguousarray(entering.T), matrix)
    return _Removed(share, from_own, from_next, leaving @ share.T - leave[:, n:] @ from_next)


def _divided(matrix: Array, right: Array) -> Array | None:
    """Return A⁻¹ B; None where A may be singular."""
    from scipy.linalg import get_lapack_funcs

    if not len(matrix):
        return np.zeros((0, right.shape[1]))
    factor, estimate, solve = get_lapack_funcs(("getrf", "gecon", "getrs"), (matrix,))
    factors, pivots, failed = factor(matrix)
    if failed or not estimate(factors, np.abs(matrix).sum(0).max())[0] > SINGULAR:
        return None
    return np.asarray(solve(factors, pivots, right)[0])
