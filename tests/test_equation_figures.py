"""The numbers of docs/equations.md, from entherm and the stored HEOM currents."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import entherm as et

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "equation_data.py"))
CASES = ("equal_own", "unequal_own", "equal_common", "unequal_common")


def deviation(case: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Ω/κ and the relative deviation of Q_A from HEOM."""
    machine, points = TOOL["case"](case)
    d = TOOL["deviations"](machine, points["heat"][0], TOOL["EQUATIONS"][label])
    return points["exchange"] / points["width"], d


def largest(case: str, label: str) -> float:
    return float(np.abs(deviation(case, label)[1]).max())


def test_links_and_figures_are_there() -> None:
    """Oracle: the page's own targets; the figures are those that the tool draws."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE)
    drawn = (ROOT / "tools" / "equation_figures.py").read_text(encoding="utf-8")
    shown = {Path(t).name for t in targets if t.startswith("figures/")}
    assert shown == set(re.findall(r'"(\S+\.png)"', drawn))
    assert all((ROOT / "docs" / target).exists() for target in targets)


@pytest.mark.parametrize("case", CASES)
def test_stored_width_is_the_one_of_the_library(case: str) -> None:
    """Oracle: κ from the plain NumPy rates of benchmarks/heom_model.py, stored with the points."""
    machine, points = TOOL["case"](case)
    np.testing.assert_allclose(TOOL["width"](machine), points["width"], rtol=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_hierarchy_is_converged(case: str) -> None:
    """Oracle: last tier and last Padé terms, tenfold below every deviation that the page tells."""
    points = TOOL["case"](case)[1]
    limit = 2.5e-5 if "own" in case else 6e-4
    assert np.all(points["error"] < limit * np.abs(points["heat"][0]))


@pytest.mark.parametrize("label", ["Redfield", "UniversalLindblad"])
def test_second_order_is_right_from_end_to_end(label: str) -> None:
    """0.03 % without and 0.6 % with a ten times stronger common reservoir. Oracle: HEOM."""
    assert max(largest("equal_own", label), largest("unequal_own", label)) < 3e-4
    assert min(largest("equal_common", label), largest("unequal_common", label)) > 0.004
    assert max(largest("equal_common", label), largest("unequal_common", label)) < 6.1e-3


def test_global_loses_the_left() -> None:
    """(κ/2Ω)² in (a), 25 % at Ω = κ, 100 at 0.05 κ; 7.7, 4 and 27 % elsewhere. Oracle: HEOM."""
    x, d = deviation("equal_own", "Global")
    np.testing.assert_allclose(d[x < 6.0], (2 * x[x < 6.0]) ** -2.0, rtol=0.03)
    assert d[np.isclose(x, 1.0)] == pytest.approx(0.25, abs=0.005)
    assert d[0] == pytest.approx(100.0, rel=0.01)
    assert largest("unequal_own", "Global") == pytest.approx(0.077, abs=5e-4)
    assert largest("equal_common", "Global") == pytest.approx(0.04, abs=0.005)
    assert largest("unequal_common", "Global") == pytest.approx(0.27, abs=0.005)


def test_local_loses_the_right() -> None:
    """72 % at Ω = 0.46 beside a common reservoir; 2.8 % from the detuning in (b). Oracle: HEOM."""
    for case in ("equal_common", "unequal_common"):
        machine, points = TOOL["case"](case)
        x, d = deviation(case, "Local")
        assert d[-1] == pytest.approx(0.72, abs=0.005)
        assert points["exchange"][-1] == pytest.approx(0.46, abs=0.005)
        C = et.steady_state(machine, et.Local()).concurrence("A", "B")
        assert C[-1] < 0.05
        assert points["concurrence"][-1] > 0.16
    x, d = deviation("unequal_own", "Local")
    # Q_A ∝ n̄(ε_A, T_A) − n̄(ε_B, T_B), to first order in ε_A/T_A − ε_B/T_B.
    expected = (1.0025 / 0.6 - 0.9975 / 0.5) / (1 / 0.6 - 1 / 0.5) - 1.0
    np.testing.assert_allclose(d[x < 15.0], expected, atol=5e-4)
    assert d[0] == pytest.approx(-0.028, abs=5e-4)


def test_unified_takes_the_better_side() -> None:
    """At most 0.25 % off in (a, b), 0.6 % further off than Redfield in (c, d). Oracle: HEOM."""
    for case in CASES:
        d, best = (np.abs(deviation(case, k)[1]) for k in ("Unified", "Redfield"))
        assert np.all(d < 2.5e-3) if "own" in case else np.all(d < best + 6e-3)


def test_concurrences_are_known_to_the_order_of_the_rate() -> None:
    """All weak-coupling ones are up to 0.005 above HEOM; without the common reservoir C = 0."""
    for case in CASES:
        machine, points = TOOL["case"](case)
        more = et.steady_state(machine, et.Redfield()).concurrence("A", "B") - points["concurrence"]
        if "own" in case:
            assert not points["concurrence"].any()
            assert np.all(more == 0.0)
        else:
            assert np.all((more > 0.002) & (more < 0.0055))
    machine, points = TOOL["case"]("unequal_common")
    lost = et.steady_state(machine, et.Global()).concurrence("A", "B")
    assert np.all(lost[:4] == 0.0)
    assert np.all(points["concurrence"][:4] > 0.003)


@pytest.mark.parametrize("model", ["own", "common"])
def test_exponents_are_those_of_the_table(model: str) -> None:
    """Oracle: the page's table; of Global and Redfield also the plain NumPy of benchmarks."""
    column = 1 if model == "own" else 3
    shown = {
        cells[0].strip(" `"): [c.strip().replace("−", "-") for c in cells[column : column + 2]]
        for cells in (
            row.strip("|\n").split("|") for row in PAGE.splitlines() if row.count("|") == 6
        )
    }
    names = {"Redfield, explicit shift": 'Redfield(lamb_shift="explicit")'}
    stored = TOOL["stored"]("heom.json")["models"][model]["equations"]
    plain = {"Global": "global", "Redfield": "redfield"}
    plain["Redfield, explicit shift"] = "redfield_with_shifts"
    for label, found in TOOL["exponents"](model).items():
        if label == "Unified":
            continue
        for p, text in zip(found, shown[names.get(label, label)], strict=True):
            if text != "–":
                assert p == pytest.approx(float(text), abs=0.0051)
        if label in plain:
            # Matsubara sums to 20000 terms give the plain shift to 1e-6 only.
            there = stored[plain[label]]
            assert found[0] == pytest.approx(there["exponent_of_largest_4_rates"], abs=2e-3)


