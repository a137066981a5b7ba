"""The zoo: its files, what they tell, their pictures and the commands that show them.

The landmarks of the machines themselves are in tests/test_zoo_*.py, one test a machine.
"""

from __future__ import annotations

import json
import math
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import entherm as et
from entherm import zoo
from entherm.about import EQUATION_WORDS, About, Curves
from entherm.cli import main
from entherm.cli.equations import EQUATIONS as SPOKEN
from entherm.cli.solution import rounding
from entherm.equation_words import EQUATIONS, equation_named
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine_file import MachineFile, MachineFileError, reads
from entherm.machine_writer import dumps, save
from entherm.observable_words import quantity
from entherm.observables import WORK
from entherm.span import Span
from entherm.units import Units
from entherm.zoo.axis import axis_of
from entherm.zoo.picture import panels, picture, start

ROOT = Path(__file__).resolve().parents[1]
GALLERY = runpy.run_path(str(ROOT / "tools" / "gallery.py"))
NAMES = zoo.names()


# --- every machine ------------------------------------------------------------------------------


def test_there_are_at_least_twenty() -> None:
    assert len(NAMES) >= 20
    files = {path.stem for path in (ROOT / "src/entherm/zoo").glob("*.toml")}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_tells_everything(name: str) -> None:
    found = zoo.entry(name)
    assert found.title
    assert all(text for key, text in found.about.texts.items() if key != "initial")
    sentences = re.findall(r"[.!?](?= |$)", found.about.shows)
    assert len(sentences) >= 2, found.about.shows
    assert found.about.figure is not None
    assert found.equation == EQUATIONS[found.about.equation]
    assert found.path.read_text(encoding="utf-8") == found.text
    first, year = re.fullmatch(r"(.+?)_(\d{4})(?:_\w+)?", name).groups()
    assert f"({year})" in found.about.source
    plain = found.about.source.lower().replace(" ", "_")
    assert first.split("_")[0] in plain.replace("á", "a").replace("é", "e")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_comes_back(name: str) -> None:
    source = zoo.entry(name).source
    copy = reads(dumps(source))
    assert (copy.name, copy.description, copy.about) == (
        source.name,
        source.description,
        source.about,
    )
    assert copy.units == source.units
    if source.units == Units():
        assert copy.machine.hash == source.machine.hash
    for path, value in source.machine.parameters.items():
        # With units, one multiplication and one division.
        np.testing.assert_allclose(copy.machine.parameters[path], value, rtol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_is_solved(name: str) -> None:
    """Finite numbers that are a state; the heat and work that go into it add up to 0."""
    found = zoo.entry(name)
    initial = start(found.source) if found.about.initial else None
    state = et.steady_state(found.machine, found.equation, initial=initial)
    assert float(state.populations.sum()) == pytest.approx(1.0, abs=1e-12)
    rho = np.asarray(state.density_matrix)
    assert np.all(np.isfinite(rho))
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-14)
    flows = [float(current) for current in state.heat_currents.values()]
    assert np.all(np.isfinite(flows))
    carried = [
        float(bath.chemical_potential * state.observe(et.quanta(bath.name))[0])
        for bath in found.machine.reservoirs
        if isinstance(bath, et.Reservoir) and bath.has_chemical_potential
    ]
    if WORK not in state.heat_currents:
        flows.append(float(state.observe(et.heat(WORK))[0]))
    # `rounding`: a part in 1e12 of all one-way flows.
    assert abs(sum(flows) + sum(carried)) <= rounding(state)


