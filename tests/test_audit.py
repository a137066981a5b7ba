"""The audit of the laws, each residual against `oracle` or plain matrices; no entherm beside it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import entherm as et
from entherm.thermodynamics.audit import LAWS, Audit, Finding, audit
from entherm.thermodynamics.laws import grand_canonical

from . import oracle
from .random_machines import draw

GAPS, OMEGA, T, GAMMA = (10.0, 2.0), 0.5, (5.0, 3.0), (0.05, 0.05)  # ω_c/T_c < ω_h/T_h
WORDS = {
    "Global": "global",
    "Redfield": "redfield",
    "UniversalLindblad": "universal",
    "Local": "local",
    "Local(heat='bare')": "local bare",
    "Reset": "reset",
}


def machine_of(T: object = T, gaps: tuple[float, float] = GAPS) -> et.Machine:
    """Two qubits h, c that exchange, each with a reservoir: Levy and Kosloff's machine."""
    T_h, T_c = T
    return et.Machine(
        [et.Qubit("h", gaps[0]), et.Qubit("c", gaps[1])],
        [et.exchange("h", "c", OMEGA)],
        [et.Reservoir("H", T_h, {"h": GAMMA[0]}), et.Reservoir("C", T_c, {"c": GAMMA[1]})],
    )


def model_of(T: tuple[float, float] = T, gaps: tuple[float, float] = GAPS) -> oracle.Model:
    bare = np.diag([sum(gaps), gaps[0], gaps[1], 0.0])
    total = bare.copy()
    total[1, 2] = total[2, 1] = OMEGA
    baths = tuple(
        oracle.Bath(
            name,
            (oracle.embed(oracle.lowering(2), site, (2, 2)),),
            (np.sqrt(GAMMA[site]),),
            temperature=T[site],
            site=site,
        )
        for site, name in enumerate("HC")
    )
    return oracle.Model((2, 2), ((gaps[0], 0.0), (gaps[1], 0.0)), total, bare, baths)


def gibbs(hamiltonian: np.ndarray, temperature: float) -> np.ndarray:
    energies, vectors = np.linalg.eigh(hamiltonian)
    weights = np.exp(-(energies - energies[0]) / temperature)
    return (vectors * weights / weights.sum()) @ vectors.conj().T


def one(found: Audit, equation: str, law: str) -> Finding:
    (row,) = [r for r in found.rows if (r.equation, r.law) == (equation, law)]
    return row


@pytest.fixture(scope="module")
def levy_kosloff() -> Audit:
    return audit(machine_of())


def test_levy_and_kosloff(levy_kosloff: Audit) -> None:
    """Local and reset heat of H_S break the second law, no other does, and bare heat mends both.

    Oracle: the sign of σ of every equation by `oracle`; Levy, Kosloff, EPL 107, 20004 (2014).
    """
    broken = set()
    for name, word in WORDS.items():
        generator = oracle.liouvillian(model_of(), word)
        currents = oracle.currents(generator, oracle.steady_state(generator))
        if -currents["H"] / T[0] - currents["C"] / T[1] < -1e-9:
            broken.add(name)
    assert broken == {"Local", "Reset"}
    assert {r.equation for r in levy_kosloff.broken if r.law == "second law"} == broken
    row = one(levy_kosloff, "Local", "second law")
    assert "heat='bare'" in row.why
    assert "Levy" in row.why
    assert "Levy" in str(levy_kosloff)


def test_size_of_the_second_law(levy_kosloff: Audit) -> None:
    """Oracle: −σ by `oracle`, over Σ ω (rate down · p + rate up · (1 − p))/T of bare qubits."""
    generator = oracle.liouvillian(model_of(), "local")
    rho = oracle.steady_state(generator)
    currents = oracle.currents(generator, rho)
    excited = rho[0, 0].real + rho[1, 1].real, rho[0, 0].real + rho[2, 2].real
    scale = 0.0
    for gap, p, warm, rate in zip(GAPS, excited, T, GAMMA, strict=True):
        n = oracle.bose(gap, warm)
        scale += gap * 2.0 * rate * ((n + 1.0) * p + n * (1.0 - p)) / warm
    expected = (currents["H"] / T[0] + currents["C"] / T[1]) / scale
    row = one(levy_kosloff, "Local", "second law")
    assert row.worst == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", WORDS)
def test_state_at_equal_temperatures(levy_kosloff: Audit, name: str) -> None:
    """Oracle: steady state by `oracle` at the mean temperature, ½ Σ |eigenvalues of ρ − τ|."""
    generator = oracle.liouvillian(model_of((4.0, 4.0)), WORDS[name])
    apart = oracle.steady_state(generator) - gibbs(model_of().hamiltonian, 4.0)
    expected = 0.5 * np.abs(np.linalg.eigvalsh(apart)).sum()
    row = one(levy_kosloff, name, "Gibbs state")
    # Both are rounding where the law is kept; the oracle's solve leaves 1e-14.
    assert row.worst == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert row.verdict == ("broken" if expected > 1e-6 else "kept")


