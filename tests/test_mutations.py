"""Two thousand broken machine files and five hundred hostile calls: one clear error, or right.

Oracle for what is accepted: a steady state is finite, Hermitian, of trace one and, being that of
the global equation, without a negative population. For what is refused: an
`EnthermError` with a message of one line, of a file with the file in front and a line wherever the
document has the key. Whatever else comes out (a traceback of another kind, a warning, a NaN) is a
failure, with the mutation that shows it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest

import entherm as et
from entherm.machine_file import reads

from .test_machine_file import FEATURES, IN_GHZ, MACHINE

CORPUS = {"two qubits": MACHINE, "in GHz": IN_GHZ, **FEATURES}
FILES, BLOCK = 2000, 100
CALLS, CALL_BLOCK = 500, 50
LARGEST = 40  # levels; a mutated dimension may ask for a thousand, which is right and slow

# --- files ---------------------------------------------------------------------------------------

KEY = re.compile(r"(?m)^(?P<key>[\w-]+)(?= = )|(?<=[{,] )(?P<inner>[\w-]+)(?= = )")
NUMBER = re.compile(r"(?<![\w.\"|-])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.\"])")
QUANTITY = re.compile(r"\"-?[\d.]+ /?\w+\"")
STRING = re.compile(r"\"[^\"\n]*\"")
VALUE = re.compile(r"(?<= = )[^\n]+")
MATRIX = re.compile(r"(?s)(?<=operator = )\[.*?\]\s*\]")

NUMBERS = [
    *(
        "0",
        "-1",
        "1e-300",
        "1e300",
        "1e999",
        "nan",
        "-inf",
        "-0.0",
        "0x10",
        "1_0",
        "12",
        "0.999999",
    ),
    *("1e-12", "1e12", "[1.0, 2.0]", "[[1.0], [2.0]]", "[1.0, nan]", "[]", "[1, 2, 3]", "true"),
    *('"1"', '"1 GHz"', "{}", "{ rate = 1 }", "1979-05-27", "''", "[[1.0, 2.0], [3.0]]", "5", "7"),
]
QUANTITIES = [
    *('"1 K"', '"-3 GHz"', '"1 mm"', '"1"', '""', '"nan GHz"', '"1e400 GHz"', '"GHz"', "1.0", "[]"),
    *('"3 /us"', '"5 µeV"', '"1 ns"', '["1 GHz", "2 GHz"]', '"1 GHz GHz"', '"0 GHz"', '"1e-300 K"'),
]
STRINGS = [
    *('"A"', '"B"', '"a"', '""', '"Ä"', '"A-B"', '"x"', '"y"', '"|0><1|"', '"|9><9|"', '"fermi"'),
    *('"bose"', '"ohmic"', '"drude"', '"dark"', '"\\u0000"', '"A\\nB"', "3", '["A"]', '"lowering"'),
    *('"number"', '"z"', '"0.5-1j"', '"1j"', '"cyclic"', '"M"', '"R"'),
]
KEYS = [
    *("A", "B", "M", "R", "AA", '"Ä"', '"A-B"', "A-B", '""', "temperatur", "reset", "rate", "sign"),
    *("amplitude", "operator", "kind", "frequencies", "levels", "dimension", "gap", '"a.b"', "zz"),
    *("occupation", "delays", "order", "x", "strength", "temperature", "correlation", "on", "name"),
]
HEADERS = [
    *("[qubits]", "[qudits.M]", "[oscillators.R]", "[[exchange]]", "[[heisenberg]]", "[[swap]]"),
    *("[[field]]", "[[term]]", "[reservoirs.R]", "[reservoirs.line]", "[dephasing]", "[units]"),
    *("[reservoirs.R.spectrum]", "[reservoirs.R.couplings]", "[exchange]", "[[qubits]]", "[x.y.z]"),
]


def chosen(rng: np.random.Generator, options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def substituted(rng: np.random.Generator, text: str, found: re.Pattern[str], by: list[str]) -> str:
    """Replace one of what a pattern finds."""
    places = [m.span() for m in found.finditer(text)]
    if not places:
        return text
    start, stop = chosen(rng, places)
    return f"{text[:start]}{chosen(rng, by)}{text[stop:]}"


def negated(rng: np.random.Generator, text: str) -> str:
    places = [m.start() for m in NUMBER.finditer(text)]
    at = chosen(rng, places) if places else 0
    return f"{text[:at]}-{text[at:]}".replace("--", "")


def scaled(rng: np.random.Generator, text: str) -> str:
    """Another size of one number, quantities among them."""
    places = [m.span() for m in re.finditer(r"(?<=[ \"\[])\d+\.?\d*(?=[\" ,\]\n])", text)]
    if not places:
        return text
    start, stop = chosen(rng, places)
    size = 10.0 ** rng.integers(-14, 15) if rng.random() < 0.5 else rng.uniform(0.1, 3.0)
    return f"{text[:start]}{float(text[start:stop]) * size!r}{text[stop:]}"


def line_deleted(rng: np.random.Generator, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[int(rng.integers(len(lines)))]
    return "".join(lines)


def line_doubled(rng: np.random.Generator, text: str) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(int(rng.integers(len(lines) + 1)), chosen(rng, lines))
    return "".join(lines)


def lines_swapped(rng: np.random.Generator, text: str) -> str:
    lines = text.splitlines(keepends=True)
    j, k = (int(rng.integers(len(lines))) for _ in range(2))
    lines[j], lines[k] = lines[k], lines[j]
    return "".join(lines)


def truncated(rng: np.random.Generator, text: str) -> str:
    return text[: int(rng.integers(len(text)))]


def headed(rng: np.random.Generator, text: str) -> str:
    return substituted(rng, text, re.compile(r"(?m)^\[.*$"), HEADERS)


def misspelled(rng: np.random.Generator, text: str) -> str:
    places = [m.span() for m in KEY.finditer(text)]
    if not places:
        return text
    start, stop = chosen(rng, places)
    at = int(rng.integers(start, stop))
    return text[:at] + chosen(rng, ["", "x", "é", text[at].upper(), "-", "."]) + text[at + 1 :]


def typed(rng: np.random.Generator, text: str) -> str:
    """A character anywhere."""
    at = int(rng.integers(len(text)))
    return text[:at] + chosen(rng, [*'"[]{}=,.#\\-1Aµ\x00\u2028\U0001f600\n', ""]) + text[at + 1 :]


def nested(rng: np.random.Generator, text: str) -> str:
    places = [m.span() for m in VALUE.finditer(text)]
    if not places:
        return text
    start, stop = chosen(rng, places)
    inner = text[start:stop]
    return text[:start] + chosen(rng, [f"[{inner}]", f"{{ a = {inner} }}"]) + text[stop:]


def matrix_changed(rng: np.random.Generator, text: str) -> str:
    """A row less, an entry more, another value, in one of the matrices."""
    places = [m.span() for m in MATRIX.finditer(text)]
    if not places:
        return scaled(rng, text)
    start, stop = chosen(rng, places)
    matrix = text[start:stop]
    cell = re.compile(r'"[^"]*"|\d+\.?\d*')
    entries = ["2", '"1-1j"', '"x"', "nan", "1e308", '"1e400j"', "", "1, 1", "[1]", "true", '"-1j"']
    entries += ["1e-200", '"1e-320j"', "-0.0", '"nan+1j"', "0"]
    changed = substituted(rng, matrix, cell, entries)
    if rng.random() < 0.2:
        changed = chosen(
            rng, ["[]", "[[]]", "[[1]]", "3", '""', "{}", "[[1, 0], [0, 1]]", "[[0, 0]]"]
        )
    return text[:start] + changed + text[stop:]


MUTATIONS: tuple[Callable[[np.random.Generator, str], str], ...] = (
    lambda rng, text: substituted(rng, text, KEY, KEYS),
    lambda rng, text: substituted(rng, text, NUMBER, NUMBERS),
    lambda rng, text: substituted(rng, text, NUMBER, NUMBERS),
    lambda rng, text: substituted(rng, text, QUANTITY, QUANTITIES),
    lambda rng, text: substituted(rng, text, STRING, STRINGS),
    lambda rng, text: substituted(rng, text, VALUE, NUMBERS + QUANTITIES + STRINGS),
    *(negated, scaled, scaled, line_deleted, line_doubled, lines_swapped, truncated, headed),
    *(misspelled, typed, nested, matrix_changed, matrix_changed),
)


def mutant(seed: int) -> str:
    """A file of the corpus with one to three mutations."""
    rng = np.random.default_rng([seed, 17])
    text = chosen(rng, [*CORPUS.values()])
    for _ in range(int(chosen(rng, [1, 1, 1, 2, 3]))):
        text = chosen(rng, MUTATIONS)(rng, text) or text
    return str(text)


# Errors that belong to no key: TOML that ends too early, what no key is there for, several parts.
NO_LINE = re.compile(
    r"qubits must be given|is not valid TOML|(interactions|subsystems|reservoirs) must "
    r"|is nested too deeply"
)


def outcome_of_file(text: str) -> str:
    """An empty string, or what is wrong about how entherm takes it."""
    try:
        machine = reads(text, "m.toml").machine
    except et.MachineFileError as error:
        return fault_of_message(str(error), error)
    if prod(machine.dimensions) > LARGEST:
        return ""
    resets = any(isinstance(bath, et.ResetReservoir) for bath in machine.reservoirs)
    try:
        return fault_of_state(et.steady_state(machine, et.Local() if resets else et.Global()))
    except et.EnthermError as error:
        return fault_of_text(str(error))


def fault_of_text(text: str) -> str:
    short = text and "\n" not in text and len(text) < 1500
    return "" if short else f"no message of one line: {text[:200]!r}"


def fault_of_message(text: str, error: et.MachineFileError) -> str:
    if error.file != "m.toml" or not text.startswith("m.toml:"):
        return f"no file: {text}"
    if error.line is None and not NO_LINE.search(text):
        return f"no line: {text}"
    return fault_of_text(text)


def fault_of_state(state: et.SteadyState) -> str:
    """Finite, Hermitian, of trace one, not negative; the first law."""
    rho = state.density_matrix
    if not np.all(np.isfinite(rho)):
        return "NaN in the density matrix"
    if np.abs(np.trace(rho, axis1=-2, axis2=-1) - 1.0).max() > 1e-9:
        return "trace"
    if np.abs(rho - np.swapaxes(rho, -1, -2).conj()).max() > 1e-12:
        return "not Hermitian"
    if isinstance(state.equation, et.Global) and np.linalg.eigvalsh(rho).min() < -1e-9:
        return f"negative: {np.linalg.eigvalsh(rho).min()}"
    heat = np.stack(np.broadcast_arrays(*state.heat_currents.values()))
    if np.any(np.isnan(heat)):
        return "NaN in the heat currents"
    return ""


def fault(run: Callable[[], str]) -> str:
    """What is wrong with a run; a warning counts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return run()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"


