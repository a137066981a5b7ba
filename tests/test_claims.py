"""The claims: verdicts follow from evidence, evidence from machines, machines from seeds.

Oracle: entherm.paper.closed_form, which shares no code with the library, for every counterexample.
"""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from entherm.paper import closed_form as oracle
from entherm.paper import equations as eq
from entherm.paper import families
from entherm.paper.claims import CLAIMS
from entherm.paper.claims_circuit import OMEGA, _ratio_peak, _told
from entherm.paper.claims_temperatures import thermalisation_points
from entherm.paper.counterexamples import search, significant
from entherm.paper.ensembles import ORACLE, RATES, Ensemble
from entherm.paper.evidence import (
    CONDITIONAL,
    CONFIRMED,
    NOISE,
    REFUTED,
    Case,
    Counterexample,
    Finding,
    VacuousEvidenceError,
    measured,
    note_on,
    verdict,
)
from entherm.paper.searches import COSTLY_COLD, gain_follows_temperature, zero
from entherm.parameters import Array

BY_ID = {claim.id: claim for claim in CLAIMS}
TEXTS = ("id", "figure", "statement", "paper", "ours", "verdict", "note")


@pytest.fixture(scope="session")
def findings() -> dict[str, Finding]:
    return {claim.id: claim.evaluate() for claim in CLAIMS}


def case(name: str, *, stated: bool, violations: int = 0, decided: int = 5) -> Case:
    return Case(name, stated, 9, decided, violations, -1.0 if violations else 1.0)


# The rule.


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([case("paper", stated=True)], CONFIRMED),
        ([case("paper", stated=True), case("beyond", stated=False)], CONFIRMED),
        ([case("paper", stated=True), case("beyond", stated=False, violations=1)], CONDITIONAL),
        ([case("paper", stated=True, violations=1), case("beyond", stated=False)], REFUTED),
        ([case("one", stated=True), case("other", stated=True, violations=1)], REFUTED),
        ([case("paper", stated=True), case("empty", stated=False, decided=0)], CONFIRMED),
    ],
)
def test_the_verdict_follows_from_the_cases(cases: list[Case], expected: str) -> None:
    assert verdict(cases) == expected


@pytest.mark.parametrize(
    "cases",
    [
        [],
        [case("beyond", stated=False)],
        [case("paper", stated=True, decided=0)],
        [case("paper", stated=True), case("other", stated=True, decided=0)],
    ],
)
def test_a_vacuous_search_gives_no_verdict(cases: list[Case]) -> None:
    with pytest.raises(VacuousEvidenceError):
        verdict(cases)


def test_machines_without_entanglement_decide_nothing() -> None:
    hot = families.fig_2(50.0, [30.0, 40.0])  # far above Ω/asinh 1 with and without R_C
    found = search("hot", hot, gain_follows_temperature, stated=True)
    assert (found.samples, found.decided, found.violations) == (2, 0, 0)


def test_rounding_errors_decide_nothing() -> None:
    margins = [1e-3, 0.5 * NOISE, -0.5 * NOISE, np.nan, -2 * NOISE]
    found = measured("made up", margins, tolerance=NOISE)
    assert (found.samples, found.decided, found.violations) == (5, 2, 1)


def test_the_note_names_what_holds_and_what_fails() -> None:
    note = note_on([case("here", stated=True), case("there", stated=False, violations=2)])
    assert note == "Holds: here (5 of 9 tests decide). Fails: there: 2 of 5 fail."