@pytest.mark.parametrize("name", ["Local", "Reset"])
def test_currents_at_equal_temperatures(levy_kosloff: Audit, name: str) -> None:
    """Oracle: currents by `oracle` at the mean temperature over one-way flows of bare qubits."""
    generator = oracle.liouvillian(model_of((4.0, 4.0)), WORDS[name])
    rho = oracle.steady_state(generator)
    excited = rho[0, 0].real + rho[1, 1].real, rho[0, 0].real + rho[2, 2].real
    gross = 0.0
    for gap, p, rate in zip(GAPS, excited, GAMMA, strict=True):
        n = oracle.bose(gap, 4.0)
        down, up = 2.0 * rate * (n + 1.0), 2.0 * rate * n
        if name == "Reset":  # a collision puts n/(2n + 1) in place of p
            gross += gap * (down + up) * (p + up / (down + up))
        else:
            gross += gap * (down * p + up * (1.0 - p))
    expected = max(map(abs, oracle.currents(generator, rho).values())) / gross
    row = one(levy_kosloff, name, "zeroth law")
    assert row.worst == pytest.approx(expected, rel=1e-9)
    assert row.verdict == "broken"


def test_detailed_balance_of_each_reservoir(levy_kosloff: Audit) -> None:
    """Oracle: `oracle`'s dissipators on expm(−H_S/T_ν)/Z, over populations and ρ_23."""
    kept = np.zeros((4, 4), bool)
    kept[range(4), range(4)] = kept[1, 2] = kept[2, 1] = True
    flat = np.flatnonzero(kept)
    generator = oracle.liouvillian(model_of(), "local")
    sizes = {}
    for name, warm in zip("HC", T, strict=True):
        part = generator.parts[name][np.ix_(flat, flat)]
        change = part @ gibbs(model_of().hamiltonian, warm).ravel()[flat]
        sizes[name] = np.abs(change).max() / np.abs(part).max()
    row = one(levy_kosloff, "Local", "detailed balance")
    assert row.worst == pytest.approx(max(sizes.values()), rel=1e-9)
    assert row.source == max(sizes, key=lambda name: sizes[name])
    assert one(levy_kosloff, "Global", "detailed balance").worst < 1e-14


def test_a_negative_redfield_state() -> None:
    """ε = 20, Ω = 18, Γ = 2, T = 10 and 3; oracle: the lowest eigenvalue by `oracle`, −0.0045."""
    bare = np.diag([40.0, 20.0, 20.0, 0.0])
    total = bare.copy()
    total[1, 2] = total[2, 1] = 18.0
    baths = tuple(
        oracle.Bath(
            f"R{name}",
            (oracle.embed(oracle.lowering(2), site, (2, 2)),),
            (np.sqrt(2.0),),
            temperature=warm,
            site=site,
        )
        for site, (name, warm) in enumerate((("A", 10.0), ("B", 3.0)))
    )
    model = oracle.Model((2, 2), ((20.0, 0.0), (20.0, 0.0)), total, bare, baths)
    rho = oracle.steady_state(oracle.liouvillian(model, "redfield"))
    m = et.two_qubit_machine(20.0, 20.0, 18.0, 10.0, 3.0, 1.0, 2.0, 2.0).without("RC")
    row = one(audit(m, [et.Redfield()]), "Redfield", "positivity")
    assert row.worst == pytest.approx(-np.linalg.eigvalsh(rho)[0], rel=1e-8)
    assert row.worst == pytest.approx(0.0045, abs=5e-5)
    assert row.verdict == "broken"


@pytest.mark.parametrize("seed", [1, 7, 12, 17, 19, 22])
def test_the_global_equation_keeps_every_law(seed: int) -> None:
    """Oracle: theory; with degenerate levels, σ_x couplings, qutrits, leads.

    1e-12 is ten times the largest residual seen over 42 machines (2e-13, levels that are nearly
    degenerate); currents and Gibbs states are measured against G and 1.
    """
    found = audit(draw(seed).machine, [et.Global()])
    assert len(found.rows) == len(LAWS)
    assert all(row.worst < 1e-12 for row in found.rows)
    assert found.broken == ()


def test_unified_is_exact_for_its_clusters() -> None:
    """No current at equal temperatures, but the Gibbs state of equal levels, not of H_S.

    Oracle: H_S with both levels of the cluster at their mean, exp(−H/T)/Z by plain matrices.
    """
    m = et.two_qubit_machine(20.0, 20.0, 0.5, 4.0, 4.0, 4.0)
    found = audit(m, [et.Unified(joined=((1, 2),))])
    hamiltonian = np.diag([40.0, 20.0, 20.0, 0.0])
    split = hamiltonian.copy()
    split[1, 2] = split[2, 1] = 0.5
    apart = gibbs(hamiltonian, 4.0) - gibbs(split, 4.0)
    (row,) = found.rows[LAWS.index("Gibbs state") : LAWS.index("Gibbs state") + 1]
    assert row.worst == pytest.approx(0.5 * np.abs(np.linalg.eigvalsh(apart)).sum(), rel=1e-9)
    assert found.rows[LAWS.index("zeroth law")].verdict == "kept"


