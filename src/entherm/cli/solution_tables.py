"""A solution as tables for people: units in every heading, directions and warnings in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from entherm import MachineFile, __version__, concurrence, formation, negativity
from entherm.cli.coupling_table import coupling_table
from entherm.cli.equations import in_words, option_of
from entherm.cli.output import shown
from entherm.cli.solution import Solution, all_qubits, entropy_rounding
from entherm.cli.tables import number, spaced, table, verdict, with_unit
from entherm.composition import DEPHASING, WORK
from entherm.paper.citation import SHORT

# A machine of six qubits has 64 levels and as many transitions a reservoir: more than a screen.
MOST_ROWS = 32
# Of a level with more components than MOST, those are written out that weigh most.
MOST_COMPONENTS, WRITTEN_COMPONENTS = 4, 3

_SOURCES = {
    "global": SHORT,
    "unified": "Trushechkin 2021",
    "redfield": "Breuer, Petruccione 2002",
    "universal-lindblad": "Nathan, Rudner 2020",
    "local": "De Chiara et al. 2018",
    "reset": "Linden, Popescu, Skrzypczyk 2010",
}


def solution_tables(solution: Solution) -> Group:
    """Return everything that `entherm solve` prints, in order."""
    temperatures = solution.effective_temperatures()
    parts = [
        Group(heading(solution.source), *_start(solution)),
        _levels(solution),
        *([_entanglement(solution)] if solution.pairs else []),
        Group(_heat(solution), _entropy(solution)),
        *([_effective_temperatures(solution, temperatures)] if temperatures else []),
        coupling_table(solution),
        *_validity(solution),
        Text(
            f"entherm {__version__}, {_equation(solution)} equation of "
            f"{_SOURCES[solution.equation]}, machine {solution.machine.hash}",
            style="dim",
        ),
    ]
    return spaced(parts)


def _equation(solution: Solution) -> str:
    word, _, option = option_of(solution.state.equation).partition(" ")
    return f"{word} ({option})" if option else word


def heading(source: MachineFile) -> RenderableType:
    """Return name and description of a machine file, and what its numbers mean."""
    meaning = {
        "dimensionless": "no units: ħ = k_B = 1",
        "cyclic": "physical units: 1 GHz means ω = 2π·10⁹/s",
        "angular": "physical units: 1 GHz means ω = 10⁹/s",
    }
    lines = [Text(f"{source.file}, {meaning[source.units.convention]}.")]
    if title := ": ".join(filter(None, [source.name, source.description])):
        lines.insert(0, Text(title, "bold"))
    return Group(*lines)


def _start(solution: Solution) -> list[RenderableType]:
    """What kets mean, and where the state was reached from."""
    lines: list[RenderableType] = []
    if not all_qubits(solution.machine):
        lines.append(Text(_kets(solution)))
    if not solution.unique:
        words = f"The steady state is not unique; this is the one reached from {solution.initial}."
        lines.append(Text(words, "yellow"))
    elif solution.initial is not None:
        lines.append(
            Text(f"The steady state is unique: starting from {solution.initial} is no matter.")
        )
    return lines


def _kets(solution: Solution) -> str:
    parts = solution.machine.subsystems
    if len(parts) == 1:
        return f"Kets name the levels 0 to {parts[0].dimension - 1} of {parts[0].name}."
    tops = [f"{part.name} (0 to {part.dimension - 1})" for part in parts]
    return f"Kets name the levels of {', '.join(tops[:-1])} and {tops[-1]}."


def _shortened(made: Table, rows: Sequence[tuple[str, ...]]) -> Table:
    for row in rows[:MOST_ROWS]:
        made.add_row(*row)
    if len(rows) > MOST_ROWS:
        made.caption = f"{len(rows) - MOST_ROWS} more: --json has them all"
    return made


def _levels(solution: Solution) -> Table:
    energy = with_unit("energy", solution.unit_names()["energies"])
    made = table("Levels", "level", "state", energy, "population", words=("level", "state"))
    energies = shown(solution.units.frequency, solution.state.energies)
    rows = [
        (label, heaviest(state), number(e), number(p))
        for (label, state), e, p in zip(
            solution.levels(), energies, solution.state.populations, strict=True
        )
    ]
    return _shortened(made, rows)


def heaviest(state: str) -> str:
    """Return the heaviest components of a spelled state if it has many.

    Examples
    --------
    >>> heaviest("-0.1000|4⟩ - 0.2000|3⟩ + 0.9000|2⟩ + 0.2000i|1⟩ + 0.3000|0⟩")
    '-0.2000|3⟩ + 0.9000|2⟩ + 0.3000|0⟩ + …'
    """
    parts = re.split(r"(?= [+-] )", state)
    if len(parts) <= MOST_COMPONENTS:
        return state

    def weight(place: int) -> float:
        factor = parts[place].partition("|")[0].lstrip(" +-").replace("i", "j")
        return abs(complex(factor or 1.0))

    kept = sorted(sorted(range(len(parts)), key=weight, reverse=True)[:WRITTEN_COMPONENTS])
    text = "".join(parts[place] for place in kept).strip()
    return re.sub(r"^([+-]) ", lambda sign: sign[1].strip("+"), text) + " + …"


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
    quanta = solution.quanta_currents()
    made = table(
        "Heat",
        "source",
        with_unit("current", unit["heat_currents"]),
        *([with_unit("quanta", unit["rates"])] if quanta else []),
        "direction",
        words=("source", "direction"),
    )
    directions = solution.directions()
    for name, current in solution.heat_currents().items():
        if name == DEPHASING and not solution.machine.dephasing:
            continue
        words = _direction(solution, name, directions[name], current)
        counted = [number(quanta[name]) if name in quanta else ""] if quanta else []
        made.add_row(name, number(current), *counted, words)
    return made


def _direction(solution: Solution, name: str, direction: int, current: float) -> str:
    if not direction:
        return "none (rounding error at most)" if current else "none"
    machine = "the qubits" if all_qubits(solution.machine) else "the machine"
    if name == WORK:
        way = "put into" if direction > 0 else "taken out of"
        return f"{way} {machine} by the interaction"
    return f"out of {name} into {machine}" if direction > 0 else f"out of {machine} into {name}"


def _entropy(solution: Solution) -> Text:
    produced = solution.state.entropy_production
    unit = solution.unit_names()["entropy_production"]
    nothing = abs(produced) <= entropy_rounding(solution.state)
    if nothing or not any(solution.directions().values()):
        return Text("Entropy production: none (rounding error at most)")
    amount = f"{number(solution.units.rate.show(produced))} {unit}".strip()
    return Text(f"Entropy production: {amount}{_why_infinite(solution) * bool(np.isinf(produced))}")


def _why_infinite(solution: Solution) -> str:
    cold = any(np.any(bath.temperature == 0.0) for bath in solution.machine.reservoirs)
    if cold:
        return ", because heat enters a reservoir at T = 0"
    return ", because of a reservoir that is empty or full"


def _effective_temperatures(solution: Solution, temperatures: dict[str, dict[str, float]]) -> Table:
    unit = solution.unit_names()
    made = table(
        f"Effective temperatures{with_unit('', unit['temperatures'])}\n({_whose_rates(solution)})",
        "transition",
        with_unit("frequency", unit["energies"]),
        "from rates",
        "from populations",
        words=("transition",),
    )
    rows = [
        ("λ" + name.replace("-", " → λ"), *map(number, values.values()))
        for name, values in temperatures.items()
    ]
    return _shortened(made, rows)


def _whose_rates(solution: Solution) -> str:
    names = [bath.name for bath in solution.machine.reservoirs]
    eq_19 = "; Eq. (19) names RA and RB only" if {"RA", "RB", "RC"} <= {*names} else ""
    return f"from rates: of all reservoirs{eq_19}"


def _validity(solution: Solution) -> list[RenderableType]:
    validity = solution.state.validity
    made = table(
        "Is this equation to be trusted here?", "figure", "compares", "value", "limit", "",
        words=("figure", "compares", ""),
    )  # fmt: skip
    made.columns[0].no_wrap = True
    silent: dict[str, list[str]] = {}
    for name, value in validity.figures.items():
        if not float(value) > 0.0:
            silent.setdefault("Not defined here" if np.isnan(value) else "Zero", []).append(name)
            continue
        limit = validity.thresholds[name]
        within = verdict(float(value) <= limit, ("fine", "beyond"))
        made.add_row(name, validity.compares[name], number(value), number(limit), within)
    made.caption = "\n".join(f"{word}: {', '.join(names)}" for word, names in silent.items())
    notes = [
        *(Text(f"Warning: {in_words(warning)}", "yellow") for warning in validity.warnings),
        *(Text(f"Note: {in_words(note)}", "dim") for note in validity.notes),
    ]
    return [made, *notes]
