"""The command line, as a shell sees it: exit codes, stdout, stderr, files.

Expected numbers are those of the library that the command line prints, or of the authority named
in the test. Most calls run in this process; what belongs to a process of its own (imports, signals,
pipes, encodings) runs in one.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

import entherm as et
from entherm.cli import doctor, main, reproduction, solution_tables
from entherm.cli.failures import report
from entherm.cli.output import jsonable
from entherm.comparison import compare
from entherm.units import BOLTZMANN, HBAR

ROOT = Path(__file__).resolve().parent.parent
TWO_QUBIT, CIRCUIT = ROOT / "examples/two_qubit.toml", ROOT / "examples/circuit_qed.toml"

MACHINE = """\
[qubits]
A = 20.0
B = 20.0
[[exchange]]
between = ["A", "B"]
strength = 10.0
[reservoirs.RC]
temperature = 0.0
couplings = { A = 1.0, B = 1.0 }
"""
WARM = (
    MACHINE.replace("temperature = 0.0", "temperature = 1.0")
    + """\
[reservoirs.RA]
temperature = 5.0
couplings = { A = 1.0 }
"""
)


class Result:
    """What a command said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        def refuse(word: str) -> NoReturn:
            raise AssertionError(f"{word} is not JSON")

        return json.loads(self.out, parse_constant=refuse)

    def fails_in_one_line(self, *fragments: str, code: int = 2) -> None:
        assert self.code == code, self.err
        assert self.err.count("\n") == 1
        assert self.err.startswith("entherm: ")
        for fragment in fragments:
            assert fragment in self.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object) -> Result:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        return Result(int(end.value.code or 0), *capsys.readouterr())

    return call


def process(*words: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "entherm", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=_environment(**environment),
    )


def finished(*words: object, **environment: str) -> Result:
    started = process(*words, **environment)
    out, err = started.communicate(timeout=100)
    return Result(started.returncode, out, err)


def _environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80", **changes}


def written(folder: Path, text: str) -> Path:
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return path


# The words themselves -------------------------------------------------------------------------


def test_help_and_version(run: Any) -> None:
    assert run("--version").out == f"entherm {et.__version__}\n"
    for result in (run(), run("--help")):
        assert result.code == 0
        assert not result.err
        for command in ("reproduce", "solve", "compare", "cite", "doctor"):
            assert re.search(rf"^  {command} ", result.out, re.MULTILINE)


@pytest.mark.parametrize("command", ["reproduce", "solve", "compare", "cite", "doctor"])
def test_every_command_has_help_and_json(run: Any, command: str) -> None:
    result = run(command, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["slove", "x"], "Did you mean 'solve'"),
        (["solve"], "Missing argument 'FILE'; see entherm solve --help."),
        (["solve", "a", "b"], "unexpected extra argument"),
        (["solve", "--jsn", "x"], "No such option: --jsn"),
        (["solve", TWO_QUBIT, "--initial"], "requires an argument"),
        (["--frobnicate"], "No such option"),
        (["doctor", "now"], "unexpected extra argument"),
        (["cite", "--bibtex"], "No such option"),
        (["reproduce", "fig9"], "did you mean 'fig"),
        (["reproduce", "2"], "must be one of fig1, fig2"),
        (["reproduce", "fig2", "--out"], "requires an argument"),
    ],
)
def test_wrong_words_are_one_line(run: Any, words: list[object], fragment: str) -> None:
    result = run(*words)
    result.fails_in_one_line(fragment)
    assert not result.out


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("reproduce", "Usage: entherm reproduce [OPTIONS] [FIGURE]..."),
        ("solve", "Usage: entherm solve [OPTIONS] FILE"),
        ("compare", "Usage: entherm compare [OPTIONS] FILE"),
        ("cite", "Usage: entherm cite [OPTIONS]"),
    ],
)
def test_usage_reads_as_elsewhere(run: Any, command: str, usage: str) -> None:
    help_page = run(command, "-h").out
    assert help_page.splitlines()[0] == usage
    assert "<" not in help_page
    assert help_page == run(command, "--help").out


def test_an_error_with_json_is_an_object_too(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, MACHINE.replace("A = 20.0", "A = -20.0"))
    result = run("solve", path, "--json")
    result.fails_in_one_line(f"{path}:2: ")
    error = result.json["error"]
    assert (error["kind"], error["file"], error["line"]) == ("MachineFileError", str(path), 2)
    assert error["message"] in result.err
    assert run("slove", "--json").json["error"]["kind"] == "UsageError"


def test_a_bug_is_named_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as caught:
        {}["x"]
    assert report(caught.value, as_json=False) == 1
    err = capsys.readouterr().err
    assert err.startswith("entherm: This is a bug in entherm: KeyError at ")
    assert err.count("\n") == 1


# solve ----------------------------------------------------------------------------------------


def test_solve_prints_what_the_library_says(run: Any) -> None:
    found, state = run("solve", TWO_QUBIT, "--json").json, et.steady_state(et.load(TWO_QUBIT))
    assert found["energies"] == state.energies.tolist()
    assert found["populations"] == state.populations.tolist()
    assert found["concurrence"] == {"A-B": float(state.concurrence("A", "B"))}
    assert found["negativity"] == {"A-B": float(state.negativity("A", "B"))}
    formation = float(state.entanglement_of_formation("A", "B"))
    assert found["entanglement_of_formation"] == {"A-B": formation}
    assert found["heat_currents"] == {k: float(q) for k, q in state.heat_currents.items()}
    assert found["entropy_production"] == float(state.entropy_production)
    assert found["validity"]["warnings"] == list(state.validity.warnings)
    for name, figure in state.validity.figures.items():
        assert found["validity"][name] == jsonable(float(figure))
    temperatures = state.effective_temperatures
    assert list(found["effective_temperatures"]) == ["1-2", "1-3", "2-4", "3-4"]
    for k, entry in enumerate(found["effective_temperatures"].values()):
        assert entry["frequency"] == temperatures.frequencies[k]
        assert entry["from_rates"] == temperatures.from_rates()[k]
        assert entry["from_populations"] == temperatures.from_populations()[k]
    assert found["unique"] is True
    options = {"dephasing": "as_written", "lamb_shift": "absorbed"}
    assert found["equation"] == "global"
    assert found["equation_options"] == options
    assert found["provenance"] == {"entherm": et.__version__, "machine": state.machine.hash}
    assert [level["label"] for level in found["levels"]] == ["λ4", "λ3", "λ2", "λ1"]


