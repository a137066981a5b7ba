"""Write docs/paper-map.md: each equation and figure of the paper → function → test.

Nothing is kept by hand: functions are found by the equation numbers that their docstrings cite
(``[Man] Eq. (9)``), tests by the numbers they cite or by the oracle functions that they call.
``python tools/paper_map.py`` writes the page; a test compares it with what would be written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "paper-map.md"
EQUATIONS = range(1, 22)
FIGURES = range(1, 8)

CITED = re.compile(r"Eqs?\. ((?:\(\d+\)(?:, | and |,\s+)?)+)")
DRAWN = re.compile(r"Figs?\. (\d)")


@dataclass(frozen=True)
class Place:
    """A function or class: where it is, what its docstring cites, which names it uses."""

    file: str
    name: str
    equations: frozenset[int]
    figures: frozenset[int]
    uses: frozenset[str]


def places(folder: Path) -> Iterator[Place]:
    """Every function and class with a docstring below `folder`."""
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            text = " ".join((ast.get_docstring(node) or "").split())
            numbers = {int(n) for group in CITED.findall(text) for n in re.findall(r"\d+", group)}
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            used |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            yield Place(
                path.relative_to(ROOT).as_posix(),
                node.name,
                frozenset(numbers),
                frozenset(int(n) for n in DRAWN.findall(text)),
                frozenset(used),
            )


def page() -> str:
    """The whole page."""
    sources, tests = list(places(ROOT / "src")), list(places(ROOT / "tests"))
    lines = [
        "# From the paper to the code",
        "",
        "Made by `python tools/paper_map.py` from the docstrings; do not edit. [Man] is",
        "Man, Tavakoli, Brask, Hu, Xia, *Improving autonomous thermal entanglement generation",
        "using a common reservoir*.",
        "",
        "| in the paper | literally | in the library | tested by |",
        "| --- | --- | --- | --- |",
    ]
    for number in EQUATIONS:
        oracle = [p for p in sources if p.name.startswith(f"eq_{number:02d}_")]
        general = [p for p in sources if number in p.equations and "/paper/" not in p.file]
        names = {p.name for p in oracle}
        checks = [
            t
            for t in tests
            if t.name.startswith("test_") and (number in t.equations or names & t.uses)
        ]
        lines.append(row(f"Eq. ({number})", oracle, general, checks))
    for number in FIGURES:
        name = f"fig{number}"
        made = [p for p in sources if p.name == name and "/paper/" in p.file]
        checks = [
            t
            for t in tests
            if t.name.startswith("test_")
            and (t.name.startswith(f"test_{name}") or number in t.figures)
        ]
        lines.append(row(f"Fig. {number}", made, [], checks))
    return "\n".join(lines) + "\n"


def row(label: str, *columns: list[Place]) -> str:
    """One line of the table."""
    return f"| {label} | " + " | ".join(spelled(c) for c in columns) + " |"


def spelled(column: list[Place]) -> str:
    """Names by file, each file once."""
    by_file: dict[str, list[str]] = {}
    for place in column:
        by_file.setdefault(place.file.removeprefix("src/entherm/"), []).append(place.name)
    return "<br>".join(
        f"{file}: " + ", ".join(f"`{name}`" for name in dict.fromkeys(names))
        for file, names in by_file.items()
    )


if __name__ == "__main__":
    PAGE.write_text(page())
