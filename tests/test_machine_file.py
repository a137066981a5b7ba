"""Machine files: what they mean, what is refused and on which line, and that they come back.

Oracles: the same machine made in code; `tomllib` for which keys a document has; for a message, the
line counted by hand in the text beside it.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from entherm.correlation import TabulatedCorrelation
from entherm.couplings import Coupling
from entherm.errors import EnthermError, NonUniqueSteadyStateError, ParameterError
from entherm.interactions import exchange, field, hamiltonian_term, heisenberg, swap
from entherm.machine import Machine
from entherm.machine_file import MachineFileError, load, read, reads
from entherm.machine_writer import dumps, save
from entherm.observables import quanta
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.spectra import Lorentzian, Ohmic, Spectrum
from entherm.steady_state import SteadyState, steady_state
from entherm.subsystems import Oscillator, Qubit, Qudit
from entherm.tabulated import Tabulated
from entherm.toml_lines import key_lines
from entherm.two_qubit import two_qubit_machine
from entherm.units import DIMENSIONLESS, Units

from .random_machines import KINDS, Draft, Kind

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


# Every feature of the format, in small machines that solve under the global equation.
FEATURES = {
    "qudit": """\
order = ["A", "M", "B"]
[qubits]
A = 1.0
B = [2.0, 2.5]
[qudits.M]
levels = [0.0, 1.1, [2.7, 3.0]]
[[exchange]]
between = ["M", "A"]
strength = 0.1
[reservoirs.hot]
temperature = 3.0
couplings = { M = { rate = 0.01, operator = "|0><2|" } }
[reservoirs.cold]
temperature = 0.5
couplings = { A = { rate = 0.01 }, M = { rate = 0.02, sign = -1, operator = "|0><1|" } }
correlation = 0.0
[reservoirs.own]
occupation = 0.4
couplings = { B = { amplitude = [0.1, -0.1] } }
[dephasing]
M = 0.001
""",
    "oscillator": """\
[oscillators.R]
frequency = 1.0
dimension = 3
anharmonicity = -0.05
[qubits]
A = 1.1
[qudits.L]
gap = 1.3
dimension = 2
[[exchange]]
between = ["R", "A"]
strength = 0.1
[[heisenberg]]
between = ["A", "L"]
xx = 0.05
yy = 0.05
zz = [0.1, 0.2]
[reservoirs.line]
temperature = 0.3
[reservoirs.line.couplings]
R = 0.01
A = 0.01
L = { rate = 0.02, sign = -1 }
[reservoirs.line.correlation]
R-A = 0.5
L-A = -0.25
""",
    "swap": """\
[qubits]
A = 1.0
B = 5.0
C = 4.0
[[swap]]
between = ["A", "B", "C"]
strength = 0.1
[reservoirs.cold]
reset = "A"
rate = 0.01
temperature = 1.0
[reservoirs.room]
temperature = 2.0
couplings = { B = 0.01 }
[reservoirs.hot]
temperature = 4.0
couplings = { C = 0.01 }
""",
    "term": """\
[qubits]
A = 1.0
B = 1.5
[[field]]
on = "A"
x = 0.3
y = 0.1
z = [0.0, 0.2]
[[term]]
name = "DM"
on = ["A", "B"]
operator = [
    [0, 0, 0, 0],
    [0, 0, "0.5-1j", 0],
    [0, "0.5+1j", 0, 0],
    [0, 0, 0, 0.25],
]
strength = 0.2
[reservoirs.R]
temperature = 1.0
[reservoirs.R.couplings]
A = { rate = 0.01, operator = "x" }
B = { rate = 0.01, operator = [[0, "-1j"], ["1j", 0]] }
[reservoirs.R.spectrum]
kind = "ohmic"
reference = 1.0
cutoff = 5.0
exponent = 1.0
shape = "drude"
[reservoirs.R.correlation]
frequencies = [0.0, 10.0]
A-B = [1.0, 0.0]
[reservoirs.pair]
temperature = 0.5
couplings.A-B = { rate = 0.01, operator = [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]] }
spectrum = { kind = "ohmic", reference = 1.0 }
""",
    "leads": """\
