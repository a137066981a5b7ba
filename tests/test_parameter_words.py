"""Parameters in words, as symbols and in units.

Oracles: the spelled-out expectations below, matplotlib's own parser, and the machine file, which
writes each parameter with its unit by other code.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

import entherm as et
from entherm import zoo
from entherm.correlation import TabulatedCorrelation
from entherm.errors import UnknownNameError
from entherm.interactions import Interaction
from entherm.machine_writer import dumps
from entherm.parameter_words import long_name_of, scale_of, symbol_of
from entherm.units import NUMBER, Units

ROOT = Path(__file__).resolve().parents[1]
HOP = np.eye(4)[[0, 2, 1, 3]]

EVERYTHING = et.Machine(
    subsystems=[
        et.Qubit("A", 1.0),
        et.Qubit("B2", 1.0),
        et.Qudit("C", [0.0, 1.0]),
        et.Qudit("L", gap=1.0, dimension=3),
        et.Oscillator("Res", 1.0, 3, -0.1),
    ],
    interactions=[
        et.exchange("A", "C", 0.1),
        et.exchange("A", "B2", 0.1),
        et.heisenberg("A", "C", xx=0.1, zz=0.2),
        et.swap("A", "C", "L", 0.1),
        et.field("A", x=0.1, z=0.2),
        et.hamiltonian_term("DM", ("A", "B2"), HOP, 0.1),
    ],
    reservoirs=[
        et.Reservoir(
            "RC",
            1.0,
            {"A": 0.1, "C": et.Coupling(amplitude=0.3)},
            chemical_potential=0.1,
            spectrum=et.Ohmic(1.0, 5.0),
        ),
        et.Reservoir("R", 1.0, {"A-C": et.Coupling(0.1, operator=HOP)}),
        et.Reservoir("noise", couplings={"Res": 0.1}, occupation=0.2),
        et.Reservoir("line", 1.0, {"A": 0.1, "C": 0.1}, delays={"A": 0.0, "C": 0.1}),
        et.Reservoir(
            "three",
            1.0,
            {"A": 0.1, "B2": 0.1, "C": 0.1},
            {"A-C": 0.5, "A-B2": 0.1, "B2-C": 0.2},
            spectrum=et.Lorentzian(1.0, 0.1, 1.1),
        ),
        et.Reservoir("table", 1.0, {"A": 2.0}, spectrum=et.Tabulated([0.0, 9.0], [0.0, 1.0])),
        et.ResetReservoir("hot", on="A", rate=0.1, temperature=1.0),
    ],
    dephasing={"A": 0.1},
)
TOLD = {
    "qubits.A": ("gap of A", r"\epsilon_{\mathrm{A}}", "GHz"),
    "qubits.B2": ("gap of B2", r"\epsilon_{\mathrm{B2}}", "GHz"),
    "qudits.C.levels.0": ("energy of level 0 of C", r"E_{\mathrm{C},\mathrm{0}}", "GHz"),
    "qudits.C.levels.1": ("energy of level 1 of C", r"E_{\mathrm{C},\mathrm{1}}", "GHz"),
    "qudits.L.gap": ("gap of L", r"\epsilon_{\mathrm{L}}", "GHz"),
    "oscillators.Res.frequency": ("frequency of Res", r"\omega_{\mathrm{Res}}", "GHz"),
    "oscillators.Res.anharmonicity": ("anharmonicity of Res", r"K_{\mathrm{Res}}", "GHz"),
    "exchange.A-C.strength": ("exchange of A and C", r"\Omega_{\mathrm{AC}}", "GHz"),
    "exchange.A-B2.strength": ("exchange of A and B2", r"\Omega_{\mathrm{A},\mathrm{B2}}", "GHz"),
    "heisenberg.A-C.xx": ("xx coupling of A and C", r"J^{xx}_{\mathrm{AC}}", "GHz"),
    "heisenberg.A-C.zz": ("zz coupling of A and C", r"J^{zz}_{\mathrm{AC}}", "GHz"),
    "swap.A-C-L.strength": ("three-body swap of A, C and L", r"g_{\mathrm{ACL}}", "GHz"),
    "field.A.x": ("x field on A", r"h^{x}_{\mathrm{A}}", "GHz"),
    "field.A.z": ("z field on A", r"h^{z}_{\mathrm{A}}", "GHz"),
    "term.DM.strength": ("strength of DM", "", "GHz"),
    "reservoirs.RC.temperature": ("temperature of RC", r"T_{\mathrm{RC}}", "mK"),
    "reservoirs.RC.chemical_potential": (
        "chemical potential of RC",
        r"\mu_{\mathrm{RC}}",
        "GHz",
    ),
    "reservoirs.RC.couplings.A.rate": (
        "coupling of A to RC",
        r"\Gamma_{\mathrm{RC},\mathrm{A}}",
        "1/s",
    ),
    "reservoirs.RC.couplings.C.amplitude": (
        "coupling amplitude of C to RC",
        r"g_{\mathrm{RC},\mathrm{C}}",
        "",
    ),
    "reservoirs.RC.spectrum.reference": (
        "reference frequency of RC",
        r"\omega_{\mathrm{RC},\mathrm{ref}}",
        "GHz",
    ),
    "reservoirs.RC.spectrum.cutoff": (
        "cut-off frequency of RC",
        r"\omega_{\mathrm{RC},\mathrm{c}}",
        "GHz",
    ),
    "reservoirs.RC.spectrum.exponent": (
        "exponent of the spectrum of RC",
        r"s_{\mathrm{RC}}",
        "",
    ),
    "reservoirs.RC.correlation": ("correlation of RC", r"c_{\mathrm{RC}}", ""),
    "reservoirs.R.couplings.A-C.rate": (
        "coupling of A and C to R",
        r"\Gamma_{\mathrm{R},\mathrm{AC}}",
        "1/s",
    ),
    "reservoirs.noise.occupation": ("occupation of noise", r"n_{\mathrm{noise}}", ""),
    "reservoirs.line.delays.C": ("delay of C along line", r"t_{\mathrm{line},\mathrm{C}}", "us"),
    "reservoirs.three.correlation.A-C": (
        "correlation of A and C in three",
        r"c_{\mathrm{three},\mathrm{AC}}",
        "",
    ),
    "reservoirs.three.correlation.A-B2": (
        "correlation of A and B2 in three",
        r"c_{\mathrm{three},\mathrm{A},\mathrm{B2}}",
        "",
    ),
    "reservoirs.three.spectrum.centre": (
        "centre of the spectrum of three",
        r"\omega_{\mathrm{three},\mathrm{0}}",
        "GHz",
    ),
    "reservoirs.three.spectrum.width": (
        "width of the spectrum of three",
        r"w_{\mathrm{three}}",
        "GHz",
    ),
    "reservoirs.table.couplings.A.rate": ("coupling of A to table", "", ""),
    "reservoirs.hot.rate": ("reset rate of hot", r"p_{\mathrm{hot}}", "1/s"),
    "reservoirs.hot.temperature": ("temperature of hot", r"T_{\mathrm{hot}}", "mK"),
    "dephasing.A.rate": ("dephasing of A", r"\gamma_{\mathrm{A}}", "1/s"),
    "time": ("time", "t", "us"),
}
MACHINES = {name: zoo.machine(name) for name in zoo.names()} | {"everything": EVERYTHING}


@pytest.mark.parametrize("path", TOLD)
def test_each_kind_of_parameter(path: str) -> None:
    found = (
        long_name_of(path, EVERYTHING),
        symbol_of(path, EVERYTHING),
        scale_of(path, EVERYTHING, Units("cyclic")).unit,
    )
    assert found == TOLD[path]


def parse(symbol: str) -> None:
    MathTextParser("agg").parse(f"${symbol}$")


@pytest.mark.parametrize("name", MACHINES)
def test_no_two_parameters_share_a_name(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """And matplotlib can draw each symbol, with a glyph for each letter."""
    machine = MACHINES[name]
    words = [long_name_of(path, machine) for path in machine.parameters]
    symbols = [symbol for path in machine.parameters if (symbol := symbol_of(path, machine))]
    assert all(words)
    assert len({*words}) == len(words)
    assert len({*symbols}) == len(symbols)
    with caplog.at_level(logging.WARNING):
        for symbol in symbols:
            parse(symbol)
    assert not caplog.records
    for path, told in zip(machine.parameters, words, strict=True):
        if not symbol_of(path, machine):
            assert path.startswith("term.") or told == "coupling of A to table"


@pytest.mark.parametrize("name", zoo.names())
def test_units_are_those_that_a_file_writes(name: str) -> None:
    """The first digits and unit of each parameter stand in the file that `dumps` writes."""
    machine, units = MACHINES[name], Units("cyclic")
    text = dumps(machine, units)
    for path, value in machine.parameters.items():
        scale = scale_of(path, machine, units)
        shown = float(scale.show(value).ravel()[0])
        if not scale.unit and path.endswith((".correlation", "exponent")):
            continue  # may be left out
        # Fifteen digits where these read back as the number, else all.
        spelled = [repr(float(f"{shown:.15g}")), repr(shown)] if scale.unit else [repr(shown)]
        unit = f' {scale.unit}"' if scale.unit else ""
        assert any(f"{number}{unit}" in text for number in spelled), path


def test_each_parameter_is_read_in_its_unit() -> None:
    source = et.read(ROOT / "examples" / "circuit_qed.toml")
    units = source.units
    expected = {
        "qubits.A": units.frequency,
        "exchange.A-B.strength": units.frequency,
        "reservoirs.RC.temperature": units.temperature,
        "reservoirs.RC.couplings.A.rate": units.rate,
        "reservoirs.RC.correlation": NUMBER,
        "dephasing.A.rate": units.rate,
        "time": units.time,
    }
    for path, scale in expected.items():
        assert scale_of(path, source.machine, units) == scale
    line = et.load(ROOT / "examples" / "waveguide_delay.toml")
    assert scale_of("reservoirs.line.delays.A", line, units) == units.time


def test_names_may_hold_dots() -> None:
    """Even names that begin as another part's path does, and ones that look like keys."""
    machine = et.Machine(
        subsystems=[et.Qubit("A", 1.0), et.Qubit("A.x", 1.0), et.Qubit("rate", 2.0)],
        interactions=[et.exchange("A", "A.x", 0.1)],
        reservoirs=[
            et.Reservoir("R", 1.0, {"A": 0.1}),
            et.Reservoir("R.couplings", 1.0, {"A.x": 0.1, "rate": et.Coupling(amplitude=0.1)}),
        ],
        dephasing={"A.x": 0.1},
    )
    units = Units("cyclic")
    expected = {
        "qubits.A.x": ("gap of A.x", r"\epsilon_{\mathrm{A.x}}", "GHz"),
        "exchange.A-A.x": ("exchange of A and A.x", r"\Omega_{\mathrm{A},\mathrm{A.x}}", "GHz"),
        "reservoirs.R.couplings.temperature": (
            "temperature of R.couplings",
            r"T_{\mathrm{R.couplings}}",
            "mK",
        ),
        "reservoirs.R.couplings.couplings.A.x.rate": (
            "coupling of A.x to R.couplings",
            r"\Gamma_{\mathrm{R.couplings},\mathrm{A.x}}",
            "1/s",
        ),
        "reservoirs.R.couplings.couplings.rate": (
            "coupling amplitude of rate to R.couplings",
            r"g_{\mathrm{R.couplings},\mathrm{rate}}",
            "",
        ),
        "dephasing.A.x": ("dephasing of A.x", r"\gamma_{\mathrm{A.x}}", "1/s"),
    }
    for path, told in expected.items():
        unit = scale_of(path, machine, units).unit
        assert (long_name_of(path, machine), symbol_of(path, machine), unit) == told


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("a_b", r"a\_b"),
        ("a b", r"a\ b"),
        ("a$b", r"a\$b"),
        ("a%", r"a\%"),
        ("{a}", r"\{a\}"),
        ("a-b", "a–b"),
        ("A'", "A'"),
        ("ω", "ω"),
        ("a^b", None),
        ("a\\b", None),
        ("a,b", None),
        ("a#b", None),
        ("a\nb", None),
        ("a~b", None),
        ("😀", None),
        ("a\x00", None),
    ],
)
def test_special_characters_are_escaped_or_there_is_no_symbol(name: str, index: str | None) -> None:
    machine = et.Machine([et.Qubit(name, 1.0)])
    path = f"qubits.{name}"
    expected = "" if index is None else rf"\epsilon_{{\mathrm{{{index}}}}}"
    assert symbol_of(path, machine) == expected
    assert long_name_of(path, machine) == f"gap of {name}"
    if expected:
        parse(expected)