@pytest.mark.parametrize("name", NAMES)
def test_every_curve_is_finite(name: str) -> None:
    """At both ends of the axis and in its middle; as one array, and the middle as a point."""
    source = with_points(zoo.entry(name).source, 3)
    figure = source.about.figure
    axis, found = panels(source)
    assert sum(len(panel.curves) for panel in found) == len(figure.observe)
    for panel in found:
        for _, curve in panel.curves:
            assert curve.shape == (3,)
            assert np.all(np.isfinite(curve))
    if not figure.in_time:
        middle = source.machine.replace(dict.fromkeys(figure.axis, axis.values[1]))
        state = et.steady_state(middle, zoo.entry(name).equation, initial=ket_of(source))
        drawn = [curve for panel in found for _, curve in panel.curves]
        words = [quantity(word, middle, source.units) for word in figure.observe]
        alone = {(q.noun, q.of): float(q.scale.show(q.read(state))) for q in words}
        keys = [(panel.noun, of) for panel in found for of, _ in panel.curves]
        for key, curve in zip(keys, drawn, strict=True):
            # Arrays and points are solved in another order; currents are differences.
            assert curve[1] == pytest.approx(alone[key], rel=1e-7, abs=1e-13)


def ket_of(source: MachineFile) -> Any:
    return start(source) if source.about.initial else None


def with_points(source: MachineFile, points: int) -> MachineFile:
    figure = source.about.figure
    values = replace(figure.values, points=points)
    return replace(source, about=replace(source.about, figure=replace(figure, values=values)))


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_has_a_landmark_test(name: str) -> None:
    assert GALLERY["tested"](name), f"no tests/test_zoo_*.py has a function test_{name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_of_the_present_file(name: str) -> None:
    """By the digest that it carries; if not, run python tools/gallery.py."""
    assert GALLERY["is_drawn"](zoo.entry(name))


def test_a_picture_of_another_file_is_noticed() -> None:
    found = zoo.entry("man_2019")
    label = replace(found.about.figure, label="T")
    about = replace(found.about, figure=label)
    warmer = found.machine.replace({"reservoirs.RA.temperature": 5.1})
    retold = replace(found.source, about=replace(found.about, why="Why not."))
    for source, same in (
        (replace(found.source, about=about), False),
        (replace(found.source, machine=warmer), False),
        (retold, True),
    ):
        assert GALLERY["is_drawn"](replace(found, source=source)) is same


def test_the_page_is_up_to_date() -> None:
    """docs/zoo.md is what tools/gallery.py writes; if not, run it."""
    written = (ROOT / "docs" / "zoo.md").read_text()
    assert written == GALLERY["page"]()
    assert re.findall(r"^## (\w+)$", written, re.MULTILINE) == list(NAMES)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", written):
        assert (ROOT / "docs" / target).exists(), target
    pictures = {path.stem for path in (ROOT / "docs/zoo").iterdir()}
    assert pictures == set(NAMES)


# --- the table [about] --------------------------------------------------------------------------

MACHINE = """
[qubits]
A = 2.0
B = 3.0
[reservoirs.R]
temperature = 0.5
couplings = { A = 0.1 }
[reservoirs.S]
temperature = 1.5
couplings = { B = 0.1 }
"""
FIGURE = """
[about.figure]
axis = ["qubits.A", "qubits.B"]
values = { from = 1, to = 4.0, points = 4, scale = "log" }
observe = ["excitation A"]
label = "gap"
"""


def test_about_is_read() -> None:
    about = reads('[about]\nsource = "S"\norigin = "read"' + FIGURE + MACHINE).about
    curves = Curves(("qubits.A", "qubits.B"), Span(1.0, 4.0, 4, "log"), ("excitation A",), "gap")
    assert about == About(source="S", origin="read", figure=curves)
    assert reads(MACHINE).about == About()


