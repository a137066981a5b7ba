"""The house: a file imports only from the floors below it.

The list is below. Sources are parsed, never imported, so that the test names the
line that breaks a rule even when the package does not import at all.

1. Every module of the package is on the list. A listed module need not exist yet.
2. It imports from lower floors, or from the modules listed before it on its own floor: no cycles.
   The package itself (`import entherm`) is above all but the doors; anyone may read `__version__`
   from it, which is set before anything is imported. The package's own `__init__` is free.
3. Nothing is imported inside a function, except heavy third-party libraries; `cli` also imports
   entherm's modules there, because `entherm --help` must answer at once.
4. No attic: no module named utils, helpers, common, settings or misc.
5. `paper.equations` imports NumPy and the standard library, nothing else, and `paper.closed_form`
   only `paper.equations` beside them: they are oracles, and an oracle that uses what it checks
   proves nothing.
6. No file has more than 350 lines, but for the paper's equations, which stay together.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "entherm"
TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src" / PACKAGE

# Within a floor, a module may import those to its left.
FLOORS = {
    0: (
        "errors",
        "algebra",
        "tracing",
        "jax_rules",
        "jax_arrays",
        "parameters",
        "elementary",
        "checks",
        "units",
        "toml_lines",
        "operators",
        "symmetry",
        "occupation",
        "spectra",
        "tabulated",
        "correlation",
        "couplings",
        "modes",
        "reservoirs",
        "subsystems",
        "reset_reservoir",
        "interactions",
        "dephasing",
        "many",
        "thermodynamics",
        "fluctuations",
        "response",
        "resources",
        "sweeps",
    ),
    1: (
        "composition",
        "machine",
        "two_qubit",
        "machine_tables",
        "reservoir_tables",
        "span",
        "about",
        "machine_schema",
        "machine_file",
        "machine_writer",
    ),
    2: (
        "bohr",
        "many.sector_operators",
        "frequencies",
        "equations",
        "equation_words",
        "parameter_words",
        "zoo.entries",
        "zoo",
        "zoo.axis",
        "jumps",
        "rate_equation",
        "clusters",
        "frame",
    ),
    3: (
        "principal_value",
        "lamb_shift",
        "many.threads",
        "many.class_jumps",
        "many.point_clusters",
        "many.packed_states",
        "many.gains",
        "many.matrix_free",
        "channels",
        "plain_jumps",
        "elimination",
        "stationary",
        "many.krylov",
        "many.iterative",
        "interference",
        "sides",
        "superoperator",
        "many.ladder",
        "many.ladder_numbers",
        "many.rungs",
        "many.rung_rates",
        "many.coincidences",
        "many.sector_solver",
        "many.sector_memory",
        "many.sector_state",
        "many.multiplet_rates",
        "many.multiplet_ladder",
        "many.memory",
        "liouvillian",
        "response.generator_slopes",
        "fluctuations.counting",
        "fluctuations.tilted",
        "propagation",
        "entanglement",
        "resources.density_matrices",
        "resources.partial_transpose",
        "resources.nonlocality",
        "resources.teleportation",
        "resources.conditional_entropy",
        "resources.discord",
        "resources.multipartite",
        "resources.filtering",
        "thermodynamics.entropy",
        "thermodynamics.free_energy",
        "fluctuations.affinities",
    ),
    4: (
        "recording",
        "scalars",
        "kernel_source",
        "compiled",
        "kernels",
        "observables",
        "reduced_observables",
        "pair_measures",
        "resources.pair_observables",
        "resources.joint_measures",
        "resources.three_qubit_measures",
        "point_stage",
        "many.many_levels",
        "traced_route",
        "coherent",
        "validity_case",
        "validity_figures",
        "validity_state",
        "validity_rules",
        "validity",
        "null_space",
        "places",
        "invariants",
        "undefined",
        "failures",
        "lasting",
        "many.sector_plan",
        "many.estimates",
        "many.product_plan",
        "plan",
        "asymptotics",
        "initial_states",
        "thermodynamics.effective_temperatures",
        "prepared",
        "reading",
        "structures",
        "jax_engine",
        "solution",
        "reduced",
        "resources.heralding",
        "quantities",
        "observable_words",
        "steady_state",
        "response.linearised",
        "response.linear",
        "response.rectifiers",
        "response.thermometry",
        "fluctuations.counted_runs",
        "fluctuations.statistics",
        "gradients",
        "decay",
        "exceptional_points",
        "evolution",
        "comparison_entry",
        "comparison",
        "thermodynamics.virtual_temperatures",
        "thermodynamics.work_content",
        "thermodynamics.laws",
        "thermodynamics.transition_heat",
        "thermodynamics.roles",
        "thermodynamics.heat_accounts",
        "thermodynamics.performance",
        "thermodynamics.audit_reasons",
        "thermodynamics.audit",
    ),
    5: (
        "sweeps.axes",
        "sweeps.chunks",
        "sweeps.functions",
        "sweeps.columns",
        "sweeps.task",
        "sweeps.flags",
        "sweeps.labelled",
        "sweeps.progress",
        "sweeps.reductions",
        "sweeps.extrema",
        "sweeps.counting",
        "sweeps.crossings",
        "sweeps.identity",
        "sweeps.ledger",
        "sweeps.store",
        "sweeps.interrupts",
        "sweeps.zarr_files",
        "sweeps.workers",
        "sweeps.results",
        "sweeps.reduced",
        "thresholds",
        "design",
        "experiment",
    ),
    6: (
        "schematic_words",
        "schematic_layout",
        "schematic",
        "plotting",
        "sweeps.choice",
        "sweeps.words",
        "sweeps.panels",
        "sweeps.families",
        "sweeps.pictures",
        "sweeps.csv_export",
        "sweeps.accessor",
        "sweeps.opening",
        "sweeps.run",
        "zoo.picture",
        "paper.equations",
        "paper.closed_form",
        "paper.citation",
        "paper.figure_data",
        "paper.circuit_data",
        "paper.figure_pictures",
        "paper.figures",
        "paper.ensembles",
        "paper.families",
        "paper.evidence",
        "paper.counterexamples",
        "paper.searches",
        "paper.claims_model",
        "paper.claims_state",
        "paper.claims_equilibrium",
        "paper.claims_temperatures",
        "paper.claims_gradient",
        "paper.claims_general",
        "paper.claims_circuit",
        "paper.claims",
        "paper.report",
        "paper",
    ),
    7: (
        "interop",
        "explorer",
        "cli.output",
        "cli.failures",
        "cli.tables",
        "cli.progress",
        "cli.equations",
        "cli.reservoir_entries",
        "cli.solution",
        "cli.solving",
        "cli.coupling_table",
        "cli.solution_tables",
        "cli.comparing",
        "cli.comparison_tables",
        "cli.machines",
        "cli.sweep_options",
        "cli.sweep_words",
        "cli.sweep_failures",
        "cli.sweep_request",
        "cli.swept",
        "cli.sweeping",
        "cli.sweep_tables",
        "cli.doctor",
        "cli.reproduction",
        "cli",
        "__main__",
    ),
}
PLACES = {name: (floor, i) for floor, row in FLOORS.items() for i, name in enumerate(row)}

DOORS = FLOORS[7]  # only these may import the package as its users do
LAZY = {
    *("cloudpickle", "distributed", "filelock", "h5netcdf", "jax", "jinja2", "matplotlib"),
    *("numba", "pint", "pydantic", "qutip", "rich", "scipy", "typer", "xarray", "zarr"),
}
LAZY_DOOR = "cli"
ATTICS = {"utils", "util", "helpers", "helper", "common", "settings", "misc"}
ORACLES = ("paper.equations", "paper.closed_form")  # rule 2 keeps the first from the second
ORACLES_MAY_IMPORT = {"numpy"} | sys.stdlib_module_names
# One idea a file: about 300 lines, which a reader holds in mind at one sitting. The
# rest is room for long docstrings, so that nobody shortens an explanation to pass this test.
MAX_LINES = 350
# The paper's equations stand in the paper's order in one file, so that Eq. (9) is found in ten
# seconds; two thirds of it is docstrings.
IN_ONE_FILE = {"paper.equations"}


class Import(NamedTuple):
    """One imported name: where, what, and whether inside a function."""

    line: int
    target: str  # absolute, as "entherm.bohr" or "scipy.linalg"
    inside_function: bool

    @property
    def library(self) -> str:
        return self.target.partition(".")[0]


def module_name(path: Path) -> str:
    """Name a file of the package without the package's own name: "" is its `__init__`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[Import]:
    """Find every import, the ones by `importlib.import_module("...")` too."""
    home = [PACKAGE, *module.split(".")] if module else [PACKAGE]

    def absolute(name: str, level: int) -> str:
        if level == 0:
            return name
        up = level - 1 if is_package else level
        return ".".join([*home[: len(home) - up], *([name] if name else [])])

    def targets(node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                yield from (f"{absolute(origin or '', level)}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield absolute(name.lstrip("."), len(name) - len(name.lstrip(".")))

    def walk(node: ast.AST, inside: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            for target in targets(child):
                yield Import(child.lineno, target, inside)
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from walk(child, inside or is_function)

    return walk(tree, inside=False)


def own_module(target: str) -> str | None:
    """Turn "entherm.bohr.levels" into "bohr", "entherm.Machine" into "", "numpy" into None."""
    library, _, rest = target.partition(".")
    if library != PACKAGE:
        return None
    parts = rest.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in PLACES or exists(name)), "")


def exists(module: str) -> bool:
    path = SOURCE.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def breaks_order(module: str, target: str) -> str | None:
    """Rule 2 for one import of one module; None if it holds."""
    origin = own_module(target)
    if origin is None or module not in PLACES or target == f"{PACKAGE}.__version__":
        return None
    if origin == "":
        if module in DOORS:
            return None
        return f"imports {target} from the package itself; name the module that defines it"
    if origin not in PLACES:
        return None  # rule 1 names it, at its own file
    (floor, place), (floor_below, place_before) = PLACES[module], PLACES[origin]
    if floor_below < floor or (floor_below == floor and place_before < place):
        return None
    if floor_below == floor:
        return f"imports {origin}, which is not listed before {module} on floor {floor}"
    return f"(floor {floor}) imports {origin} (floor {floor_below})"


def violations(source: str, path: Path) -> list[str]:
    """Check one file against all rules."""
    module = module_name(path)
    where = path.relative_to(SOURCE.parent.parent).as_posix()
    found: list[tuple[int, int, str]] = []

    if module and module not in PLACES:
        found.append((1, 1, f"{module} is on no floor; give it a place in FLOORS"))
    if attic := ATTICS & {part.strip("_") for part in module.split(".")}:
        found.append((1, 4, f"{attic.pop()} names no idea; name the module by what it is about"))
    lines = len(source.splitlines())
    if lines > MAX_LINES and module not in IN_ONE_FILE:
        found.append((lines, 6, f"{lines} lines, at most {MAX_LINES}; split it by idea"))

    if module:
        tree = ast.parse(source, filename=str(path))
        lazy = LAZY | {PACKAGE} if module == LAZY_DOOR else LAZY
        for imported in imports_of(tree, module, is_package=path.stem == "__init__"):
            line, target = imported.line, imported.target
            if problem := breaks_order(module, target):
                found.append((line, 2, f"{module} {problem}"))
            if imported.inside_function and imported.library not in lazy:
                found.append((line, 3, f"imports {target} inside a function"))
            if module in ORACLES and not (
                imported.library in ORACLES_MAY_IMPORT or own_module(target) in ORACLES
            ):
                found.append((line, 5, f"the oracle imports {target}"))

    return [f"{where}:{line}: rule {rule}: {message}" for line, rule, message in sorted(found)]


def test_the_house_stands() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    assert files, f"no sources under {SOURCE}"
    found = [v for file in files for v in violations(file.read_text(encoding="utf-8"), file)]
    assert not found, "\n" + "\n".join(found)


# The checker itself: each made-up file breaks exactly one rule, on the line and in the way stated.
BROKEN = [
    ("novelty.py", "", "1: rule 1: novelty is on no floor"),
    ("bohr.py", "import numpy\n\nfrom entherm.design import axes", "3: rule 2: bohr (floor 2)"),
    ("bohr.py", "from .steady_state import plan", "1: rule 2: bohr (floor 2)"),
    ("paper/figures.py", "from .. import cli", "1: rule 2: paper.figures (floor 6)"),
    ("bohr.py", "import importlib\nimportlib.import_module('entherm.cli')", "2: rule 2"),
    ("bohr.py", "if True:\n    from entherm.equations import Global", "2: rule 2: bohr imports"),
    ("bohr.py", "from entherm.bohr import levels", "1: rule 2: bohr imports bohr"),
    ("bohr.py", "from entherm import Machine", "1: rule 2: bohr imports entherm.Machine from"),
    ("design.py", "import entherm as et", "1: rule 2: design imports entherm from"),
    ("design.py", "def f():\n    import entherm.bohr", "2: rule 3: imports entherm.bohr"),
    ("design.py", "class A:\n    def f(self):\n        import json", "3: rule 3: imports json"),
    ("paper/equations.py", "import scipy.linalg", "1: rule 5: the oracle imports scipy.linalg"),
    ("paper/equations.py", "from .closed_form import rates", "1: rule 2: paper.equations imports"),
    ("paper/closed_form.py", "import entherm.bohr", "1: rule 5: the oracle imports entherm.bohr"),
    ("design.py", "x = 1\n" * (MAX_LINES + 1), "351: rule 6: 351 lines"),
]


@pytest.mark.parametrize(("name", "source", "expected"), BROKEN)
def test_a_violation_is_caught(name: str, source: str, expected: str) -> None:
    found = violations(source, SOURCE / name)
    assert len(found) == 1, found
    assert found[0].startswith(f"src/{PACKAGE}/{name}:{expected}"), found[0]


def test_an_attic_is_caught() -> None:
    found = violations("", SOURCE / "paper" / "_utils.py")
    assert any(": rule 4: utils names no idea" in message for message in found), found


def test_the_oracle_may_not_import_the_library() -> None:
    found = violations("from entherm.errors import EnthermError", SOURCE / "paper" / "equations.py")
    assert found == [
        "src/entherm/paper/equations.py:1: rule 5: the oracle imports entherm.errors.EnthermError"
    ]


SOUND = [
    ("__init__.py", "from entherm.cli import main\ndef f():\n    import entherm.bohr"),
    (
        "design.py",
        "import json\nfrom entherm.bohr import levels\nfrom . import machine, steady_state",
    ),
    ("equations.py", "from entherm.bohr import levels"),
    ("steady_state.py", "from entherm import __version__"),
    ("kernels.py", "def f():\n    import numba\n    from scipy.linalg import lapack"),
    ("cli.py", "import entherm\ndef f():\n    from entherm.paper import report\n    import typer"),
    ("paper/equations.py", "import math\nimport numpy as np\nfrom numpy.typing import NDArray"),
    ("paper/closed_form.py", "from entherm.paper import equations as eq"),
    ("paper/report.py", "from .claims import CLAIMS\nfrom . import figures, equations"),
    ("design.py", "x = 1\n" * MAX_LINES),
]


@pytest.mark.parametrize(("name", "source"), SOUND)
def test_what_is_allowed_passes(name: str, source: str) -> None:
    assert violations(source, SOURCE / name) == []
