r"""Stationary states without subtraction: coherences → rates → populations.

A rate equation is solved by the elimination of Grassmann, Taksar and Heyman (Operations Research
33, 1107 (1985)): a level k is removed by redirecting what passes through it,

.. math:: w_{i \to j} \leftarrow w_{i \to j} + w_{i \to k}\, w_{k \to j} / \sum_l w_{k \to l},

so that only sums, products and quotients of non-negative numbers occur and every population keeps
its relative precision, however small it is. The diagonal is never used: it is minus the sum of
the exits, whatever rounding did.

The code below is plain arithmetic on values that may be arrays or recorded scalars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.parameters import Array, as_array

Edge = tuple[int, int]


def stationary_populations(rates: Mapping[Edge, Any], order: Sequence[int]) -> dict[int, Any]:
    """Solve a rate equation by subtraction-free elimination.

    Parameters
    ----------
    rates : mapping of (int, int) to value
        Rate i → j keyed (i, j); absent means zero. Values: floats, arrays, recorded scalars.
    order : sequence of int
        The levels of one closed class, in the order in which they are eliminated. Each must have
        an exit to one that comes later.

    Returns
    -------
    dict of int to value
        Populations, adding up to one.

    Examples
    --------
    >>> p = stationary_populations({(0, 1): 3.0, (1, 0): 1.0}, [0, 1])
    >>> p[0], p[1]
    (0.25, 0.75)
    """
    if len(order) == 1:
        return {order[0]: 1.0}
    remaining = dict(rates)
    shares: dict[int, dict[int, Any]] = {}
    *early, before, last = order
    for position, k in enumerate(early):
        later = order[position + 1 :]
        exits = {j: remaining[k, j] for j in later if (k, j) in remaining}
        stay = 1.0 / sum_of(exits.values())
        shares[k] = {i: remaining[i, k] * stay for i in later if (i, k) in remaining}
        for i, share in shares[k].items():
            for j, rate in exits.items():
                if i != j:
                    through = share * rate
                    remaining[i, j] = remaining[i, j] + through if (i, j) in remaining else through
    # Two levels are populated as the rates into them: no quotient is needed. What comes with a
    # level, itself and all that it feeds, is known from the shares alone, so that only those two
    # are scaled: a share of a population does not underflow where one of a rate would.
    fed: dict[int, Any] = {}
    for k in order:
        fed[k] = sum_of([1.0, *(fed[m] * shares[m][k] for m in early if k in shares[m])])
    entering = {last: remaining[before, last], before: remaining.get((last, before), 0.0)}
    scale = 1.0 / sum_of(rate * fed[k] for k, rate in entering.items())
    populations = {k: rate * scale for k, rate in entering.items()}
    for k in reversed(early):
        populations[k] = sum_of(populations[i] * share for i, share in shares[k].items())
    return populations


def sum_of(values: Iterable[Any]) -> Any:
    """Add values without the leading zero of `sum`, which would be recorded as an operation.

    Examples
    --------
    >>> sum_of([1.0, 2.0]), sum_of([])
    (3.0, 0.0)
    """
    total: Any = None
    for value in values:
        total = value if total is None else total + value
    return 0.0 if total is None else total


def pair_rate(zz: Any, xx: Any, determinant: Any, width: Any, splitting: Any) -> tuple[Any, Any]:
    r"""Rate that dephasing makes between two levels once their coherence is eliminated.

    .. math:: w = \tfrac12 \frac{A_{zz} K + \det A}{A_{xx} + K}, \qquad
        K = \kappa + \frac{\delta^2}{A_{zz} + A_{xx} + \kappa}

    For the paper's machine A_zz = 4γ sin²θ, A_xx = 4γ cos²θ, det A = 0, hence
    w = 2γ sin²θ K / (4γ cos²θ + K): exact, and free of the difference
    A_zz − A_zx² / (A_xx + K) that it replaces.

    Parameters
    ----------
    zz, xx, determinant, splitting : value
        As in `entherm.equations.PairDephasing`.
    width : value
        κ, half the sum of all exits of the two levels.

    Returns
    -------
    tuple of value
        w, and A_xx + K, by which `pair_coherence` divides.

    Examples
    --------
    >>> pair_rate(4.0, 0.0, 0.0, 1.0, 3.0)[0]
    2.0
    """
    slow = width + splitting * splitting / (zz + xx + width)
    damping = xx + slow
    return 0.5 * (zz * slow + determinant) / damping, damping


def closed_classes(edges: Iterable[Edge], count: int) -> list[tuple[int, ...]]:
    """Sets of levels that communicate and that nothing leaves; one means a unique steady state.

    Decided from which rates are non-zero, never from how small one is.

    Examples
    --------
    >>> closed_classes([(0, 1), (0, 2)], 3)
    [(1,), (2,)]
    """
    reach = np.eye(count, dtype=bool)
    for i, j in edges:
        reach[i, j] = True
    for k in range(count):
        reach |= np.outer(reach[:, k], reach[k])
    found: list[tuple[int, ...]] = []
    for level in range(count):
        reachable = np.flatnonzero(reach[level])
        if level == reachable[0] and reach[reachable, level].all():
            found.append(tuple(map(int, reachable)))
    return found


def settles_in_order(edges: Iterable[Edge], order: Sequence[int]) -> bool:
    """Whether `order` eliminates every level, and would with any further rates added.

    If each level has a path of `edges` to the last one, every larger pattern has a single closed
    class; if each has an exit to a later level, no elimination divides by zero.

    Examples
    --------
    >>> settles_in_order([(0, 1), (1, 2)], (0, 1, 2)), settles_in_order([(0, 2)], (0, 1, 2))
    (True, False)
    """
    # An exit to a later level from each level but the last is also a path to the last.
    position = {level: k for k, level in enumerate(order)}
    leaves = {i for i, j in edges if i in position and j in position and position[j] > position[i]}
    return leaves >= set(order[:-1])


def stationary_populations_dense(rates: Array) -> Array:
    """Populations of a batch of rate equations, W[..., i, j] the rate i → j; vectorised.

    Examples
    --------
    >>> stationary_populations_dense(np.array([[0.0, 3.0], [1.0, 0.0]]))
    array([0.25, 0.75])
    """
    weights, _ = populations_without_subtraction(np.moveaxis(rates, (-2, -1), (0, 1)))
    return as_array(np.moveaxis(weights, 0, -1))


def populations_without_subtraction(rates: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Eliminate a batch of rate equations, W[i, j, ...] the rate i → j, points on the last axes.

    Returns
    -------
    ndarray, shape (n, ...)
        Populations.
    ndarray of bool, shape (...)
        Where every pivot was positive; effective rates can be negative with three and more qubits.

    Examples
    --------
    >>> populations_without_subtraction(np.array([[0.0, 3.0], [1.0, 0.0]]))
    (array([0.25, 0.75]), array(True))
    """
    shares = []
    sound: Any = True
    left = rates.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        while len(left) > 1:
            exits = left[0, 1:]
            leaving = np.sum(exits, axis=0)
            sound = sound & (leaving > 0.0)
            shares.append(left[1:, 0] / leaving)
            left = left[1:, 1:] + shares[-1][:, None] * exits
        weights = np.ones((1, *rates.shape[2:]))
        for share in reversed(shares):
            weights = np.concatenate([np.sum(weights * share, axis=0)[None], weights])
        return weights / np.sum(weights, axis=0), as_array(sound)
