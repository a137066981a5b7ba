"""Draw every machine of the zoo, and write docs/zoo.md.

``python tools/gallery.py`` draws those that have changed since; ``--all`` draws all of them,
``NAME ...`` some. A test compares the page with what would be written, and the digest that each
picture carries with that of its file.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from matplotlib import rc_context

from entherm import zoo
from entherm.about import ORIGINS
from entherm.zoo.picture import picture

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "zoo.md"
PICTURES = ROOT / "docs" / "zoo"
TESTS = ROOT / "tests"
HEAD = """\
# The zoo

Made by `python tools/gallery.py` from the [files](../src/entherm/zoo); do not edit. Each machine is
solved with the equation of its file, and gives back its landmark in a test. A landmark is *read* in
the source, *derived*, or *computed* independently of entherm. Where no unit stands, ħ = k_B = 1.

`entherm machines` lists them, `entherm machines NAME` tells about one and solves it, `--write FILE`
copies its file, `--draw FILE.png` draws it. In Python:

```python
from entherm import steady_state, zoo

found = zoo.entry("man_2019")
state = steady_state(found.machine, found.equation)
```
"""


def digest(found: zoo.Entry) -> str:
    """Return what a picture is known by: a hash of all that it shows of its file."""
    about, source = found.about, found.source
    figure = about.figure and astuple(about.figure)  # what it says, not what a class is called
    shown = (found.machine.hash, source.units, about.equation, about.initial, figure)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def page() -> str:
    """The whole page."""
    entries = [zoo.entry(name) for name in zoo.names()]
    lines = [HEAD, "| name | machine | equation |", "| --- | --- | --- |"]
    lines += [f"| [{e.name}](#{e.name}) | {e.title} | {e.about.equation} |" for e in entries]
    for found in entries:
        lines += ["", *section(found)]
    return "\n".join(lines) + "\n"


def section(found: zoo.Entry) -> Iterator[str]:
    """One machine."""
    about = found.about
    yield f"## {found.name}"
    yield f"\n**{found.title}.** {about.shows}"
    yield f"\n![{found.title}](zoo/{found.name}.svg)\n"
    yield f"- Source: {about.source}"
    yield f"- Equation: `{about.equation}`. {about.why}"
    yield f"- Landmark: {about.landmark} ({ORIGINS[about.origin]}{tested(found.name)})"
    yield f"- `entherm machines {found.name}`"


def tested(name: str) -> str:
    """Where the landmark is tested."""
    for path in sorted(TESTS.glob("test_zoo_*.py")):
        if re.search(rf"^def test_{name}\(", path.read_text(), re.MULTILINE):
            return f", [{path.name}](../tests/{path.name})"
    return ""


def draw(found: zoo.Entry) -> Path:
    """Draw one machine into docs/zoo."""
    path = PICTURES / f"{found.name}.svg"
    told = {"Date": None, "Description": digest(found)}
    # Letters as outlines: the page is read where these fonts are not.
    with rc_context({"svg.hashsalt": found.name, "svg.fonttype": "path"}):
        picture(found.source).savefig(path, metadata=told)
    path.write_text(shortened(path.read_text()))
    return path


def shortened(svg: str) -> str:
    """Return the same picture in half the bytes.

    Coordinates have a hundredth of a point, names that are referred to are numbers, and what only
    people would read is left out.
    """

    def rounded(attribute: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d{3,}", lambda x: f"{float(x[0]):.2f}", attribute[0])

    svg = re.sub(r' (?:d|x|y)="[^"]*"', rounded, re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL))
    referred = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    number = {name: f"{index:x}" for index, name in enumerate(referred)}
    svg = re.sub(r'((?:href="|url\()#)([^")]+)', lambda x: f"{x[1]}n{number[x[2]]}", svg)
    svg = re.sub(
        r' id="([^"]*)"', lambda x: f' id="n{number[x[1]]}"' if x[1] in number else "", svg
    )
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    return re.sub(r"\n(?=[A-Za-z])", "", svg)  # a command of a path needs no space before it


def is_drawn(found: zoo.Entry) -> bool:
    """Whether the picture of a machine is that of its present file."""
    path = PICTURES / f"{found.name}.svg"
    return path.exists() and digest(found) in path.read_text()


def main(words: list[str]) -> None:
    """Draw, and write the page."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        if old.stem not in zoo.names():
            old.unlink()
    for name in [word for word in words if word != "--all"] or zoo.names():
        found = zoo.entry(name)
        if words or not is_drawn(found):
            path = draw(found)
            print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB")
    PAGE.write_text(page())


if __name__ == "__main__":
    main(sys.argv[1:])
