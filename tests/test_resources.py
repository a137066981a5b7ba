"""Nonlocality, steering, teleportation and negativity of states against independent oracles.

Closed forms of Werner and X states; measurement operators written out and averaged over the state;
a teleportation carried out; mpmath at 30 digits; QuTiP.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import entherm as et
from entherm.entanglement import concurrence_of, entanglement_of_formation, negativity_of
from entherm.resources.nonlocality import PAULI, chsh_of, correlation_matrix_of, steering_of
from entherm.resources.pair_observables import chsh
from entherm.resources.partial_transpose import logarithmic_negativity, negativity_of_cut
from entherm.resources.teleportation import fully_entangled_fraction_of, teleportation_fidelity_of

from .random_states import (
    local_channel,
    random_channel,
    random_state,
    random_unitary,
    random_x_state,
    swapped,
)

SEEDS = st.integers(0, 2**32 - 1)
SINGLET = np.zeros((4, 4))
SINGLET[1:3, 1:3] = [[0.5, -0.5], [-0.5, 0.5]]

# A square root of an eigenvalue that is rounding costs half of the digits of a concurrence.
CONCURRENCE_ERROR = 1e-7


def werner(p: float) -> np.ndarray:
    return p * SINGLET + (1.0 - p) * np.eye(4) / 4


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("p", [0.0, 0.2, 1 / 3, 0.55, 0.6, 0.75, 1.0])
def test_werner_states(p: float) -> None:
    """T = −p 1: B = 2√2 p, S₂ = (√2 p − 1)₊/(√2 − 1), S₃ alike, f = (1 + 3p)/4, N = (3p − 1)₊/4."""
    rho = werner(p)
    assert chsh_of(rho) == pytest.approx(2.0 * np.sqrt(2.0) * p, abs=1e-14)
    for settings_a_side in (2, 3):
        root = np.sqrt(settings_a_side)
        expected = max(0.0, (root * p - 1.0) / (root - 1.0))
        assert steering_of(rho, settings_a_side) == pytest.approx(expected, abs=1e-14)
    assert fully_entangled_fraction_of(rho) == pytest.approx((1.0 + 3.0 * p) / 4.0, abs=1e-15)
    assert teleportation_fidelity_of(rho) == pytest.approx((1.0 + p) / 2.0, abs=1e-15)
    N = max(0.0, (3.0 * p - 1.0) / 4.0)
    assert negativity_of_cut(rho, (2, 2), [0]) == pytest.approx(N, abs=1e-15)
    assert logarithmic_negativity(N) == pytest.approx(np.log2(2.0 * N + 1.0), abs=1e-15)


@given(SEEDS)
def test_x_states(seed: int) -> None:
    """s = 2 (|ρ₂₃| ± |ρ₁₄|), |ρ₁₁ + ρ₄₄ − ρ₂₂ − ρ₃₃|: worked out by hand from Tr ρ σ⊗σ."""
    rho = random_x_state(generator(seed))
    inner, outer, p = abs(rho[1, 2]), abs(rho[0, 3]), rho.diagonal().real
    s = [2 * (inner + outer), 2 * abs(inner - outer), abs(p[0] + p[3] - p[1] - p[2])]
    np.testing.assert_allclose(
        np.linalg.svd(correlation_matrix_of(rho), compute_uv=False), sorted(s)[::-1], atol=1e-14
    )
    two = sum(x * x for x in sorted(s)[1:])
    assert chsh_of(rho) == pytest.approx(2.0 * np.sqrt(two), abs=1e-14)
    fraction = max((p[1] + p[2]) / 2 + inner, (p[0] + p[3]) / 2 + outer)
    assert fully_entangled_fraction_of(rho) == pytest.approx(fraction, abs=1e-14)


def spin(direction: np.ndarray) -> np.ndarray:
    return sum(x * s for x, s in zip(direction, PAULI, strict=True))


@given(SEEDS)
def test_chsh_is_reached_and_not_exceeded(seed: int) -> None:
    """Oracle: the CHSH operator written out, at Horodecki's settings and at random ones."""
    rng = generator(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 5)))
    bound = float(chsh_of(rho))

    def value(a: np.ndarray, a2: np.ndarray, b: np.ndarray, b2: np.ndarray) -> float:
        operator = np.kron(spin(a), spin(b) + spin(b2)) + np.kron(spin(a2), spin(b) - spin(b2))
        return float(np.trace(rho @ operator).real)

    moments = [[np.trace(rho @ np.kron(p, q)).real for q in PAULI] for p in PAULI]
    u, s, vt = np.linalg.svd(np.array(moments))
    angle = np.arctan2(s[1], s[0])
    b = np.cos(angle) * vt[0] + np.sin(angle) * vt[1]
    b2 = np.cos(angle) * vt[0] - np.sin(angle) * vt[1]
    assert value(u[:, 0], u[:, 1], b, b2) == pytest.approx(bound, abs=1e-13)
    directions = rng.normal(size=(50, 4, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    assert max(value(*d) for d in directions) <= bound + 1e-13


@given(SEEDS)
def test_teleportation_is_carried_out(seed: int) -> None:
    """Oracle: Bell measurement, correction, and the mean fidelity over the six Pauli eigenstates.

    These are a 2-design, so their mean is that over all inputs. The state is turned first so that
    its best maximally entangled state is the singlet: by the rotations that diagonalise T.
    """
    rng = generator(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 5)))
    moments = np.array([[np.trace(rho @ np.kron(p, q)).real for q in PAULI] for p in PAULI])
    u, _, vt = np.linalg.svd(moments)
    # With proper rotations T = u D vᵗ; the singlet wants D as negative as it can be.
    u, v = u * [1, 1, np.linalg.det(u)], vt.T * [1, 1, np.linalg.det(vt)]
    turned = np.kron(rotation(u).conj().T, rotation(v * [-1, -1, 1]).conj().T)
    resource = turned @ rho @ turned.conj().T
    bells = [
        np.kron(np.eye(2), g) @ np.array([0, 1, -1, 0]) / np.sqrt(2) for g in (np.eye(2), *PAULI)
    ]
    total = 0.0
    for axis in PAULI:
        for psi in np.linalg.eigh(axis)[1].T:
            whole = np.kron(np.outer(psi, psi.conj()), resource)
            for bell, correction in zip(bells, (np.eye(2), *PAULI), strict=True):
                bra = np.kron(bell.conj()[None], np.eye(2))
                out = correction @ bra @ whole @ bra.conj().T @ correction.conj().T
                total += float((psi.conj() @ out @ psi).real) / 6.0
    assert teleportation_fidelity_of(rho) == pytest.approx(total, abs=1e-12)


