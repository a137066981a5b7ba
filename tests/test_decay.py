"""Decay rates and exceptional points against closed forms and independent generators."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

import entherm as et
from entherm.decay import decay
from entherm.evolution import evolve
from entherm.exceptional_points import exceptional_points

from . import oracle
from .random_machines import draw

EQUATIONS = {
    "global": et.Global(),
    "unified": et.Unified(),
    "local": et.Local(),
    "redfield": et.Redfield(),
    "universal": et.UniversalLindblad(),
}
STRENGTH = "exchange.A-B.strength"


def bose(omega: float, temperature: float) -> float:
    return 1.0 / float(np.expm1(omega / temperature)) if temperature else 0.0


def test_populations_of_the_paper_without_its_common_reservoir() -> None:
    """Rates 2(Γ₁⁻ + Γ₁⁺), 2(Γ₂⁻ + Γ₂⁺) and their sum; oracle: the rate equation by hand.

    Γ_k^∓ are the sums over R_A, R_B of the weights s², c² of the paper with n̄ + 1 or n̄ at ω_k: the
    two normal modes relax each by itself. Coherences 23 and 14 decay at half the sum. Those of one
    frequency, 12 and 34 at ω₁, lose half the first rate and all of d₂ or u₂, and feed each other by
    d₂', u₂', in which R_B counts negative (the signs of docs/physics.md §2); 13 and 24 likewise,
    with R_A negative.
    """
    rates, temperatures = np.array([0.01, 0.02]), (5.0, 3.0)
    m = et.two_qubit_machine(20.0, 17.0, 6.0, *temperatures, Gamma_A=0.01, Gamma_B=0.02)
    found = decay(m.without("RC"))
    theta = np.arctan2(12.0, 3.0)
    s2, c2 = np.sin(0.5 * theta) ** 2, np.cos(0.5 * theta) ** 2
    sides = []
    for omega, shares, signs in (
        (18.5 - np.hypot(1.5, 6.0), (s2, c2), (-1, 1)),
        (18.5 + np.hypot(1.5, 6.0), (c2, s2), (1, -1)),
    ):
        up = 2.0 * rates * shares * [bose(omega, t) for t in temperatures]
        down = up + 2.0 * rates * shares
        sides.append((down.sum(), up.sum(), down @ signs, up @ signs))
    first, second = (down + up for down, up, _, _ in sides)
    expected = [0.0, first, second, first + second] + [0.5 * (first + second)] * 4
    for own, (down, up, signed_down, signed_up) in ((first, sides[1]), (second, sides[0])):
        root = np.sqrt(0.25 * (down - up) ** 2 + signed_down * signed_up)
        expected += 2 * [0.5 * (own + down + up) + sign * root for sign in (-1, 1)]
    assert np.allclose(found.rates, np.sort(expected), rtol=1e-12, atol=1e-17)
    still = found.rates[found.frequencies == 0.0]
    assert np.allclose(still, np.sort(expected[:4]), rtol=1e-13, atol=0.0)
    assert found.gap == pytest.approx(min(expected[1:]), rel=1e-12)


def test_single_qubit() -> None:
    """0, 1/T₂ twice at ±ε, 1/T₁; modes |1⟩⟨0| and σ_z; oracle: closed form."""
    m = et.Machine(
        [et.Qubit("A", 3.0)], [], [et.Reservoir("R", 2.0, {"A": [0.05, 0.1]})], {"A": [0.01, 1.0]}
    )
    found = decay(m)
    relaxation = 2 * np.array([0.05, 0.1]) * (2 * bose(3.0, 2.0) + 1)
    other = 0.5 * relaxation + 2 * np.array([0.01, 1.0])
    expected = np.sort(np.stack([0 * other, other, other, relaxation], -1))
    assert np.allclose(found.rates, expected, rtol=1e-14, atol=0.0)
    assert np.allclose(found.gap, np.minimum(relaxation, other), rtol=1e-14)
    assert np.allclose(np.sort(found.frequencies), [-3.0, 0.0, 0.0, 3.0])
    coherence, inversion = found.slowest
    assert np.abs(np.abs(coherence) + np.abs(coherence).T - [[0, 1], [1, 0]]).max() < 1e-14
    sigma_z = inversion * np.sign(inversion[0, 0].real) * np.sqrt(2.0)
    assert np.abs(sigma_z - np.diag([1, -1])).max() < 1e-14


@pytest.mark.parametrize("seed", range(8))
def test_random_machines(seed: int) -> None:
    """All d² eigenvalues, and the slowest mode; oracle: the literal generator of `oracle`.

    An eigenvalue is known to eps ‖L‖ times its condition number; those of one another's cluster
    are compared by nearness, each way.
    """
    d = draw(seed)
    for name in ("global", "unified", "local", "redfield"):
        if d.model.resets and name != "local":
            continue
        total = oracle.liouvillian(d.model, name, d.widths.get(name, 0.0)).total
        found = decay(d.machine, EQUATIONS[name])
        values = np.linalg.eigvals(total)
        apart = np.abs(found.eigenvalues[:, None] - values)
        error = 1e-13 * np.abs(values).max() * np.maximum(found.condition, 10.0).max()
        assert max(apart.min(0).max(), apart.min(1).max()) < error, name
        assert np.all(np.diff(found.rates) > -1e-11 * np.abs(values).max())
        mode = found.slowest.ravel()
        value = np.vdot(mode, total @ mode)
        assert np.abs(total @ mode - value * mode).max() < 1e-11 * np.abs(values).max(), name
        assert -value.real == pytest.approx(found.gap, rel=1e-6), name
        assert np.linalg.norm(mode) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("equation", EQUATIONS.values(), ids=EQUATIONS)
def test_a_slow_rate_beside_a_large_gap(equation: et.Equation) -> None:
    """A rate of 1e-6 beside gaps of 1e2; zero is zero; oracle: what is left after ten lifetimes."""
    m = et.two_qubit_machine(100.0, 80.0, 30.0, 40.0, 30.0, Gamma_A=1e-6, Gamma_B=3e-6).without(
        "RC"
    )
    found = decay(m, equation)
    assert np.count_nonzero(found.eigenvalues == 0.0) == 1
    rate = found.rates[found.frequencies == 0.0][1]
    t = np.array([8.0, 9.0, 10.0]) / rate
    late = evolve(m, t, [0.0, 1.0, 0.0, 0.0], equation).level_populations[:, 0]
    slope = -np.log((late[2] - late[1]) / (late[1] - late[0])) / (t[1] - t[0])
    assert slope == pytest.approx(rate, rel=1e-2)


def test_arrays_are_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shape (gap, temperature), in runs of a few points; oracle: each point by itself."""
    monkeypatch.setattr(import_module("entherm.liouvillian"), "RUN_BYTES", 3 * 16 * 16**2 * 11)
    gaps, colds = np.array([[18.0], [20.0]]), np.array([0.5, 1.0, 3.0])
    for equation in (et.Global(), et.Redfield()):
        found = decay(et.two_qubit_machine(gaps, 20.0, 6.0, T_C=colds, gamma=0.1), equation)
        assert found.gap.shape == (2, 3)
        assert found.slowest.shape == (2, 3, 4, 4)
        for i, j in np.ndindex(2, 3):
            one = et.two_qubit_machine(gaps[i, 0], 20.0, 6.0, T_C=colds[j], gamma=0.1)
            alone = decay(one, equation)
            assert np.abs(found.eigenvalues[i, j] - alone.eigenvalues).max() < 1e-12
            assert found.gap[i, j] == pytest.approx(alone.gap, rel=1e-12)
            assert np.allclose(found.condition[i, j], alone.condition, rtol=1e-6)