[qubits]
A = 1.0
B = 1.2
[[exchange]]
between = ["A", "B"]
strength = 0.1
[reservoirs.left]
temperature = 0.5
statistics = "fermi"
chemical_potential = [1.0, 1.5]
couplings = { A = 0.01 }
spectrum = { kind = "lorentzian", centre = 1.0, width = 0.5, reference = 1.1 }
[reservoirs.right]
occupation = 0.7
statistics = "fermi"
couplings = { B = 0.01 }
spectrum = { kind = "flat" }
""",
    "line": """\
[qubits]
A = 1.0
B = 1.0
[reservoirs.line]
temperature = 0.4
couplings = { A = 0.01, B = 0.01 }
delays = { A = 0.0, B = 1.0 }
below_zero = "dark"
chemical_potential = -0.1
spectrum = { kind = "tabulated", frequencies = [0.0, 5.0], values = [0.0, 2.0], reference = 1.0 }
[reservoirs.measured]
temperature = 0.8
couplings = { A = { amplitude = 1.0 } }
spectrum = { kind = "tabulated", frequencies = [0.0, 5.0], values = [0.0, 0.05] }
""",
    "units": """\
[units]
frequency = "angular"
[qubits]
A = "5 GHz"
B = "5.5 GHz"
[qudits.M]
levels = ["0 GHz", "4 GHz", "9 GHz"]
[[heisenberg]]
between = ["A", "B"]
zz = "0.1 GHz"
[[exchange]]
between = ["A", "B"]
strength = ["0.2 GHz", "-1 ueV"]
[[field]]
on = "B"
z = "0.1 GHz"
[[term]]
name = "shift"
on = ["M"]
operator = [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
strength = "0.1 GHz"
[reservoirs.line]
temperature = "30 mK"
couplings = { A = "1 MHz", B = { rate = "2 /us", sign = -1 } }
delays = { A = "0 ns", B = "0.1 ns" }
spectrum = { kind = "ohmic", reference = "5 GHz", cutoff = "50 GHz", exponent = 1.0 }
[reservoirs.measured]
temperature = "15 mK"
couplings = { A = { amplitude = 1.0 }, M = 0.5 }
correlation = { frequencies = ["0 GHz", "50 GHz"], A-M = [0.5, 0.0] }
spectrum = { kind = "tabulated", frequencies = ["0 GHz", "50 GHz"], values = ["0 /us", "20 /us"] }
[reservoirs.lead]
temperature = "15 mK"
statistics = "fermi"
chemical_potential = "4 GHz"
couplings = { M = { rate = "1 MHz", operator = "|0><1|" } }
[reservoirs.anew]
reset = "A"
rate = "0.1 /us"
temperature = "50 mK"
[dephasing]
A = { T1 = "28 us", T2 = "19 us" }
""",
}


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


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_solves_and_comes_back(path: Path) -> None:
    file = read(path)
    state = steady_state(file.machine)
    # First law, to the rounding of a difference of one-way flows; Q of a lead is without its μ.
    flows = [float(q) for q in state.heat_currents.values()]
    work = [
        float(bath.chemical_potential * state.observe(quanta(bath.name))[0])
        for bath in file.machine.reservoirs
    ]
    assert abs(sum(flows) + sum(work)) < 1e-9 * max(map(abs, flows))
    assert float(state.entropy_production) > 0
    if file.units == DIMENSIONLESS:
        assert reads(dumps(file.machine)).machine.hash == file.machine.hash


def test_the_examples_do_what_their_comments_say() -> None:
    # Signs and sizes by thermodynamics: the refrigerator's window T_cold/T_hot of Linden et al.,
    # detailed balance of each maser transition, cos and sin of π/4, Joule heat of both leads.
    def solved(name: str) -> SteadyState:
        return steady_state(load(EXAMPLES / f"{name}.toml"))

    refrigerator = solved("absorption_refrigerator")
    assert float(refrigerator.heat_currents["cold"]) > 0
    upper, lower = np.diag(refrigerator.density_matrix).real.reshape(2, 4).sum(1)
    assert 1.0 / np.log(lower / upper) < 1.0
    maser = solved("three_level_maser").populations  # by energy
    assert float(maser[1] / maser[0]) == pytest.approx(np.exp(3.0 / 1.0 - 8.0 / 8.0), rel=0.05)
    line = load(EXAMPLES / "waveguide_delay.toml")
    rate = float(line.parameters["reservoirs.line.couplings.A.rate"])
    assert line.hamiltonian[1, 2] == pytest.approx(rate * np.sin(np.pi / 4))
    leads = solved("fermionic_leads")
    assert all(float(leads.heat_currents[lead]) < 0 for lead in ("left", "right"))
    given, taken = leads.observe(quanta("left"), quanta("right"))
    assert float(given) == pytest.approx(-float(taken))
    assert float(given) > 0
    assert load(EXAMPLES / "resonator.toml").names == ("R", "A")


KEYS_IN_DOCS = re.findall(r"`([\w.]+)`", (EXAMPLES.parent / "docs/machine-files.md").read_text())


def test_the_page_has_every_key() -> None:
    # Oracle: the keys that a file is refused for not being one of.
    found = set()
    probes = ["qubits.A = 1.0", "qudits.M", "oscillators.R", "units", "reservoirs.R"]
    probes += [f"{kind}.0" for kind in ("exchange", "heisenberg", "swap", "field", "term")]
    for probe in probes:
        kind, _, name = probe.partition(".")
        entry = "[{ µ = 1 }]" if name == "0" else "{ µ = 1 }"
        line = f"{kind} = {entry}" if name in ("0", "") else f"{probe} = {entry}"
        extra = "" if "qubits" in probe else "qubits.A = 1.0\n"
        text = "qubits.A = 1.0\nµ = 1" if "qubits" in probe else extra + line
        text = text.replace("µ", '"?"')
        rule = re.search(r"must be one of (.*?), got", message(text))
        assert rule is not None
        found |= {*rule[1].split(", ")}
    written = {part for key in KEYS_IN_DOCS for part in key.split(".")}
    written |= {*re.findall(r"\[+(\w+)", (EXAMPLES.parent / "docs/machine-files.md").read_text())}
    assert found <= written


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


def test_every_table_is_what_it_is_in_code() -> None:
    table = TabulatedCorrelation([0.0, 10.0], {"A-B": [1.0, 0.0]})
    y = Coupling(0.01, operator=[[0, complex(0, -1)], [1j, 0]])
    both = [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]
    moriya = [[0, 0, 0, 0], [0, 0, 0.5 - 1j, 0], [0, 0.5 + 1j, 0, 0], [0, 0, 0, 0.25]]
    expected = {
        "term": Machine(
            [Qubit("A", 1.0), Qubit("B", 1.5)],
            [
                field("A", x=0.3, y=0.1, z=[0.0, 0.2]),
                hamiltonian_term("DM", ("A", "B"), moriya, 0.2),
            ],
            [
                Reservoir(
                    "R",
                    1.0,
                    {"A": Coupling(0.01, operator="x"), "B": y},
                    table,
                    spectrum=Ohmic(1.0, 5.0, 1.0, "drude"),
                ),
                Reservoir("pair", 0.5, {"A-B": Coupling(0.01, operator=both)}, spectrum=Ohmic(1.0)),
            ],
        ),
        "swap": Machine(
            [Qubit("A", 1.0), Qubit("B", 5.0), Qubit("C", 4.0)],
            [swap("A", "B", "C", 0.1)],
            [
                ResetReservoir("cold", "A", 0.01, 1.0),
                Reservoir("room", 2.0, {"B": 0.01}),
                Reservoir("hot", 4.0, {"C": 0.01}),
            ],
        ),
        "line": Machine(
            [Qubit("A", 1.0), Qubit("B", 1.0)],
            reservoirs=[
                Reservoir(
                    "line",
                    0.4,
                    {"A": 0.01, "B": 0.01},
                    delays={"A": 0.0, "B": 1.0},
                    below_zero="dark",
                    chemical_potential=-0.1,
                    spectrum=Tabulated([0.0, 5.0], [0.0, 2.0], reference=1.0),
                ),
                Reservoir(
                    "measured",
                    0.8,
                    {"A": Coupling(amplitude=1.0)},
                    spectrum=Tabulated([0.0, 5.0], [0.0, 0.05]),
                ),
            ],
        ),
        "leads": Machine(
            [Qubit("A", 1.0), Qubit("B", 1.2)],
            [exchange("A", "B", 0.1)],
            [
                Reservoir(
                    "left",
                    0.5,
                    {"A": 0.01},
                    statistics="fermi",
                    chemical_potential=[1.0, 1.5],
                    spectrum=Lorentzian(1.0, 0.5, 1.1),
                ),
                Reservoir("right", occupation=0.7, couplings={"B": 0.01}, statistics="fermi"),
            ],
        ),
        "oscillator": Machine(
            [Oscillator("R", 1.0, 3, -0.05), Qubit("A", 1.1), Qudit("L", gap=1.3, dimension=2)],
            [exchange("R", "A", 0.1), heisenberg("A", "L", 0.05, 0.05, [0.1, 0.2])],
            [
                Reservoir(
                    "line",
                    0.3,
                    {"R": 0.01, "A": 0.01, "L": Coupling(0.02, -1)},
                    {"R-A": 0.5, "L-A": -0.25},
                )
            ],
        ),
    }
    for name, machine in expected.items():
        assert reads(FEATURES[name]).machine.hash == machine.hash, name


def test_subsystems_and_interactions_stand_in_the_order_of_the_file() -> None:
    assert reads(FEATURES["qudit"]).machine.names == ("A", "M", "B")
    assert reads(FEATURES["oscillator"]).machine.names == ("R", "A", "L")
    text = """\
[qudits.M]
levels = [0.0, 1.0]
[qubits]
A = 1.0
[[swap]]
between = ["A", "M", "N"]
strength = 1.0
[[exchange]]
between = ["A", "M"]
strength = 1.0
[qudits.N]
levels = [0.0, 1.0]
[[swap]]
between = ["M", "A", "O"]
strength = 1.0
[oscillators]
O = { frequency = 1.0, dimension = 2 }
"""
    machine = reads(text).machine
    assert machine.names == ("M", "A", "N", "O")
    assert [i.path for i in machine.interactions] == ["swap.A-M-N", "exchange.A-M", "swap.M-A-O"]


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
    ('["A", "B"]', '["A", "A"]', 5, "exchange.0.between must name two different subsystems"),
    ('["A", "B"]', '["A", "B", "A"]', 5, "subsystems, got ['A', 'B', 'A']"),
    ('["A", "B"]', '["A"]', 5, "exchange.0.between must name two different subsystems"),
    ('["A", "B"]', '["A", "Q"]', 5, "exchange.A-Q.between.1 must be one of A, B, got 'Q'"),
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


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


BOTH = "[[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]"

# In FEATURES: which, what is replaced, by what, how many lines below it the blame falls, message.
MORE_EDITS = [
    # subsystems and their order
    ("qudit", '"A", "M", "B"]', '"A", "M", "C"]', 0, "order.2 must be one of A, B, M, got 'C'"),
    ("qudit", '"A", "M", "B"]', '"A", "M", "A"]', 0, "order must name every subsystem once, got"),
    ("qudit", '"A", "M", "B"]', '"A", "M"]', 0, "got ['A', 'M']: there are A, B, M."),
    ("qudit", "A = 1.0", "M = 1.0", 2, "qudits.M must not share its name with qubits.M, got 'M'"),
    ("qudit", "levels = [0.0, 1.1, [2.7, 3.0]]", "", -1, "qudits.M must have either levels, or a"),
    ("qudit", "levels", "level", 0, "qudits.M.level must be one of levels, gap, dimension, got"),
    ("qudit", "[0.0, 1.1, [2.7, 3.0]]", "[0.0]", 0, "qudits.M.levels must have 2 to 1000 levels"),
    ("qudit", "[0.0, 1.1, [2.7, 3.0]]", "3", 0, "qudits.M.levels must be a list, got 3: write"),
    ("qudit", "1.1, [2.7, 3.0]", "\n1.1,\n[2.7, nan]", 2, "levels.2 must be finite, got nan (elem"),
    (
        "qudit",
        "|0><2|",
        "|0><3|",
        0,
        "hot.couplings.M.operator must name levels 0..2, got '|0><3|'",
    ),
    (
        "oscillator",
        "dimension = 3",
        "",
        -2,
        "oscillators.R.dimension must be given, got nothing: w",
    ),
    ("oscillator", "dimension = 3", "dimension = 1", 0, "must have 2 to 1000 levels, got 1: give"),
    ("oscillator", "dimension = 3", "dimension = 3.0", 0, "must have 2 to 1000 levels, got 3.0"),
    ("oscillator", "frequency = 1.0", "frequency = -1.0", 0, "R.frequency must be > 0, got -1.0"),
    ("oscillator", "= -0.05", '= "-5 MHz"', 0, "got '-5 MHz': write the number alone, or say what"),
    ("oscillator", "gap = 1.3", "gap = [1, 2, 3]", 9, "heisenberg.A-L.zz must broadcast with the"),
    # interactions
    ("oscillator", "zz = [0.1, 0.2]", "zx = 1", 0, "heisenberg.A-L.zx must be one of between, xx,"),
    (
        "oscillator",
        "zz = [0.1, 0.2]",
        "zz = true",
        0,
        "heisenberg.A-L.zz must be a bare number, got",
    ),
    ("swap", '"B", "C"]', '"B"]', 0, "swap.0.between must name three different subsystems, got"),
    ("swap", "strength = 0.1", "", -2, "swap.A-B-C.strength must be given, got nothing"),
    ("term", 'on = "A"', 'on = ["A"]', 0, "field.0.on must be text, got ['A']: write on = \"A\"."),
    (
        "term",
        'on = "A"',
        'on = "a"',
        0,
        "field.a.on must be one of A, B, got 'a': did you mean 'A'?",
    ),
    ("term", "x = 0.3", "w = 0.3", 0, "field.A.w must be one of on, x, y, z, got 'w'"),
    ("term", "x = 0.3", "x = nan", 0, "field.A.x must be finite, got nan: write a finite number"),
    ("term", 'name = "DM"', "", -1, "term.0.name must be given, got nothing: write name = "),
    ("term", '"0.5-1j"', '"0.5-1k"', 0, "term.DM.operator.1.2 must be a number, or a complex one"),
    ("term", '"0.5-1j"', "true", 0, "term.DM.operator.1.2 must be a number, or a complex one as"),
    ("term", '"0.5-1j"', "0.5", -2, "term.DM.operator must be Hermitian, got a part of size"),
    ("term", ", 0.25]", "]", -4, "term.DM.operator must be a matrix, got [[0.0,"),
    (
        "term",
        "operator = [\n",
        'operator = "x"\nx = [',
        1,
        "term.DM.x must be one of name, on, oper",
    ),
    ("term", 'on = ["A", "B"]', 'on = ["A"]', 1, "term.DM.operator must be 2x2 for A, got 4x4"),
    ("term", 'on = ["A", "B"]', "on = []", 0, "term.DM.on must name different subsystems, got []"),
    ("units", 'strength = "0.1 GHz"', "", -4, "term.shift.strength must be given in a file with ["),
    # reservoirs
    (
        "qudit",
        "occupation",
        "temperature = 1.0\noccupation",
        1,
        "own.occupation must be left out be",
    ),
    ("qudit", "occupation", "ocupation", 0, "did you mean 'occupation'?"),
    (
        "qudit",
        "temperature = 3.0",
        "",
        -1,
        "hot.temperature must be given, got nothing: write temp",
    ),
    (
        "qudit",
        "= 0.4",
        "= -0.4",
        0,
        "reservoirs.own.occupation must be >= 0, got -0.4: an inverted",
    ),
    (
        "leads",
        "= 0.7",
        "= 1.7",
        0,
        "reservoirs.right.occupation must be <= 1, got 1.7: it is a prob",
    ),
    ("leads", '"fermi"', '"fermy"', 0, "reservoirs.left.statistics must be 'bose' or 'fermi', got"),
    ("leads", "{ A = 0.01 }", "{ A = 1, B = 1 }", 0, "left.couplings must touch one subsystem, be"),
    ("leads", "[1.0, 1.5]", "[1.0, inf]", 0, "left.chemical_potential must be finite, got inf"),
    ("line", '"dark"', '"drak"', 0, "line.below_zero must be 'refuse' or 'dark', got 'drak'"),
    ("oscillator", "R-A = 0.5", "R-B = 0.5", 0, "correlation.R-B must be one of R-A, R-L, A-L, fr"),
    ("oscillator", "L-A = -0.25", "A-R = 0.5", 0, "correlation.A-R must name each pair once, got"),
    ("oscillator", "R-A = 0.5", "R-A = 1.5", -1, "correlation must be positive semidefinite (its"),
    ("term", "[0.0, 10.0]", "[10.0, 0.0]", 0, "correlation.frequencies must increase from 0 or ab"),
    ("term", "A-B = [1.0, 0.0]", "A-B = [1.0]", 0, "correlation.A-B must have 2 values, got shape"),
    ("term", "couplings.A-B", "couplings.A-C", 0, "pair.couplings.A-C must be one of A, B, got"),
    (
        "term",
        BOTH,
        '"x"',
        0,
        "A-B.operator must be a matrix on several subsystems, g",
    ),
    (
        "term",
        'A = { rate = 0.01, operator = "x" }',
        "A = 0.01",
        -1,
        "must be all Hermitian, or all",
    ),
    ("term", 'operator = "x"', 'operator = "xx"', 0, "must be a matrix, '|j><k|', or one of lower"),
    (
        "term",
        'operator = "x"',
        "operator = 1",
        0,
        "R.couplings.A.operator must be a word or a matr",
    ),
    (
        "term",
        'kind = "ohmic"',
        'kind = "omic"',
        0,
        "spectrum.kind must be one of flat, ohmic, lore",
    ),
    ("term", 'kind = "ohmic"', "", -1, "R.spectrum.kind must be given, got nothing: write kind ="),
    (
        "term",
        "cutoff = 5.0",
        "cutof = 5.0",
        0,
        "spectrum.cutof must be one of kind, reference, cut",
    ),
    ("term", "cutoff = 5.0", "cutoff = -5.0", 0, "R.spectrum.cutoff must be > 0"),
    (
        "term",
        "cutoff = 5.0",
        "",
        -3,
        "R.spectrum.cutoff must be given with shape 'drude', got None",
    ),
    (
        "term",
        '"drude"',
        '"druid"',
        0,
        "R.spectrum.shape must be one of exponential, drude, got 'dr",
    ),
    ("leads", "centre = 1.0,", "", 0, "left.spectrum.centre must be given, got nothing: write cen"),
    (
        "leads",
        '{ kind = "flat" }',
        '"flat"',
        0,
        "right.spectrum must be a table, got 'flat': write",
    ),
    (
        "line",
        "values = [0.0, 2.0]",
        "values = [0.0]",
        0,
        "values must be two lists of equal length",
    ),
    ("line", "B = 1.0 }", "C = 1.0 }", 0, "line.delays.C must be one of A, B, got 'C': check the"),
    ("line", ", B = 1.0 }", "}", 0, "line.delays must be given for all, got none for B: one of th"),
    ("line", "delays = { A = 0.0, B = 1.0 }", "delays = 1.0", 0, "delays must be a table, got 1.0"),
    (
        "swap",
        'reset = "A"',
        'reset = "a"',
        0,
        "cold.reset must be one of A, B, C, got 'a': did you mean 'A'?",
    ),
    (
        "swap",
        'reset = "A"',
        "",
        -1,
        "reservoirs.cold.reset must be given, got nothing: write reset",
    ),
    (
        "swap",
        "rate = 0.01",
        "rate = -1",
        0,
        "reservoirs.cold.rate must be >= 0, got -1.0: 0 is all",
    ),
    # units
    ("units", '"0 ns"', "0", 0, "line.delays.A must be a time with its unit, got 0: write e.g."),
    ("units", '"0.1 ns"', '"0.1 GHz"', 0, "line.delays.B must be a time, got '0.1 GHz' (cycle"),
    (
        "units",
        '"50 GHz", exp',
        '"50 mm", exp',
        0,
        "spectrum.cutoff must be a frequency or energy, g",
    ),
    (
        "units",
        "exponent = 1.0",
        'exponent = "1"',
        0,
        "line.spectrum.exponent must be a bare number,",
    ),
    (
        "units",
        '"20 /us"]',
        "20]",
        0,
        "measured.spectrum.values must be a rate with its unit, got [",
    ),
    (
        "units",
        "M = 0.5",
        'M = "1 MHz"',
        0,
        "measured.couplings.M.rate must be a bare number, got '1",
    ),
    (
        "units",
        '"4 GHz"\ncoup',
        "4\ncoup",
        0,
        "lead.chemical_potential must be a frequency or energy w",
    ),
]


@pytest.mark.parametrize(("which", "old", "new", "below", "expected"), MORE_EDITS)
def test_refusals_of_every_table(which: str, old: str, new: str, below: int, expected: str) -> None:
    text = FEATURES[which]
    found = message(text.replace(old, new, 1))
    assert found.startswith(f"m.toml:{line_of(text, old) + below}: "), found
    assert expected in found


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
        "occupation, statistics, chemical_potential, spectrum, delays, below_zero, "
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
    (ParameterError("heisenberg.A-L.zz", "be", 1, "r"), "m.toml: heisenberg.A-L.zz must be"),
    (ParameterError("tolerance", "be > 0", 0, "r"), "m.toml: tolerance must be > 0, got 0: r."),
    (NonUniqueSteadyStateError("Not unique.", 2, ()), "m.toml: Not unique."),
]


@pytest.mark.parametrize(("error", "expected"), LATER)
def test_later_errors_get_the_line_of_the_longest_path(error: EnthermError, expected: str) -> None:
    located = reads(MACHINE, "m.toml").locate(error)
    assert str(located).startswith(expected)


LATER_PATHS = [  # which, path, text on the line to blame
    ("oscillator", "heisenberg.A-L.zz", "zz = [0.1, 0.2]"),
    ("oscillator", "oscillators.R.frequency", "frequency = 1.0"),
    ("oscillator", "exchange.R-A.strength", "strength = 0.1"),
    ("oscillator", "reservoirs.line.correlation.R-A", "R-A = 0.5"),
    ("term", "reservoirs.R.spectrum.cutoff", "cutoff = 5.0"),
    ("term", "term.DM.operator", "operator = [\n"),
    ("term", "term.DM.strength", "strength = 0.2"),
    ("term", "field.A.x", "x = 0.3"),
    ("term", "reservoirs.pair.couplings.A-B.rate", "couplings.A-B"),
    ("swap", "swap.A-B-C.strength", "strength = 0.1"),
    ("swap", "reservoirs.cold.rate", "rate = 0.01"),
    ("qudit", "qudits.M.levels.2", "levels ="),
    ("leads", "reservoirs.left.chemical_potential", "chemical"),
    ("line", "reservoirs.line.delays.B", "delays"),
]


@pytest.mark.parametrize(("which", "path", "part"), LATER_PATHS)
def test_later_errors_of_every_table_get_their_line(which: str, path: str, part: str) -> None:
    text = FEATURES[which]
    located = reads(text, "m.toml").locate(ParameterError(path, "be small", 10.0, "lower it"))
    assert str(located).startswith(f"m.toml:{line_of(text, part)}: {path} must be small, got")


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


@pytest.mark.parametrize("text", FEATURES.values(), ids=FEATURES)
def test_every_feature_comes_back(text: str) -> None:
    file = reads(text)
    assert reads(dumps(file.machine)).machine.hash == file.machine.hash


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_random_machines_come_back(kind: Kind) -> None:
    # `random_machines` draws every kind of machine there is, complex matrices and all.
    for seed in range(10):
        draft = Draft(np.random.default_rng([seed, 0]), np.random.default_rng(seed), 1e-2)
        kind(draft)
        machine = draft.make()
        assert reads(dumps(machine)).machine.hash == machine.hash


def test_the_order_is_written_only_where_tables_do_not_give_it() -> None:
    parts = [Qudit("M", [0.0, 1.0]), Qubit("A", 1.0), Qubit("B", 1.0)]
    assert "order" not in dumps(Machine(parts))
    text = dumps(Machine(parts[::2] + parts[1:2] + [Qudit("N", [0.0, 1.0])]))
    assert text.startswith('order = ["M", "B", "A", "N"]')
    assert reads(text).machine.names == ("M", "B", "A", "N")


def test_names_with_dots_keep_their_order() -> None:
    names = ["M", "N", "M.levels", "a", "R.dimension"]
    parts = [Oscillator(n, 1.0, 2) if "R" in n else Qudit(n, [0.0, 1.0]) for n in names]
    terms = [hamiltonian_term(n, ("a",), np.eye(2)) for n in ("x", "x.strength", "x.strength.y")]
    machine = Machine(parts, [*terms, field("a", x=1.0)])
    assert reads(dumps(machine)).machine.hash == machine.hash


class Comb(Spectrum):
    """A kind of one's own."""

    kind = "comb"

    def _density(self, omega: object) -> object:
        return omega

    slope = 1.0


def test_a_kind_of_ones_own_is_not_written() -> None:
    bath = Reservoir("R", 1.0, {"A": 1.0}, spectrum=Comb())
    with pytest.raises(ParameterError, match="'spectrum' must be of a kind that a file can spell"):
        dumps(Machine([Qubit("A", 1.0)], reservoirs=[bath]))


@pytest.mark.parametrize("units", [Units("cyclic"), Units("angular")])
def test_every_feature_comes_back_with_units(units: Units) -> None:
    machine = reads(FEATURES["units"]).machine
    copy = reads(dumps(machine, units)).machine
    assert copy.names == machine.names
    for path, value in machine.parameters.items():
        # One multiplication and one division.
        np.testing.assert_allclose(copy.parameters[path], value, rtol=1e-15)
    tables = [m.reservoir("measured") for m in (machine, copy)]
    for first, second in zip(*((r.spectrum, r.correlation) for r in tables), strict=True):
        np.testing.assert_allclose(first.frequencies, second.frequencies, rtol=1e-15)
    np.testing.assert_allclose(*(r.spectrum.values for r in tables), rtol=1e-15)


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


def test_a_correlation_may_be_the_matrix() -> None:
    """Rows with ones on the diagonal are c_kl; oracle: the same numbers by pair."""
    rows = MACHINE.replace("[dephasing]", "# [dephasing]").split("# [dephasing]")[0]
    text = "{}\n[reservoirs.line]\ntemperature = 1.0\ncouplings = {{ A = 0.1, B = 0.1 }}\n{}\n"
    matrix = reads(text.format(rows, "correlation = [[1.0, 0.5], [0.5, 1.0]]")).machine
    pairs = reads(text.format(rows, "correlation = { A-B = 0.5 }")).machine
    assert matrix.hash == pairs.hash
    assert reads(dumps(matrix)).machine.hash == matrix.hash