@pytest.mark.parametrize("block", range(FILES // BLOCK))
def test_a_mutated_file_is_a_machine_or_one_clear_error(block: int) -> None:
    found = {}
    for seed in range(BLOCK * block, BLOCK * (block + 1)):
        text = mutant(seed)
        if wrong := fault(lambda text=text: outcome_of_file(text)):  # type: ignore[misc]
            found[seed] = wrong
    assert not found, "\n".join(f"mutant({seed}): {wrong}" for seed, wrong in found.items())


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_the_corpus_itself_is_sound(text: str) -> None:
    assert not fault(lambda: outcome_of_file(text))


# --- calls ---------------------------------------------------------------------------------------

NAN = float("nan")
HOSTILE: tuple[Any, ...] = (
    *(None, True, "", "A", "Q", "A-B", "1 GHz", "x", b"A", 0, -1, 2, 1.5, 10**400, 1e300, -1e300),
    *(1e-300, NAN, float("inf"), -float("inf"), -0.0, 1j, 1 + 0j, np.float32(1.5), np.float16(1.5)),
    *(np.array([]), np.array([1.0, NAN]), np.array([None, 1]), np.array(["a"]), np.array([1j, 2j])),
    *(np.ma.masked_array([1.0, 2.0], [True, False]), np.float32([1.0, 2.0]), np.array(1.5), [], {}),
    *([1, [2, 3]], [[1.0], [2.0]], [1.0, 2.0], (1.0, "a"), {"A": 1.0}, {"Q": 1.0}, {1: 2.0}, {"A"}),
    *(object(), int, len, range(3), np.int64(3), np.bool_(True), np.datetime64("2026-01-01")),
    *(
        np.eye(2),
        np.eye(3),
        np.ones((2, 3)),
        np.full((2, 2), NAN),
        np.zeros((2, 2)),
        np.eye(2) * 1j,
    ),
    *(
        et.Global,
        et.Qubit("A", 1.0),
        et.Coupling(1.0),
        et.Flat(),
        "A" * 2000,
        ["A", "B"],
        ["A", "A"],
    ),
    *(et.Machine([et.Qubit("A", 1.0)]), et.concurrence("A", "B"), [None], [["A"]], {"A": None}),
    *(np.array([[0, 1], [1, 0]], object), np.array([1.0, 2.0, 3.0]), {"A": "x"}, 10**30, "|0><1|"),
)


def machine_of(*parts: Any, on: str = "A", **options: Any) -> et.Machine:
    """A machine of a part and what it needs to have one steady state."""
    subsystems = [p for p in parts if isinstance(p, et.Qubit | et.Qudit | et.Oscillator)]
    interactions = [p for p in parts if isinstance(p, et.Interaction)]
    baths = [p for p in parts if isinstance(p, et.Reservoir | et.ResetReservoir)]
    known = {s.name for s in subsystems}
    rest = [et.Qubit(n, g) for n, g in (("A", 20.0), ("B", 21.0), ("C", 1.0)) if n not in known]
    every = [*subsystems, *rest[: 3 if interactions and len(interactions[0].between) == 3 else 2]]
    own = [et.Reservoir(f"own {s.name}", 1.0, {s.name: 0.1}, below_zero="dark") for s in every]
    return et.Machine(every, interactions, [*own, *baths], **options)


def solved(machine: et.Machine, equation: Any = None, **options: Any) -> str:
    if prod(machine.dimensions) > LARGEST:
        return ""
    resets = any(isinstance(bath, et.ResetReservoir) for bath in machine.reservoirs)
    state = et.steady_state(machine, equation or (et.Local() if resets else et.Global()), **options)
    if np.any(state.reason):
        return ""  # asked for by on_invalid="nan", and told
    return fault_of_state(state)


def finite(value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    arrays = [np.asarray(v) for v in values]
    bad = [a for a in arrays if a.dtype.kind not in "iufcb" or np.any(np.isnan(a))]
    return f"not a number: {bad[0]!r}" if bad else ""


def hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def written(machine: et.Machine) -> str:
    same = reads(et.dumps(machine)).machine.hash == machine.hash
    return "" if same else "comes back as another machine"


PAPER = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
STATE = et.steady_state(PAPER)
OHMIC = et.Ohmic(reference=10.0, cutoff=50.0)
LINE = et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0})

GROUND = np.diag([0.0, 0.0, 0.0, 1.0])
ONE = et.Machine([et.Qubit("A", 1.5)], reservoirs=[et.Reservoir("R", 1.0, {"A": 0.1})])

# What is called, with which sound arguments, and how what it returns is judged.
Call = tuple[Callable[..., Any], dict[str, Any], Callable[[Any], str]]
CALLED: dict[str, Call] = {
    "Qubit": (et.Qubit, {"name": "A", "gap": 1.0}, lambda q: solved(machine_of(q))),
    "Qudit of levels": (
        et.Qudit,
        {"name": "M", "levels": [0.0, 5.0, 8.0]},
        lambda q: solved(machine_of(q)),
    ),
    "Qudit": (
        et.Qudit,
        {"name": "M", "gap": 1.0, "dimension": 3},
        lambda q: solved(machine_of(q)),
    ),
    "Oscillator": (
        et.Oscillator,
        {"name": "R", "frequency": 1.0, "dimension": 3, "anharmonicity": -0.1},
        lambda q: solved(machine_of(q)),
    ),
    "exchange": (
        et.exchange,
        {"first": "A", "second": "B", "strength": 1.0},
        lambda i: solved(machine_of(i)),
    ),
    "Exchange": (
        et.Exchange,
        {"between": ("A", "B"), "strength": 1.0},
        lambda i: solved(machine_of(i)),
    ),
    "heisenberg": (
        et.heisenberg,
        {"first": "A", "second": "B", "xx": 0.1, "yy": 0.1, "zz": 0.2},
        lambda i: solved(machine_of(i)),
    ),
    "swap": (
        et.swap,
        {"first": "A", "middle": "B", "last": "C", "strength": 0.1},
        lambda i: solved(machine_of(i)),
    ),
    "field": (et.field, {"on": "A", "x": 0.1, "z": 0.2}, lambda i: solved(machine_of(i))),
    "hamiltonian_term": (
        et.hamiltonian_term,
        {"name": "T", "on": ("A", "B"), "operator": np.eye(4), "strength": 0.1},
        lambda i: solved(machine_of(i)),
    ),
    "Coupling": (
        et.Coupling,
        {"rate": 0.1, "sign": 1, "operator": "lowering"},
        lambda c: solved(machine_of(et.Reservoir("R", 1.0, {"A": c}))),
    ),
    "Coupling by amplitude": (
        et.Coupling,
        {"amplitude": 0.1, "sign": 1, "operator": "lowering"},
        lambda c: solved(machine_of(et.Reservoir("R", 1.0, {"A": c}))),
    ),
    "Reservoir": (
        et.Reservoir,
        {
            "name": "R",
            "temperature": 1.0,
            "couplings": {"A": 1.0, "B": 1.0},
            "correlation": 0.5,
            "statistics": "bose",
            "chemical_potential": 0.0,
            "spectrum": OHMIC,
            "delays": {"A": 0.0, "B": 0.1},
            "below_zero": "dark",
        },
        lambda r: solved(machine_of(r)),
    ),
    "Reservoir with an occupation": (
        et.Reservoir,
        {"name": "R", "occupation": 0.5, "couplings": {"A": 1.0}, "statistics": "fermi"},
        lambda r: solved(machine_of(r)),
    ),
    "ResetReservoir": (
        et.ResetReservoir,
        {"name": "R", "on": "A", "rate": 0.1, "temperature": 1.0},
        lambda r: solved(machine_of(r)),
    ),
    "TabulatedCorrelation": (
        et.TabulatedCorrelation,
        {"frequencies": [0.0, 100.0], "values": {"A-B": [1.0, 0.0]}},
        lambda c: solved(machine_of(et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}, c))),
    ),
    "Dephasing": (et.Dephasing, {"rate": 0.1}, lambda d: solved(machine_of(dephasing={"A": d}))),
    "Dephasing by times": (
        et.Dephasing,
        {"T1": 1.0, "T2": 1.0},
        lambda d: solved(machine_of(dephasing={"A": d})),
    ),
    "Ohmic": (
        et.Ohmic,
        {"reference": 10.0, "cutoff": 50.0, "exponent": 1.0, "shape": "drude"},
        lambda f: solved(machine_of(et.Reservoir("R", 1.0, {"A": 1.0}, spectrum=f))),
    ),
    "Lorentzian": (
        et.Lorentzian,
        {"centre": 10.0, "width": 1.0, "reference": 10.0},
        lambda f: solved(machine_of(et.Reservoir("R", 1.0, {"A": 1.0}, spectrum=f))),
    ),
    "Tabulated": (
        et.Tabulated,
        {"frequencies": [0.0, 50.0], "values": [0.0, 1.0], "reference": 10.0},
        lambda f: solved(machine_of(et.Reservoir("R", 1.0, {"A": 1.0}, spectrum=f))),
    ),
    "Machine": (
        et.Machine,
        {
            "subsystems": [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
            "interactions": [et.exchange("A", "B", 0.1)],
            "reservoirs": [LINE, et.Reservoir("S", 1.0, {"A": 1.0})],
            "dephasing": {"A": 0.1},
        },
        solved,
    ),
    "two_qubit_machine": (
        et.two_qubit_machine,
        {
            "epsilon_A": 2.0,
            "epsilon_B": 2.0,
            "Omega": 1.0,
            "T_A": 1.0,
            "Gamma_CA": 1.0,
            "gamma": 0.1,
        },
        solved,
    ),
    "Global": (
        et.Global,
        {"dephasing": "secular", "lamb_shift": "absorbed"},
        lambda e: solved(PAPER, e),
    ),
    "Unified": (
        et.Unified,
        {"threshold": 6.0, "clustering": "sweep", "lamb_shift": "absorbed"},
        lambda e: solved(PAPER, e),
    ),
    "Local": (
        et.Local,
        {"threshold": 6.0, "clustering": "sweep", "heat": "total"},
        lambda e: solved(PAPER, e),
    ),
    "Redfield": (et.Redfield, {"lamb_shift": "absorbed"}, lambda e: solved(PAPER, e)),
    "Reset": (et.Reset, {"heat": "bare"}, lambda e: solved(PAPER.without("RC"), e)),
    "Units": (et.Units, {"convention": "cyclic"}, lambda u: finite(u.frequency.size)),
    "steady_state": (
        et.steady_state,
        {
            "machine": PAPER,
            "equation": et.Global(),
            "on_invalid": "nan",
            "initial": np.eye(4) / 4.0,
            "engine": "numpy",
        },
        fault_of_state,
    ),
    "liouvillian": (
        et.liouvillian,
        {"machine": PAPER, "equation": et.Global()},
        finite,
    ),
    "diagonalise": (et.diagonalise, {"machine": PAPER}, lambda levels: finite(levels.matrix)),
    "dumps": (
        et.dumps,
        {"machine": PAPER, "units": et.Units("cyclic")},
        lambda text: "" if isinstance(text, str) else "no text",
    ),
    "load": (et.load, {"path": "examples/two_qubit.toml"}, solved),
    "Machine.replace": (
        # Python itself refuses a key that cannot be hashed
        lambda path, value: PAPER.replace({path: value} if hashable(path) else path),
        {"path": "reservoirs.RC.temperature", "value": 1.0},
        solved,
    ),
    "Machine.replace of all": (
        PAPER.replace,
        {"changes": {"reservoirs.RC.temperature": 1.0}},
        solved,
    ),
    "Machine.without": (lambda **given: PAPER.without(*given.values()), {"name": "RC"}, solved),
    "Machine.take": (PAPER.take, {"points": np.array([0])}, solved),
    "Machine.reservoir": (
        PAPER.reservoir,
        {"name": "RC"},
        lambda r: "" if isinstance(r, et.Reservoir) else "no reservoir",
    ),
    "Machine.site": (PAPER.site, {"name": "A"}, finite),
    "Reservoir.coupling": (
        LINE.coupling,
        {"subsystem": "A"},
        lambda c: "" if isinstance(c, et.Coupling) else "no coupling",
    ),
    "Spectrum.density": (OHMIC.density, {"omega": 10.0}, finite),
    "Spectrum.replace": (
        OHMIC.replace,
        {"values": {"cutoff": 10.0}},
        lambda f: finite(f.density(10.0)),
    ),
    "TabulatedCorrelation.at": (
        et.TabulatedCorrelation([0.0, 100.0], {"A-B": [1.0, 0.0]}).at,
        {"pair": "A-B", "omega": 1.0},
        finite,
    ),
    "concurrence": (
        et.concurrence,
        {"first": "A", "second": "B"},
        lambda o: finite(STATE.observe(o)),
    ),
    "negativity": (
        et.negativity,
        {"first": "A", "second": "B"},
        lambda o: finite(STATE.observe(o)),
    ),
    "formation": (
        et.formation,
        {"first": "A", "second": "B"},
        lambda o: finite(STATE.observe(o)),
    ),
    "heat": (et.heat, {"source": "RC"}, lambda o: finite(STATE.observe(o))),
    "quanta": (et.quanta, {"source": "RC"}, lambda o: finite(STATE.observe(o))),
    "observe": (lambda **given: STATE.observe(*given.values()), {"o": et.heat("RC")}, finite),
    "SteadyState.concurrence": (STATE.concurrence, {"first": "A", "second": "B"}, finite),
    "SteadyState.negativity": (STATE.negativity, {"first": "A", "second": "B"}, finite),
    "heat_currents": (lambda **given: STATE.heat_currents[given["name"]], {"name": "RC"}, finite),
    "from_rates": (
        lambda **given: STATE.effective_temperatures.from_rates(*given.values()),
        {"name": "RA"},
        finite,
    ),
    "evolve": (
        et.evolve,
        {"machine": PAPER, "times": [0.0, 1.0], "initial": GROUND, "equation": et.Global()},
        lambda e: finite(e.density_matrix),
    ),
    "product_state": (
        et.product_state,
        {"machine": PAPER, "parts": {"A": 1, "B": "ground"}},
        finite,
    ),
    "thermal_state": (et.thermal_state, {"machine": PAPER, "temperature": 2.0}, finite),
    "thermal_product": (
        et.thermal_product,
        {"machine": PAPER, "temperatures": {"A": 1.0, "B": 2.0}},
        finite,
    ),
    "decay": (
        et.decay,
        {"machine": PAPER, "equation": et.Global()},
        lambda d: finite(d.gap),
    ),
    "exceptional_points": (
        et.exceptional_points,
        {
            "machine": ONE,
            "path": "qubits.A",
            "low": 1.0,
            "high": 2.0,
            "equation": et.Local(),
        },
        lambda found: finite([point.value for point in found]),
    ),
    "compare": (
        et.compare,
        {"machine": ONE, "equations": [et.Global(), et.Redfield()]},
        lambda c: "" if c.recommended else "no recommendation",
    ),
    "invariants": (
        et.invariants,
        {"machine": ONE, "equation": et.Global()},
        lambda i: finite(i.kernel_dimension),
    ),
    "concurrence_of": (et.concurrence_of, {"rho": np.eye(4) / 4.0}, finite),
    "entanglement_of_formation": (et.entanglement_of_formation, {"concurrence": 0.5}, finite),
    "bose_einstein": (et.bose_einstein, {"omega": 1.0, "temperature": 1.0}, finite),
    "fermi_dirac": (et.fermi_dirac, {"omega": 1.0, "temperature": 1.0}, finite),
}
NOT_CALLED = re.compile(r"unexpected keyword argument|missing \d+ required")