def test_nothing_decays() -> None:
    """A machine without reservoirs: rates and gap zero, no slowest mode."""
    found = decay(
        et.Machine([et.Qubit("A", 1.0), et.Qubit("B", 2.0)], [et.exchange("A", "B", 0.3)])
    )
    assert not found.rates.any()
    assert found.gap == 0.0
    assert np.isnan(found.slowest).all()


def test_two_dark_sets_have_two_zeros() -> None:
    """λ₃ dark to R_C: two exact zeros; λ₃₄ decays at half of what leaves λ₄, 2 n̄(ω₂)."""
    m = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=2.0).without("RA", "RB")
    found = decay(m)
    assert np.count_nonzero(found.eigenvalues == 0.0) == 2
    assert found.gap == pytest.approx(2 * bose(30.0, 2.0), rel=1e-11)


def test_meaningless_machines_are_named() -> None:
    """A coupled transition without a positive frequency."""
    with pytest.raises(et.InvalidMachineError, match="1 of 2 points"):
        decay(et.two_qubit_machine(1.0, 1.0, [0.5, 2.0]))


# Exceptional points.


def pair(
    gap: float, rates: tuple[float, float], temperatures: tuple[float, float], **options: Any
) -> et.Machine:
    return et.Machine(
        [et.Qubit("A", gap), et.Qubit("B", gap)],
        [et.exchange("A", "B", 0.01)],
        [
            et.Reservoir(f"R{n}", t, {n: rate}, **options)
            for n, rate, t in zip("AB", rates, temperatures, strict=True)
        ],
    )