@pytest.mark.parametrize(
    ("changes", "rates"),
    [
        ({}, "all Γ = 1"),
        (dict.fromkeys(RATES, 0.01) | {"gamma": 3.5e-5}, "all Γ = 0.01, γ = 3.5e−05"),
        ({"Gamma_CB": 0.3}, "Γ_A = 1, Γ_B = 1, Γ_C^(A) = 1, Γ_C^(B) = 0.3"),
    ],
)
def test_a_counterexample_reads_as_the_paper_writes(changes: dict[str, float], rates: str) -> None:
    machine = families.fig_2(5.0, 1.0).with_(Omega=-10.0, **changes).points[0]
    shown = Counterexample(machine, 0.1, 0.2, -1.0, -0.1, "Q_C = -1")
    assert str(shown) == (
        f"ε_A = 20, ε_B = 20, Ω = −10, T_A = 5, T_B = 5, T_C = 1, {rates}: Q_C = −1"
    )


def test_a_ratio_that_falls_from_its_first_finite_value_has_no_peak() -> None:
    C_eq = np.where(OMEGA < 0.3, 0.0, OMEGA)
    assert math.isnan(_ratio_peak(np.ones(OMEGA.size), C_eq))
    assert _ratio_peak(np.exp(-((OMEGA - 0.5) ** 2)), np.ones(OMEGA.size)) == pytest.approx(0.5)
    assert _told([math.nan, math.nan]) == "none (falls from the first Ω)"
    assert _told([0.48, 0.74]) == "0.48 and 0.74"


# The search.


def test_a_counterexample_is_simplified_and_checked_by_the_oracle() -> None:
    drawn = COSTLY_COLD.with_(epsilon_A=[24.0123456], epsilon_B=[15.987654], Omega=[10.0123])
    found = search("detuned", drawn, gain_follows_temperature).counterexample
    assert found is not None
    assert found.parameters == eq.Parameters(24.0, 16.0, 10.0, 3.0, 3.0, 0.0)
    assert found.margin < -NOISE


def test_what_the_oracle_does_not_see_is_no_counterexample() -> None:
    def wrong_in_the_library(e: Ensemble) -> Array:
        return np.full(e.shape, 1.0 if e.solver is ORACLE else -1.0)

    machine = families.fig_2([5.0], [1.0])
    assert search("made up", machine, wrong_in_the_library).counterexample is None


def test_significant_digits() -> None:
    assert significant(np.array([123.456, -0.0123456, 0.0]), 3).tolist() == [123.0, -0.0123, 0.0]


def test_zero_finds_roots_elementwise() -> None:
    roots = zero(lambda x: np.cos(x) - np.array([0.0, 0.5]), np.zeros(2), np.full(2, 3.0))
    # The function itself is known to 1e-16, its slope is about 1.
    assert np.allclose(roots, [math.pi / 2, math.pi / 3], atol=1e-14, rtol=0)


# The families really are what they are called.


def test_the_general_family_covers_its_range() -> None:
    e = families.general()
    assert e.shape == (families.SIZE,)
    assert families.SIZE >= 100_000
    gap = e.epsilon_A - e.epsilon_B
    assert gap.min() < -29
    assert gap.max() > 29
    share = e.Omega / np.sqrt(e.epsilon_A * e.epsilon_B)
    assert 0.05 <= share.min() < 0.06
    assert 0.97 < share.max() <= 0.98
    assert np.all(e.T_A != e.T_B)
    assert 0.05 < np.mean(e.T_C == 0) < 0.15
    assert 0.3 < np.mean(np.minimum(e.T_A, e.T_B) > e.T_C) < 0.7
    assert np.mean(np.maximum(e.T_A, e.T_B) < e.T_C) > 0.2
    assert np.all(e.Gamma_CA != e.Gamma_CB)
    assert np.mean(e.entangled) > 0.5


def test_restrictions_restrict() -> None:
    g = families.general()
    assert np.all(families.negative_exchange(g).Omega == -g.Omega)
    r = families.resonant(g)
    assert np.all(r.epsilon_A == r.epsilon_B)
    # Ratios kept: the same physics at γ = 0 but for the detuning.
    assert np.allclose(r.T_A / r.Omega, g.T_A / g.Omega, rtol=1e-14)
    e = families.equilibrium(r)
    assert np.all(e.T_A == e.T_B)
    assert np.allclose(e.T_C / e.T_A, r.T_C / np.sqrt(r.T_A * r.T_B), rtol=1e-14)
    assert np.all(families.equal_common(g).Gamma_CA == families.equal_common(g).Gamma_CB)
    d = families.dephased(g)
    assert d.gamma.min() < 2e-3
    assert d.gamma.max() > 0.5
    assert families.dephased(families.part(g)).shape == (families.PART,)


