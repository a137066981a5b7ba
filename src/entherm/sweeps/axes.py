"""The axes of a sweep: which parameters vary, alone or together, over which values.

A coordinate is what counts: it is kept as the units spell it, to the 15 digits that survive a
conversion, and the machine is given that number, converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from entherm.checks import items_of, mapping_of, require_kind
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine import Machine
from entherm.parameter_words import long_name_of, scale_of, symbol_of
from entherm.parameters import Array, parameter
from entherm.span import Span
from entherm.units import Scale, Units

# What no dimension may be called: it would hide a variable of every dataset.
RESERVED = ("reason",)
# Zarr and NetCDF take a slash for a folder, and what they list as coordinates ends at a space.
SPLIT = re.compile(r"[\s/]")


@dataclass(frozen=True, eq=False)
class Swept:
    """One parameter along an axis.

    Attributes
    ----------
    path : str
        As in `Machine.parameters`.
    shown : ndarray, shape (n,)
        Its values, in the unit of `scale`.
    scale : Scale
    long_name, symbol : str
        For the axis of a picture; the symbol in mathtext, or empty.
    """

    path: str
    shown: Array
    scale: Scale
    long_name: str
    symbol: str

    @property
    def name(self) -> str:
        """Of its coordinate: the path, without spaces and slashes, which formats of files split at.

        Examples
        --------
        >>> kelvin = Units().temperature
        >>> Swept("reservoirs.left one.temperature", np.ones(1), kelvin, "temperature", "").name
        'reservoirs.left_one.temperature'
        """
        return SPLIT.sub("_", self.path)

    @cached_property
    def values(self) -> Array:
        """In internal units."""
        return np.asarray(self.shown * self.scale.size)

    @property
    def attributes(self) -> dict[str, str]:
        """What a coordinate says of itself."""
        found = {"long_name": self.long_name, "units": self.scale.unit or "1", "path": self.path}
        return found | ({"symbol": self.symbol} if self.symbol else {})

    def told(self, index: int) -> str:
        """Name one value, with its unit."""
        return f"{self.path} = {self.shown[index]:.6g} {self.scale.unit}".rstrip()


@dataclass(frozen=True, eq=False)
class Axis:
    """A dimension: parameters that vary together.

    Attributes
    ----------
    name : str
    parameters : tuple of Swept
        At least one; the first gives the coordinate of the dimension.
    """

    name: str
    parameters: tuple[Swept, ...]

    def __len__(self) -> int:
        return self.parameters[0].shown.size


@dataclass(frozen=True, eq=False)
class Grid:
    """All axes of a sweep; the last varies fastest.

    Attributes
    ----------
    axes : tuple of Axis
    """

    axes: tuple[Axis, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the dimensions."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the points."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def points(self) -> int:
        """How many."""
        return prod(self.shape)

    @property
    def swept(self) -> tuple[Swept, ...]:
        """Every parameter that varies."""
        return tuple(parameter for axis in self.axes for parameter in axis.parameters)

    @property
    def first(self) -> Grid:
        """The grid of its first point alone."""
        return Grid(
            tuple(
                Axis(axis.name, tuple(replace(p, shown=p.shown[:1]) for p in axis.parameters))
                for axis in self.axes
            )
        )

    def machine(self, base: Machine) -> Machine:
        """Return `base` with the axes put in, each as a dimension of its own.

        Raises
        ------
        ParameterError
            For a value that the parameter may not have, such as a negative temperature.
        """
        count = len(self.axes)
        changes = {
            parameter.path: parameter.values.reshape((-1, *[1] * (count - 1 - place)))
            for place, axis in enumerate(self.axes)
            for parameter in axis.parameters
        }
        try:
            return base.replace(changes)
        except ParameterError as error:
            raise self._in_units(error) from None

    def _in_units(self, error: ParameterError) -> ParameterError:
        """Tell of a refused value as it was given."""
        place = re.search(r"\(element (\d+) of \d+\)", str(error.value))
        for swept in self.swept:
            if place and swept.path == error.path and swept.scale.unit:
                value = f"{swept.shown[int(place[1])]:.6g} {swept.scale.unit} {place[0]}"
                return ParameterError(error.path, error.rule, value, error.remedy)
        return error

    def told(self, index: tuple[int, ...]) -> str:
        """Say where a point is, by all that varies.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> grid = grid_of({"qubits.A": [1.0, 2.0]}, two_qubit_machine(1.0, 1.0, 0.5))
        >>> grid.told((1,))
        'qubits.A = 2'
        """
        return ", ".join(
            parameter.told(place)
            for axis, place in zip(self.axes, index, strict=True)
            for parameter in axis.parameters
        )


def grid_of(axes: object, machine: Machine, units: Units | None = None) -> Grid:
    """Return the axes of a sweep, checked against the machine.

    Parameters
    ----------
    axes : mapping
        As `entherm.sweep` takes them.
    machine : Machine
        One point.
    units : Units, optional
        In which values are spelled; left out, internal ones.

    Raises
    ------
    ParameterError
        For a machine that has arrays already, no axis, values that are not a row of finite
        numbers, linked values of other lengths, a parameter or a name that comes twice.
    UnknownNameError
        For a parameter that the machine does not have.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> linked = ("reservoirs.RA.temperature", "reservoirs.RB.temperature")
    >>> grid = grid_of({linked: [1.0, 2.0]}, two_qubit_machine(1.0, 1.0, 0.5))
    >>> grid.names, grid.shape
    (('reservoirs.RA.temperature',), (2,))
    """
    for path, value in machine.parameters.items():
        if value.ndim:
            rule, remedy = "be one number in a machine that is swept", "give its values as an axis"
            raise ParameterError(path, rule, f"an array of shape {value.shape}", remedy)
    remedy = 'give {"reservoirs.RC.temperature": values}'
    require_kind(axes, Mapping, "axes", "be a mapping from parameters to values", remedy)
    assert isinstance(axes, Mapping)
    if not axes:
        raise ParameterError("axes", "name at least one parameter", "none", remedy)
    spelled = Units() if units is None else units
    found = tuple(_axis(key, values, machine, spelled) for key, values in axes.items())
    _require_distinct([p.path for axis in found for p in axis.parameters], "vary along one axis")
    _require_distinct([axis.name for axis in found], "name one axis")
    names = [p.name for axis in found for p in axis.parameters]
    _require_distinct(names, "have a name of its own, also without spaces and slashes")
    return Grid(found)


def _axis(key: object, values: object, machine: Machine, units: Units) -> Axis:
    """One axis from ``path: values``, ``(path, path): values`` or ``name: {path: values}``."""
    if isinstance(values, Mapping):
        given: dict[str, Any] = mapping_of(values, f"axes[{key!r}]", "give {path: values}")
        if not isinstance(key, str) or not key or key in RESERVED or SPLIT.search(key):
            rule = "be called by a name without spaces and slashes"
            remedy = f"rename it; not {' or '.join(RESERVED)}"
            raise ParameterError("axes", rule, repr(key), remedy)
        if not given:
            raise ParameterError(f"axes[{key!r}]", "name a parameter", "none", "give one")
    else:
        paths = key if isinstance(key, tuple) else (key,)
        given = {_path(path, machine): values for path in paths}
        if len(given) < len(paths) or not given:
            rule, remedy = "name each parameter once", "name it once"
            raise ParameterError("axes", rule, repr(key), remedy)
    swept = tuple(_swept(_path(p, machine), v, machine, units) for p, v in given.items())
    for other in swept[1:]:
        if other.shown.size != swept[0].shown.size:
            rule = f"have as many values as {swept[0].path}, {swept[0].shown.size}"
            raise ParameterError(other.path, rule, other.shown.size, "linked values go in pairs")
    name = key if isinstance(key, str) and isinstance(values, Mapping) else swept[0].name
    if name in machine.parameters and name not in [one.path for one in swept]:
        rule, remedy = "not be called after a parameter that does not vary along it", "rename it"
        raise ParameterError("axes", rule, repr(name), remedy)
    return Axis(name, swept)


def _path(path: object, machine: Machine) -> str:
    if not isinstance(path, str):
        remedy = "give its path, e.g. 'reservoirs.RC.temperature', or a tuple of paths"
        raise ParameterError("axes", "name a parameter", repr(path), remedy)
    try:
        return machine.full_path(path)
    except UnknownNameError:
        raise UnknownNameError("axes", path, machine.parameters) from None


def _swept(path: str, values: object, machine: Machine, units: Units) -> Swept:
    scale = scale_of(path, machine, units)
    row = _row(values, scale, path)
    if row.ndim != 1:
        rule, remedy = (
            "be a row of values along its axis",
            "give a list, or a one-dimensional array",
        )
        raise ParameterError(path, rule, f"an array of shape {row.shape}", remedy)
    return Swept(path, row, scale, long_name_of(path, machine), symbol_of(path, machine))


def _row(values: object, scale: Scale, path: str) -> Array:
    """Values in the unit of the scale, rounded to what survives the conversion."""
    if isinstance(values, Span):
        found = values.values(scale, path)
    elif scale.accepted or _spelled(values):
        # Plain Python values, whatever held them: what is no quantity is said by `parse`.
        plain = np.asarray(values).tolist() if hasattr(values, "__array__") else values
        found = scale.parse([*items_of(plain, path, "give a list, or entherm.Span")], path)
    else:
        found = parameter(values, path)  # type: ignore[arg-type]
    if not scale.unit:
        return found
    shown = scale.show(found)
    return np.array([float(f"{x:.15g}") for x in shown.ravel()]).reshape(shown.shape)


def _spelled(values: object) -> bool:
    """Whether there is text among the values, with units perhaps."""
    return isinstance(values, str) or (
        isinstance(values, list | tuple) and any(isinstance(value, str) for value in values)
    )


def _require_distinct(names: Iterable[str], rule: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            remedy = "leave it out of all axes but one"
            raise ParameterError("axes", rule, f"{name!r} twice", remedy)
        seen.add(name)
