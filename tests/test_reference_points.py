"""Every 30-digit reference point, through both engines, with and without the common reservoir.

Oracle: tests/data/two_qubit_points.json, a 16×16 Liouvillian in the bare basis solved at adaptive
precision and checked against the closed form, independently of this project. The largest one-way
flow of a reservoir, by which heat currents are measured, is `entherm.paper.closed_form`'s.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import entherm as et
from entherm.kernels import Engine
from entherm.paper.closed_form import closed_form_flows
from entherm.paper.equations import Parameters

POINTS = json.loads((Path(__file__).parent / "data" / "two_qubit_points.json").read_text())[
    "points"
]
NAMES = {
    "eA": "epsilon_A",
    "eB": "epsilon_B",
    "Om": "Omega",
    "TA": "T_A",
    "TB": "T_B",
    "TC": "T_C",
    "GA": "Gamma_A",
    "GB": "Gamma_B",
    "GCA": "Gamma_CA",
    "GCB": "Gamma_CB",
    "gamma": "gamma",
}
HEATS = {"Q_A": "RA", "Q_B": "RB", "Q_C": "RC", "Q_dep": "dephasing"}

# The net current of these points is what is left of flows that cancel to more than four digits, so
# a relative 1e-12 of the net value would be less than the rounding of the flows: R_C at T_eff (34),
# T = 1e12 (64), ω₁ = 1e-6 with an Ω that no float holds (66), a current that is zero by an accident
# of the parameters (80, without R_C).
CANCELLING = {(34, "withRC"), (64, "withRC"), (66, "withRC"), (80, "noRC")}

cases = pytest.mark.parametrize("point", POINTS, ids=lambda p: f"{p['id']}-{p['label']}")
engines = pytest.mark.parametrize("engine", ["numpy", "compiled"])
sides = pytest.mark.parametrize("side", ["withRC", "noRC"])


def solve(point: dict, side: str, engine: Engine) -> tuple[et.SteadyState, Parameters]:
    values = {NAMES[k]: float(v) for k, v in point["params"].items()}
    machine = et.two_qubit_machine(**values)
    if engine == "compiled":  # a machine of one point is never compiled; give it an axis
        machine = machine.replace({"reservoirs.RA.temperature": np.full(2, values["T_A"])})
    if side == "noRC":
        machine = machine.without("RC")
        values |= {"Gamma_CA": 0.0, "Gamma_CB": 0.0}
    return et.steady_state(machine, engine=engine), Parameters(**values)


def first(value: np.ndarray) -> float:
    return float(np.ravel(value)[0])


@cases
@sides
@engines
def test_populations_and_entanglement(point: dict, side: str, engine: Engine) -> None:
    """Populations componentwise, concurrence, negativity: relative 1e-12."""
    state, _ = solve(point, side, engine)
    reference = point[side]
    populations = state.level_populations.reshape(-1, 4)[0]
    for ours, text in zip(populations, reference["p"], strict=True):
        if float(text) > np.finfo(float).tiny:  # below, a float holds fewer digits or none
            assert ours == pytest.approx(float(text), rel=1e-12, abs=0.0)
    assert first(state.concurrence("A", "B")) == pytest.approx(
        float(reference["C"]), rel=1e-12, abs=1e-300
    )
    assert first(state.negativity("A", "B")) == pytest.approx(
        float(reference["negativity_sum"]), rel=1e-12, abs=1e-300
    )


@cases
@sides
@engines
def test_heat_currents(point: dict, side: str, engine: Engine) -> None:
    """Eq. (18) to 1e-12 of the largest one-way flow of that reservoir."""
    state, parameters = solve(point, side, engine)
    flows = closed_form_flows(parameters)
    for key, name in HEATS.items():
        if name not in state.heat_currents:
            continue
        largest = max(float(np.max(np.abs(one_way))) for one_way in flows[name])
        ours, reference = first(state.heat_currents[name]), float(point[side][key])
        assert abs(ours - reference) <= 1e-12 * largest, name
        in_equilibrium = abs(reference) < 1e-20 * largest
        if not in_equilibrium and (point["id"], side) not in CANCELLING:
            assert ours == pytest.approx(reference, rel=1e-12, abs=1e-300), name


@cases
@sides
def test_density_matrix_and_coherence(point: dict, side: str) -> None:
    """Elements of Eq. (16), to the rounding of the populations that they are made of."""
    state, _ = solve(point, side, "numpy")
    rho, reference = state.density_matrix, point[side]
    assert rho[1, 1].real == pytest.approx(float(reference["eta22"]), rel=1e-12)
    assert rho[2, 2].real == pytest.approx(float(reference["eta33"]), rel=1e-12)
    eta23 = complex(*map(float, reference["eta23"]))
    # η₂₃ is a difference of populations: 4 ulp of their sum.
    assert abs(rho[1, 2] - eta23) <= 1e-15 * (rho[1, 1] + rho[2, 2]).real
    assert np.abs(rho[0, 1:]).max() == np.abs(rho[3, :3]).max() == 0.0


@cases
def test_effective_temperatures_of_the_separate_reservoirs(point: dict) -> None:
    """Eq. (19) with RA and RB: relative 1e-12, where n̄ is representable."""
    state, _ = solve(point, "withRC", "numpy")
    temperatures = state.effective_temperatures
    values = dict(zip(temperatures.labels, temperatures.from_rates("RA", "RB"), strict=True))
    for label, key in (("λ3→λ4", "Teff1"), ("λ2→λ4", "Teff2")):
        if point["id"] == 60 and key == "Teff2":
            continue  # n̄(ω₂) = e^−1300: no float holds the rate
        assert values[label] == pytest.approx(float(point[key]), rel=1e-12)
    assert values["λ1→λ2"] == pytest.approx(values["λ3→λ4"], rel=1e-12, nan_ok=True)


@cases
@sides
def test_entropy_production(point: dict, side: str) -> None:
    """σ to 1e-12 of the gross flow over the lowest temperature; +∞ where the file says so."""
    state, parameters = solve(point, side, "numpy")
    text = point[side]["entropy_production"]
    ours = first(state.entropy_production)
    if text is None:
        assert ours == np.inf
        return
    flows = closed_form_flows(parameters)
    gross = sum(float(np.abs(x).max()) for name in ("RA", "RB", "RC") for x in flows[name])
    coldest = min(t for t in (parameters.T_A, parameters.T_B, parameters.T_C) if t > 0)
    assert abs(ours - float(text)) <= 1e-12 * gross / coldest


def test_the_cancelling_points_are_just_these() -> None:
    """Each named point does lose more than 1e-12 of some net current; so the list is no cover."""
    for number, side in CANCELLING:
        point = next(p for p in POINTS if p["id"] == number)
        state, _ = solve(point, side, "numpy")
        errors = [
            abs(first(state.heat_currents[name]) / float(point[side][key]) - 1.0)
            for key, name in HEATS.items()
            if name in state.heat_currents and float(point[side][key]) != 0.0
        ]
        assert max(errors) > 1e-12