def test_thermalised_machines_have_one_temperature_between_the_two() -> None:
    e = families.thermalised()
    T = e.take(slice(0, 50)).by(ORACLE).effective_temperatures
    assert np.allclose(T[:, 0], T[:, 1], rtol=1e-12)
    T = e.effective_temperatures[:, 0]
    assert np.all((np.minimum(e.T_A, e.T_B) < T) & (np.maximum(e.T_A, e.T_B) > T))


def test_the_oracle_and_the_library_solve_an_ensemble_alike() -> None:
    few = families.dephased(families.part(families.general())).take(slice(0, 30))
    ours, theirs = few.solved, few.by(ORACLE).solved
    for a, b in zip(ours, theirs, strict=True):
        # Absolute: one-way heat flows reach 1e4, and 1e-12 of a current is theirs times 1e-16.
        assert np.allclose(a, b, rtol=1e-10, atol=1e-11)
    assert np.allclose(few.bare_concurrence, few.by(ORACLE).bare_concurrence, atol=1e-14)
    assert np.allclose(few.bare_populations, few.by(ORACLE).bare_populations, atol=1e-13)
    undephased = few.with_(gamma=0.0)
    for sign in (1, -1):
        e = undephased.with_(Omega=sign * few.Omega)
        assert np.allclose(e.secular_ratio, e.by(ORACLE).secular_ratio, rtol=1e-12)


def test_energies_are_those_of_the_oracle() -> None:
    few = families.general().take(slice(0, 20))
    assert np.allclose(few.energies, [eq.energies(p) for p in few.points], rtol=1e-14)


# The claims.


def test_there_are_enough_claims_and_each_has_its_name() -> None:
    assert len(CLAIMS) >= 25
    assert len(BY_ID) == len(CLAIMS)
    with pytest.raises(FrozenInstanceError):
        CLAIMS[0].id = "other"  # type: ignore[misc]


def test_every_finding_is_complete(findings: dict[str, Finding]) -> None:
    for name, finding in findings.items():
        plain = finding.as_dict()
        assert set(plain) == {*TEXTS, "evidence"}, name
        assert all(isinstance(plain[key], str) and plain[key] for key in TEXTS), name
        assert finding.verdict == verdict(finding.evidence), name
        json.dumps(plain, allow_nan=False)


def test_no_verdict_is_vacuous(findings: dict[str, Finding]) -> None:
    for name, finding in findings.items():
        assert any(c.stated for c in finding.evidence), name
        assert all(c.decided > 0 for c in finding.evidence), name


def test_general_claims_are_searched_widely(findings: dict[str, Finding]) -> None:
    for name in (
        *("sign-of-gain", "heat-changes-sign", "gain-absorbs-heat", "colder-is-better"),
        *("no-change-at-equal-temperature", "effective-temperature-range", "bound-before-heat"),
        *("cold-suffices", "bound-is-thermalisation-temperature", "all-gain-absorbs-heat"),
        *("gain-at-thermalisation", "unique-steady-state", "entanglement-recovered"),
    ):
        assert sum(c.samples for c in findings[name].evidence) >= 100_000, name
        assert sum(c.decided for c in findings[name].evidence) >= 10_000, name


def test_every_violation_comes_with_an_example(findings: dict[str, Finding]) -> None:
    for name, finding in findings.items():
        for one in finding.evidence:
            if one.violations:
                assert one.counterexample or one.detail, (name, one.name)


def counterexamples(findings: dict[str, Finding]) -> list[tuple[str, Case, Counterexample]]:
    return [
        (name, c, c.counterexample)
        for name, finding in findings.items()
        for c in finding.evidence
        if c.counterexample
    ]


