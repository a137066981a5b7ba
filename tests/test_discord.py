"""Discord of two qubits against closed forms, explicit measurements, and 30 digits.

Oracles: Luo's formula of Bell-diagonal states; pure states; conditional states made by projectors
as 4 × 4 matrices, minimised by SciPy from a dense grid, or over one angle where the state is X.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

import entherm as et
from entherm.resources.conditional_entropy import least_entropy
from entherm.resources.discord import (
    classical_correlation_of,
    conditional_entropy_of,
    discord_of,
    mutual_information_of,
)
from entherm.resources.nonlocality import PAULI

from .random_states import (
    entropy,
    local_channel,
    random_channel,
    random_state,
    random_unitary,
    random_x_state,
    swapped,
)

SEEDS = st.integers(0, 2**32 - 1)

# Entropies are good to some roundings of p ln p.
ERROR = 1e-13


def measured_entropy(rho: np.ndarray, ket: np.ndarray) -> float:
    """Mean entropy of the first qubit, the second being found in `ket` or beside it."""
    total = 0.0
    for state in (ket, np.array([-ket[1].conj(), ket[0].conj()])):
        bra = np.kron(np.eye(2), state.conj()[None])
        left = bra @ rho @ bra.conj().T
        p = np.trace(left).real
        if p > 1e-300:
            total += p * entropy(left / p)
    return total


def along(theta: float, phi: float) -> np.ndarray:
    return np.array([np.cos(theta / 2), np.sin(theta / 2) * np.exp(1j * phi)])


def searched(rho: np.ndarray) -> float:
    """Least measured entropy: a grid, and Nelder and Mead from its three best."""
    grid = [(t, p) for t in np.linspace(0, np.pi / 2, 16) for p in np.linspace(0, 2 * np.pi, 25)]
    values = [measured_entropy(rho, along(*x)) for x in grid]
    options = {"xatol": 1e-9, "fatol": 1e-15, "maxiter": 600}
    return min(
        minimize(
            lambda x: measured_entropy(rho, along(*x)),
            grid[k],
            method="Nelder-Mead",
            options=options,
        ).fun
        for k in np.argsort(values)[:3]
    )


@pytest.mark.parametrize("seed", range(12))
def test_any_state_against_a_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 4, 1 + seed % 4)
    least = searched(rho)
    assert conditional_entropy_of(rho) == pytest.approx(least, abs=1e-12)
    local = rho.reshape(2, 2, 2, 2)
    expected = entropy(np.einsum("kikj->ij", local)) - entropy(rho) + least
    assert discord_of(rho) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=25)
@given(SEEDS)
def test_x_states_against_one_angle(seed: int) -> None:
    """Of an X state the best direction lies in one plane: w falls with |T n| across z.

    In that plane a scan in the angle, evenly and logarithmically from both axes: a nearly pure
    second qubit has its minimum in a cone of width √(1 − |b|).
    """
    rho = random_x_state(np.random.default_rng(seed))
    # Local phases make both coherences positive, and the best plane that of x.
    rho = np.abs(rho)

    def value(theta: float) -> float:
        return measured_entropy(rho, along(theta, 0.0))

    half = np.concatenate([[0.0], np.geomspace(1e-8, np.pi / 4, 60)])
    angles = np.concatenate([half, np.linspace(0.05, 1.52, 60), np.pi / 2 - half])
    angles.sort()
    values = np.array([value(t) for t in angles])
    least = values.min()
    for k in np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] <= values[2:])) + 1:
        bounds = (angles[k - 1], angles[k + 1])
        found = minimize_scalar(value, bounds=bounds, method="bounded", options={"xatol": 1e-12})
        least = min(least, found.fun)
    assert conditional_entropy_of(rho) == pytest.approx(least, abs=1e-12)


@settings(max_examples=25)
@given(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda p: sum(p) > 1e-3))
def test_bell_diagonal_states(weights: list[float]) -> None:
    """D = 2 + Σ λ log₂ λ − ½ Σ± (1 ± c) log₂ (1 ± c), c the largest |T_ii|.

    S. Luo, Phys. Rev. A 77, 042303 (2008); derived: all three conditional entropies are
    h((1 + |T n|)/2), which falls with |T n|.
    """
    p = np.array(weights) / sum(weights)
    bells = np.array([[1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0]]) / np.sqrt(2)
    rho = np.einsum("k,ka,kb->ab", p, bells, bells)
    c = max(abs(np.trace(rho @ np.kron(s, s)).real) for s in PAULI)
    J = sum(0.5 * x * np.log2(x) for x in (1 + c, 1 - c) if x > 0.0)
    information = 2.0 - entropy(rho)
    assert mutual_information_of(rho) == pytest.approx(information, abs=ERROR)
    assert classical_correlation_of(rho) == pytest.approx(J, abs=ERROR)
    assert discord_of(rho) == pytest.approx(information - J, abs=ERROR)


@settings(max_examples=20)
@given(SEEDS)
def test_pure_states(seed: int) -> None:
    """Discord and classical correlation both are the entanglement entropy."""
    rho = random_state(np.random.default_rng(seed), 4, 1)
    E = entropy(np.einsum("ikjk->ij", rho.reshape(2, 2, 2, 2)))
    # Eigenvalues of ρ that are rounding, 1e-16, carry 1e-14 of entropy.
    assert discord_of(rho) == pytest.approx(E, abs=ERROR)
    assert classical_correlation_of(rho) == pytest.approx(E, abs=ERROR)


def test_mutual_information_against_qutip() -> None:
    for seed in range(5):
        rho = random_state(np.random.default_rng(seed), 4, 3)
        whole = qutip.Qobj(rho, dims=[[2, 2]] * 2)
        expected = qutip.entropy_mutual(whole, 0, 1, base=2)
        assert mutual_information_of(rho) == pytest.approx(expected, abs=ERROR)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_minimum_at_thirty_digits(seed: int) -> None:
    """Oracle: mpmath's root of the slope of S(A|n), whose entropies it has from explicit states."""
    rho = random_state(np.random.default_rng(seed), 4)
    m = rho.reshape(2, 2, 2, 2)

    def value(theta: object, phi: object) -> object:
        turn = mpmath.mpc(mpmath.cos(phi), mpmath.sin(phi))
        up = [mpmath.cos(theta / 2), mpmath.sin(theta / 2) * turn]
        total = mpmath.mpf(0)
        for ket in (up, [-mpmath.conj(up[1]), up[0]]):
            left = mpmath.matrix(2, 2)
            for i, j, k, n in np.ndindex(2, 2, 2, 2):
                left[i, j] += mpmath.conj(ket[k]) * mpmath.mpmathify(m[i, k, j, n]) * ket[n]
            p = mpmath.re(left[0, 0] + left[1, 1])
            det = mpmath.re(left[0, 0] * left[1, 1] - left[0, 1] * left[1, 0])
            root = mpmath.sqrt(p * p - 4 * det)
            for q in ((p + root) / 2, (p - root) / 2):
                total -= q * mpmath.log(q / p, 2)
        return total

    grid = [(t, p) for t in np.linspace(0.1, 1.6, 16) for p in np.linspace(0, 2 * np.pi, 25)]
    start = min(grid, key=lambda x: measured_entropy(rho, along(*x)))
    start = minimize(lambda x: measured_entropy(rho, along(*x)), start, method="Nelder-Mead").x
    with mpmath.workdps(30):
        slopes = [
            lambda t, p: mpmath.diff(value, (t, p), (1, 0)),
            lambda t, p: mpmath.diff(value, (t, p), (0, 1)),
        ]
        best = mpmath.findroot(slopes, [mpmath.mpf(x) for x in start], tol=1e-24)
        exact = float(value(*best))
    assert conditional_entropy_of(rho) == pytest.approx(exact, abs=3e-15)


