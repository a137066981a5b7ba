"""What the documents show is run, what they generate is compared."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
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


def test_readme_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's Python, in order; its comments state two concurrences."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 7
    names: dict[str, object] = {}
    monkeypatch.chdir(tmp_path)
    with _jax_as_it_was():
        for block in blocks:
            exec(block.replace("3000", "30"), names)
            for expression, shown in re.findall(r"^(\S.*?)\s+# (0\.\d+)", block, re.MULTILINE):
                assert float(eval(expression, names)) == pytest.approx(float(shown), abs=5e-5)


@pytest.mark.parametrize(
    ("page", "count"),
    [("python", 71), ("gradients", 7), ("thermodynamics", 22), ("resources", 8), ("sweeps", 12)],
)
def test_pages_run(page: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's blocks, in order; a value after # is what its line gives, to the digits shown."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / f"{page}.md").read_text()
    names: dict[str, object] = {}
    checked = 0
    with _jax_as_it_was():
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            exec(block, names)
            lines = re.findall(r"^(\S.*?)  +# ([\d\[('TF-].*)$", block, re.MULTILINE)
            for expression, shown in lines:
                found, expected = [*_leaves(eval(expression, names))], [*_shown(shown)]
                assert len(found) == len(expected), expression
                for value, wanted in zip(found, expected, strict=True):
                    assert value == wanted, expression
                checked += 1
    assert checked == count


def test_names_of_peers_page_exist() -> None:
    """Every `et.name` and zoo machine of docs/peers.md is there."""
    import entherm

    text = (ROOT / "docs" / "peers.md").read_text()
    found = set(re.findall(r"\bet\.([A-Za-z_.]+)", text))
    assert len(found) > 40
    for name in found:
        value: Any = entherm
        for part in name.rstrip(".").split("."):
            value = getattr(value, part)
    machines = re.findall(r'"(\w+_\d{4}\w*)"', text)
    assert machines
    assert set(machines) <= set(entherm.zoo.names())


@contextmanager
def _jax_as_it_was() -> Iterator[None]:
    """Take back what a page switches on."""
    import jax

    before = jax.config.jax_enable_x64
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list) or np.ndim(value):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _shown(text: str) -> Iterator[Any]:
    """Values in a comment; decimals to half a unit of their last digit, other things exactly."""

    def leaves(node: ast.expr) -> Iterator[ast.expr]:
        if isinstance(node, ast.Tuple | ast.List):
            for part in node.elts:
                yield from leaves(part)
        else:
            yield node

    for leaf in leaves(ast.parse(text, mode="eval").body):
        source = ast.get_source_segment(text, leaf) or ""
        value = nan if source == "nan" else ast.literal_eval(source)
        if isinstance(value, float) and not isnan(value):
            unit = 10.0 ** int(Decimal(source).as_tuple().exponent)
            # A hair more than half of it, as what was rounded may lie on the edge.
            value = pytest.approx(value, rel=0.0, abs=0.501 * unit)
        elif isinstance(value, float):
            value = pytest.approx(nan, nan_ok=True)
        yield value


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/python.md",
        *("docs/conventions.md", "docs/physics.md", "docs/equations.md", "docs/machine-files.md"),
        *("docs/gradients.md", "docs/thermodynamics.md", "docs/resources.md", "docs/peers.md"),
        "docs/sweeps.md",
        "docs/zoo.md",
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link names a file that is there."""
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