def test_global_changes_sign_as_the_rate_falls() -> None:
    """Near Γ = 0.005 in (a), inside the last window in (b); the linear end is −0.13 Γ."""
    study = TOOL["rate_study"]("own")
    d = study["equations"]["Global"] / study["exact"] - 1.0
    rate = study["rate"]
    assert rate[d > 0].min() == pytest.approx(0.00625)
    assert rate[d < 0].max() == pytest.approx(0.003125)
    redfield = study["equations"]["Redfield"] / study["exact"] - 1.0
    assert redfield[-1] / rate[-1] == pytest.approx(-0.13, abs=0.005)
    shifted = study["equations"]["Redfield, explicit shift"] / study["exact"] - 1.0
    assert shifted[-1] / rate[-1] == pytest.approx(1.1, abs=0.01)
    for model in ("own", "common"):
        both = TOOL["rate_study"](model)["equations"]
        np.testing.assert_allclose(both["Unified"], both["Global"], rtol=1e-9)
    table = TOOL["stored"]("heom.json")["models"]["own"]["convergence"]["heat_RA"]
    assert table[-1][1] / table[-1][-1] == pytest.approx(5.6, abs=0.05)


def test_what_apart_and_joined_cost() -> None:
    """(κ/g)² and 0.15 of it; 0.08 (g/T)² and 0.09 g/T. Oracle: Redfield at small rates."""
    over = np.array([20.0, 100.0])
    for split in (0.02, 0.1):
        cost = TOOL["approach"]("own", split, over)[1]
        np.testing.assert_allclose(cost["apart"], over**-2.0, rtol=0.01)
        np.testing.assert_allclose(cost["joined"], 0.08 * (split / 0.55) ** 2, rtol=0.06)
        cost = TOOL["approach"]("common", split, over)[1]
        np.testing.assert_allclose(cost["apart"], 0.15 * over**-2.0, rtol=0.02)
        np.testing.assert_allclose(cost["joined"], 0.09 * split / 0.55, rtol=0.15)


def test_joined_machine_of_figure_2_loses_its_concurrence() -> None:
    """0.0993 becomes 0. Oracle: the paper's closed form through Global (docs/physics.md 1.2)."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    assert 6.0 * TOOL["width"](machine) > 20.0
    assert et.steady_state(machine, TOOL["JOINED"]).concurrence("A", "B") == 0.0
    for equation in (et.Unified(), et.Redfield()):
        found = et.steady_state(machine, equation).concurrence("A", "B")
        assert found == pytest.approx(0.0993, abs=5e-5)


@pytest.mark.parametrize(("kind", "column"), [("own", 1), ("common", 3)])
def test_choices_of_random_machines(kind: str, column: int) -> None:
    """Shares and 95th percentiles as in the page's table. Oracle: Redfield."""
    found = TOOL["random_pairs"](kind, 900)
    over = found["split"] / found["width"]
    kept = (found["width"] < 0.1) & (over > 0.05) & (over < 60.0)
    assert 500 < kept.sum() < 600
    assert f"c = {et.Unified().threshold:g}\n" in PAGE
    for rule in ("6 κ", "c = 0.5", "c = 0.7", "c = 1"):
        row = re.search(rf"^\| {rule} \|.*$", PAGE, re.MULTILINE)
        assert row is not None
        cells = row[0].strip("|").split("|")
        if rule == "6 κ":
            joins = over < 6.0
        else:
            joins = over**2 < float(rule[4:]) * found["theta"] / found["width"]
        factor = TOOL["regrets"](found, joins)[kept]
        share = float(cells[column].strip(" %"))
        assert 100 * np.mean(factor < 2.0) == pytest.approx(share, abs=0.51)
        assert np.percentile(factor, 95) == pytest.approx(float(cells[column + 1]), rel=0.03)


def test_currents_at_equal_temperatures() -> None:
    """1.1e-2 Γ by Local, 1.6e-6 Γ by UniversalLindblad, none by the others: no heat may flow."""
    machine = TOOL["machine"]((1.1, 0.9), 0.05, (0.5, 0.5), 0.01)

    def current(equation: et.Equation) -> float:
        return float(np.abs(TOOL["heat_currents"](et.steady_state(machine, equation))).max() / 0.01)

    assert current(et.Local()) == pytest.approx(1.1e-2, abs=5e-4)
    assert current(et.UniversalLindblad()) == pytest.approx(1.6e-6, abs=5e-8)
    for equation in (et.Global(), et.Redfield(), TOOL["JOINED"]):
        assert current(equation) < 1e-14
    bare = et.steady_state(machine, et.Local(heat="bare"))
    assert bare.heat_currents["work"] > 0.0
    assert sum(bare.heat_currents.values()) == pytest.approx(0.0, abs=1e-17)
