"""A sweep as a labelled dataset, which carries the machine that it was made of."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm import __version__
from entherm.errors import EnthermError, ParameterError
from entherm.failures import Reason
from entherm.machine import Machine
from entherm.machine_file import MachineFile, reads
from entherm.machine_writer import dumps
from entherm.parameter_words import scale_of
from entherm.parameters import Array
from entherm.sweeps.axes import Grid
from entherm.sweeps.task import Task
from entherm.units import Units

if TYPE_CHECKING:
    import xarray as xr

# In an unfinished store: what no task has come to.
NOT_COMPUTED = -1
_LIBRARIES = ("numpy", "scipy", "numba")


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a sweep's machine is from.

    Attributes
    ----------
    source : Machine or MachineFile
    """

    source: Machine | MachineFile

    @property
    def machine(self) -> Machine:
        """In internal units."""
        return self.source.machine if isinstance(self.source, MachineFile) else self.source

    @property
    def units(self) -> Units:
        """In which axes and results are spelled."""
        return self.source.units if isinstance(self.source, MachineFile) else Units()

    @property
    def text(self) -> str:
        """The machine as a file; empty for what only code can spell."""
        try:
            return dumps(self.source)
        except ParameterError:
            return ""


def attributes(task: Task, origin: Origin) -> dict[str, str | int]:
    """Return what a dataset says of itself, in types that every format of files knows.

    Parameters
    ----------
    task : Task
    origin : Origin

    Returns
    -------
    dict
        ``machine`` (TOML), ``machine_parameters`` (JSON; exact, in internal units),
        ``machine_hash``, ``units_convention``, ``equation`` (JSON), ``axes`` (JSON), versions.
    """
    machine = origin.machine
    exact = {path: float(value) for path, value in machine.parameters.items()}
    options = {f.name: getattr(task.equation, f.name) for f in fields(task.equation)}  # type: ignore[arg-type]
    return {
        "title": f"sweep of {task.grid.points} steady states",
        "machine": origin.text,
        "machine_parameters": json.dumps(exact),
        "machine_hash": machine.hash,
        "units_convention": origin.units.convention,
        "equation": json.dumps({"name": task.equation.name, "options": options}),
        "axes": json.dumps({a.name: [p.path for p in a.parameters] for a in task.grid.axes}),
        "conventions": "hbar = k_B = 1 where units are 1; heat > 0 leaves the reservoir",
        "entherm_version": __version__,
        "versions": json.dumps({name: version(name) for name in _LIBRARIES}),
        "python_version": platform.python_version(),
    }


def coordinates(grid: Grid) -> dict[str, tuple[str, Array, dict[str, str]]]:
    """Return every swept parameter as a coordinate; the first of an axis is its index.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> from entherm.sweeps.axes import grid_of
    >>> grid = grid_of({"qubits.A": [1.0, 2.0]}, two_qubit_machine(1.0, 1.0, 0.5))
    >>> coordinates(grid)["qubits.A"][0]
    'qubits.A'
    """
    found: dict[str, tuple[str, Array, dict[str, str]]] = {}
    for axis in grid.axes:
        first = axis.parameters[0]
        found[axis.name] = axis.name, first.shown, first.attributes
        found |= {p.name: (axis.name, p.shown, p.attributes) for p in axis.parameters}
    return found


def reason_attributes(without: str) -> dict[str, Any]:
    """Return what codes of reasons mean, by the CF conventions.

    Parameters
    ----------
    without : str
        The reservoir that is left out; empty for none.

    Examples
    --------
    >>> reason_attributes("RC")["long_name"]
    'why there is no steady state without RC'
    """
    codes = [NOT_COMPUTED, *map(int, Reason)]
    return {
        "long_name": "why there is no steady state" + (f" without {without}" if without else ""),
        "flag_values": np.array(codes, np.int8),
        "flag_meanings": " ".join(["not_computed", *(reason.name.lower() for reason in Reason)]),
    }


