"""The numbers of docs/equations.md, from entherm and the HEOM currents in docs/data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import entherm as et
from entherm.clusters import level_scales
from entherm.jumps import drives

DATA = Path(__file__).resolve().parents[1] / "docs" / "data"

Array = np.ndarray
EQUATIONS: dict[str, et.Equation] = {
    "Global": et.Global(),
    "Redfield": et.Redfield(),
    "Redfield, explicit shift": et.Redfield(lamb_shift="explicit"),
    "UniversalLindblad": et.UniversalLindblad(),
    "Local": et.Local(clustering="point"),
    "Unified": et.Unified(clustering="point"),
}
JOINED = et.Unified(joined=((1, 2),))
BOTH: dict[str, et.Equation] = {"apart": et.Global(), "joined": JOINED}
# Temperatures of figure 3.
APPROACH = {"own": (0.6, 0.5), "common": (0.6, 0.5, 0.2)}


def machine(
    gaps: tuple[Any, Any],
    exchange: Any,
    temperatures: tuple[Any, ...],
    rate: Any,
    common_rate: Any = None,
    operator: str = "x",
) -> et.Machine:
    """Two qubits, σ_x reservoirs with a Drude spectrum; or rotating-wave ones, flat."""
    drude = et.Ohmic(reference=1.0, cutoff=3.0, shape="drude")
    spectrum = drude if operator == "x" else et.Flat()
    shares = (rate, rate, rate if common_rate is None else common_rate)
    touched = {"RA": "A", "RB": "B", "RC": "AB"}
    reservoirs = [
        et.Reservoir(
            name,
            T,
            {q: et.Coupling(share, operator=operator) for q in qubits},
            spectrum=spectrum,
        )
        for (name, qubits), share, T in zip(touched.items(), shares, temperatures, strict=False)
    ]
    qubits = [et.Qubit("A", gaps[0]), et.Qubit("B", gaps[1])]
    return et.Machine(qubits, [et.exchange("A", "B", exchange)], reservoirs)


def heat_currents(state: et.SteadyState) -> Array:
    """Heat currents of all reservoirs, shape (reservoirs, ...)."""
    return np.array([np.asarray(state.heat_currents[r.name]) for r in state.machine.reservoirs])


def scales(m: et.Machine) -> tuple[Array, Array]:
    """κ and θ = min(T, ω) of the two middle levels, as `Unified` has them."""
    exits, thetas = level_scales(drives(m, et.diagonalise(m)))
    return np.asarray(exits[1] + exits[2]) / 2, np.asarray(thetas[1] + thetas[2]) / 2


def width(m: et.Machine) -> Array:
    """κ: half the sum of the rates out of the two middle levels."""
    return scales(m)[0]


def reach(kappa: Array, theta: Array) -> Array:
    """Distance below which `Unified` joins two levels."""
    return np.sqrt(et.Unified().threshold * kappa * theta)


def stored(name: str) -> dict[str, Any]:
    """One file of docs/data."""
    content: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content


def columns(points: list[dict[str, Any]]) -> dict[str, Array]:
    """Stored points as arrays: heat currents (reservoirs, points), and the error of the largest."""
    found: dict[str, Array] = {
        k: np.array([p[k] for p in points])
        for k in ("rate", "exchange", "width", "concurrence")
        if k in points[0]
    }
    found["heat"] = np.array([list(p["heat"].values()) for p in points]).T
    change = [p["change_of_last_depth"] + 2 * p["change_of_last_pade_term"] for p in points]
    found["error"] = np.array(change)
    return found


# ---- figure 1: against the exchange ------------------------------------------------------------


def case(name: str, exchange: Array | None = None) -> tuple[et.Machine, dict[str, Array]]:
    """Machine and HEOM points of one case; without exchanges given, at those of the points."""
    scan = stored("heom_scan.json")
    data = scan["against_exchange"][name]
    points = columns(data["points"])
    rate = scan["rate"]
    m = machine(
        tuple(data["gaps"]),
        points["exchange"] if exchange is None else exchange,
        tuple(data["temperatures"]),
        rate,
        rate * scan["common_rate_over_rate"]["against_exchange"],
    )
    return m, points


def deviations(m: et.Machine, exact: Array, equation: et.Equation) -> Array:
    """Q_A over the exact one, less 1."""
    return np.asarray(et.steady_state(m, equation).heat_currents["RA"] / exact - 1.0)


# ---- figure 2: against the rate ----------------------------------------------------------------


def rate_study(model: str) -> dict[str, Any]:
    """Rates, exact Q_A with its error, and the current by each equation, of the stored study."""
    data = stored("heom.json")
    p, points = data["parameters"], columns(data["models"][model]["points"])
    names = data["models"][model]["reservoirs"]
    T = tuple(p["temperatures"][k] for k in names)
    m = machine(tuple(p["gaps"]), p["exchange"], T, points["rate"])
    found: dict[str, Array] = {
        label: np.asarray(et.steady_state(m, equation).heat_currents["RA"])
        for label, equation in EQUATIONS.items()
    }
    return {
        "rate": points["rate"],
        "exact": points["heat"][0],
        "error": points["error"],
        "over_gap": np.asarray(width(m)) / (2 * p["exchange"]),
        "equations": found,
    }


def exponent(rate: Array, deviation: Array) -> float:
    """Exponent p of |d| ∝ Γ^p by least squares."""
    return float(np.polyfit(np.log(rate), np.log(np.abs(deviation)), 1)[0])


def exponents(model: str) -> dict[str, tuple[float, float]]:
    """Exponents over the four largest and the four smallest rates."""
    study = rate_study(model)
    x = study["rate"]
    found = {}
    for label, q in study["equations"].items():
        d = q / study["exact"] - 1.0
        found[label] = exponent(x[:4], d[:4]), exponent(x[-4:], d[-4:])
    return found


# ---- figure 3: one level or two ----------------------------------------------------------------


def costs(m: et.Machine, equations: Mapping[str, et.Equation]) -> dict[str, Array]:
    """Largest error of a heat current, against Redfield, over the largest current."""
    exact = heat_currents(et.steady_state(m, et.Redfield()))
    size = np.abs(exact).max(0)
    return {
        k: np.abs(heat_currents(et.steady_state(m, e)) - exact).max(0) / size
        for k, e in equations.items()
    }


def approach(kind: str, split: float, over: Array) -> tuple[et.Machine, dict[str, Array]]:
    """Equal gaps, two levels `split` apart, κ = split/over: the machine and both costs."""
    T = APPROACH[kind]
    unit = width(machine((1.0, 1.0), split / 2, T, 1.0))
    m = machine((1.0, 1.0), split / 2, T, split / over / unit)
    return m, costs(m, BOTH)


def random_pairs(kind: str, count: int, seed: int = 5) -> dict[str, Array]:
    """Random weak machines: κ and θ, distance of the levels, and both costs.

    ε = 1, half of them detuned, own temperatures 0.1…10, common 0.05…10, rotating-wave, flat.
    """
    rng = np.random.default_rng(seed)

    def between(low: float, high: float) -> Array:
        return np.exp(rng.uniform(np.log(low), np.log(high), count))

    detuning = between(1e-3, 0.3) * (rng.random(count) < 0.5)
    exchange, rate = between(1e-3, 0.4), between(3e-5, 0.03)
    T = (between(0.1, 10.0), between(0.1, 10.0), between(0.05, 10.0))
    common = rate * between(0.2, 5.0)
    gaps = (1.0 + detuning / 2, 1.0 - detuning / 2)
    m = machine(gaps, exchange, T[: len(APPROACH[kind])], rate, common, operator="lowering")
    split = np.sqrt(detuning**2 + 4 * exchange**2)
    kappa, theta = scales(m)
    return {"width": kappa, "split": split, "theta": theta} | costs(m, BOTH)


def regrets(found: dict[str, Array], joins: Array) -> Array:
    """Error of a choice over that of the better one; to both is added Redfield's own, 0.1 κ/ε."""
    floor = 0.1 * found["width"]
    chosen = np.where(joins, found["joined"], found["apart"]) + floor
    return np.asarray(chosen / (np.minimum(found["joined"], found["apart"]) + floor))