BAD = {
    "about = 3": (1, "about must be a table, got 3"),
    "[about]\nsorce = 'x'": (2, "about.sorce must be one of", "did you mean 'source'?"),
    "[about]\nwhy = 3": (2, "about.why must be text, got 3: write it in quotes."),
    "[about]\nequation = 'globl'": (2, "must be one of global, ", "did you mean 'global'?"),
    "[about]\norigin = 'recalled'": (2, "about.origin must be one of read, derived, computed"),
    "[about]\nfigure = 3": (2, "about.figure must be a table"),
    "[about.figure]\naxis = ['qubits.A']": (1, "about.figure.values must be given, got nothing"),
}
BAD_FIGURES = {
    "axis = ['qubits.A', 'qubits.C']": (2, "about.figure.axis.1 must be one of qubits.A,"),
    "axis = []": (2, "about.figure.axis must be a list with something in it, got []"),
    "axis = [3]": (2, "about.figure.axis.0 must be text"),
    "values = 3": (3, "about.figure.values must be a table"),
    "values = { from = 1, to = 4 }": (3, "about.figure.values.points must be given"),
    "values = { from = 1, to = 4, points = 1 }": (3, "must be a whole number >= 2, got 1"),
    "values = { from = 1, to = 4, points = true }": (3, "must be a whole number >= 2, got True"),
    "values = { from = true, to = 4, points = 2 }": (3, "values.from must be a number, or a"),
    "values = { from = 1, to = 4, points = 2, scale = 'lin' }": (3, "scale", "linear"),
    "values = { fro = 1, to = 4, points = 2 }": (3, "did you mean 'from'?"),
    "observe = 'heat R'": (4, "about.figure.observe must be a list"),
    "label = 3": (5, "about.figure.label must be text"),
}


@pytest.mark.parametrize(("text", "told"), BAD.items(), ids=BAD)
def test_a_bad_about_is_told_with_its_line(text: str, told: tuple[Any, ...]) -> None:
    refused(text + "\n" + MACHINE, told)


@pytest.mark.parametrize(("line", "told"), BAD_FIGURES.items(), ids=BAD_FIGURES)
def test_a_bad_figure_is_told_with_its_line(line: str, told: tuple[Any, ...]) -> None:
    key = line.partition(" ")[0]
    text = re.sub(rf"(?m)^{key} = .*$", lambda _: line, FIGURE.strip())
    refused(text + "\n" + MACHINE, told)


def refused(text: str, told: tuple[Any, ...]) -> None:
    with pytest.raises(MachineFileError) as caught:
        reads(text, "m.toml")
    line, *fragments = told
    assert str(caught.value).startswith(f"m.toml:{line}: ")
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_what_a_file_tells_is_written_with_it(tmp_path: Path) -> None:
    text = 'name = "N \\"1\\""\ndescription = "D"\n[about]\nwhy = "W"\ninitial = "00"' + FIGURE
    source = reads(text + MACHINE)
    save(source, tmp_path / "m.toml")
    copy = et.read(tmp_path / "m.toml")
    assert (copy.name, copy.description) == ('N "1"', "D")
    assert copy.about == source.about
    assert copy.machine.hash == source.machine.hash
    # A machine by itself has no story.
    assert "about" not in dumps(source.machine)


def test_a_file_is_written_in_its_own_units() -> None:
    figure = (
        '[about.figure]\naxis = ["qubits.A"]\nobserve = ["excitation A"]\n'
        'values = { from = "1 GHz", to = "2 GHz", points = 2 }\n'
    )
    source = reads(figure + '[units]\nfrequency = "cyclic"\n[qubits]\nA = "1 GHz"')
    copy = reads(dumps(source))
    assert copy.units == Units("cyclic")
    assert copy.about == source.about
    with pytest.raises(ParameterError, match="'units' must be the file's own"):
        dumps(source, Units("angular"))


# --- axes, pictures -----------------------------------------------------------------------------


def test_words_of_equations_are_the_same_everywhere() -> None:
    assert tuple(EQUATIONS) == EQUATION_WORDS == tuple(SPOKEN)
    assert EQUATIONS == SPOKEN
    with pytest.raises(UnknownNameError, match="did you mean 'redfield'"):
        equation_named("Redfeld")


PRODUCT = reads(MACHINE)


def along(axis: str, values: str, rest: str = "", units: str = "") -> MachineFile:
    figure = f'[about.figure]\naxis = ["{axis}"]\nvalues = {values}\nobserve = ["excitation A"]\n'
    table = f'[units]\nfrequency = "{units}"\n' if units else ""
    return reads(f"{rest}\n{figure}{table}{MACHINE if not units else PHYSICAL}")


PHYSICAL = """
[qubits]
A = "5 GHz"
[reservoirs.R]
temperature = "50 mK"
couplings = { A = "1 MHz" }
"""