@settings(max_examples=15)
@given(SEEDS)
def test_laws(seed: int) -> None:
    """0 ≤ D ≤ S(B), 0 ≤ J ≤ min S, I = D + J, invariance under local unitaries.

    D(A|B) and J(A|B) do not rise under a channel on A, the side that is not measured, nor I under
    one on either side.
    """
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 5)))
    D, J, info = (
        float(f(rho)) for f in (discord_of, classical_correlation_of, mutual_information_of)
    )
    split = rho.reshape(2, 2, 2, 2)
    S_A, S_B = entropy(np.einsum("ikjk->ij", split)), entropy(np.einsum("kikj->ij", split))
    assert -ERROR <= D <= S_B + ERROR
    assert -ERROR <= J <= min(S_A, S_B) + ERROR
    assert pytest.approx(info, abs=ERROR) == D + J
    U = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    assert discord_of(U @ rho @ U.conj().T) == pytest.approx(D, abs=ERROR)
    after = local_channel(rho, random_channel(rng, 2), 0)
    assert discord_of(after) <= D + ERROR
    assert classical_correlation_of(after) <= J + ERROR
    for side in (0, 1):
        after = local_channel(rho, random_channel(rng, 2), side)
        assert mutual_information_of(after) <= info + ERROR


def test_no_discord_where_the_measured_side_is_classical() -> None:
    """Σ p ρ_k ⊗ |k⟩⟨k| has none by a measurement of B, and some by one of A."""
    rng = np.random.default_rng(3)
    kets = np.array([[1.0, 0.0], [0.0, 1.0]])
    parts = [np.kron(random_state(rng, 2), np.outer(k, k)) for k in kets]
    U = np.kron(np.eye(2), random_unitary(rng, 2))
    rho = U @ (0.3 * parts[0] + 0.7 * parts[1]) @ U.conj().T
    assert discord_of(rho) <= 1e-14
    assert discord_of(swapped(rho)) > 1e-3


def test_many_states_at_once_are_one_by_one() -> None:
    """Batches are cut for memory: one that is cut, against its parts."""
    rng = np.random.default_rng(0)
    few = np.array([random_state(rng, 4, 1 + k % 4) for k in range(6)])
    many = np.broadcast_to(few, (250, 6, 4, 4))
    found = discord_of(many)
    assert found.shape == (250, 6)
    one_by_one = [float(discord_of(rho)) for rho in few]
    np.testing.assert_allclose(found, np.broadcast_to(one_by_one, (250, 6)), atol=1e-15)


def test_a_pure_measured_qubit_learns_nothing() -> None:
    """ρ_A ⊗ |0⟩⟨0|: every measurement leaves S(A), though the grid about b shrinks to a point."""
    a = np.array([0.0, 0.0, 0.6])
    found = least_entropy(a, np.array([0.0, 0.0, 1.0]), np.outer(a, [0.0, 0.0, 1.0]))
    expected = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    assert found == pytest.approx(expected, abs=1e-14)


def test_bad_input_is_named() -> None:
    with pytest.raises(et.ParameterError, match=r"rho.*\(\.\.\., 4, 4\)"):
        discord_of(np.eye(9) / 9)
    with pytest.raises(et.ParameterError, match="trace 1"):
        mutual_information_of(np.eye(4))
