"""Is this installation in order? Versions, and entherm checked against itself on this computer."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from rich.console import Group

from entherm import __version__, concurrence, heat, steady_state, two_qubit_machine
from entherm.cli.tables import spaced, table, verdict
from entherm.compiled import cache_directory
from entherm.kernels import Engine, cores
from entherm.paper.closed_form import closed_form_concurrence
from entherm.paper.equations import Parameters

REQUIRED = (
    *("numpy", "scipy", "numba", "matplotlib", "xarray", "zarr", "filelock", "h5netcdf", "h5py"),
    *("pydantic", "pint", "typer", "rich", "jinja2", "threadpoolctl"),
)
OPTIONAL = ("jax", "distributed", "qutip")

# Fig. 2 at T = 5, T_C = 1: the closed form evaluated with 40 digits, rounded to double precision.
REFERENCE_CONCURRENCE = 0.09930434203965456
# Ten operations or so of relative error 1e-16 each, on populations near 1, with room to spare.
CONCURRENCE_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes
    ----------
    name : str
        What.
    passed : bool
        Whether it is in order.
    detail : str
        What was found, and the remedy if it is not in order.
    """

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """What `entherm doctor` found.

    Attributes
    ----------
    system : dict of str to str
        Python, operating system, cores.
    versions : dict of str to (str or None)
        Of entherm and the libraries; None where one is not installed.
    checks : tuple of Check
        In order.
    """

    system: dict[str, str]
    versions: dict[str, str | None]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is in order."""
        return all(check.passed for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """Return the diagnosis as `entherm doctor --json` prints it."""
        checks = [vars(check) for check in self.checks]
        return {"passed": self.passed, **self.system, "versions": self.versions, "checks": checks}

    def tables(self) -> Group:
        """Return the diagnosis as `entherm doctor` prints it."""
        versions = table("Installed", "what", "version", words=("what", "version"))
        for name, value in {**self.system, **self.versions}.items():
            versions.add_row(name, value or ("not installed" + " (optional)" * (name in OPTIONAL)))
        checks = table("Checks", "", "check", "found", words=("", "check", "found"))
        for check in self.checks:
            checks.add_row(verdict(check.passed, ("ok", "WRONG")), check.name, check.detail)
        end = verdict(self.passed, ("All is in order.", "Something is not in order."))
        return spaced([versions, checks, end])


def diagnose() -> Diagnosis:
    """Look at everything."""
    return Diagnosis(describe_system(), installed_versions(), tuple(_checks()))


def describe_system() -> dict[str, str]:
    """Return Python, operating system and usable cores in words."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} on {platform.machine()}",
        "cores": f"{cores()} usable of {os.cpu_count()}",
    }


def installed_versions() -> dict[str, str | None]:
    """Return the versions of entherm and its libraries; None for one that is not installed."""
    return {"entherm": __version__} | {name: _version(name) for name in (*REQUIRED, *OPTIONAL)}


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _checks() -> list[Check]:
    looks: dict[str, Callable[[], tuple[bool, str]]] = {
        "libraries": _look_at_libraries,
        "kernel cache": _look_at_cache,
        "steady state": _look_at_steady_state,
        "compiled kernels": _look_at_compiler,
    }
    return [_checked(name, look) for name, look in looks.items()]


def _checked(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        return Check(name, *look())
    except Exception as error:  # whatever is broken on this computer is what is asked for
        return Check(name, False, f"{type(error).__name__}: {error}")


def _look_at_libraries() -> tuple[bool, str]:
    missing = [name for name in REQUIRED if _version(name) is None]
    if missing:
        return False, f"not installed: {', '.join(missing)}; pip install {' '.join(missing)}"
    return True, "all installed"


def _look_at_cache() -> tuple[bool, str]:
    folder = cache_directory()
    if folder.parent == Path(tempfile.gettempdir()):
        remedy = "let XDG_CACHE_HOME name a folder that can be written"
        return False, f"kernels are compiled anew by every process, in {folder}; {remedy}"
    return True, f"{folder} can be written"


def _look_at_steady_state() -> tuple[bool, str]:
    point = (20.0, 20.0, 10.0, 5.0, 5.0, 1.0)
    found = float(steady_state(two_qubit_machine(*point)).concurrence("A", "B"))
    closed = closed_form_concurrence(Parameters(*point))
    worst = max(abs(found - closed), abs(found - REFERENCE_CONCURRENCE))
    detail = f"Fig. 2 at T = 5, T_C = 1: C = {found:.12f}, off by {worst:.0e}"
    return worst <= CONCURRENCE_TOLERANCE, detail


def _look_at_compiler() -> tuple[bool, str]:
    temperature = np.linspace(0.5, 18.0, 64)
    machine = two_qubit_machine(
        20.0, 20.0, 10.0, T_A=temperature[:, None], T_B=temperature[:, None], T_C=temperature
    )

    def bits(engine: Engine) -> bytes:
        state = steady_state(machine, engine=engine)
        return np.stack(state.observe(concurrence("A", "B"), heat("RC"))).tobytes()

    same = bits("compiled") == bits("numpy")
    words = "the same" if same else "not the same"
    return same, f"{temperature.size**2} points of Fig. 2: {words} to the last bit"