def rotation(matrix: np.ndarray) -> np.ndarray:
    """A unitary that turns spins by a proper rotation, by its axis and angle."""
    cosine = (np.trace(matrix) - 1.0) / 2.0
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    values, vectors = np.linalg.eig(matrix)
    axis = vectors[:, np.argmin(abs(values - 1.0))].real
    axis /= np.linalg.norm(axis)
    choices = [
        np.cos(angle / 2) * np.eye(2) - 1j * sign * np.sin(angle / 2) * spin(axis)
        for sign in (1.0, -1.0)
    ]

    def error(U: np.ndarray) -> float:
        got = [[0.5 * np.trace(p @ U @ q @ U.conj().T).real for q in PAULI] for p in PAULI]
        return float(abs(np.array(got) - matrix).max())

    return min(choices, key=error)


@given(SEEDS)
def test_fraction_by_the_singular_values(seed: int) -> None:
    """f = ¼ (1 + s₁ + s₂ − s₃ sign det T): max of −Tr T R over rotations R."""
    rng = generator(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 5)))
    T = correlation_matrix_of(rho)
    s = np.linalg.svd(T, compute_uv=False)
    expected = 0.25 * (1.0 + s[0] + s[1] - np.sign(np.linalg.det(T)) * s[2])
    assert fully_entangled_fraction_of(rho) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_at_thirty_digits(seed: int) -> None:
    """Oracle: mpmath's eigenvalues of TᵀT, and of the partial transpose."""
    rho = random_state(generator(seed), 4)
    with mpmath.workdps(30):
        m = mpmath.matrix(rho.tolist())
        T = mpmath.matrix(3, 3)
        for i, p in enumerate(PAULI):
            for j, q in enumerate(PAULI):
                kron = np.kron(p, q)
                T[i, j] = mpmath.re(
                    sum(m[a, b] * mpmath.mpmathify(kron[b, a]) for a in range(4) for b in range(4))
                )
        squares = sorted(mpmath.eigsy(T.T * T, eigvals_only=True))
        turned = mpmath.matrix(rho.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4).tolist())
        N = -sum(min(x, mpmath.mpf(0)) for x in mpmath.eighe(turned, eigvals_only=True))
        exact = [
            2 * mpmath.sqrt(squares[1] + squares[2]),
            max(mpmath.mpf(0), (mpmath.sqrt(sum(squares)) - 1) / (mpmath.sqrt(3) - 1)),
            N,
        ]
    found = [chsh_of(rho), steering_of(rho), negativity_of_cut(rho, (2, 2), [1])]
    np.testing.assert_allclose(found, [float(x) for x in exact], atol=2e-15)


