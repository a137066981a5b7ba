"""The table of a machine's reservoirs and dephasing: columns only for what is not as usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from entherm.cli.solution import Solution
from entherm.cli.tables import number, table, with_unit

# Of a reservoir or coupling: heading, unit if any, and the word that is not worth a column.
_OPTIONAL = (
    ("statistics", "modes", "", "bose"),
    ("chemical_potential", "μ", "energies", "0"),
    ("spectrum", "spectrum", "", "flat"),
)
_OPERATOR = ("operator", "operator", "", "lowering")
_WORDS = ("source", "on", "modes", "spectrum", "operator")

Row = dict[str, str]


def coupling_table(solution: Solution) -> Table:
    """Return a row for every coupling, reset and dephasing."""
    unit = solution.unit_names()
    rows = [*_reservoirs(solution), *_dephasing(solution)]
    time = f"T₁ (T = 0, this coupling alone; {unit['times'].replace('us', 'µs')})"
    columns = (
        ("source", "source", "", None),
        ("temperature", "temperature", "temperatures", None),
        *_OPTIONAL,
        ("on", "on", "", None),
        _OPERATOR,
        ("rate", "rate", "rates", None),
        *([("time", time, "", None)] if unit["rates"] else []),
    )
    shown = [
        (key, with_unit(noun, unit.get(of, "")))
        for key, noun, of, usual in columns
        if usual is None or any(row.get(key, usual) != usual for row in rows)
    ]
    made = table("Reservoirs and dephasing", *(title for _, title in shown), words=_WORDS)
    for row in rows:
        made.add_row(*(row.get(key, "") for key, _ in shown))
    made.caption = "\n".join(_between(solution)) or None
    return made


def _reservoirs(solution: Solution) -> Iterator[Row]:
    for name, bath in solution.reservoirs().items():
        warmth = bath["temperature"]
        filled = f"n = {number(bath['occupation'])}" if warmth is None else number(warmth)
        if "reset" in bath:
            on, rate = f"{bath['reset']['on']} (reset)", number(bath["reset"]["rate"])
            yield {"source": name, "temperature": filled, "on": on, "rate": rate}
            continue
        for key, coupling in bath["couplings"].items():
            minus = " (sign −1)" if coupling["sign"] < 0 else ""
            operator = coupling["operator"]
            yield {
                "source": name,
                "temperature": filled,
                "statistics": bath["statistics"],
                "chemical_potential": number(bath["chemical_potential"]),
                "spectrum": bath["spectrum"]["kind"],
                "on": f"{key}{minus}",
                "operator": operator if isinstance(operator, str) else "matrix",
                "rate": number(coupling["rate"]),
                "time": _time(coupling.get("T1")),
            }


def _dephasing(solution: Solution) -> Iterator[Row]:
    for name, dephasing in solution.dephasing().items():
        time = f"Tφ = {number(dephasing['T_phi'])}" if "T_phi" in dephasing else ""
        yield {"source": "dephasing", "on": name, "rate": number(dephasing["rate"]), "time": time}


def _time(value: object) -> str:
    return "" if value is None else number(value)


def _between(solution: Solution) -> Iterator[str]:
    """What a reservoir has between its couplings, where it is not the usual c = 1."""
    unit = with_unit("", solution.unit_names()["times"])
    for name, bath in solution.reservoirs().items():
        between: Any = bath.get("correlation")
        if len(bath.get("couplings", ())) < 2:
            continue
        if isinstance(between, dict):
            table = "frequencies" in between
            pairs = "depend on frequency" if table else ", ".join(_spelled(between))
            yield f"Correlations of {name}: {pairs}"
        elif float(between) != 1.0:
            yield f"Correlation of {name}: {number(between)}"
        if bath["delays"]:
            yield f"Delays of {name}{unit}: {', '.join(_spelled(bath['delays']))}"


def _spelled(values: dict[str, Any]) -> list[str]:
    return [f"{key} {number(value)}" for key, value in values.items()]