@pytest.mark.parametrize("seed", range(9))
def test_local_equation_of_two_resonant_qubits(seed: int) -> None:
    r"""Ω = |κ_A − κ_B|/2 with κ = Γ(2n̄ + 1), of order 3 at the rate κ_A + κ_B.

    The populations and the coherence |10⟩⟨01| are moved by C_kl = ⟨σ₊^k σ₋^l⟩ alone (free
    fermions, the strings cancel in pairs): dC/dt = −M C − C M† + source, and amplitudes by

        M = [[κ_A + iε, iΩ], [iΩ, κ_B + iε]]: (κ_A + κ_B)/2 + iε ± √((κ_A − κ_B)²/4 − Ω²)

    Half the difference of the dampings against Ω: there M is one Jordan block of order 2, and
    M ⊗ 1 + 1 ⊗ M* one of order 3 and one of order 1: four eigenvalues meet. At T = 0, where nothing
    excites, |10⟩⟨00| and |01⟩⟨00| follow M itself: order 2 at the same Ω, rate (κ_A + κ_B)/2.
    """
    rng = np.random.default_rng(seed)
    gap, rates = rng.uniform(0.5, 3.0), 10.0 ** rng.uniform(-4.0, -1.5, 2)
    temperatures = rng.uniform(0.1, 3.0, 2) * (seed % 3 > 0)
    kappa = [g * (2 * bose(gap, t) + 1) for g, t in zip(rates, temperatures, strict=True)]
    expected = 0.5 * abs(kappa[0] - kappa[1])
    m = pair(gap, tuple(rates), tuple(temperatures))
    low, high = expected * rng.uniform(0.1, 0.8), expected * rng.uniform(1.3, 3.0)
    found = exceptional_points(m, STRENGTH, low, high, et.Local())
    (third,) = [p for p in found if p.order == 3]
    assert third.value == pytest.approx(expected, rel=1e-11)
    assert third.eigenvalue == pytest.approx(-sum(kappa), rel=1e-11)
    assert third.multiplicity == 4
    assert third.condition > 1e4
    if not temperatures.any():
        second = [p for p in found if p.eigenvalue.real == pytest.approx(-0.5 * sum(kappa))]
        assert [p.order for p in second] == [2, 2]
        for p, sign in zip(second, (-1, 1), strict=True):
            assert p.value == pytest.approx(expected, rel=1e-11)
            assert p.eigenvalue.imag == pytest.approx(sign * gap, rel=1e-13)


@pytest.mark.parametrize("equation", [et.Local(), et.Unified()])
def test_eigenvalues_part_as_a_root(equation: et.Equation) -> None:
    """Four times as far, twice as apart, condition numbers half; oracle: eigenvalues by LAPACK."""
    m = pair(1.0, (0.03, 0.01), (0.7, 0.4))
    found = exceptional_points(m, STRENGTH, 0.004, 0.04, equation)
    assert {p.order for p in found} >= {2}
    for p in found:
        apart, condition = [], []
        for away in (1e-6, 4e-6):
            near = decay(m.replace({STRENGTH: p.value + away}), equation)
            distance = np.abs(near.eigenvalues - p.eigenvalue)
            own = np.argsort(distance)[: p.multiplicity]
            apart.append(distance[own].max())
            condition.append(near.condition[own].max())
        assert apart[1] / apart[0] == pytest.approx(2.0, rel=1e-2)
        assert condition[0] / condition[1] == pytest.approx(2.0 ** (p.order - 1), rel=2e-2)


def test_crossings_are_none() -> None:
    """Two free qubits: rates of A and B cross at Γ_A = Γ_B, the eigenoperators stay apart."""
    m = pair(1.0, (0.03, 0.01), (0.7, 0.7)).replace({STRENGTH: 0.0})
    path = "reservoirs.RA.couplings.A.rate"
    for equation in (et.Local(), et.Global(), et.Redfield()):
        assert exceptional_points(m, path, 0.001, 0.1, equation) == ()
    rates = decay(m.replace({path: 0.01})).rates
    assert np.count_nonzero(np.isclose(rates, 2 * 0.01 * (2 * bose(1.0, 0.7) + 1))) >= 2


