"""A solution as tables for people: units in every heading, directions and warnings in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from entherm import __version__, concurrence, formation, negativity
from entherm.cli.output import shown
from entherm.cli.solution import Solution
from entherm.cli.tables import number, spaced, table, verdict
from entherm.paper.citation import SHORT
from entherm.validity import (
    BROADENING_THRESHOLD,
    COUNTER_ROTATING_THRESHOLD,
    SECULAR_THRESHOLD,
    WEAK_COUPLING_THRESHOLD,
)

# A machine of six qubits has 64 levels and as many transitions a reservoir: more than a screen.
MOST_ROWS = 32

_FIGURES = {
    "secular_ratio": ("level width / distance", SECULAR_THRESHOLD),
    "weak_coupling_ratio": ("line width / frequency", WEAK_COUPLING_THRESHOLD),
    "broadening_ratio": ("off-resonant / resonant", BROADENING_THRESHOLD),
    "counter_rotating_ratio": ("exchange / sum of gaps", COUNTER_ROTATING_THRESHOLD),
}


def solution_tables(solution: Solution) -> Group:
    """Return everything that `entherm solve` prints, in order."""
    parts = [
        _heading(solution),
        _levels(solution),
        *([_entanglement(solution)] if solution.pairs else []),
        Group(_heat(solution), _entropy(solution)),
        _effective_temperatures(solution),
        _couplings(solution),
        *_validity(solution),
        Text(
            f"entherm {__version__}, {solution.equation} equation of {SHORT}, "
            f"machine {solution.machine.hash}",
            style="dim",
        ),
    ]
    return spaced(parts)


def _heading(solution: Solution) -> RenderableType:
    source, units = solution.source, solution.units
    meaning = {
        "dimensionless": "no units: ħ = k_B = 1",
        "cyclic": "physical units: 1 GHz means ω = 2π·10⁹/s",
        "angular": "physical units: 1 GHz means ω = 10⁹/s",
    }
    lines = [Text(f"{source.file}, {meaning[units.convention]}.")]
    if title := ": ".join(filter(None, [source.name, source.description])):
        lines.insert(0, Text(title, "bold"))
    if not solution.unique:
        words = f"The steady state is not unique; this is the one reached from {solution.initial}."
        lines.append(Text(words, "yellow"))
    elif solution.initial is not None:
        lines.append(
            Text(f"The steady state is unique: starting from {solution.initial} is no matter.")
        )
    return Group(*lines)


def _with_unit(noun: str, unit: str) -> str:
    return f"{noun} ({unit.replace('us', 'µs')})" if unit else noun


def _shortened(made: Table, rows: Sequence[tuple[str, ...]]) -> Table:
    for row in rows[:MOST_ROWS]:
        made.add_row(*row)
    if len(rows) > MOST_ROWS:
        made.caption = f"{len(rows) - MOST_ROWS} more: --json has them all"
    return made


def _levels(solution: Solution) -> Table:
    energy = _with_unit("energy", solution.unit_names()["energies"])
    made = table("Levels", "level", "state", energy, "population", words=("level", "state"))
    energies = shown(solution.units.frequency, solution.state.energies)
    rows = [
        (label, state, number(e), number(p))
        for (label, state), e, p in zip(
            solution.levels(), energies, solution.state.populations, strict=True
        )
    ]
    return _shortened(made, rows)


def _entanglement(solution: Solution) -> Table:
    measures = [solution.of_pairs(m) for m in (concurrence, negativity, formation)]
    made = table(
        "Entanglement",
        "pair",
        "concurrence",
        "negativity",
        "entanglement of formation (ebit)",
        words=("pair",),
    )
    return _shortened(made, [(pair, *(number(m[pair]) for m in measures)) for pair in measures[0]])


def _heat(solution: Solution) -> Table:
    unit = solution.unit_names()
    made = table(
        "Heat", "source", _with_unit("current", unit["heat_currents"]), "direction",
        words=("source", "direction"),
    )  # fmt: skip
    directions = solution.directions()
    for name, current in solution.heat_currents().items():
        if name == "dephasing" and not solution.machine.dephasing:
            continue
        words = {
            1: f"out of {name} into the qubits",
            -1: f"out of the qubits into {name}",
            0: "none (rounding error at most)" if current else "none",
        }
        made.add_row(name, number(current), words[directions[name]])
    return made


def _entropy(solution: Solution) -> Text:
    produced = solution.state.entropy_production
    unit = solution.unit_names()["entropy_production"]
    if not any(solution.directions().values()):
        return Text("Entropy production: none (rounding error at most)")
    amount = f"{number(solution.units.rate.show(produced))} {unit}".strip()
    infinite = ", because heat enters a reservoir at T = 0" if np.isinf(produced) else ""
    return Text(f"Entropy production: {amount}{infinite}")


def _effective_temperatures(solution: Solution) -> Table:
    unit = solution.unit_names()
    made = table(
        f"Effective temperatures{_with_unit('', unit['temperatures'])}\n({_whose_rates(solution)})",
        "transition",
        _with_unit("frequency", unit["energies"]),
        "from rates",
        "from populations",
        words=("transition",),
    )
    rows = [
        ("λ" + name.replace("-", " → λ"), *map(number, values.values()))
        for name, values in solution.effective_temperatures().items()
    ]
    return _shortened(made, rows)


def _whose_rates(solution: Solution) -> str:
    names = [bath.name for bath in solution.machine.reservoirs]
    eq_19 = "; Eq. (19) names RA and RB only" if {"RA", "RB", "RC"} <= {*names} else ""
    return f"from rates: of all reservoirs{eq_19}"


def _couplings(solution: Solution) -> Table:
    unit = solution.unit_names()
    physical = bool(unit["rates"])
    made = table(
        "Reservoirs and dephasing",
        "source",
        _with_unit("temperature", unit["temperatures"]),
        "on",
        _with_unit("rate", unit["rates"]),
        *(
            [f"T₁ (T = 0, this coupling alone; {unit['times'].replace('us', 'µs')})"]
            if physical
            else []
        ),
        words=("source", "on"),
    )
    for name, bath in solution.reservoirs().items():
        warmth = number(bath["temperature"])
        for qubit, coupling in bath["couplings"].items():  # type: ignore[attr-defined]
            time = [number(coupling["T1"])] if physical else []
            minus = " (sign −1)" if coupling["sign"] < 0 else ""
            made.add_row(name, warmth, qubit + minus, number(coupling["rate"]), *time)
    for qubit, dephasing in solution.dephasing().items():
        time = [f"Tφ = {number(dephasing['T_phi'])}"] if physical else []
        made.add_row("dephasing", "", qubit, number(dephasing["rate"]), *time)
    return made


def _validity(solution: Solution) -> list[RenderableType]:
    validity = solution.state.validity
    made = table(
        "Is this equation to be trusted here?", "figure", "compares", "value", "limit", "",
        words=("figure", "compares", ""),
    )  # fmt: skip
    for name, value in validity.figures.items():
        meaning, threshold = _FIGURES[name]
        within = verdict(float(value) <= threshold, ("fine", "beyond"))
        made.add_row(name, meaning, number(value), number(threshold), within)
    return [made, *(Text(f"Warning: {warning}", "yellow") for warning in validity.warnings)]
