"""Equally spaced values from one end to the other, each end a number or a quantity as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from entherm.checks import require_choice
from entherm.errors import ParameterError, UnknownNameError
from entherm.parameters import Array
from entherm.units import Scale

SCALES = ("linear", "log")
# What the ends are called in a file, where `from` may be a word and in Python it may not.
_KEYS = {"start": "from", "stop": "to"}
_REMEDIES = {
    "values": "write values = { from = 0.1, to = 10.0, points = 200 }",
    "from": "write from = 0.1, or with [units] in quotes with its unit",
    "to": "write to = 10.0, or with [units] in quotes with its unit",
    "points": "write points = 200",
}


@dataclass(frozen=True)
class Span:
    """Equally spaced values from one end to the other.

    Parameters
    ----------
    start, stop : float or str
        The first and the last value: a number, or with units a quantity such as ``"30 mK"``.
    points : int
        How many, the ends among them; at least 2.
    scale : {"linear", "log"}
        What is equally spaced: values, or their logarithms.

    Raises
    ------
    ParameterError
        For an end that is neither number nor text, for fewer than two points or no whole number of
        them, and for another scale.

    Examples
    --------
    >>> Span(1, "10 mK", 50)
    Span(start=1.0, stop='10 mK', points=50, scale='linear')
    >>> from entherm.units import DIMENSIONLESS
    >>> Span(0.1, 10.0, 3, "log").values(DIMENSIONLESS.temperature, "T")
    array([ 0.1,  1. , 10. ])
    """

    start: float | str
    stop: float | str
    points: int
    scale: str = "linear"

    def __post_init__(self) -> None:
        points: Any = self.points
        whole = isinstance(points, int | np.integer) and not isinstance(points, bool)
        if not whole or points < 2:
            rule = "be a whole number >= 2"
            raise ParameterError("span.points", rule, repr(points), "give e.g. 200")
        require_choice(self.scale, "span.scale", SCALES)
        object.__setattr__(self, "points", int(points))
        for key in _KEYS:
            object.__setattr__(self, key, _end(getattr(self, key), f"span.{key}"))

    @classmethod
    def of(cls, table: object, path: str) -> Span:
        """Return what the table of a file means.

        Parameters
        ----------
        table : object
            ``{"from": ..., "to": ..., "points": ..., "scale": ...}``, the last for choice.
        path : str
            Where it stands, for errors.

        Raises
        ------
        ParameterError
            For an unknown or missing key, and what the constructor refuses.

        Examples
        --------
        >>> Span.of({"from": 0.1, "to": 10.0, "points": 3, "scale": "log"}, "values")
        Span(start=0.1, stop=10.0, points=3, scale='log')
        """
        known = ("from", "to", "points", "scale")
        found = table_of(table, path, known, required=3, remedies=_REMEDIES)
        try:
            return cls(found["from"], found["to"], found["points"], found.get("scale", "linear"))
        except ParameterError as error:
            own = error.path.removeprefix("span.")
            key = _KEYS.get(own, own)
            remedy = _REMEDIES.get(key, error.remedy)
            raise ParameterError(f"{path}.{key}", error.rule, error.value, remedy) from None

    def values(self, scale: Scale, path: str) -> Array:
        """Return the values in internal units.

        Parameters
        ----------
        scale : Scale
            How the ends are read.
        path : str
            Where they stand, for errors: ``{path}.from``, ``{path}.to``.

        Returns
        -------
        ndarray, shape (points,)
            From `start` to `stop`, which may be the smaller one; both ends exact.

        Raises
        ------
        ParameterError
            For an end without the unit that it needs, NaN or infinity, equal ends, or one that is
            not above 0 on a logarithmic scale.

        Examples
        --------
        >>> from entherm.units import Units
        >>> temperature = Units("cyclic").temperature
        >>> temperature.show(Span("0.01 K", "100 mK", 3).values(temperature, "T"))
        array([ 10.,  55., 100.])
        """
        start, stop = (
            float(scale.parse(getattr(self, own), f"{path}.{key}")) for own, key in _KEYS.items()
        )
        if start == stop:
            rule, remedy = "differ from the other end", "write another"
            raise ParameterError(f"{path}.to", rule, self.stop, remedy)
        if self.scale == "linear":
            return np.linspace(start, stop, self.points)
        if min(start, stop) <= 0.0:
            key = "from" if start <= 0.0 else "to"
            rule, remedy = "be > 0 on a logarithmic scale", "raise it, or leave out scale"
            raise ParameterError(f"{path}.{key}", rule, min(start, stop), remedy)
        return np.geomspace(start, stop, self.points)


def table_of(
    value: object,
    path: str,
    known: Iterable[str],
    required: int = 0,
    *,
    remedies: Mapping[str, str],
) -> Mapping[str, Any]:
    """Return a table of a file, of which the first `required` keys are there and none is unknown.

    Parameters
    ----------
    value : object
        What the file has.
    path : str
        Where it has it.
    known : iterable of str
    required : int
    remedies : mapping of str to str
        What to write, by the last part of a path.

    Raises
    ------
    ParameterError
        For what is no table, and a missing key.
    UnknownNameError
        For an unknown key; suggests the nearest.

    Examples
    --------
    >>> table_of({"a": 1}, "t", ["a", "b"], required=1, remedies={})
    {'a': 1}
    """
    known = [*known]
    if not isinstance(value, dict):
        raise ParameterError(path, "be a table", repr(value), remedies[path.rpartition(".")[2]])
    for key in value:
        if key not in known:
            raise UnknownNameError(f"{path}.{key}", key, known)
    for key in known[:required]:
        if key not in value:
            raise ParameterError(f"{path}.{key}", "be given", "nothing", remedies[key])
    return value


def _end(value: object, path: str) -> float | str:
    if isinstance(value, str):
        return str(value)
    number = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool) or not number:
        rule = "be a number, or a quantity in quotes"
        raise ParameterError(path, rule, repr(value), "give e.g. 0.1, or with units '30 mK'")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:  # a whole number beyond float64, which no parameter takes
        return math.inf
