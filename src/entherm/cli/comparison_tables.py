"""A comparison of equations as a table for people: a column for each equation."""

from __future__ import annotations

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from entherm import __version__
from entherm.cli.comparing import Compared
from entherm.cli.solution_tables import heading
from entherm.cli.tables import number, spaced, table, with_unit
from entherm.composition import DEPHASING

# Side by side, four digits tell what differs.
DIGITS = 4
_EXPONENTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def comparison_tables(compared: Compared) -> Group:
    """Return everything that `entherm compare` prints, in order."""
    machine = compared.source.machine
    return spaced(
        [
            Group(heading(compared.source), *_start(compared)),
            _side_by_side(compared),
            _beyond(compared),
            _recommendation(compared),
            Text(f"entherm {__version__}, machine {machine.hash}", style="dim"),
        ]
    )


def _start(compared: Compared) -> list[RenderableType]:
    if compared.initial is None:
        return []
    words = f"A state that is not unique is the one reached from {compared.initial}."
    return [Text(words, "yellow")]


def _side_by_side(compared: Compared) -> Table:
    entries = compared.entries
    made = table("Equations side by side", "", *entries, words=("",))
    made.padding = (0, 1, 0, 0)
    made.columns[0].no_wrap = True
    for word, column in zip(entries, made.columns[1:], strict=True):
        column.header = word.replace("-", "-\n")
        column.header_style = "bold green" if word == compared.recommended else "bold"
    made.caption = "σ is the entropy production."
    pairs = next(iter(entries.values())).concurrence
    if pairs:
        made.add_row("concurrence")
    for place, pair in enumerate(pairs):
        cells = (_short(float(entry.concurrence[pair])) for entry in entries.values())
        made.add_row(f"  {pair}", *cells, end_section=place == len(pairs) - 1)
    _add_heat(made, compared)
    return made


def _add_heat(made: Table, compared: Compared) -> None:
    """Heat currents and entropy production; what is rounding error at most is zero."""
    units = compared.source.units
    rounded = [compared.rounded(entry) for entry in compared.entries.values()]
    currents, produced = [q for q, _ in rounded], [sigma for _, sigma in rounded]
    every = dict.fromkeys(name for found in currents for name in found)
    sources = [n for n in every if n != DEPHASING or compared.source.machine.dephasing]
    power, factor = _scale([q for found in currents for q in found.values()])
    made.add_row(with_unit("heat", f"{power} {units.power.unit}".strip()))
    for place, name in enumerate(sources):
        cells = (_short(found[name] / factor) for found in currents)
        made.add_row(f"  {name}", *cells, end_section=place == len(sources) - 1)
    power, factor = _scale(produced)
    title = with_unit("σ", f"{power} {units.rate.unit.replace('1/', 'k_B/')}".strip())
    made.add_row(title, *(_short(value / factor) for value in produced))


def _scale(values: list[float]) -> tuple[str, float]:
    """A power of 1000 to take out of numbers, where they are far from one; as text and as number.

    Examples
    --------
    >>> _scale([2.6e-18, 0.0]), _scale([0.3, 0.1])
    (('10⁻¹⁸', 1e-18), ('', 1.0))
    """
    largest = max((abs(value) for value in values if np.isfinite(value)), default=0.0)
    if largest == 0.0 or 1e-3 <= largest < 1e4:
        return "", 1.0
    exponent = 3 * int(np.floor(np.log10(largest) / 3))
    return "10" + str(exponent).translate(_EXPONENTS), 10.0**exponent


def _short(value: float) -> str:
    return "—" if np.isnan(value) else number(float(f"{value:.{DIGITS}g}"))


def _beyond(compared: Compared) -> RenderableType:
    made = table("Figures beyond their limits", "", "figures", words=("", "figures"))
    made.show_header = False
    for word, entry in compared.entries.items():
        names = [name for name in entry.validity.names if np.any(entry.validity.beyond(name))]
        made.add_row(word, Text(", ".join(names), "yellow") if names else Text("none", "green"))
    for why, words in compared.refusals.items():
        made.add_row("\n".join(words), Text(f"no result: {why}", "dim"))
    return made


def _recommendation(compared: Compared) -> Text:
    if compared.recommended is None:
        return Text(f"Nothing is recommended. {compared.reason}", "bold yellow")
    _, _, reason = compared.reason.partition(": ")
    text = Text("Recommended: ")
    text.append(f"--equation {compared.option}", "bold green")
    return text.append(f", as {reason}")