def test_solve_uses_the_units_of_the_file(run: Any) -> None:
    # Authority: SI constants, and 1/T1 = 2 Γ with Γ = 2π·10 MHz.
    found, state = run("solve", CIRCUIT, "--json").json, et.steady_state(et.load(CIRCUIT))
    assert found["units"]["energies"] == "GHz"
    assert found["energies"] == pytest.approx([0.0, 0.3, 1.7, 2.0], rel=1e-12)
    watt = HBAR * 1e18
    for name, current in state.heat_currents.items():
        assert found["heat_currents"][name] == pytest.approx(float(current) * watt, rel=1e-12)
    coupling = found["reservoirs"]["RC"]["couplings"]["B"]
    assert coupling["rate"] == pytest.approx(2 * np.pi * 1e7, rel=1e-12)
    assert coupling["T1"] == pytest.approx(1e6 / (4 * np.pi * 1e7), rel=1e-12)
    assert found["dephasing"]["A"]["rate"] == pytest.approx(35e3, rel=1e-12)
    # σ = −ΣQ/T in J/K/s, dephasing counting as T = ∞.
    T = {name: bath["temperature"] * 1e-3 for name, bath in found["reservoirs"].items()}
    sigma = -sum(found["heat_currents"][name] / T[name] for name in T) / BOLTZMANN
    assert found["entropy_production"] == pytest.approx(
        sigma, rel=1e-9
    )  # 1e-16 over ΣQ's cancellation


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("path", [TWO_QUBIT, CIRCUIT], ids=lambda p: p.stem)
def test_solve_fits_the_terminal(
    run: Any, monkeypatch: pytest.MonkeyPatch, path: Path, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run("solve", path)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert not any(line != line.rstrip() for line in lines)
    for words in ("-0.7071|10⟩ + 0.7071|01⟩", "out of the qubits into RC", "Warning: "):
        assert words in result.out
    assert ("1/s" in result.out) == ("T₁ (" in result.out) == (path == CIRCUIT)


def test_solve_says_when_heat_flows_nowhere(run: Any, tmp_path: Path) -> None:
    result = run("solve", written(tmp_path, WARM.replace("5.0", "1.0")))
    assert result.out.count("none") == 3  # two reservoirs and the entropy production
    assert "out of" not in result.out


def test_infinite_and_undefined_numbers_are_valid_json(run: Any, tmp_path: Path) -> None:
    found = run("solve", written(tmp_path, WARM.replace("= 1.0\nc", "= 0.0\nc")), "--json").json
    assert found["entropy_production"] == "inf"
    assert float(found["entropy_production"]) == np.inf
    cold = WARM.replace("temperature = 5.0", "temperature = 0.0").replace("= 1.0\nc", "= 0.0\nc")
    found = run("solve", written(tmp_path, cold), "--json").json
    assert found["entropy_production"] == 0.0
    assert found["effective_temperatures"]["1-2"]["from_populations"] is None
    assert jsonable({"x": (-np.inf, np.nan, -0.0)}) == {"x": ["-inf", None, 0.0]}


def test_a_non_unique_steady_state_is_refused_with_a_way_out(run: Any, tmp_path: Path) -> None:
    # Authority: docs/physics.md §1.5: from |10⟩ at T_C = 0 the final concurrence is 1/2.
    path = written(tmp_path, MACHINE)
    refused = run("solve", path, "--json")
    refused.fails_in_one_line("dark state λ3 = -0.7071|10⟩ + 0.7071|01⟩", "--initial 10")
    assert refused.json["error"]["kind"] == "NonUniqueSteadyStateError"
    assert "λ3 = -0.7071|10⟩ + 0.7071|01⟩" in refused.json["error"]["dark_states"]
    found = run("solve", path, "--json", "--initial", "10").json
    assert (found["unique"], found["initial"]) == (False, "10")
    assert found["concurrence"]["A-B"] == pytest.approx(0.5, abs=1e-12)
    assert "reached from 10" in run("solve", path, "--initial", "10").out
    singlet = run("solve", path, "--json", "--initial", "10-01").json
    assert singlet["concurrence"]["A-B"] == pytest.approx(1.0, abs=1e-12)
    triplet = run("solve", path, "--json", "--initial", "10+01").json
    assert triplet["concurrence"]["A-B"] == pytest.approx(0.0, abs=1e-12)


def test_an_initial_state_that_does_not_matter_is_not_passed_over(run: Any) -> None:
    result = run("solve", TWO_QUBIT, "--initial", "10")
    assert "The steady state is unique" in result.out
    assert run("solve", TWO_QUBIT, "--initial", "10", "--json").json["unique"] is True


@pytest.mark.parametrize(
    "ket", ["", "1", "12", "100", "10+", "+", "10+10", "10 01", "ground", "|10>"]
)
def test_what_is_no_ket_is_refused(run: Any, ket: str) -> None:
    run("solve", TWO_QUBIT, f"--initial={ket}").fails_in_one_line("--initial", "10+01")


def test_one_qubit_has_no_pairs(run: Any, tmp_path: Path) -> None:
    text = "[qubits]\nA = 20.0\n[reservoirs.RA]\ntemperature = 5.0\ncouplings = { A = 1.0 }\n"
    result = run("solve", written(tmp_path, text))
    assert result.code == 0
    assert "Entanglement" not in result.out
    assert run("solve", written(tmp_path, text), "--json").json["concurrence"] == {}


def test_long_tables_say_what_they_leave_out(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solution_tables, "MOST_ROWS", 3)
    result = run("solve", TWO_QUBIT)
    assert result.out.count("1 more: --json has them all") == 2  # levels and transitions


WRONG_FILES = {
    "empty": ("", None, "qubits"),
    "no TOML": ("[qubits\nA = 1", 1, "TOML"),
    "text": ("hello", 1, "TOML"),
    "a unit without [units]": (MACHINE.replace("20.0", '"20 GHz"'), 2, "qubits.A"),
    "a negative gap": (MACHINE.replace("A = 20.0", "A = -20.0"), 2, "qubits.A"),
    "no gap": (MACHINE.replace("A = 20.0", "A = 0.0"), 2, "> 0"),
    "infinite gap": (MACHINE.replace("A = 20.0", "A = inf"), 2, "finite"),
    "not a number": (MACHINE.replace("A = 20.0", "A = nan"), 2, "finite"),
    "a word for a gap": (MACHINE.replace("A = 20.0", 'A = "big"'), 2, "big"),
    "true for a gap": (MACHINE.replace("A = 20.0", "A = true"), 2, "number"),
    "an unknown table": (MACHINE.replace("[reservoirs", "[resevoirs"), 7, "did you mean"),
    "an unknown key": (MACHINE.replace("strength", "strenght"), 6, "did you mean 'strength'"),
    "a missing key": (MACHINE.replace("strength = 10.0\n", ""), 4, "strength"),
    "an unknown qubit": (MACHINE.replace('"B"]', '"C"]'), 5, "one of A, B"),
    "a pair of one": (MACHINE.replace('"B"]', '"A"]'), 5, "two different"),
    "a pair of three": (MACHINE.replace('"B"]', '"B", "B"]'), 5, "two different"),
    "a negative temperature": (MACHINE.replace("= 0.0", "= -1.0"), 8, ">= 0"),
    "a negative rate": (MACHINE.replace("{ A = 1.0", "{ A = -1.0"), 9, ">= 0"),
    "no couplings": (MACHINE.replace("{ A = 1.0, B = 1.0 }", "{}"), 9, "at least one"),
    "couplings to nobody": (MACHINE.replace("{ A", "{ Q"), 9, "one of A, B"),
    "a sign of 2": (MACHINE.replace("B = 1.0 }", "B = { rate = 1.0, sign = 2 } }"), 9, "+1 or -1"),
    "rate and amplitude": (
        MACHINE.replace("B = 1.0 }", "B = { rate = 1.0, amplitude = 1.0 } }"), 9, "either",
    ),
    "too much correlation": (MACHINE + "correlation = 1.5\n", 10, "[-1, 1]"),
    "unknown units": ('[units]\nfrequency = "Hz"\n' + MACHINE, 2, "cyclic"),
    "a bare number with units": ('[units]\nfrequency = "cyclic"\n' + MACHINE, 4, "GHz"),
    "a repeated key": (MACHINE.replace("B = 20.0", "A = 20.0"), 3, "TOML"),
    "T2 beyond 2 T1": (WARM + "[dephasing]\nA = { T1 = 1.0, T2 = 3.0 }\n", 14, "2 T1"),
    "T1 alone": (WARM + "[dephasing]\nA = { T1 = 1.0 }\n", 14, "T1 and T2"),
    "dephasing of nobody": (WARM + "[dephasing]\nQ = 1.0\n", 14, "one of A, B"),
    "a strong exchange": (WARM.replace("= 10.0", "= 25.0"), 6, "sqrt(epsilon_A*epsilon_B)"),
    "an axis": (WARM.replace("= 5.0", "= [5.0, 6.0]"), 11, "one number"),
    "axes that do not fit": (
        WARM.replace("= 5.0", "= [5.0, 6.0]").replace("= 1.0\nc", "= [1.0, 2.0, 3.0]\nc"), None,
        "broadcast",
    ),
    "an empty list": (WARM.replace("= 5.0", "= []"), 11, "a value"),
    "no reservoirs": ("[qubits]\nA = 1.0\n", None, "reservoirs must be given"),
    "overflow": (WARM.replace("20.0", "1e300").replace("10.0", "1e299"), None, ""),
    "a control character": (MACHINE.replace("A = 20.0", 'A = "\\u0007"'), 2, "qubits.A"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_one_line_with_its_place(run: Any, tmp_path: Path, name: str) -> None:
    text, line, fragment = WRONG_FILES[name]
    path = written(tmp_path, text)
    result = run("solve", path)
    result.fails_in_one_line(fragment)
    assert not result.out
    assert result.err.startswith(f"entherm: {path}:{line}: " if line else f"entherm: {path}")
    assert "\\x07" not in result.err or name == "a control character"


IN_GHZ = """\
[units]
frequency = "cyclic"
[qubits]
A = "1 GHz"
B = "1 GHz"
[[exchange]]
between = ["A", "B"]
strength = "1.2 GHz"
[reservoirs.RA]
temperature = "30 mK"
couplings = { A = "10 MHz" }
"""


def test_an_error_speaks_in_the_units_of_the_file(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, IN_GHZ)
    told = "exchange.A-B.strength must satisfy |Omega| < sqrt(epsilon_A*epsilon_B) = 1 GHz, got"
    beyond = "beyond it omega_1 = -0.2 GHz <= 0"
    remedies = 'operator = "x"', 'below_zero = "dark"', "lower |Omega| or raise the gaps"
    run("solve", path).fails_in_one_line(f"{path}:8: {told} '1.2 GHz': {beyond}", *remedies)


IN_GHZ_DARK = (
    IN_GHZ.replace('"30 mK"', '"100 mK"\nbelow_zero = "dark"')
    + """\
[reservoirs.RB]
temperature = "30 mK"
couplings = { B = { rate = "1 MHz", operator = "x" } }
spectrum = { kind = "ohmic", reference = "1 GHz", cutoff = "50 GHz" }
"""
)


def test_a_dark_machine_is_solved(run: Any, tmp_path: Path) -> None:
    # Authority: detailed balance. From λ3 to λ4 at ω < 0 only the reservoir at 30 mK acts.
    path = written(tmp_path, IN_GHZ_DARK)
    result = run("solve", path)
    assert (result.code, result.err) == (0, "")
    assert "Spectrum of RB: ohmic, reference 1 GHz, cutoff 50 GHz" in result.out
    found = run("solve", path, "--json").json["effective_temperatures"]
    negative = [entry for entry in found.values() if entry["frequency"] < 0.0]
    assert [entry["from_populations"] for entry in negative] == pytest.approx([30.0] * 2, rel=1e-9)


DARK_IN_GHZ = (
    IN_GHZ.partition("[reservoirs")[0].replace("1.2", "0.5")
    + """\
[reservoirs.RC]
temperature = "30 mK"
couplings = { A = "10 MHz", B = "10 MHz" }
"""
)


@pytest.mark.parametrize("command", ["solve", "compare"])
def test_what_never_settles_is_told_in_the_units_of_the_file(
    run: Any, tmp_path: Path, command: str
) -> None:
    # Authority: λ3 at ε − Ω = 0.5 GHz is dark at T = 0, and beats against λ4 at 0.
    path = written(tmp_path, DARK_IN_GHZ.replace("30 mK", "0 mK"))
    run(command, path).fails_in_one_line("oscillating at 0.5 GHz. Remedy", "--initial 10")
    result = run(command, path, "--initial", "00+10")
    told = "--initial must settle, but it holds a coherence that oscillates for ever at frequency"
    result.fails_in_one_line(f"{told} 0.5 GHz: ", "start without that coherence")


def test_a_converted_number_is_printed_as_it_was_written(run: Any, tmp_path: Path) -> None:
    solved = run("solve", written(tmp_path, IN_GHZ.replace("1.2", "0.7")), "--json").json
    assert solved["reservoirs"]["RA"]["temperature"] == 30.0


def test_a_machine_that_takes_too_long_is_refused_at_once(run: Any, tmp_path: Path) -> None:
    qubits = "".join(f"{name} = {k}.0\n" for k, name in enumerate("ABCDEFG", start=1))
    result = run("solve", written(tmp_path, f"[qubits]\n{qubits}"))
    result.fails_in_one_line("at most 6", "got 7", "8 times with every qubit")


@pytest.mark.parametrize(
    ("text", "told", "untold"),
    [
        (MACHINE.replace("A = 20.0", "A = 1e400"), "a finite number", "use 0"),
        (MACHINE.replace("= 0.0", '= "hot"'), "without quotes", "Hz"),
        (MACHINE.replace("= 0.0", "= true"), "write a number", "Hz"),
        (MACHINE.replace("B = 20.0", "A = 20.0"), "each key and each table once", "quotes"),
        (MACHINE.replace("B = 20.0", "B = 20 GHz"), "unit is put in quotes", "once"),
    ],
)
def test_a_remedy_fits_the_mistake(
    run: Any, tmp_path: Path, text: str, told: str, untold: str
) -> None:
    result = run("solve", written(tmp_path, text))
    result.fails_in_one_line(told)
    assert untold not in result.err


def test_what_is_no_file_is_one_line(run: Any, tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    run("solve", tmp_path / "nothing.toml").fails_in_one_line("No such file")
    run("solve", tmp_path).fails_in_one_line("directory")
    run("solve", binary).fails_in_one_line("UTF-8")
    run("solve", "a\0b").fails_in_one_line("cannot be read")
    run("solve", "").fails_in_one_line("cannot be read")
    run("solve", "/dev/zero").fails_in_one_line("bytes")


# solve: general machines, other equations --------------------------------------------------------

CAVITY = """\
[units]
frequency = "cyclic"
[qubits]
Q = "5 GHz"
[oscillators.cavity]
frequency = "5.2 GHz"
anharmonicity = "-0.1 GHz"
dimension = 4
[[exchange]]
between = ["Q", "cavity"]
strength = "0.1 GHz"
[reservoirs.line]
temperature = "30 mK"
couplings = { cavity = "10 MHz" }
spectrum = { kind = "lorentzian", centre = "5.2 GHz", width = "0.5 GHz" }
[reservoirs.noise]
occupation = 0.3
couplings = { Q = "5 MHz" }
"""
CHAIN = """\
[qubits]
A = 1.0
B = 1.1
[[heisenberg]]
between = ["A", "B"]
xx = 0.1
yy = 0.07
[[field]]
on = "A"
x = 0.2
[reservoirs.hot]
temperature = 1.0
couplings = { A = { rate = 0.01, operator = "x" } }
spectrum = { kind = "ohmic", reference = 1.0, cutoff = 10.0 }
[reservoirs.cold]
temperature = 0.2
couplings = { A = { rate = 0.01, operator = "x" }, B = { rate = 0.02, sign = -1, operator = "x" } }
correlation = 0.5
spectrum = { kind = "ohmic", reference = 1.0, cutoff = 10.0 }
"""
DOTS = """\
[qubits]
L = 1.0
R = 1.2
[[exchange]]
between = ["L", "R"]
strength = 0.2
[reservoirs.left]
temperature = 0.5
statistics = "fermi"
chemical_potential = 1.5
couplings = { L = 0.01 }
[reservoirs.right]
temperature = 0.5
statistics = "fermi"
chemical_potential = 0.5
couplings = { R = 0.01 }
"""
FRIDGE = """\
[qubits]
cold = 1.0
mid = 5.0
hot = 4.0
[[swap]]
between = ["cold", "mid", "hot"]
strength = 0.02
[reservoirs.Rc]
reset = "cold"
rate = 0.01
temperature = 1.0
[reservoirs.Rm]
reset = "mid"
rate = 0.01
temperature = 2.0
[reservoirs.Rh]
reset = "hot"
rate = 0.01
temperature = 5.0
"""
MASER = """\
[qudits.M]
levels = [0.0, 5.0, 8.0]
[reservoirs.hot]
temperature = 8.0
couplings = { M = { rate = 0.01, operator = "|0><2|" } }
[reservoirs.cold]
temperature = 1.0
couplings = { M = { rate = 0.01, operator = "|1><2|" } }
[reservoirs.load]
temperature = 3.0
couplings = { M = { rate = 0.01, operator = "|0><1|" } }
"""
GENERAL = {"cavity": CAVITY, "chain": CHAIN, "dots": DOTS, "maser": MASER, "fridge": FRIDGE}
RULES = {
    "global": et.Global(),
    "unified": et.Unified(),
    "redfield": et.Redfield(),
    "universal-lindblad": et.UniversalLindblad(),
    "local": et.Local(),
    "local-bare": et.Local(heat="bare"),
    "reset-bare": et.Reset(heat="bare"),
}
SHIFTED = [word for word, rule in RULES.items() if "lamb_shift" in repr(rule)]


@pytest.mark.parametrize("word", [k for k in RULES if k != "reset-bare"])
def test_every_equation_prints_what_the_library_says(run: Any, tmp_path: Path, word: str) -> None:
    path = written(tmp_path, CHAIN)
    found = run("solve", path, "--equation", word, "--json").json
    state = et.steady_state(et.load(path), RULES[word])
    assert found["equation"] == word.removesuffix("-bare")
    assert found["equation_options"].get("heat", "total") == state.equation.heat
    assert found["heat_currents"] == {k: float(q) for k, q in state.heat_currents.items()}
    assert ("work" in found["heat_currents"]) == (word == "local-bare")
    assert found["populations"] == state.populations.tolist()
    # Between the levels of the machine a local equation has no transitions.
    assert bool(found["effective_temperatures"]) == ("local" not in word)
    assert "quanta_currents" not in found


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", GENERAL)
def test_a_general_machine_fits_the_terminal(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rule = "local-bare" if name == "fridge" else "global"
    result = run("solve", written(tmp_path, GENERAL[name]), "--equation", rule)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines[1:])) <= columns  # the first is the path of a temporary file
    assert not any(line != line.rstrip() for line in lines)
    words = {
        "cavity": ["Kets name the levels of Q (0 to 1) and cavity (0 to 3).", "|03⟩", "lorentzian",
                   "n = 0.3", "quanta (1/s)", "out of noise into the machine", "truncation"],
        "chain": ["operator", "ohmic", "B (sign −1)", "Correlation of cold: 0.5"],
        "dots": ["fermi", "μ", "quanta", "out of the qubits into left"],
        "maser": ["Kets name the levels 0 to 2 of M.", "|2⟩", "|0><2|", "into the machine"],
        "fridge": ["cold (reset)", "work", "local-bare equation of"],
    }  # fmt: skip
    for fragment in words[name]:
        assert fragment in result.out


def test_a_column_is_there_only_for_what_is_not_as_usual(run: Any) -> None:
    printed, _, _ = run("solve", TWO_QUBIT).out.partition("Is this equation")
    for heading in ("operator", "spectrum", "modes", "μ", "quanta", "Correlation", "Kets"):
        assert heading not in printed
    bath = run("solve", TWO_QUBIT, "--json").json["reservoirs"]["RC"]
    assert (bath["statistics"], bath["spectrum"]) == ("bose", {"kind": "flat"})
    assert bath["couplings"]["A"]["operator"] == "lowering"


# Two qubits, each with an Ohmic reservoir of its own: what every equation describes.
OHMIC_PAIR = ROOT / "examples/ohmic_sigma_x.toml"


def test_resets_count_heat_bare_if_asked(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, FRIDGE)
    result = run("solve", path, "--equation", "reset-bare", "--json")
    state = et.steady_state(et.load(path), RULES["reset-bare"])
    assert (result.json["equation"], result.json["equation_options"]) == ("reset", {"heat": "bare"})
    assert result.json["heat_currents"] == {k: float(q) for k, q in state.heat_currents.items()}
    assert "work" in result.json["heat_currents"]
    assert "reset-bare equation of" in run("solve", path, "-e", "reset-bare").out


@pytest.mark.parametrize("word", SHIFTED)
def test_the_lamb_shift_is_what_the_library_adds(run: Any, tmp_path: Path, word: str) -> None:
    path = written(tmp_path, CHAIN)
    asked = ("solve", path, "--equation", word, "--lamb-shift", "explicit")
    found = run(*asked, "--json").json
    rule = replace(RULES[word], lamb_shift="explicit")  # type: ignore[type-var]
    heat = et.steady_state(et.load(path), rule).heat_currents
    assert found["equation_options"]["lamb_shift"] == "explicit"
    assert found["heat_currents"] == {k: float(q) for k, q in heat.items()}
    # A shift that commutes with H_S moves no populations; Redfield's does not commute.
    absorbed = run("solve", path, "-e", word, "--json").json["heat_currents"]
    same = found["heat_currents"] == pytest.approx(absorbed, rel=1e-3)
    assert same == (word in ("global", "unified")), absorbed
    assert f"{word} (--lamb-shift explicit) equation of" in run(*asked).out


def test_a_lamb_shift_that_is_none_is_one_line(run: Any) -> None:
    for command in ("solve", "compare"):
        result = run(command, OHMIC_PAIR, "--lamb-shift", "explict")
        result.fails_in_one_line("'--lamb-shift' must be 'absorbed' or 'explicit', got 'explict'")
        # The two qubits of the paper have flat spectra, whose shift is undefined.
        result = run(command, TWO_QUBIT, "--lamb-shift", "explicit")
        assert "or --lamb-shift absorbed where" in " ".join((result.out + result.err).split())
        assert "lamb_shift=" not in result.out + result.err
    result = run("solve", OHMIC_PAIR, "-e", "reset", "--lamb-shift", "explicit")
    result.fails_in_one_line("must be absorbed with --equation reset", "option of global, unified")


def test_a_warning_speaks_the_words_of_the_command_line(run: Any, tmp_path: Path) -> None:
    # Strong enough a coupling that its principal values shift levels by more than a tenth.
    strong = CHAIN.replace("rate = 0.01", "rate = 0.3")
    printed = " ".join(run("solve", written(tmp_path, strong)).out.split())
    assert "--lamb-shift explicit adds the shift to bare ones" in printed
    assert "lamb_shift=" not in printed


def test_help_names_every_equation_and_shift(run: Any) -> None:
    told = " ".join(run("solve", "--help").out.split())
    for word in (*RULES, "reset", "absorbed", "explicit"):
        assert word in told


def test_work_is_a_row_of_its_own(run: Any, tmp_path: Path) -> None:
    # Authority: the first law, Σ Q + W = 0 in the steady state.
    path = written(tmp_path, CHAIN)
    found = run("solve", path, "-e", "local-bare", "--json").json["heat_currents"]
    assert found["work"] > 0.0
    assert sum(found.values()) == pytest.approx(0.0, abs=1e-12 * found["hot"])
    assert "put into the qubits by the interaction" in run("solve", path, "-e", "local-bare").out


def test_particles_carry_energy_beside_heat(run: Any, tmp_path: Path) -> None:
    # Authority: energy and particle number are conserved, J_E = Q + μ J_N.
    found = run("solve", written(tmp_path, DOTS), "--json").json
    heat, particles = found["heat_currents"], found["quanta_currents"]
    mu = {name: bath["chemical_potential"] for name, bath in found["reservoirs"].items()}
    assert mu == {"left": 1.5, "right": 0.5}
    energy = [heat[name] + mu[name] * particles[name] for name in mu]
    assert sum(energy) == pytest.approx(0.0, abs=1e-12)
    assert sum(particles.values()) == pytest.approx(0.0, abs=1e-12)
    assert particles["left"] > 0.0


def test_a_time_is_that_of_the_first_excited_state(run: Any, tmp_path: Path) -> None:
    # Authority: 1/T1 = 2 Γ f(ω), f = 1 at the centre of the Lorentzian and 1 where it is flat.
    found = run("solve", written(tmp_path, CAVITY), "--json").json["reservoirs"]
    line, noise = found["line"]["couplings"]["cavity"], found["noise"]["couplings"]["Q"]
    assert line["T1"] == pytest.approx(1e6 / (2 * 2 * np.pi * 1e7), rel=1e-12)
    assert noise["T1"] == pytest.approx(1e6 / (2 * 2 * np.pi * 5e6), rel=1e-12)
    assert found["line"]["spectrum"] == {"kind": "lorentzian", "centre": 5.2, "width": 0.5}
    assert (found["noise"]["temperature"], found["noise"]["occupation"]) == (None, 0.3)
    detuned = CAVITY.replace('centre = "5.2 GHz"', 'centre = "5.45 GHz"')
    found = run("solve", written(tmp_path, detuned), "--json").json["reservoirs"]
    # Half a width off, f is about one half; 1e-1 is the Lorentzian's own asymmetry.
    assert found["line"]["couplings"]["cavity"]["T1"] == pytest.approx(2 * line["T1"], rel=0.1)


def test_an_unknown_equation_is_one_line_with_a_suggestion(run: Any) -> None:
    result = run("solve", TWO_QUBIT, "--equation", "universal", "--json")
    result.fails_in_one_line("--equation", "did you mean 'universal-lindblad'?")
    assert result.json["error"]["kind"] == "UnknownNameError"
    run("solve", TWO_QUBIT, "-e", "golbal").fails_in_one_line("did you mean 'global'?")


@pytest.mark.parametrize(
    ("name", "equation", "told"),
    [
        ("fridge", "global", "--equation must be local or reset beside a reset reservoir"),
        ("fridge", "redfield", "got redfield with 'Rc'"),
        ("dots", "reset", "got reset with reservoir 'left'"),
    ],
)
def test_an_equation_that_cannot_describe_a_machine_is_one_line(
    run: Any, tmp_path: Path, name: str, equation: str, told: str
) -> None:
    path = written(tmp_path, GENERAL[name])
    result = run("solve", path, "--equation", equation)
    result.fails_in_one_line(f"entherm: {path}: ", told)
    assert not result.out


def test_kets_of_larger_subsystems(run: Any, tmp_path: Path) -> None:
    # Authority: without |2> the maser's population stays where it is, half in each of |0>, |1>.
    dark = MASER.partition("[reservoirs.cold]")[0]
    path = written(tmp_path, dark)
    run("solve", path).fails_in_one_line("not unique", "--initial 1 ")
    found = run("solve", path, "--initial", "1", "--json").json
    assert found["populations"] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)
    run("solve", path, "--initial", "3").fails_in_one_line("of M (0 to 2)", "e.g. --initial 1.")


def test_kets_of_many_levels_are_separated_by_commas(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, CAVITY.replace("dimension = 4", "dimension = 11"))
    assert "The steady state is unique" in run("solve", path, "--initial", "1,10+0,0").out
    run("solve", path, "--initial", "110").fails_in_one_line(
        "cavity (0 to 10), separated by", "1,9"
    )


def test_short_delays_are_told_in_nanoseconds(run: Any, tmp_path: Path) -> None:
    # Authority: the file's own 0.025 ns; JSON stays in µs.
    path = ROOT / "examples/waveguide_delay.toml"
    assert "Delays of line (ns): A 0, B 0.025" in run("solve", path).out
    delays = run("solve", path, "--json").json["reservoirs"]["line"]["delays"]
    assert delays == pytest.approx({"A": 0.0, "B": 2.5e-5})
    text = path.read_text(encoding="utf-8").replace("0.025 ns", "300 ns")
    assert "Delays of line (µs): A 0, B 0.3" in run("solve", written(tmp_path, text)).out


def test_numbers_of_a_spectrum_are_shown(run: Any, tmp_path: Path) -> None:
    printed = run("solve", written(tmp_path, CAVITY)).out
    assert "Spectrum of line: lorentzian, centre 5.2 GHz, width 0.5 GHz" in printed
    printed = run("solve", written(tmp_path, CHAIN)).out
    assert "Spectrum of hot, cold: ohmic, reference 1, cutoff 10\n" in printed
    assert "Spectrum" not in run("solve", TWO_QUBIT).out


def test_too_many_levels_are_refused_at_once(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, CAVITY.replace("dimension = 4", "dimension = 100"))
    told = "oscillators.cavity must leave at most 128 levels in all for `entherm solve`"
    run("solve", path).fails_in_one_line(told, "2 x 100 = 200")


# compare ----------------------------------------------------------------------------------------


def test_compare_prints_what_each_equation_says(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, CHAIN)
    found, machine = run("compare", path, "--json").json, et.load(path)
    assert [*found["equations"]] == [k for k in RULES if "bare" not in k]
    for word, entry in found["equations"].items():
        state = et.steady_state(machine, RULES[word])
        assert entry["equation"]["name"] == word
        heat = {k: float(q) for k, q in state.heat_currents.items()}
        assert entry["heat_currents"] == pytest.approx(heat, rel=1e-12)
        concurrence = float(state.concurrence("A", "B"))
        assert entry["concurrence"]["A-B"] == pytest.approx(concurrence, rel=1e-12)
        assert entry["validity"]["warnings"] == list(state.validity.warnings)
    assert found["refused"]["reset"] == "needs reservoirs of one qubit each; cold touches A, B"


def test_compare_recommends_what_the_library_does(run: Any) -> None:
    found, comparison = run("compare", TWO_QUBIT, "--json").json, compare(et.load(TWO_QUBIT))
    assert comparison.recommended is not None
    assert found["recommended"] == comparison.recommended.name.lower() == "redfield"
    assert found["reason"].lower() == comparison.reason.lower()
    printed = run("compare", TWO_QUBIT).out
    assert "Recommended: --equation redfield, as it asks for no levels apart" in printed
    assert "Not global: secular_ratio" in printed


def test_compare_uses_the_units_of_the_file(run: Any) -> None:
    solved = run("solve", CIRCUIT, "--json").json
    found = run("compare", CIRCUIT, "--json").json
    assert found["units"] == solved["units"]
    for key in ("heat_currents", "entropy_production", "concurrence"):
        assert found["equations"]["global"][key] == pytest.approx(solved[key], rel=1e-12)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", [*GENERAL, "circuit"])
def test_a_comparison_fits_the_terminal(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    path = CIRCUIT if name == "circuit" else written(tmp_path, GENERAL[name])
    result = run("compare", path)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(len(line) for line in lines if str(path) not in line) <= columns
    assert not any(line != line.rstrip() for line in lines)
    assert "Recommended: --equation" in result.out
    assert ("heat (10⁻¹⁸ W)" in result.out) == (name in ("circuit", "cavity"))
    assert ("Rc          198.7   198.7" in result.out) == (name == "fridge")


def test_compare_says_when_heat_flows_nowhere(run: Any, tmp_path: Path) -> None:
    printed = run("compare", written(tmp_path, WARM.replace("5.0", "1.0"))).out
    table, _, _ = printed.partition("σ is")
    # The universal Lindblad equation alone leaks at equilibrium, as its validity says.
    assert re.search(r"^  RA +0 +0 +0 +4\.\d+ +0$", table, re.MULTILINE)
    assert re.search(r"^σ +0( +0)+$", table, re.MULTILINE)


def test_nothing_to_compare_is_one_line(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, MACHINE)  # a dark state under every equation
    result = run("compare", path, "--json")
    result.fails_in_one_line(f"entherm: {path}: ", "no equation has one steady state")
    assert result.json["error"]["file"] == str(path)
    run("compare", tmp_path / "none.toml").fails_in_one_line("No such file")
    axis = written(tmp_path, WARM.replace("= 5.0", "= [5.0, 6.0]"))
    run("compare", axis).fails_in_one_line(f"{axis}:11: ", "`entherm compare`", "entherm.compare")
    run("solve", axis).fails_in_one_line("`entherm solve`", "entherm.steady_state")


def test_compare_starts_where_it_is_told(run: Any, tmp_path: Path) -> None:
    # Authority: as under `solve`, the final concurrence from |10⟩ at T_C = 0 is 1/2.
    path = written(tmp_path, MACHINE)
    run("compare", path).fails_in_one_line("; global: The steady", "--initial 10 (a bare ket)")
    found = run("compare", path, "--initial", "10", "--json").json
    assert found["initial"] == "10"
    assert len(found["equations"]) == 5
    for entry in found["equations"].values():
        assert entry["concurrence"]["A-B"] == pytest.approx(0.5, abs=1e-9)
    assert "the one reached from 10." in run("compare", path, "--initial", "10").out
    run("compare", path, "--initial", "1").fails_in_one_line("--initial", "10+01")


@pytest.mark.parametrize("columns", [80, 120])
def test_equal_refusals_are_one_entry(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    path = written(tmp_path, FRIDGE)
    lines = run("compare", path).out.splitlines()
    place = next(k for k, line in enumerate(lines) if line.startswith(" global"))
    assert [line.split()[0] for line in lines[place : place + 4]] == [
        *("global", "unified", "redfield", "universal-lindblad")
    ]
    told = "no result: describes no resets; Rc, Rm, Rh reset"
    assert "\n".join(lines).count(told) == 1
    assert max(len(line) for line in lines if str(path) not in line) <= columns
    refused = run("compare", path, "--json").json["refused"]
    assert len({*refused.values()}) == 1 < len(refused)


def test_compare_recommends_nothing_where_nothing_is_fit(run: Any, tmp_path: Path) -> None:
    closed = IN_GHZ_DARK.partition("[reservoirs.RB]")[0].replace("RA", "hot") + (
        '[reservoirs.cold]\ntemperature = "30 mK"\ncouplings = { B = "10 MHz" }\n'
        'below_zero = "dark"\n'
    )
    path = written(tmp_path, closed)
    found = run("compare", path, "--json").json
    assert found["recommended"] is None
    printed = " ".join(run("compare", path).out.split())
    assert "Nothing is recommended. No equation is fit. Not local: " in printed
    assert "Not reset: no reservoir of this machine resets. No result from global, " in printed
    assert "initial=..." not in printed
    assert "--initial 10 (a bare ket)" in printed
    assert run("compare", path, "--initial", "00", "--json").json["recommended"] == "global"


def test_compare_takes_a_lamb_shift(run: Any) -> None:
    found = run("compare", OHMIC_PAIR, "--lamb-shift", "explicit", "--json").json
    for word, entry in found["equations"].items():
        shift = "explicit" if word in SHIFTED else None
        assert entry["equation"]["options"].get("lamb_shift") == shift
    assert found["recommended"] == "global"
    printed = run("compare", OHMIC_PAIR, "--lamb-shift", "explicit").out
    assert "Recommended: --equation global --lamb-shift explicit, as" in printed


def test_compare_says_what_no_choice_cures(run: Any) -> None:
    told = "weak_coupling_ratio and counter_rotating_ratio are beyond their limits under every"
    assert f"{told} equation: no choice" in " ".join(run("compare", TWO_QUBIT).out.split())
    assert f"{told} equation that is fit: no" in " ".join(run("compare", CIRCUIT).out.split())
    assert "no choice" not in run("compare", OHMIC_PAIR).out


# cite, doctor ---------------------------------------------------------------------------------


def test_citations_agree_with_the_citation_file(run: Any) -> None:
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    software, _, article = cff.partition("references:")
    found = run("cite", "--json").json
    for text, entry in ((software, found["software"]), (article, found["paper"])):
        titles = re.findall(r'title: "(.*)"', text)
        assert entry["title"] == titles[0]
    given = re.findall(r"given-names: (.*)", article)
    family = re.findall(r"family-names: (.*)", article)
    people = [f"{last}, {first}" for first, last in zip(given, family, strict=True)]
    assert found["paper"]["author"].split(" and ") == people
    assert found["software"]["note"] == f"Version {et.__version__}"
    printed = run("cite").out
    assert found["paper"]["bibtex"] in printed
    assert printed.count("@") == 2
    assert printed.count("{") == printed.count("}")


def test_doctor_finds_this_installation_in_order(run: Any) -> None:
    result = run("doctor", "--json")
    found = result.json
    assert found["passed"], found["checks"]
    assert result.code == 0
    assert found["versions"]["entherm"] == et.__version__
    assert found["versions"]["numpy"] == np.__version__
    assert len(found["checks"]) == 4
    shown = run("doctor")
    assert "All is in order." in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80


def test_doctor_knows_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    assert declared | {"h5py"} == {*doctor.REQUIRED}


def test_doctor_fails_when_something_is_wrong(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "REFERENCE_CONCURRENCE", 0.0247)
    monkeypatch.setattr(doctor, "REQUIRED", ("numpy", "no-such-library"))
    monkeypatch.setattr(doctor, "closed_form_concurrence", lambda p: 1 / 0)
    result = run("doctor", "--json")
    assert result.code == 1
    assert [check["passed"] for check in result.json["checks"]] == [False, True, False, True]
    assert "pip install no-such-library" in result.out
    assert "ZeroDivisionError" in result.out
    assert "Something is not in order." in run("doctor").out


def test_doctor_sees_a_kernel_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = finished("doctor", "--json", XDG_CACHE_HOME=str(tmp_path / "file"))
    cache = next(c for c in result.json["checks"] if c["name"] == "kernel cache")
    assert result.code == 1
    assert "XDG_CACHE_HOME" in cache["detail"]


# reproduce ------------------------------------------------------------------------------------


def test_reproduce_writes_what_it_says(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = run("reproduce", "fig4", "fig1", "--out", out, "--json")
    assert (result.code, result.err) == (0, "")
    found = result.json
    assert list(found["figures"]) == ["fig1", "fig4"]
    names = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert names == {
        *("figures/fig1.png", "figures/fig1.pdf", "figures/fig4.png", "figures/fig4.pdf"),
        *("data/fig4.nc", "claims.json", "report.html"),
    }
    listed = {Path(path) for entry in found["figures"].values() for path in entry["files"]}
    assert listed == {out / n for n in names if n.startswith(("fig", "data"))}
    claims = json.loads((out / "claims.json").read_text(encoding="utf-8"))
    keys = ("id", "figure", "statement", "paper", "ours", "verdict", "note")
    assert all([*claim][:7] == [*keys] for claim in claims)
    assert all("4" in claim["figure"] for claim in claims)
    assert sum(found["verdicts"].values()) == len(claims) > 0
    assert found["left_out"] == ["fig2", "fig3", "fig5", "fig6", "fig7"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "This is a part of the reproduction" in page
    assert (out / "figures/fig4.png").read_bytes()[:4] == b"\x89PNG"


def test_reproduced_data_is_labelled(tmp_path: Path) -> None:
    # Authority: the detunings that [Man] prints in Fig. 4.
    import xarray as xr

    reproduction.reproduce(["fig4"], str(tmp_path))
    with xr.open_dataset(tmp_path / "data/fig4.nc", engine="h5netcdf") as data:
        assert data.detuning_thermal.values.round(2).tolist() == [0.95, 1.43, 1.86, 2.08]
        assert data.attrs["entherm_version"] == et.__version__


def test_a_summary_fits_the_terminal(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("reproduce", "fig1")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= 80
    for words in ("out/figures/fig1.pdf", "Not asked for: fig2", "Report: out/report.html"):
        assert words in result.out


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/no", "/dev/null", ""])
def test_a_folder_that_cannot_be_written_is_one_line(run: Any, tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("kept")
    place = out if out.startswith("/") else f"{tmp_path}/{out}" if out else "/dev/null/x"
    run("reproduce", "fig1", "--out", place).fails_in_one_line("cannot be written", "--out")
    assert (tmp_path / "file").read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_no_half_file(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reproduction, "save", full)
    run("reproduce", "fig1", "--out", tmp_path).fails_in_one_line("No space left", "fig1.png")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
    assert not list(tmp_path.glob(".entherm-*"))


def test_an_early_interrupt_says_that_nothing_is_there(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(reproduction, "save", interrupted)
    result = run("reproduce", "fig1", "--out", tmp_path)
    result.fails_in_one_line("interrupted", "no figure was written", code=130)


def test_an_error_in_a_figure_or_claim_names_it(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> NoReturn:
        raise et.EnthermError("no roots.")

    broken = replace(reproduction.FIGURES["fig1"], compute=refused)
    monkeypatch.setattr(reproduction, "FIGURES", {"fig1": broken})
    result = run("reproduce", "--out", tmp_path, "--json")
    result.fails_in_one_line("fig1 cannot be computed: no roots.")
    assert result.json["error"]["kind"] == "EnthermError"
    assert not (tmp_path / "report.html").exists()


def test_figures_that_a_claim_is_about() -> None:
    named = reproduction.figures_named
    assert named("Fig. 2(a)") == {"fig2"}
    assert named("Figs. 4, 5") == {"fig4", "fig5"}
    assert named("Figs. 2–4 and 7(c)") == {"fig2", "fig3", "fig4", "fig7"}
    assert named("Sec. 2, Eq. (15)") == set()
    assert named("Abstract, Sec. V") == set()


# A process of its own -------------------------------------------------------------------------

HEAVY = [
    *("jax", "numba", "matplotlib", "xarray", "pandas", "zarr", "h5netcdf", "jinja2", "qutip"),
    *("distributed", "filelock"),
]


@pytest.mark.parametrize(
    ("words", "also"),
    [
        (["--help"], ["pydantic", "pint", "scipy", "rich.console"]),
        (["--version"], ["pint", "scipy", "rich.console"]),
        (["solve", str(TWO_QUBIT)], ["pint", "scipy"]),
        (["solve", str(TWO_QUBIT), "--json"], ["pint", "scipy", "rich.console"]),
        (["solve", str(TWO_QUBIT), "--equation", "unified"], ["pint"]),
        (["solve", str(CIRCUIT)], []),
        (["compare", str(TWO_QUBIT), "--json"], ["pint", "rich.console"]),
    ],
)
def test_nothing_heavy_is_imported(words: list[str], also: list[str]) -> None:
    code = (
        "import sys, entherm.cli\n"
        f"try: entherm.cli.main({words!r})\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=_environment(), check=True, text=True
    )
    # pint wakes a part of Dask where that is installed, and Dask wakes jinja2.
    heavy = {*HEAVY, *also, "dask"} if "pint" in also else {*HEAVY, *also} - {"jinja2"}
    assert not heavy & {*done.stderr.split()}


def test_a_terminal_without_greek_gets_its_answer() -> None:
    plain = finished("solve", TWO_QUBIT, PYTHONIOENCODING="ascii")
    assert (plain.code, plain.err) == (0, "")
    assert "\\u03bb3" in plain.out
    found = finished("solve", TWO_QUBIT, "--json", PYTHONIOENCODING="ascii").json
    assert found["levels"][0] == {"label": "λ4", "state": "|00⟩"}


def test_a_reader_who_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "entherm", "solve", str(TWO_QUBIT)],
        stdout=write, stderr=subprocess.PIPE, env=_environment(), check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("word", ["--json", "--initial=10"])
def test_a_full_disk_under_stdout_is_one_line(word: str) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "entherm", "solve", str(TWO_QUBIT), word],
            stdout=full, stderr=subprocess.PIPE, env=_environment(), check=False, text=True,
        )  # fmt: skip
    Result(done.returncode, "", done.stderr).fails_in_one_line("cannot be printed")


def test_an_interrupt_is_one_line_and_leaves_whole_files(tmp_path: Path) -> None:
    started = process("reproduce", "fig1", "fig2", "fig7", "--out", tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "figures/fig1.pdf").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    result = Result(started.returncode, out, err)
    result.fails_in_one_line("interrupted", "fig1", "entherm reproduce fig2 fig7", code=130)
    assert not result.out
    assert not list(tmp_path.glob(".entherm-*"))
    assert (tmp_path / "figures/fig1.pdf").read_bytes().rstrip().endswith(b"%%EOF")
