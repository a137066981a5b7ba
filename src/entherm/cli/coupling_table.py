"""The table of a machine's reservoirs and dephasing: columns only for what is not as usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.table import Table

from entherm.cli.solution import Solution
from entherm.cli.tables import number, table, with_unit
from entherm.reservoir_tables import spectrum_scales

# Of a reservoir or coupling: heading, unit if any, and the word that is not worth a column.
_OPTIONAL = (
    ("statistics", "modes", "", "bose"),
    ("chemical_potential", "μ", "energies", "0"),
    ("spectrum", "spectrum", "", "flat"),
)
_OPERATOR = ("operator", "operator", "", "lowering")
# Below it, in µs, delays are told in ns.
SHORT_TIME = 0.1
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
    made.caption = "\n".join([*_shapes(solution), *_between(solution)]) or None
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


def _shapes(solution: Solution) -> Iterator[str]:
    """The numbers of each spectrum, said once for all reservoirs that have the same."""
    scales = spectrum_scales(solution.units, absolute=False)
    alike: dict[str, list[str]] = {}
    for name, bath in solution.reservoirs().items():
        shape = bath.get("spectrum", {})
        numbers = [
            f"{key} {number(value)} {scales[key].unit}".strip()
            for key, value in shape.items()
            if key != "kind" and np.ndim(value) == 0 and (key, value) != ("exponent", 1.0)
        ]
        if numbers:
            alike.setdefault(f"{shape['kind']}, {', '.join(numbers)}", []).append(name)
    for shape, names in alike.items():
        yield f"Spectrum of {', '.join(names)}: {shape}"


def _between(solution: Solution) -> Iterator[str]:
    """What a reservoir has between its couplings, where it is not the usual c = 1."""
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
            unit, size = _unit_of_times(bath["delays"], solution.unit_names()["times"])
            delays = {key: float(time) / size for key, time in bath["delays"].items()}
            yield f"Delays of {name}{with_unit('', unit)}: {', '.join(_spelled(delays))}"


def _unit_of_times(times: dict[str, Any], unit: str) -> tuple[str, float]:
    """Return ns, and its size, for what is short in µs; else the unit of the file.

    Examples
    --------
    >>> _unit_of_times({"A": 0.0, "B": 2.5e-5}, "us"), _unit_of_times({"B": 2.5e-5}, "")
    (('ns', 0.001), ('', 1.0))
    """
    short = max(abs(float(time)) for time in times.values()) < SHORT_TIME
    return ("ns", 1e-3) if short and unit else (unit, 1.0)


def _spelled(values: dict[str, Any]) -> list[str]:
    return [f"{key} {number(value)}" for key, value in values.items()]