def test_counterexamples_are_what_the_oracle_says(findings: dict[str, Finding]) -> None:
    found = counterexamples(findings)
    assert len(found) > 20
    for name, one, shown in found:
        p = shown.parameters
        alone = eq.Parameters(**{**vars(p), "Gamma_CA": 0.0, "Gamma_CB": 0.0})
        assert shown.concurrence == oracle.closed_form_concurrence(p), name
        assert shown.bare_concurrence == oracle.closed_form_concurrence(alone), name
        assert shown.heat_C == oracle.closed_form_heat_currents(p)["RC"], name
        assert shown.margin < -one.tolerance, name


@pytest.mark.parametrize("name", ["sign-of-gain", "cold-suffices"])
def test_signs_of_gain_really_are_wrong(findings: dict[str, Finding], name: str) -> None:
    for one in findings[name].evidence:
        if one.counterexample:
            p = one.counterexample.parameters
            gain = one.counterexample.concurrence - one.counterexample.bare_concurrence
            T_low, T_high = eq.eq_19_effective_temperatures(p)
            assert (gain < -NOISE and T_low > p.T_C) or (gain > NOISE and T_high < p.T_C), one.name


@pytest.mark.parametrize("name", ["gain-absorbs-heat", "all-gain-absorbs-heat"])
def test_heat_really_is_released(findings: dict[str, Finding], name: str) -> None:
    for one in findings[name].evidence:
        if one.counterexample:
            shown = one.counterexample
            assert shown.concurrence > shown.bare_concurrence, one.name
            assert shown.heat_C > 0, one.name


def test_counterexamples_meet_their_conditions(findings: dict[str, Finding]) -> None:
    for name, one, shown in counterexamples(findings):
        p = shown.parameters
        assert ("Ω < 0" in one.name or "Ω = −" in one.name) == (p.Omega < 0) or (
            name == "exchange-sign"
        ), (name, one.name)
        if "equal common" in one.name and "unequal" not in one.name:
            assert p.Gamma_CA == p.Gamma_CB, (name, one.name)
        if one.name.startswith("resonant"):
            assert p.epsilon_A == p.epsilon_B, (name, one.name)
        if "Fig. 7" in one.name:
            assert (p.Gamma_A, p.gamma) == (0.01, 3.5e-5), (name, one.name)
        if "dephas" not in one.name and "Fig. 7" not in one.name and "T_C > T" not in one.name:
            assert p.gamma == 0, (name, one.name)


def test_thermalised_counterexamples_have_one_temperature(findings: dict[str, Finding]) -> None:
    found = [(n, c, x) for n, c, x in counterexamples(findings) if "thermalised" in c.name]
    assert len(found) >= 4
    for name, _, shown in found:
        low, high = eq.eq_19_effective_temperatures(shown.parameters)
        # Rounded to six digits.
        assert math.isclose(low, high, rel_tol=1e-4), name


def test_the_known_counterexample(findings: dict[str, Finding]) -> None:
    detuned = next(
        c for c in findings["sign-of-gain"].evidence if c.name == "detuned, equal common couplings"
    )
    assert detuned.counterexample is not None
    assert detuned.counterexample.parameters == eq.Parameters(24.0, 16.0, 10.0, 3.0, 3.0, 0.0)
    # The six digits of docs/physics.md §3.
    assert round(detuned.counterexample.bare_concurrence, 6) == 0.038466
    assert round(detuned.counterexample.concurrence, 6) == 0.037029


