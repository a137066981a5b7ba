"""Rows of the benchmark as text, for a terminal and for docs/benchmarks.md alike."""

from __future__ import annotations

from typing import Any

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float | None, unit: str = "") -> str:
    """Three figures, with M or k where a rate is large."""
    if value is None:
        return "–"
    if unit.endswith("/s"):
        for size, letter in UNITS:
            if value >= size:
                return f"{value / size:.3g} {letter} {unit}"
    number = f"{value:,.0f}" if 1000 <= value < 1e7 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def time_of(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def timing_cells(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Who, how long for one point, the range, how many a second, over entherm, how far off.

    A peer that was only compared has no times.
    """
    each = {t["name"]: t["median"] / t["points"] for t in row["timings"]}
    checks = {check["peer"]: check for check in row["checks"]}
    lines = []
    for timing in row["timings"]:
        name, count = timing["name"], timing["points"]
        low, high = timing["fastest"] / count, timing["slowest"] / count
        over = each[name] / each[timing["reference"]]
        lines.append(
            (
                name,
                f"{count:,}",
                time_of(each[name]),
                f"{time_of(low)} – {time_of(high)}" if timing["rounds"] > 1 else "once",
                short(1.0 / each[name], "points/s") if count > 1 else "",
                "" if timing["reference"] == name else short(over),
                compared(checks.pop(name, None)),
            )
        )
    rest = [(peer, "", "", "", "", "", compared(check)) for peer, check in checks.items()]
    return lines + rest


def compared(check: dict[str, Any] | None) -> str:
    """The largest difference from entherm, what it may be, and on how many points."""
    if check is None:
        return ""
    many = f", {check['points']:,} points" if check["points"] > 1 else ""
    return f"{check['difference']:.0e} < {check['tolerance']:.0e}{many}"


def demand_cells(demand: dict[str, Any]) -> tuple[str, ...]:
    """What, the figure demanded, the one measured, their ratio (> 1: met), met or not."""
    sign = "≥" if demand["sense"] == "at least" else "≤"
    return (
        demand["what"],
        f"{sign} {short(demand['demanded'], demand['unit'])}",
        short(demand["measured"], demand["unit"]),
        "–" if demand["ratio"] is None else f"{demand['ratio']:.3g}",
        "yes" if demand["met"] else "**no**",
    )


TIMING_HEAD = ("", "points", "each", "range", "rate", "× entherm", "off by")
DEMAND_HEAD = ("demanded", "figure", "measured", "ratio", "met")


def aligned(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> list[str]:
    """A table for a terminal."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(w) if k == 0 else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *lines)
    ]


def piped(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> list[str]:
    """A table for Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *lines)]


def table(key: str, row: dict[str, Any]) -> str:
    """One row in full, for a terminal."""
    lines = ["", f"{key}: {row['work']}"]
    if row["skipped"]:
        return "\n".join([*lines, f"  left out: {row['skipped']}"])
    if row["timings"]:
        lines += aligned(TIMING_HEAD, timing_cells(row))
    if row["demands"]:
        lines += ["", *aligned(DEMAND_HEAD, [demand_cells(d) for d in row["demands"]])]
    lines += [f"  {note}" for note in row["notes"]]
    return "\n".join(lines).replace("**", "")