@pytest.mark.parametrize("dimensions", [(2, 2), (2, 3), (3, 3), (2, 2, 2), (2, 3, 2)])
def test_negativity_of_any_cut_against_qutip(dimensions: tuple[int, ...]) -> None:
    """Oracle: QuTiP's partial transpose, and its trace norm."""
    size, count = int(np.prod(dimensions)), len(dimensions)
    rho = np.array([random_state(generator(seed), size, 2) for seed in range(3)])
    for cut in ([0], [count - 1], [*range(1, count)], [0, count - 1][: count - 1]):
        mask = [int(k in cut) for k in range(count)]
        for found, one in zip(negativity_of_cut(rho, dimensions, cut), rho, strict=True):
            whole = qutip.Qobj(one, dims=[list(dimensions)] * 2)
            values = qutip.partial_transpose(whole, mask).eigenenergies()
            assert found == pytest.approx((abs(values).sum() - 1.0) / 2.0, abs=1e-13)


@given(SEEDS)
def test_unitaries_and_relabelling_change_nothing(seed: int) -> None:
    """All of these are invariant under local unitaries and under swapping the qubits."""
    rng = generator(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 5)))
    U = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    for other in (U @ rho @ U.conj().T, swapped(rho)):
        for measure in (chsh_of, steering_of, teleportation_fidelity_of, negativity_of):
            assert measure(other) == pytest.approx(float(measure(rho)), abs=1e-13)
        cut = negativity_of_cut(other, {"A": 2, "B": 2}, ["A"])
        assert cut == pytest.approx(float(negativity_of(rho)), abs=1e-13)


@given(SEEDS, st.integers(0, 1))
def test_local_channels_make_no_entanglement(seed: int, side: int) -> None:
    """C, N, E_F and E_N do not rise; CHSH and the teleportation fidelity may, and are left out."""
    rng = generator(seed)
    rho = random_state(rng, 4, int(rng.integers(1, 3)))
    after = local_channel(rho, random_channel(rng, 2), side)
    C, C_after = (float(min(concurrence_of(x), 1.0)) for x in (rho, after))
    assert C_after <= C + CONCURRENCE_ERROR
    E, E_after = (float(entanglement_of_formation(x)) for x in (C, C_after))
    assert E_after <= E + 10.0 * CONCURRENCE_ERROR
    N, N_after = (float(negativity_of_cut(x, (2, 2), [0])) for x in (rho, after))
    assert N_after <= N + 1e-14
    assert logarithmic_negativity(N_after) <= logarithmic_negativity(N) + 1e-13