def test_an_axis_has_the_unit_of_its_parameter() -> None:
    values = '{ from = "0.01 K", to = "100 mK", points = 3 }'
    source = along("reservoirs.R.temperature", values, units="cyclic")
    axis = axis_of(source, source.about.figure)
    np.testing.assert_allclose(axis.shown, [10.0, 55.0, 100.0], rtol=1e-14)
    assert axis.label == "reservoirs.R.temperature (mK)"
    # k_B/h = 20.836619 GHz/K (CODATA); internally in 10⁹ rad/s.
    np.testing.assert_allclose(axis.values, axis.shown * 0.020836619 * 2 * np.pi, rtol=1e-8)


@pytest.mark.parametrize(
    ("values", "fragment"),
    [
        ("{ from = 1.0, to = 1.0, points = 2 }", "values.to' must differ from the other end"),
        ("{ from = 0.0, to = 1.0, points = 2, scale = 'log' }", "from' must be > 0 on a log"),
        ("{ from = 1.0, to = -1.0, points = 2, scale = 'log' }", "to' must be > 0 on a log"),
        ("{ from = '1 GHz', to = 1.0, points = 2 }", "values.from' must be a bare number"),
    ],
)
def test_an_axis_that_is_none(values: str, fragment: str) -> None:
    source = along("qubits.A", values)
    with pytest.raises(ParameterError, match=re.escape(fragment)):
        axis_of(source, source.about.figure)


def test_a_picture_along_the_time_starts_from_the_ket() -> None:
    """p(t) = p∞ + (1 − p∞) exp(−2Γ(2n̄ + 1)t), of a qubit that starts excited (Γ = 0.1)."""
    values = "{ from = 0.0, to = 20.0, points = 5 }"
    with pytest.raises(ParameterError, match=r"'about\.initial' must be given where time"):
        panels(along("time", values))
    source = along("time", values, '[about]\ninitial = "10"')
    axis, (panel,) = panels(source)
    ((_, curve),) = panel.curves
    n = 1.0 / math.expm1(2.0 / 0.5)
    final = n / (2.0 * n + 1.0)
    decay = np.exp(-2.0 * 0.1 * (2.0 * n + 1.0) * axis.values)
    np.testing.assert_allclose(curve, final + (1.0 - final) * decay, rtol=1e-12)
    with pytest.raises(
        ParameterError, match=r"initial' must be a bare ket of 2 qubit\(s\) \(A, B\)"
    ):
        panels(along("time", values, '[about]\ninitial = "100"'))


def test_initial_states_are_spelled() -> None:
    """Superposed kets, and thermal ones against p = 1/(exp(ε/T) + 1)."""
    singlet = start(reads('about.initial = "10-01"' + MACHINE))
    expected = np.zeros((4, 4))
    expected[1:3, 1:3] = [[0.5, -0.5], [-0.5, 0.5]]
    np.testing.assert_allclose(singlet, expected, atol=1e-15)
    a, b = 1.0 / (math.exp(4.0) + 1.0), 1.0 / (math.exp(2.0) + 1.0)
    diagonal = [a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)]
    thermal = start(reads('about.initial = "thermal"' + MACHINE))
    np.testing.assert_allclose(thermal, np.diag(diagonal), atol=1e-15)
    both = "[reservoirs.T]\ntemperature = 1.0\ncouplings = { A = 0.1, B = 0.1 }\n"
    filled = '[reservoirs.T]\nstatistics = "fermi"\noccupation = 0.5\ncouplings = { C = 0.1 }\n'
    for rest, got in ((both, "(A: R, T)"), ("", "(C: none)"), (filled, "(C: T)")):
        qubits = MACHINE if "B = 0.1 }" in rest else MACHINE.replace("B = 3.0", "B = 3.0\nC = 1.0")
        with pytest.raises(ParameterError, match=re.escape(f"got 'thermal' {got}")):
            start(reads('about.initial = "thermal"' + qubits + rest))


