"""Machine files: what they mean, what is refused and on which line, and that they come back.

Oracles: the same machine made in code; `tomllib` for which keys a document has; for a message, the
line counted by hand in the text beside it.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from entherm.errors import EnthermError, NonUniqueSteadyStateError, ParameterError
from entherm.machine import Machine
from entherm.machine_file import MachineFileError, load, read, reads
from entherm.machine_writer import dumps, save
from entherm.reservoirs import Coupling, Reservoir
from entherm.steady_state import steady_state
from entherm.subsystems import Qubit, exchange
from entherm.toml_lines import key_lines
from entherm.two_qubit import two_qubit_machine
from entherm.units import DIMENSIONLESS, Units

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PLAIN = (EXAMPLES / "two_qubit.toml").read_text(encoding="utf-8")
PHYSICAL = (EXAMPLES / "circuit_qed.toml").read_text(encoding="utf-8")

MACHINE = """\
[qubits]
A = 20.0
B = 20.0
[[exchange]]
between = ["A", "B"]
strength = 10.0
[reservoirs.RA]
temperature = 5.0
couplings = { A = 1.0 }
[reservoirs.RC]
temperature = 1.0
couplings = { A = 1.0, B = { rate = 1.0, sign = 1 } }
correlation = 1.0
[dephasing]
A = 0.1
"""
IN_GHZ = """\
[units]
frequency = "cyclic"
[qubits]
A = "1 GHz"
B = "1 GHz"
[reservoirs.RC]
temperature = "15 mK"
couplings = { A = "10 MHz", B = "10 MHz" }
[dephasing]
A = { T1 = "28 us", T2 = "19 us" }
"""


def message(text: str) -> str:
    with pytest.raises(MachineFileError) as caught:
        reads(text, "m.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- meaning -------------------------------------------------------------------------------------


def test_a_dimensionless_file_is_the_machine_made_in_code() -> None:
    machine = two_qubit_machine(20, 20, 10, T_A=5, T_B=5, T_C=1)
    file = read(EXAMPLES / "two_qubit.toml")
    expected = Machine(machine.subsystems, machine.interactions, machine.reservoirs)
    assert file.machine.hash == expected.hash
    assert file.units == DIMENSIONLESS
    assert file.name == "two qubits, one common reservoir"


def test_the_comments_of_the_example_hold() -> None:
    # docs/physics.md §1.2, three digits: with RC, without it, and for the other sign of Ω.
    machine = load(EXAMPLES / "two_qubit.toml")
    others = machine.without("RC"), machine.replace({"exchange.A-B.strength": -10.0})
    found = [float(steady_state(m).concurrence("A", "B")) for m in (machine, *others)]
    assert found == pytest.approx([0.0993, 0.0845, 0.0247], abs=5e-5)


def test_a_physical_file_in_units_of_1e9_rad_per_second() -> None:
    # By hand, with h/k_B and ħ/k_B of docs/physics.md §1.9 (7 digits); γ in 1/µs takes no 2π.
    machine = load(EXAMPLES / "circuit_qed.toml")
    found = {path: float(value) for path, value in machine.parameters.items()}
    assert found["qubits.A"] == pytest.approx(2 * np.pi)
    assert found["exchange.A-B.strength"] == pytest.approx(1.4 * np.pi)
    assert found["reservoirs.RC.couplings.B.rate"] == pytest.approx(0.02 * np.pi)
    assert found["reservoirs.RC.temperature"] == pytest.approx(15 / 7.638233, rel=1e-7)
    assert found["reservoirs.RA.temperature"] / found["qubits.A"] == pytest.approx(
        30 / 47.99243, rel=1e-7
    )
    assert found["dephasing.A.rate"] == pytest.approx(3.5e-5)


def test_relaxation_and_ramsey_times() -> None:
    # γ = (1/T2 − 1/(2 T1)) / 2, `Dephasing`
    rate = reads(IN_GHZ).machine.dephasing["A"].rate
    assert float(rate) * 1e9 == pytest.approx((1 / 19e-6 - 0.5 / 28e-6) / 2)


def test_amplitudes_signs_and_correlations() -> None:
    text = """
    qubits = { A = 1.0, B = 2 }
    [reservoirs.R]
    temperature = 0
    couplings.A.amplitude = -2.0
    couplings.B = { rate = 4.0, sign = -1 }
    correlation = 0.5
    """
    expected = Reservoir(
        "R", 0.0, {"A": Coupling(amplitude=-2.0), "B": Coupling(rate=4.0, sign=-1)}, 0.5
    )
    assert reads(text).machine.hash == Machine([Qubit("A", 1), Qubit("B", 2)], (), [expected]).hash


def test_lists_broadcast() -> None:
    text = MACHINE.replace("temperature = 5.0", "temperature = [[1.0], [2.0]]")
    assert reads(text.replace("strength = 10.0", "strength = [1, 2, 3]")).machine.shape == (2, 3)
    physical = IN_GHZ.replace('"15 mK"', '["15 mK", "20 mK"]')
    assert reads(physical).machine.shape == (2,)


# --- refusals ------------------------------------------------------------------------------------

EDITS = [  # in MACHINE or IN_GHZ: what is replaced, by what, line and message
    # keys
    ("temperature = 1.0", "temperatur = 1.0", 11, "reservoirs.RC.temperatur must be one of"),
    ("temperature = 1.0", "temperatur = 1.0", 11, "did you mean 'temperature'?"),
    ("temperature = 1.0", "", 10, "reservoirs.RC.temperature must be given"),
    ("[qubits]", "[qubit]", 1, "did you mean 'qubits'?"),
    ("[dephasing]", "[dephase]", 14, "did you mean 'dephasing'?"),
    ("sign = 1", "sgn = 1", 12, "reservoirs.RC.couplings.B.sgn must be one of rate, sign, ampl"),
    ("strength = 10.0", "strenght = 10.0", 6, "exchange.A-B.strenght must be one of between, str"),
    ("strength = 10.0", "", 4, "exchange.A-B.strength must be given"),
    ('between = ["A", "B"]', "", 4, "exchange.0.between must be given"),
    ("[[exchange]]", "[exchange]", 4, "exchange must be a list, got {"),
    ("A = 0.1", "A = { T1 = 1.0 }", 15, "dephasing.A must be a rate, or T1 and T2"),
    ("A = 0.1", "A = { rate = 1.0, T2 = 1.0 }", 15, "dephasing.A must be a rate, or T1 and T2"),
    ("A = 0.1", "A = { t1 = 1.0 }", 15, "did you mean 'T1'?"),
    ("[qubits]", "name = 3\n[qubits]", 1, "name must be text, got 3: write it in quotes"),
    ("[reservoirs.RA]", "[reservoirs]\nRX = 3\n[reservoirs.RA]", 8, "RX must be a table, got 3"),
    # values
    ("A = 20.0", "A = -20.0", 2, "qubits.A must be > 0, got -20.0: relabel"),
    ("A = 20.0", "A = nan", 2, "qubits.A must be finite, got nan"),
    ("A = 20.0", "A = inf", 2, "qubits.A must be finite, got inf"),
    ("A = 20.0", "A = true", 2, "qubits.A must be a bare number, got True"),
    ("A = 20.0", 'A = "20"', 2, "qubits.A must be a bare number, got '20'"),
    ("A = 20.0", 'A = "1 GHz"', 2, "got '1 GHz': write the number alone, or say what Hz means"),
    ("A = 20.0", "A = 2026-01-01", 2, "must be a bare number, got datetime.date(2026, 1, 1)"),
    ("A = 20.0", "A = { gap = 1.0 }", 2, "qubits.A must be a bare number, got {'gap': 1.0}"),
    ("A = 20.0", "A = []", 2, "qubits.A must be a frequency or energy or a list of them, got []"),
    ("A = 20.0", "A = [1, -2]", 2, "qubits.A must be > 0, got -2.0 (element 1 of 2)"),
    ("A = 20.0", "A = [[1], 2]", 2, "qubits.A must be a rectangular array"),
    ("A = 20.0", f"A = {10**400}", 2, "qubits.A must be finite, got inf"),
    ("A = 20.0", f"A = {'[' * 70}1{']' * 70}", 2, "qubits.A must be a rectangular array"),
    ("temperature = 5.0", "temperature = -1", 8, "reservoirs.RA.temperature must be >= 0, got -1"),
    ("{ A = 1.0 }", "{ A = -1.0 }", 9, "reservoirs.RA.couplings.A.rate must be >= 0, got -1.0"),
    ("{ A = 1.0 }", "{}", 9, "reservoirs.RA.couplings must touch at least one subsystem"),
    ("{ A = 1.0 }", "{ Q = 1.0 }", 9, "reservoirs.RA.couplings.Q must be one of A, B, got 'Q'"),
    ("{ A = 1.0 }", "{ A = { sign = 1 } }", 9, "couplings.A must have either a rate or an ampl"),
    ("{ A = 1.0 }", "{ A = { rate = 1, amplitude = 1 } }", 9, "either a rate or an amplitude"),
    ("{ A = 1.0 }", "[1.0]", 9, "reservoirs.RA.couplings must be a table, got [1.0]"),
    ("sign = 1", "sign = 2", 12, "reservoirs.RC.couplings.B.sign must be +1 or -1, got 2"),
    ("sign = 1", "sign = true", 12, "reservoirs.RC.couplings.B.sign must be 1 or -1, got True"),
    ("sign = 1", "sign = 1.0", 12, "reservoirs.RC.couplings.B.sign must be 1 or -1, got 1.0"),
    ("correlation = 1.0", "correlation = 1.1", 13, "reservoirs.RC.correlation must lie in [-1, 1]"),
    ("correlation = 1.0", 'correlation = "1"', 13, "must be a bare number, got '1': it has no un"),
    ("A = 0.1", "A = -0.1", 15, "dephasing.A.rate must be >= 0, got -0.1"),
    ("A = 0.1", "A = { T1 = 1.0, T2 = 3.0 }", 15, "dephasing.A.T2 must be <= 2 T1, got 3.0"),
    ("A = 0.1", "Q = 0.1", 15, "dephasing.Q must be one of A, B, got 'Q'"),
    # exchange
    ('["A", "B"]', '["A", "A"]', 5, "exchange.0.between must name two different qubits"),
    ('["A", "B"]', '["A", "B", "A"]', 5, "must name two different qubits, got ['A', 'B', 'A']"),
    ('["A", "B"]', '["A"]', 5, "exchange.0.between must name two different qubits"),
    ('["A", "B"]', '["A", "Q"]', 5, "exchange.A-Q.between must be one of A, B, got 'Q'"),
    ('["A", "B"]', '["A",\n3]', 6, "exchange.0.between.1 must be text, got 3"),
    (
        "[reservoirs.RA]",
        '[[exchange]]\nbetween = ["B", "A"]\nstrength = 1\n[reservoirs.RA]',
        8,
        "exchange.B-A.between must name each pair once, got ['B', 'A']",
    ),
    (
        "strength = 10.0",
        'strength = "x"',
        6,
        "exchange.A-B.strength must be a bare number, got 'x'",
    ),
    # several axes that do not fit
    (
        "A = 20.0\nB = 20.0",
        "A = [1, 2]\nB = [1, 2, 3]",
        3,
        "qubits.B must broadcast with the shape (2,)",
    ),
    # units
    ('frequency = "cyclic"', "", 1, "units.frequency must be given, got nothing: under"),
    ('"cyclic"', '"hertz"', 2, "units.frequency must be 'cyclic' or 'angular', got 'hertz'"),
    ('frequency = "cyclic"', 'time = "s"', 2, "units.time must be one of frequency, got 'time'"),
    ('[units]\nfrequency = "cyclic"', "units = 3", 1, "units must be a table, got 3"),
    ('A = "1 GHz"', "A = 1.0", 4, "must be a frequency or energy with its unit, got 1.0: write"),
    ('A = "1 GHz"', 'A = "1 GHx"', 4, "qubits.A must be a frequency or energy, got '1 GHx' (not"),
    ('A = "1 GHz"', 'A = "-1 GHz"', 4, "qubits.A must be > 0, got '-1 GHz'"),
    ('A = "1 GHz"', 'A = ["1 GHz", "-1 GHz"]', 4, "qubits.A must be > 0, got ['1 GHz', '-1 GHz']"),
    ('"15 mK"', '"15 GHz"', 7, "reservoirs.RC.temperature must be a temperature, got '15 GHz'"),
    ('"15 mK"', '"-15 mK"', 7, "reservoirs.RC.temperature must be >= 0, got '-15 mK'"),
    ('{ A = "10 MHz"', '{ A = "-1 MHz"', 8, "couplings.A.rate must be >= 0, got '-1 MHz'"),
    ('{ A = "10 MHz"', "{ A = { amplitude = 1 }", 8, "amplitude must be left out of a file with"),
    ('T2 = "19 us"', 'T2 = "99 us"', 10, "dephasing.A.T2 must be <= 2 T1, got '99 us'"),
    ('T2 = "19 us"', 'T2 = "19 MHz"', 10, "dephasing.A.T2 must be a time, got '19 MHz' (cycle"),
    # TOML
    ('A = "1 GHz"', "A = 1 GHz", 4, "is not valid TOML: Expected newline"),
    ('A = "1 GHz"', "A = 1 GHz", 4, "a quantity with its unit is put in quotes"),
    ('A = "1 GHz"', 'A = "1 GHz"\nA = "2 GHz"', 5, "is not valid TOML: Cannot overwrite a value"),
    ("[qubits]", "[qubits", 1, "is not valid TOML: Expected ']'"),
    ('T2 = "19 us" }', 'T2 = "', 10, "is not valid TOML"),
]


@pytest.mark.parametrize(("old", "new", "line", "expected"), EDITS)
def test_refusals_name_line_key_value_rule_and_remedy(
    old: str, new: str, line: int, expected: str
) -> None:
    text = MACHINE if old in MACHINE else IN_GHZ
    assert old in text
    found = message(text.replace(old, new, 1))
    assert found.startswith(f"m.toml:{line}: "), found
    assert expected in found


def test_messages_in_full() -> None:
    assert message(MACHINE.replace("temperature = 1.0", "temperatur = 1.0")) == (
        "m.toml:11: reservoirs.RC.temperatur must be one of temperature, couplings, correlation, "
        "got 'temperatur': did you mean 'temperature'?"
    )
    assert message(IN_GHZ.replace('"15 mK"', '"-15 mK"')) == (
        "m.toml:7: reservoirs.RC.temperature must be >= 0, got '-15 mK': T = 0 is allowed."
    )
    assert message("") == (
        "m.toml: qubits must be given, got nothing: write [qubits] and below it A = 20.0."
    )
    assert message("[qubits]") == (
        "m.toml:1: qubits must name at least one, got none: write [qubits] and below it A = 20.0."
    )


def test_nonsense_is_one_short_line() -> None:
    assert len(message(f"A = '{'x' * 100_000}'\nqubits = 3")) < 1000
    assert len(message(f"qubits.A = '{'x' * 100_000}'")) < 1000
    assert len(message(f'"{"x" * 100_000}" = 3')) < 1000
    assert "\x1b" not in message('"\\u001b[31m\\n\\u0000" = 3')
    assert message(f"qubits.A = {'1' * 5000}").startswith("m.toml: is not valid TOML: Exceeds")
    assert "nested too deeply" in message(f"qubits.A = {'[' * 5000}{']' * 5000}")


def refusal_of(path: str | os.PathLike[str]) -> str:
    with pytest.raises(MachineFileError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory): check" in refusal_of(tmp_path / "none.toml")
    assert "cannot be read (Is a directory)" in refusal_of(tmp_path)
    assert "cannot be read (embedded null byte)" in refusal_of("a\0b")
    (tmp_path / "latin.toml").write_bytes(b'# a\nname = "\xb5"\n')
    assert "latin.toml:2: must be UTF-8 text, has a byte 0xb5" in refusal_of(
        tmp_path / "latin.toml"
    )
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    assert "must have at most 1000000 bytes" in refusal_of(tmp_path / "big.toml")
    (tmp_path / "binary.toml").write_bytes(bytes(128))
    assert "binary.toml:1: is not valid TOML" in refusal_of(tmp_path / "binary.toml")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MACHINE.replace("\n", "\r\n").encode())
    assert load(path).hash == reads(MACHINE).machine.hash
    path.write_bytes(MACHINE.replace("A = 0.1", "A = -0.1").replace("\n", "\r\n").encode())
    assert f"{path}:15: dephasing.A.rate" in refusal_of(path)


# --- errors that come later ----------------------------------------------------------------------

LATER: list[tuple[EnthermError, str]] = [
    (ParameterError("exchange.A-B.strength", "be small", 10.0, "r"), "m.toml:6: exchange.A-B.str"),
    (ParameterError("reservoirs.RC.couplings.A.rate", "be", 1, "r"), "m.toml:12: reservoirs.RC.co"),
    (ParameterError("reservoirs.RC.spectrum", "be flat", 1, "r"), "m.toml:10: reservoirs.RC.spec"),
    (ParameterError("tolerance", "be > 0", 0, "r"), "m.toml: tolerance must be > 0, got 0: r."),
    (NonUniqueSteadyStateError("Not unique.", 2, ()), "m.toml: Not unique."),
]


@pytest.mark.parametrize(("error", "expected"), LATER)
def test_later_errors_get_the_line_of_the_longest_path(error: EnthermError, expected: str) -> None:
    located = reads(MACHINE, "m.toml").locate(error)
    assert str(located).startswith(expected)


def test_lines_through_every_way_to_write_a_table() -> None:
    text = (
        '''\
qubits.A = 1.0 # "[not] a = table"
qubits."B" = [
    1.0, # one
    2.0,
]
name = """
[[x]]
y = 1 \\""""""
description = 'it'''
        + """'
[reservoirs]
R = { temperature = 1.0, couplings = { A = 1, 'B' = { rate = [1, 2], sign = -1 } } }
[reservoirs.S.couplings]
A = 1.0
[[exchange]]
between = ["A",
    "B"]
strength = 1979.5e-3
[[exchange]]
between = ["A", "B"]
"""
    )
    lines = key_lines(text)
    expected = {
        "qubits.A": 1,
        "qubits.B": 2,
        "qubits.B.0": 3,
        "qubits.B.1": 4,
        "name": 6,
        "description": 9,
        "reservoirs.R.temperature": 11,
        "reservoirs.R.couplings.B.rate.1": 11,
        "reservoirs.R.couplings.B.sign": 11,
        "reservoirs.S": 12,
        "reservoirs.S.couplings.A": 13,
        "exchange": 14,
        "exchange.0.between": 15,
        "exchange.0.between.1": 16,
        "exchange.0.strength": 17,
        "exchange.1.between": 19,
    }
    assert {path: lines[path] for path in expected} == expected