@given(SEEDS)
def test_bounds(seed: int) -> None:
    """Known inequalities among the measures, of random states and of X states.

    2N ≤ C ≤ √(…) (Verstraete, Audenaert, Dehaene, De Moor, J. Phys. A 34, 10327 (2001)); B ≤
    2 √(1 + C²) (Verstraete, Wolf, Phys. Rev. Lett. 89, 170401 (2002)); f ≤ ½ + N; Tsirelson.
    """
    rng = generator(seed)
    rho = random_x_state(rng) if seed % 2 else random_state(rng, 4, int(rng.integers(1, 5)))
    C, N, B = float(concurrence_of(rho)), float(negativity_of(rho)), float(chsh_of(rho))
    assert 2.0 * N <= C + CONCURRENCE_ERROR
    assert np.hypot(1.0 - C, C) - (1.0 - C) <= 2.0 * N + 2.0 * CONCURRENCE_ERROR
    assert 0.0 <= B <= 2.0 * np.sqrt(1.0 + C * C) + CONCURRENCE_ERROR
    assert 2.0 * np.sqrt(2.0) + 1e-14 >= B
    assert 0.25 - 1e-15 <= float(fully_entangled_fraction_of(rho)) <= 0.5 + N + 1e-14
    S2, S3 = float(steering_of(rho, 2)), float(steering_of(rho))
    assert 0.0 <= S2 <= 1.0 + 1e-14
    assert 0.0 <= S3 <= 1.0 + 1e-14
    assert (S2 > 1e-12) == (2.0 + 2e-12 * (np.sqrt(2.0) - 1.0) < B)
    assert S3 > 0.0 or S2 == 0.0


@settings(max_examples=20)
@given(SEEDS)
def test_what_is_separable_is_of_no_use(seed: int) -> None:
    """Mixtures of product states: N = 0, B ≤ 2, S = 0, F ≤ 2/3."""
    rng = generator(seed)
    parts = [np.kron(random_state(rng, 2, 1), random_state(rng, 2, 1)) for _ in range(6)]
    weights = rng.dirichlet(np.ones(6) * 0.3)
    rho = sum(w * x for w, x in zip(weights, parts, strict=True))
    assert negativity_of_cut(rho, (2, 2), [0]) <= 1e-15
    assert chsh_of(rho) <= 2.0 + 1e-14
    assert steering_of(rho) <= 1e-14
    assert teleportation_fidelity_of(rho) <= 2.0 / 3.0 + 1e-14


NOT_A_STATE = np.diag([0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: chsh_of(np.eye(3) / 3), r"rho.*shape \(\.\.\., 4, 4\).*\(3, 3\)"),
        (lambda: chsh_of(NOT_A_STATE), "trace 1"),
        (lambda: chsh_of(np.diag([np.nan, 0, 0, 1])), "NaN"),
        (lambda: steering_of(werner(1.0) + np.eye(4, k=1) * 1e-3), "Hermitian"),
        (lambda: chsh_of([np.eye(4) / 4, np.eye(4)]), "trace 1, got 4"),
        (lambda: steering_of(werner(1.0), 4), "settings.*2 or 3.*4"),
        (lambda: steering_of(werner(1.0), np.array([2, 3])), "settings.*2 or 3.*array"),  # type: ignore[arg-type]
        (lambda: negativity_of_cut(werner(1.0), (2, 2), [np.array([0, 1])]), "one of 0, 1"),  # type: ignore[list-item]
        (lambda: negativity_of_cut(werner(1.0), (2, 2), []), "both sides.*nothing"),
        (lambda: negativity_of_cut(werner(1.0), (2, 2), [0, 1]), "both sides.*all"),
        (lambda: negativity_of_cut(werner(1.0), {"A": 2, "B": 2}, ["C"]), "one of A, B.*'C'"),
        (lambda: negativity_of_cut(werner(1.0), {"A": 2, "B": 2}, ["A", "A"]), "once"),
        (lambda: negativity_of_cut(werner(1.0), (2, 3), [0]), r"\(\.\.\., 6, 6\)"),
        (lambda: negativity_of_cut(werner(1.0), (2, 0), [0]), r"dimensions\.1.*>= 1"),
        (lambda: logarithmic_negativity(-0.1), "negativity.*>= 0"),
        (lambda: chsh("A", 3), "second.*name"),
    ],
)
def test_bad_input_is_named(call: object, told: str) -> None:
    with pytest.raises(et.ParameterError, match=told):
        call()