def test_a_picture_names_its_axes() -> None:
    drawn = picture(with_points(zoo.entry("man_2019").source, 5))
    _, above, below = drawn.axes
    assert above.get_ylabel() == "concurrence, A–B"
    assert below.get_ylabel() == "heat current, RC"
    assert below.get_xlabel() == "temperature of the common reservoir"
    assert not above.get_legend()


def test_curves_that_share_an_axis_have_a_legend_in_the_colours_of_the_diagram() -> None:
    source = with_points(zoo.entry("man_2019").source, 5)
    observe = ("heat RA", "heat RC", "heat RB")
    figure = replace(source.about.figure, observe=observe)
    _, ax = picture(replace(source, about=replace(source.about, figure=figure))).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["RA", "RC", "RB"]
    colours = [line.get_color() for line in ax.get_lines() if len(line.get_xdata()) == 5]
    assert colours == ["#0072B2", "#009E73", "#D55E00"]


def drawn_along(values: Span, *observe: str) -> Any:
    """The frames of the picture of the two qubits that do not interact."""
    curves = Curves(("reservoirs.R.temperature",), values, observe)
    return picture(replace(PRODUCT, about=About(figure=curves))).axes[1:]


def test_other_curves_do_not_have_the_colours_of_reservoirs() -> None:
    (ax,) = drawn_along(Span(0.1, 1.0, 4), "excitation A", "excitation B")
    assert [line.get_color() for line in ax.get_lines()] == ["#009E73", "#CC79A7"]
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2


def test_a_constant_looks_like_one() -> None:
    """The temperature of B does not depend on that of A's reservoir, but for rounding."""
    (ax,) = drawn_along(Span(0.1, 1.0, 40), "temperature B")
    assert ax.get_ylim() == pytest.approx((0.75, 2.25), rel=1e-12)


def test_a_short_logarithmic_axis_has_plain_numbers() -> None:
    (ax,) = drawn_along(Span(0.15, 3.0, 4, "log"), "excitation A")
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert shown == ["0.2", "0.5", "1", "2"]
    (ax,) = drawn_along(Span(1e-2, 1e2, 4, "log"), "excitation A")
    assert len(ax.get_xticklabels()) == 5


def test_a_machine_without_curves_is_drawn_alone() -> None:
    assert len(picture(reads(MACHINE)).axes) == 1
    with pytest.raises(ParameterError, match=r"'about\.figure' must be given"):
        panels(reads(MACHINE))


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        return int(end.value.code or 0), *capsys.readouterr()

    return call


def test_the_list(run: Any) -> None:
    code, out, err = run("machines")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for name in NAMES:
        assert re.search(rf"^ {name} ", out, re.MULTILINE)
    assert f"{len(NAMES)} machines; entherm machines NAME tells about one." in out


def test_the_list_in_json(run: Any) -> None:
    code, out, _ = run("machines", "--json")
    assert code == 0
    told = json.loads(out)["machines"]
    assert [each["name"] for each in told] == list(NAMES)
    for each in told:
        assert [*each] == [
            "name", "title", "source", "shows", "equation", "why", "landmark", "origin", "initial",
        ]  # fmt: skip
        assert all(text for key, text in each.items() if key != "initial")
    initial = {each["name"]: each["initial"] for each in told}
    assert (initial["man_2019"], initial["benatti_2003"]) == (None, "10")


def test_one_machine(run: Any) -> None:
    code, out, err = run("machines", "man_2019")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    found = zoo.entry("man_2019")
    flat = " ".join(out.split())
    for text in (found.title, found.about.source, found.about.shows, found.about.why):
        assert text in flat
    assert found.about.landmark in flat
    assert "(derived for its test)" in flat
    assert flat.count(found.title) == 1
    assert re.search(r"A-B +0\.0993", out)
    assert "entherm solve FILE" in flat


def test_one_machine_in_json(run: Any) -> None:
    _, listed, _ = run("machines", "--json")
    _, out, _ = run("machines", "man_2019", "--json")
    _, solved, _ = run("solve", ROOT / "src/entherm/zoo/man_2019.toml", "--json")
    told = json.loads(out)
    solution = told.pop("solution")
    assert told == json.loads(listed)["machines"][NAMES.index("man_2019")]
    assert solution == json.loads(solved)