VERDICTS = {
    "jump-operators": CONFIRMED,
    "mixing-angle": CONFIRMED,
    "large-frequencies": CONDITIONAL,
    "secular-regime": CONDITIONAL,
    "additive-dissipators": CONFIRMED,
    "one-jump-operator": CONFIRMED,
    "unique-steady-state": CONDITIONAL,
    "bare-basis-elements": CONDITIONAL,
    "x-form": CONFIRMED,
    "x-concurrence": CONFIRMED,
    "collective-effect": CONDITIONAL,
    "exchange-sign": CONDITIONAL,
    "equilibrium-state": CONDITIONAL,
    "no-change-at-equal-temperature": CONDITIONAL,
    "sign-of-gain": CONDITIONAL,
    "beyond-any-temperature": CONDITIONAL,
    "bare-entanglement-ends": CONFIRMED,
    "entanglement-recovered": CONDITIONAL,
    "peak-temperature": CONDITIONAL,
    "heat-changes-sign": CONDITIONAL,
    "gain-absorbs-heat": CONDITIONAL,
    "heat-from-independent": CONDITIONAL,
    "colder-is-better": CONDITIONAL,
    "effective-temperatures-in-equilibrium": CONFIRMED,
    "effective-temperature-range": CONFIRMED,
    "either-may-be-larger": CONFIRMED,
    "thermalisation-points": CONFIRMED,
    "definite-temperature": CONDITIONAL,
    "suitable-detuning": CONDITIONAL,
    "gain-at-thermalisation": CONDITIONAL,
    "heat-and-gain-vanish-together": CONFIRMED,
    "colder-is-better-out-of-equilibrium": CONDITIONAL,
    "gain-possible-in-general": CONDITIONAL,
    "gradient-helps": CONDITIONAL,
    "bound-before-heat": REFUTED,
    "cold-suffices": REFUTED,
    "bound-is-thermalisation-temperature": REFUTED,
    "all-gain-absorbs-heat": REFUTED,
    "dephasing-rate": REFUTED,
    "gain-with-dephasing": CONDITIONAL,
    "boundary-with-dephasing": CONDITIONAL,
    "significant-entanglement": CONFIRMED,
    "weaker-coupling-peaks-higher": REFUTED,
    "substantial-improvement": CONFIRMED,
}


def test_verdicts(findings: dict[str, Finding]) -> None:
    assert {name: finding.verdict for name, finding in findings.items()} == VERDICTS


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("thermalisation-points", "0.9471, 1.4253, 1.8597, 2.0774"),
        ("beyond-any-temperature", "max C_AB = 0.0926"),
        ("bare-entanglement-ends", "11.346Γ"),
        ("exchange-sign", "C = 0.0993 for Ω = +10, 0.0247 for −10, 0.0845 without R_C"),
        ("collective-effect", "without Eq. (14) 0.0488"),
        ("bare-basis-elements", "off by 0.0003 "),
        ("dephasing-rate", "decay at 2 γ"),
        ("entanglement-recovered", "up to T = 18.94Γ with T_C = 0, 11.35Γ without"),
        ("secular-regime", "Fig. 2 0.050, Fig. 3 0.083"),
        ("weaker-coupling-peaks-higher", "ratio none (falls from the first Ω); difference 0.48"),
    ],
)
def test_numbers(findings: dict[str, Finding], name: str, number: str) -> None:
    assert number in findings[name].ours


def test_thermalisation_points_by_the_oracle() -> None:
    for detuning, T_A, printed in zip(
        thermalisation_points(), (5, 4, 3, 2), (0.95, 1.43, 1.86, 2.08), strict=True
    ):
        p = eq.Parameters(20 + detuning / 2, 20 - detuning / 2, 6.0, T_A, 8.0, 0.0)
        one, two = eq.eq_19_effective_temperatures(p)
        # A root to 1e-15 in Δε, times a slope of about 1.
        assert math.isclose(one, two, rel_tol=1e-13)
        assert round(detuning, 2) == printed


def test_evaluation_is_deterministic(findings: dict[str, Finding]) -> None:
    for made in (families.general, families.family, families.thermalised):
        made.cache_clear()
    for name in ("sign-of-gain", "gain-at-thermalisation", "cold-suffices"):
        assert BY_ID[name].evaluate().as_dict() == findings[name].as_dict()
