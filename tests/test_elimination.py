"""Elimination without subtraction, closed classes, the dephased pair."""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entherm.elimination import (
    closed_classes,
    pair_rate,
    settles_in_order,
    stationary_populations,
    stationary_populations_dense,
)


def exact_populations(rates: dict[tuple[int, int], float], count: int) -> list[mpmath.mpf]:
    """Stationary state by LU at 400 digits."""
    with mpmath.workdps(400):
        matrix = mpmath.zeros(count)
        for (i, j), rate in rates.items():
            matrix[j, i] += mpmath.mpf(rate)
            matrix[i, i] -= mpmath.mpf(rate)
        for k in range(count):
            matrix[count - 1, k] = 1
        right = mpmath.zeros(count, 1)
        right[count - 1] = 1
        return list(mpmath.lu_solve(matrix, right))


@pytest.mark.parametrize("seed", range(30))
def test_componentwise_accuracy(seed: int) -> None:
    """Rates over 80 orders of magnitude: every population to 1e-14; oracle: LU at 400 digits."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 7))
    rates = {
        (i, j): float(10.0 ** rng.uniform(-40, 40))
        for i, j in product(range(count), repeat=2)
        if i != j
    }
    exact = exact_populations(rates, count)
    dense = np.zeros((count, count))
    for edge, rate in rates.items():
        dense[edge] = rate
    ours = stationary_populations(rates, range(count))
    vectorised = stationary_populations_dense(dense)
    for k in range(count):
        assert ours[k] == pytest.approx(float(exact[k]), rel=1e-14, abs=1e-300)
        assert vectorised[k] == pytest.approx(float(exact[k]), rel=1e-14, abs=1e-300)


@pytest.mark.parametrize("seed", range(100))
def test_closed_classes_and_order(seed: int) -> None:
    """Random sparse patterns; oracle: the kernel's dimension of the rate matrix, by rank."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    edges = [e for e in product(range(count), repeat=2) if e[0] != e[1] and rng.random() < 0.3]
    matrix = np.zeros((count, count))
    for i, j in edges:
        matrix[j, i] += 1.0
        matrix[i, i] -= 1.0
    classes = closed_classes(edges, count)
    assert len(classes) == count - np.linalg.matrix_rank(matrix)
    if len(classes) > 1:
        return
    populations = stationary_populations(dict.fromkeys(edges, 1.0), classes[0])
    state = np.array([populations.get(k, 0.0) for k in range(count)])
    assert np.abs(matrix @ state).max() < 1e-14
    assert state.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(50))
def test_an_order_that_settles_stays_settled(seed: int) -> None:
    """Adding rates to a settled pattern never divides by zero nor makes it ambiguous."""
    rng = np.random.default_rng(seed)
    count = 5
    order = tuple(range(count))
    base = [(k, int(rng.integers(k + 1, count))) for k in range(count - 1)]
    assert settles_in_order(base, order)
    more = base + [
        e for e in product(range(count), repeat=2) if e[0] != e[1] and rng.random() < 0.4
    ]
    assert len(closed_classes(more, count)) == 1
    state = stationary_populations(dict.fromkeys(more, 1.0), order)
    assert all(np.isfinite(p) and p >= 0 for p in state.values())


positive = st.floats(1e-6, 1e6)


@given(positive, positive, st.floats(-1.0, 1.0), positive, st.floats(-1e4, 1e4))
def test_pair_rate(zz: float, xx: float, share: float, width: float, splitting: float) -> None:
    """The rate after elimination; oracle: A_zz − A_zx²/(A_xx + K) at 60 digits."""
    zx = share * np.sqrt(zz * xx)
    with mpmath.workdps(60):
        z2, x2, m = mpmath.mpf(zz), mpmath.mpf(xx), mpmath.mpf(zx)
        slow = width + mpmath.mpf(splitting) ** 2 / (z2 + x2 + width)
        exact = (z2 - m**2 / (x2 + slow)) / 2
        determinant = float(z2 * x2 - m**2)
    rate, damping = pair_rate(zz, xx, determinant, width, splitting)
    assert rate == pytest.approx(float(exact), rel=1e-13)
    assert damping == pytest.approx(float(xx + slow), rel=1e-14)