class Ising(Interaction):
    """A kind of one's own."""

    kind = "ising"

    def __init__(self) -> None:
        self._set(("A", "B"), {"coupling_strength": 0.1})

    def operators(self, subsystems: object) -> dict[str, np.ndarray]:
        del subsystems
        return {"coupling_strength": np.diag([1.0, -1.0, -1.0, 1.0])}


def test_a_kind_of_ones_own() -> None:
    machine = et.Machine([et.Qubit("A", 1.0), et.Qubit("B", 1.0)], [Ising()])
    path = "ising.A-B.coupling_strength"
    assert long_name_of(path, machine) == "coupling strength of A-B"
    assert symbol_of(path, machine) == ""
    assert scale_of(path, machine, Units("cyclic")).unit == "GHz"


def test_a_table_of_correlations_is_no_parameter() -> None:
    table = TabulatedCorrelation([0.0, 9.0], {"A-B": [1.0, 0.0]})
    bath = et.Reservoir("R", 1.0, {"A": 0.1, "B": 0.1}, table)
    machine = et.Machine([et.Qubit("A", 1.0), et.Qubit("B", 1.0)], reservoirs=[bath])
    words = [long_name_of(path, machine) for path in machine.parameters]
    assert words[2:] == ["temperature of R", "coupling of A to R", "coupling of B to R"]


@pytest.mark.parametrize("ask", [long_name_of, symbol_of, lambda p, m: scale_of(p, m, Units())])
def test_a_path_that_is_none(ask: object) -> None:
    with pytest.raises(UnknownNameError, match=re.escape("did you mean 'reservoirs.RC.temp")):
        ask("reservoirs.RC.temperatur", EVERYTHING)  # type: ignore[operator]