def test_dephased_pair_under_the_global_equation() -> None:
    r"""Eq. (21) at resonance: x and y of λ₂₃ meet where 2γ = δ, order 2, at the rate 2γ + κ.

    At θ = π/2 the coherence of λ₂, λ₃ and p₂ − p₃ make ẋ = −κx + δy, ẏ = −δx − (4γ + κ)y beside
    the rates: eigenvalues −κ − 2γ ± √(4γ² − δ²), with δ = 2Ω and κ the width of the pair
    (docs/physics.md §2).
    """
    m = et.two_qubit_machine(20.0, 20.0, 0.5, 5.0, 3.0, Gamma_A=0.01, Gamma_B=0.02, gamma=0.4)
    m = m.without("RC")
    rates = [
        0.5 * (0.01 * (2 * bose(w, 5.0) + 1) + 0.02 * (2 * bose(w, 3.0) + 1)) for w in (19.6, 20.4)
    ]
    (found,) = exceptional_points(m, STRENGTH, 0.1, 1.0)
    assert (found.order, found.multiplicity) == (2, 2)
    assert found.value == pytest.approx(0.4, rel=1e-10)
    assert found.eigenvalue == pytest.approx(-0.8 - sum(rates), rel=1e-11)


def test_two_in_one_set() -> None:
    """Real eigenvalues that meet, turn complex and are real again; oracle: their number by LAPACK.

    Two rates of one random machine run into each other, and part again, as its dephasing grows.
    """
    d = draw(9)
    path = "dephasing.B.rate"
    middle = float(d.machine.parameters[path])
    low, high = 2.2 * middle, 3.5 * middle
    found = exceptional_points(d.machine, path, low, high, et.Local())
    grid = np.linspace(low, high, 2001)
    swept = decay(d.machine.replace({path: grid}), et.Local())
    # Those that turn with Ω or with the gaps do so everywhere.
    slow = np.sum((swept.frequencies != 0.0) & (np.abs(swept.frequencies) < 1e-3), axis=-1)
    changes = np.flatnonzero(np.diff(slow))
    assert len(changes) == len(found) == 2
    for k, p in zip(changes, found, strict=True):
        assert grid[k] <= p.value <= grid[k + 1]
        assert (p.order, p.multiplicity, p.eigenvalue.imag) == (2, 2, 0.0)


def test_three_qubits() -> None:
    """A third qubit that touches nothing else: the same value, on more eigenvalues."""
    m = pair(1.0, (0.03, 0.01), (0.0, 0.0))
    more = et.Machine(
        [*m.subsystems, et.Qubit("C", 1.7)],
        m.interactions,
        [*m.reservoirs, et.Reservoir("RC", 0.5, {"C": 0.02})],
    )
    found = exceptional_points(more, STRENGTH, 0.003, 0.025, et.Local())
    values = np.array([p.value for p in found])
    assert np.allclose(values, 0.01, rtol=1e-10)
    assert sum(p.order == 3 for p in found) == 4
    assert len(found) > 4


def test_bad_input_is_named() -> None:
    """Arrays, empty intervals, unknown paths, values that the equation has no meaning for."""
    m = pair(1.0, (0.03, 0.01), (0.7, 0.7))
    with pytest.raises(et.ParameterError, match="'machine' must be a single machine"):
        exceptional_points(m.replace({STRENGTH: [0.1, 0.2]}), STRENGTH, 0.0, 1.0)
    for low, high in ((1.0, 1.0), (2.0, 1.0)):
        with pytest.raises(et.ParameterError, match="'high' must be > low"):
            exceptional_points(m, STRENGTH, low, high)
    with pytest.raises(et.ParameterError, match="'high' must be finite"):
        exceptional_points(m, STRENGTH, 0.0, np.nan)
    with pytest.raises(et.UnknownNameError, match="did you mean"):
        exceptional_points(m, "exchange.A-B.strenght", 0.0, 1.0)
    with pytest.raises(et.InvalidMachineError, match="points"):
        exceptional_points(m, STRENGTH, 0.5, 2.0)
    for call in (decay, lambda x, e: exceptional_points(x, STRENGTH, 0.1, 0.2, e)):
        with pytest.raises(et.ParameterError, match="'equation' must be an equation"):
            call(m, et.Local)