def outcome_of_call(seed: int) -> tuple[str, str]:
    """The call, and what is wrong with how entherm answers it."""
    rng = np.random.default_rng([seed, 23])
    name = [*CALLED][seed % len(CALLED)]
    function, arguments, judge = CALLED[name]
    given = dict(arguments)
    changed = []
    for _ in range(int(chosen(rng, [1, 1, 2]))):
        key = chosen(rng, [*arguments])
        given[key] = chosen(rng, HOSTILE)
        changed.append(key)
    if rng.random() < 0.05:
        given["colour"] = 1.0
    if rng.random() < 0.05:
        given.pop(next(iter(arguments)))
    spelled = {key: " ".join(repr(given[key]).split())[:90] for key in changed if key in given}
    shown = ", ".join(f"{key}={value}" for key, value in spelled.items())

    def run() -> str:
        try:
            return judge(function(**given))
        except et.EnthermError as error:
            return "" if str(error) else "no message"
        except TypeError as error:
            allowed = given.keys() != arguments.keys() and NOT_CALLED.search(str(error))
            return "" if allowed else f"TypeError: {str(error)[:200]}"

    return f"{name}({shown})", fault(run)


@pytest.mark.parametrize("block", range(CALLS // CALL_BLOCK))
def test_a_hostile_call_is_answered_or_refused(block: int) -> None:
    found = []
    for seed in range(CALL_BLOCK * block, CALL_BLOCK * (block + 1)):
        call, wrong = outcome_of_call(seed)
        if wrong:
            found.append(f"outcome_of_call({seed}): {call}: {wrong}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", CALLED)
def test_the_sound_calls_are_sound(name: str) -> None:
    function, arguments, judge = CALLED[name]
    assert not fault(lambda: judge(function(**arguments)))