def test_solve_takes_what_the_file_tells_unless_told(run: Any, tmp_path: Path) -> None:
    """The equation and the start of `[about]`; the command line goes before both."""
    file = ROOT / "src/entherm/zoo/benatti_2003.toml"
    own = json.loads(run("solve", file, "--json")[1])
    assert (own["equation"], own["initial"]) == ("local", "10")
    other = json.loads(run("solve", file, "-e", "redfield", "--initial", "01", "--json")[1])
    assert (other["equation"], other["initial"]) == ("redfield", "01")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(file.read_text().replace('initial = "10"', 'initial = "12"'))
    code, _, err = run("solve", wrong)
    assert code
    assert re.search(r"wrong.toml:\d+: about.initial must .*12", " ".join(err.split()))


def test_a_machine_is_solved_with_its_own_equation(run: Any) -> None:
    other = next(name for name in NAMES if zoo.entry(name).about.equation == "reset")
    told = json.loads(run("machines", other, "--json")[1])
    assert told["equation"] == told["solution"]["equation"] == "reset"


def test_a_file_is_copied_and_drawn(run: Any, tmp_path: Path) -> None:
    copy, drawing = tmp_path / "m.toml", tmp_path / "m.svg"
    code, out, _ = run("machines", "man_2019", "--write", copy, "--draw", drawing)
    assert (code, out) == (0, f"written: {copy}\ndrawn: {drawing}\n")
    assert copy.read_bytes() == zoo.entry("man_2019").path.read_bytes()
    assert drawing.read_text().startswith("<?xml")
    code, out, _ = run("machines", "man_2019", "--draw", tmp_path / "m.png", "--json")
    assert json.loads(out) == {"name": "man_2019", "drawn": str(tmp_path / "m.png")}
    assert (tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"


def test_what_cannot_be_done_is_told(run: Any, tmp_path: Path) -> None:
    there = tmp_path / "there.toml"
    there.write_text("")
    nowhere = tmp_path / "no" / "m.toml"
    for words, fragment in (
        (
            ["man_2020"],
            "Argument 'NAME' must be a machine of the zoo, got 'man_2020': did you mean",
        ),
        (["man_2020"], " man_2019"),
        (["Wang"], "did you mean wang_2001 or wang_2001_anisotropy? entherm machines lists all"),
        (["nosuch"], f"got 'nosuch': entherm machines lists all {len(NAMES)}."),
        (["--write", there], "Argument 'NAME' must be given with --write and --draw"),
        (["man_2019", "--write", there], "Argument '--write' must name a new file"),
        (["man_2019", "--write", nowhere], "cannot be written (No such file or directory)"),
        (["man_2019", "--draw", nowhere.with_suffix(".png")], "cannot be written"),
        (["man_2019", "--draw", tmp_path / "m.jpg"], "must end in .png, .svg, .pdf"),
    ):
        code, out, err = run("machines", *words)
        assert (code, out) == (2, "")
        assert fragment in err
        assert err.count("\n") == 1
    assert there.read_text() == ""


def test_the_command_has_help(run: Any) -> None:
    code, out, _ = run("machines", "--help")
    assert code == 0
    for word in ("[NAME]", "--write FILE", "--draw FILE", "--json"):
        assert word in out
    assert re.search(r"^  machines ", run("--help")[1], re.MULTILINE)


def test_the_zoo_is_light() -> None:
    """Listing and loading wake no library that draws or compiles."""
    script = (
        "import sys\nfrom entherm import zoo\nzoo.machine(zoo.names()[0])\n"
        "print(sorted({'jax', 'numba', 'xarray', 'scipy', 'matplotlib', 'rich'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert done.stdout.strip() == "[]"


def test_unknown_names_are_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'man_2019'"):
        zoo.entry("man2019")
    with pytest.raises(UnknownNameError, match="'name' must be one of"):
        zoo.machine("")