def test_leads_of_a_bias() -> None:
    """The first law counts μJ: Σ Q alone is of the order of G.

    Oracle: Σ Q = −Σ μJ by hand of the heat and quanta that the machine reports.
    """
    m = et.Machine(
        [et.Qubit("D", 1.0)],
        reservoirs=[
            et.Reservoir(n, 0.2, {"D": 0.01}, statistics="fermi", chemical_potential=mu)
            for n, mu in (("L", 1.5), ("R", 0.5))
        ],
    )
    s = et.steady_state(m)
    heat = sum(float(q) for q in s.heat_currents.values())
    left, right = map(float, s.observe(et.quanta("L"), et.quanta("R")))
    assert heat == pytest.approx(-(1.5 * left + 0.5 * right), rel=1e-12)
    assert abs(heat) > 1e-3
    found = audit(m, [et.Global()])
    assert [row.verdict for row in found.rows] == ["kept"] * len(LAWS)


def test_grand_canonical_by_hand() -> None:
    """Oracle: weights exp(−(E − μN)/T) of two levels that exchange, by their closed form."""
    m = et.Machine([et.Qubit("A", 1.0), et.Qubit("B", 1.0)], [et.exchange("A", "B", 0.2)])
    rho = grand_canonical(m, np.asarray(0.5), np.asarray(0.3))
    weights = np.exp(-np.array([2.0 - 0.6, 1.2 - 0.3, 0.8 - 0.3, 0.0]) / 0.5)
    p = weights / weights.sum()
    assert rho.diagonal() == pytest.approx(
        [p[0], 0.5 * (p[1] + p[2]), 0.5 * (p[1] + p[2]), p[3]], rel=1e-13
    )
    assert rho[1, 2] == pytest.approx(0.5 * (p[1] - p[2]), rel=1e-13)


def test_a_sweep_names_its_worst_point() -> None:
    """Oracle: the audit of each point on its own."""
    cold = np.array([2.0, 3.0, 4.5])
    found = audit(machine_of((5.0, cold)), [et.Local()])
    row = one(found, "Local", "second law")
    alone = [one(audit(machine_of((5.0, c)), [et.Local()]), "Local", "second law") for c in cold]
    assert row.residual == pytest.approx([r.worst for r in alone], rel=1e-9)
    assert row.at == {"reservoirs.C.temperature": cold[int(np.argmax(row.residual))]}
    assert f"reservoirs.C.temperature = {row.at['reservoirs.C.temperature']:.4g}" in str(row)


def test_equations_without_a_result_are_named() -> None:
    found = audit(et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    assert set(found.refused) == {"Reset", "Reset(heat='bare')"}
    assert "RC touches A, B" in str(found)
    assert found.equations[-1] == "Local(heat='bare')"


def test_an_equation_twice_counts_once() -> None:
    found = audit(machine_of(), [et.Global(), et.Global()])
    assert [row.law for row in found.rows] == list(LAWS)
    assert str(found) == str(audit(machine_of(), [et.Global()]))


def test_json(levy_kosloff: Audit) -> None:
    text = json.dumps(levy_kosloff.as_dict(), allow_nan=False)
    read = json.loads(text)
    assert [row["law"] for row in read["rows"][: len(LAWS)]] == list(LAWS)
    assert read["limit"] == 1e-6


def test_what_cannot_be_audited() -> None:
    with pytest.raises(et.ParameterError, match="have a reservoir"):
        audit(et.Machine([et.Qubit("A", 1.0)]))
    with pytest.raises(et.ParameterError, match="be equations"):
        audit(machine_of(), ["local"])  # type: ignore[list-item]
    with pytest.raises(et.ParameterError, match="be a list"):
        audit(machine_of(), "local")  # type: ignore[arg-type]
    with pytest.raises(et.ParameterError, match="at least one"):
        audit(machine_of(), [])
    many = et.Machine(
        [et.Qubit(f"Q{k}", 1.0) for k in range(8)], [], [et.Reservoir("R", 1.0, {"Q0": 0.1})]
    )
    with pytest.raises(et.ParameterError, match="at most 128 levels"):
        audit(many)


def test_no_equation_at_all_is_refused_by_both() -> None:
    """An empty list would look like nothing broken, or nothing to recommend."""
    m = et.two_qubit_machine(20.0, 20.0, 10.0)
    for ask in (et.compare, et.audit):
        with pytest.raises(et.ParameterError, match="must name at least one, got none"):
            ask(m, [])
        with pytest.raises(et.ParameterError, match="must be equations"):
            ask(m, ["Global"])