# --- there and back ------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
TEMPERATURES = st.floats(1e-300, 1e200)
POSITIVE = st.floats(1e-200, 1e99) | st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3)
GAPS = st.floats(1e-300, 1e149) | st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3)
SIGNED = st.floats(1e-99, 1e49) | st.floats(-1e49, -1e-99)
COUPLINGS = st.builds(Coupling, POSITIVE, st.sampled_from([1, -1])) | st.builds(
    lambda g, sign: Coupling(amplitude=g, sign=sign), SIGNED, st.sampled_from([1, -1])
)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    baths = draw(st.lists(NAMES, max_size=3, unique=True))
    touched = st.dictionaries(st.sampled_from(names), COUPLINGS, min_size=1)
    return Machine(
        [Qubit(name, draw(GAPS)) for name in names],
        [exchange(*names[:2], draw(SIGNED))] if draw(st.booleans()) else [],
        [Reservoir(b, draw(TEMPERATURES), draw(touched), draw(st.floats(0, 1))) for b in baths],
        draw(st.dictionaries(st.sampled_from(names), POSITIVE)),
    )


@given(machine=machines())
def test_a_machine_comes_back_bit_for_bit(machine: Machine) -> None:
    assert reads(dumps(machine)).machine.hash == machine.hash


@pytest.mark.parametrize("units", [Units("cyclic"), Units("angular")])
def test_with_units_it_comes_back_to_rounding(units: Units, tmp_path: Path) -> None:
    machine = load(EXAMPLES / "circuit_qed.toml")
    save(machine, tmp_path / "copy.toml", units)
    copy = read(tmp_path / "copy.toml")
    assert copy.units == units
    for path, value in machine.parameters.items():
        # One multiplication and one division.
        np.testing.assert_allclose(copy.machine.parameters[path], value, rtol=1e-15)


