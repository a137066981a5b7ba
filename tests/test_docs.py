"""What the documents show is run, what they generate is compared."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_paper_map_is_up_to_date() -> None:
    """docs/paper-map.md is what tools/paper_map.py writes; if not, run it."""
    module = runpy.run_path(str(ROOT / "tools" / "paper_map.py"))
    written = (ROOT / "docs" / "paper-map.md").read_text()
    assert written == module["page"](), "run python tools/paper_map.py"


def test_every_equation_and_figure_has_a_function_and_a_test() -> None:
    """Only what no general code supersedes (equation 3, the figures) has an empty cell."""
    for line in (ROOT / "docs" / "paper-map.md").read_text().splitlines():
        if not re.match(r"\| (Eq|Fig)\. ", line):
            continue
        label, literally, library, tested = (cell.strip() for cell in line.strip("|").split("|"))
        assert literally, label
        assert library or label == "Eq. (3)" or label.startswith("Fig."), label
        assert tested, label


def test_readme_examples_run() -> None:
    """The README's Python, in order; its comments state two concurrences."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block.replace("3000", "30"), names)
        for expression, shown in re.findall(r"^(\S.*?)\s+# (0\.\d+)", block, re.MULTILINE):
            assert float(eval(expression, names)) == pytest.approx(float(shown), abs=5e-5)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        *("docs/conventions.md", "docs/physics.md", "docs/equations.md", "docs/machine-files.md"),
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link names a file that is there."""
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
