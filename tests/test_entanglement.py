"""Measures of entanglement against general formulas."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entherm.entanglement import (
    concurrence_of,
    entanglement_of_formation,
    x_state_concurrence,
    x_state_negativity,
)

SIGMA_YY = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))


def random_x_state(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(4) * rng.choice([0.2, 1.0, 5.0]))
    rho = np.diag(p).astype(complex)
    rho[1, 2] = np.sqrt(p[1] * p[2]) * rng.uniform(0, 1) * np.exp(2j * np.pi * rng.uniform())
    rho[2, 1] = rho[1, 2].conj()
    return rho


@pytest.mark.parametrize("seed", range(60))
def test_x_state_formulas(seed: int) -> None:
    """Eq. (17) against Wootters' eigenvalues, negativity against the partial transpose."""
    rho = random_x_state(seed)
    arguments = (rho[0, 0].real, rho[3, 3].real, rho[1, 2].real, rho[1, 2].imag)
    # A square root of an eigenvalue that is rounding costs half of the digits.
    values = np.linalg.eigvals(rho @ SIGMA_YY @ rho.conj() @ SIGMA_YY)
    mu = np.sort(np.sqrt(np.maximum(values.real, 0.0)))[::-1]
    assert float(x_state_concurrence(*arguments)) == pytest.approx(
        max(0.0, mu[0] - mu[1:].sum()), abs=1e-7
    )
    transposed = rho.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)
    lowest = np.linalg.eigvalsh(transposed)[0]
    assert float(x_state_negativity(*arguments)) == pytest.approx(max(0.0, -lowest), abs=1e-15)
    assert float(concurrence_of(rho)) == pytest.approx(
        float(x_state_concurrence(*arguments)), abs=1e-7
    )


@pytest.mark.parametrize("seed", range(20))
def test_concurrence_of_pure_states(seed: int) -> None:
    """C = 2 |a d − b c| for a pure state, under local unitaries of any kind."""
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=4) + 1j * rng.normal(size=4)
    psi /= np.linalg.norm(psi)
    expected = 2.0 * abs(psi[0] * psi[3] - psi[1] * psi[2])
    assert float(concurrence_of(np.outer(psi, psi.conj()))) == pytest.approx(expected, abs=1e-7)


@given(st.floats(0.0, 1.0))
def test_entanglement_of_formation(concurrence: float) -> None:
    """Oracle: Wootters' formula at 700 digits (C² may be 1e-600)."""
    with mpmath.workdps(700):
        x = (1 - mpmath.sqrt(1 - mpmath.mpf(concurrence) ** 2)) / 2
        exact = (
            -x * mpmath.log(x, 2) - (1 - x) * mpmath.log(1 - x, 2) if 0 < x < 1 else mpmath.mpf(0)
        )
    assert float(entanglement_of_formation(concurrence)) == pytest.approx(
        float(exact), rel=1e-12, abs=1e-300
    )


def test_small_concurrences_keep_their_digits() -> None:
    """E ≈ C²/4 log₂(4e/C²) for small C, where 1 − √(1 − C²) would round to zero."""
    c = 1e-9
    expected = c**2 / 4 * np.log2(4 * np.e / c**2)
    assert float(entanglement_of_formation(c)) == pytest.approx(expected, rel=1e-12)
