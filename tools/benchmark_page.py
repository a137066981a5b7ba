"""Put the results of the benchmark into docs/benchmarks.md, and draw its two figures.

``python tools/benchmark_page.py`` reads docs/data/benchmarks.json, which ``benchmarks/run.py``
writes, and replaces what stands between the two marks of the page; a test compares it with what
would be written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from entherm.plotting import INK, PAGE, PALETTE, panel_letter, printed

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "data" / "benchmarks.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
FIGURES = ROOT / "docs" / "figures"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

sys.path.insert(0, str(ROOT / "benchmarks"))
from report import DEMAND_HEAD, TIMING_HEAD, demand_cells, piped, timing_cells  # noqa: E402

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = PALETTE
OURS = {"lw": 1.6, "ms": 3.5}
# One colour and dash for each, the same in both figures.
LINES: dict[str, dict[str, Any]] = {
    "entherm, compiled": {"color": BLUE, "ls": "-", "marker": "s", **OURS},
    "entherm, numpy": {"color": BLUE, "ls": "--", "marker": "o", "mfc": "white", **OURS},
    "loop by hand, Numba": {"color": INK, "ls": ":", "marker": ""},
    "NumPy closed form": {"color": GREEN, "ls": "-", "marker": "v"},
    "NumPy, batched 16×16 LU": {"color": SKY, "ls": "-", "marker": "D"},
    "QuTiP, preassembled, svd": {"color": ORANGE, "ls": "-", "marker": "^"},
    "qthermo": {"color": PURPLE, "ls": "-", "marker": "P"},
    "QuTiP as in its guide": {"color": VERMILION, "ls": "-", "marker": "X"},
    "Global": {"color": BLUE, "ls": "-", "marker": "s", **OURS},
    "Redfield": {"color": GREEN, "ls": "-", "marker": "o", **OURS},
    "Unified": {"color": VERMILION, "ls": "-.", "marker": "X", **OURS},
    "NumPy, plain rate matrix": {"color": SKY, "ls": "-", "marker": "D"},
    "QuTiP, eigenbasis, sparse": {"color": ORANGE, "ls": "-", "marker": "^"},
}


def results() -> dict[str, Any]:
    """Return what the benchmark found."""
    return json.loads(DATA.read_text())


def section(found: dict[str, Any]) -> str:
    """All that is generated, between the marks."""
    rows, here = found["rows"], found["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items() if number)
    lines = [
        f"{here['date']}, {here['cores']} cores of {here['processor']}, Python {here['python']}, "
        f"{versions}.",
        "",
        "## The figures demanded",
        "",
        *summary(rows),
    ]
    for key, row in rows.items():
        if key != "points":
            lines += details(key, row, here["date"])
    return "\n".join(lines)


def summary(rows: dict[str, Any]) -> list[str]:
    """One table: row, demanded, figure, measured, ratio, met."""
    cells = [(key, *demand_cells(demand)) for key, row in rows.items() for demand in row["demands"]]
    skipped = [
        f"{key} is left out: {row['skipped']}." for key, row in rows.items() if row["skipped"]
    ]
    return [*piped(("", *DEMAND_HEAD), cells), "", *skipped, *([""] * bool(skipped))]


def details(key: str, row: dict[str, Any], date: str) -> list[str]:
    """Who took how long in one row, and how far off the peers' numbers are."""
    if row["skipped"]:
        return []
    other = f" (measured {row['measured']})" if row["measured"] != date else ""
    lines = [f"### {key}: {row['work']}{other}", ""]
    if row["timings"]:
        lines += [*piped(TIMING_HEAD, timing_cells(row)), ""]
    lines += [f"- {note}" for note in row["notes"]]
    return [*lines, *([""] * bool(row["notes"]))]


@printed
def points_figure(found: dict[str, Any]) -> Figure:
    """Seconds against points."""
    figure = Figure(figsize=(PAGE, 3.4), layout="constrained")
    ax = figure.subplots()
    for name, curve in found["rows"]["points"]["extra"].items():
        x, y = zip(*curve, strict=True)
        ax.plot(x, y, label=name, **({"ms": 3.0, "lw": 1.0} | LINES[name]))
    ax.set(xscale="log", yscale="log", xlabel="points of the map", ylabel="seconds")
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right upper")
    return figure


def against_qubits(ax: Axes, found: dict[str, Any], key: str, scale: float) -> None:
    """One quantity of all chains; open marks and a dotted line are estimates."""
    together = found["rows"]["B4"]["extra"] | found["rows"].get("B4b", {"extra": {}})["extra"]
    for name, sizes in together.items():
        if name == "estimated":
            continue
        known = {int(n): size[key] * scale for n, size in sizes.items() if key in size}
        if known:
            label = f"entherm, {name}" if name in ("Global", "Redfield", "Unified") else name
            style = {"ms": 3.0, "lw": 1.0} | LINES[name]
            ax.plot(list(known), list(known.values()), label=label, **style)
    estimated = together.get("estimated", {})
    last = max(map(int, together["Global"]))
    x = [last, *(int(n) for n in estimated)]
    y = [together["Global"][str(last)][key] * scale] + [v[key] * scale for v in estimated.values()]
    look = {"color": BLUE, "ls": ":", "marker": "s", "mfc": "white", "ms": 3.5}
    ax.plot(x[1:], y[1:], label="entherm, Global, estimated", **look)
    ax.plot(x, y, color=BLUE, ls=":", lw=1.0, zorder=0)
    ax.set(yscale="log", xlabel="qubits")


@printed
def qubits_figure(found: dict[str, Any]) -> Figure:
    """Seconds and memory of the chain against its length."""
    figure = Figure(figsize=(PAGE, 3.2), layout="constrained")
    axes = figure.subplots(1, 2)
    for ax, key, scale, letter in ((axes[0], "seconds", 1.0, "a"), (axes[1], "peak_MB", 1e-3, "b")):
        against_qubits(ax, found, key, scale)
        panel_letter(ax, letter)
    axes[0].set_ylabel("seconds")
    axes[1].set_ylabel("peak memory of the process (GB)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def page(found: dict[str, Any], document: str) -> str:
    """The page with the results of `found` between its marks."""
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{section(found).rstrip()}\n\n{END}{after}"


def main() -> None:
    """Write the page and draw."""
    found = results()
    DOCUMENT.write_text(page(found, DOCUMENT.read_text()))
    drawn = {"points": (points_figure, "points"), "qubits": (qubits_figure, "B4")}
    for name, (make, row) in drawn.items():
        if row not in found["rows"] or found["rows"][row]["skipped"]:
            continue
        path = FIGURES / f"benchmark_{name}.svg"
        # Letters as outlines: the page is read where these fonts are not.
        with rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
            make(found).savefig(path, metadata={"Date": None})
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