def test_amplitudes_have_no_physical_unit() -> None:
    bath = Reservoir("R", 1.0, {"A": Coupling(amplitude=1.0)})
    with pytest.raises(ParameterError, match="a rate before it is written with units"):
        dumps(Machine([Qubit("A", 1.0)], reservoirs=[bath]), Units("cyclic"))


# --- anything at all -----------------------------------------------------------------------------

NUMBERS = ["-1", "0", "2", "nan", "-inf", "1e999", "1_0", "0x", "1979-05-27", "true"]
VALUES = [*NUMBERS, '"1 GHz"', '"-1 mK"', '"1 /us"', '"x"', "[1,2]", "[1,[2]]", "[]", "{}"]
KEYS = ["sign", "rate", "amplitude", "T1", "T2", "temperature", "qubits", "units", "A", "B", "µ"]
MARKS = ["[", "]", "[[", "]]", "{", "}", "=", ",", ".", '"', "'", '"""', "#", "\n", "\\", "-"]
SNIPPETS = st.sampled_from(VALUES + KEYS + MARKS) | st.text(max_size=3)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from([MACHINE, IN_GHZ, PLAIN, PHYSICAL]))
    words = [*text.replace(" ", "\0 \0").replace("\n", "\0\n\0").split("\0")]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(words)))
        stop = draw(st.integers(start, min(start + 2, len(words))))
        words[start:stop] = draw(st.lists(SNIPPETS, max_size=2))
    return "".join(words)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(text=mutations())
def test_a_mutated_file_is_a_machine_or_one_clear_error(text: str) -> None:
    try:
        outcome = f"m.toml gives {type(reads(text, 'm.toml').machine)}"
    except MachineFileError as error:
        outcome = str(error)
    assert outcome.startswith("m.toml")
    assert "\n" not in outcome
    assert len(outcome) < 1000


def paths(node: object, prefix: str = "") -> set[str]:
    entries = node.items() if isinstance(node, dict) else enumerate(node)  # type: ignore[arg-type]
    found = set()
    for key, value in entries:
        found.add(f"{prefix}{key}")
        if isinstance(value, dict | list):
            found |= paths(value, f"{prefix}{key}.")
    return found


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much])
@given(text=mutations())
def test_every_key_that_tomllib_finds_has_a_line(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except ValueError:
        assume(False)
    lines = key_lines(text)
    assert set(lines) == paths(document)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


# --- start-up ------------------------------------------------------------------------------------


def test_a_dimensionless_file_does_not_load_pint() -> None:
    program = (
        "import sys; from entherm.machine_file import load; assert 'pydantic' not in sys.modules; "
        f"load({str(EXAMPLES / 'two_qubit.toml')!r}); sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