def dataset(
    task: Task, about: Mapping[str, Any], values: Mapping[str, Array], reasons: Mapping[str, Any]
) -> xr.Dataset:
    """Return what was computed, labelled.

    Parameters
    ----------
    task : Task
    about : mapping
        Attributes of the whole.
    values : mapping of str to ndarray
        Of every column.
    reasons : mapping of str to ndarray of int8
        By variable; empty where every point must be valid.
    """
    import xarray as xr

    names = task.grid.names
    data: dict[str, Any] = {c.name: (names, values[c.name], c.attributes) for c in task.columns}
    for name, codes in reasons.items():
        data[name] = names, codes, reason_attributes(task.reasons[name])
    return xr.Dataset(data, coordinates(task.grid), dict(about))


def machine_of(found: xr.Dataset) -> Machine:
    """Return the machine of a sweep, at the coordinates that its dataset has now.

    A coordinate that has become one number by selection is one number; an axis that is left is an
    axis of the machine, so that ``steady_state(machine_of(ds))`` has the dataset's shape.

    Parameters
    ----------
    found : Dataset
        As `entherm.sweep` makes it, or a selection of it.

    Returns
    -------
    Machine

    Raises
    ------
    EnthermError
        For a dataset of something else, a machine that only code can spell, and one that was
        edited.

    Examples
    --------
    >>> from entherm import concurrence, sweep, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
    >>> made = sweep(machine, {"reservoirs.RC.temperature": [1.0, 2.0]}, concurrence("A", "B"))
    >>> machine_of(made.isel({"reservoirs.RC.temperature": 1})).parameters[
    ...     "reservoirs.RC.temperature"
    ... ]
    array(2.)
    """
    file, base = _base(found.attrs)
    # By the path that each carries: whoever renames a dimension keeps the machine.
    by_path = {c.attrs.get("path"): c for c in found.coords.values()}
    dims = max((v.dims for v in found.variables.values()), key=len, default=())
    dims = (*dims, *(name for name in found.sizes if name not in dims))
    changes: dict[str, Array] = {}
    for path in (path for paths in json.loads(found.attrs["axes"]).values() for path in paths):
        if path not in by_path:
            rule = f"have the coordinate {path}, which was swept"
            remedy = _REDUCED if "reductions" in found.attrs else _WHOLE
            told = ", ".join(map(str, found.coords)) or "none"
            raise ParameterError("dataset", rule, told, remedy)
        row = by_path[path]
        values = np.asarray(row.values * scale_of(path, base, file.units).size, np.float64)
        after = len(dims) - 1 - dims.index(row.dims[0]) if row.ndim else 0
        changes[path] = values.reshape((-1, *[1] * after)) if row.ndim else values
    return base.replace(changes)


_WHOLE = "select with .sel or .isel, and keep the coordinates"
_REDUCED = "it was reduced away: give the machine that was swept a value with replace()"


def _base(attrs: Mapping[Any, Any]) -> tuple[MachineFile, Machine]:
    missing = {"machine", "machine_parameters", "machine_hash", "units_convention"} - {*attrs}
    if missing:
        told = ", ".join(sorted(missing))
        raise EnthermError(f"This dataset is no sweep of entherm: it has no attribute {told}.")
    if not attrs["machine"]:
        raise EnthermError(
            "The machine of this dataset has parts that only code can spell: make it there, and "
            "put the axes in with replace()."
        )
    edited = "they were edited, or are of another version of entherm"
    file = reads(attrs["machine"], "attribute 'machine'")
    try:
        machine = file.machine.replace(json.loads(attrs["machine_parameters"]))
    except ValueError as error:
        told = "The attributes of this dataset do not fit together"
        raise EnthermError(f"{told} ({error}): {edited}.") from None
    for name, own, key in (
        ("hash", machine.hash, "machine_hash"),
        ("units", file.units.convention, "units_convention"),
    ):
        if own != attrs[key]:
            told = f"The machine of this dataset has the {name} {own}, but its attributes say"
            raise EnthermError(f"{told} {attrs[key]}: {edited}.")
    return file, machine
