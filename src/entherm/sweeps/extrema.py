"""The largest and the smallest value of a sweep, and where they are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from entherm.parameters import Array
from entherm.sweeps.reductions import Frame, Reduction, State, Variable


@dataclass(frozen=True)
class _Extremum(Reduction):
    """The largest of ± a column, and where it is first."""

    @property
    @abstractmethod
    def _sign(self) -> float: ...

    def empty(self, frame: Frame) -> State:
        """Nothing, nowhere."""
        return {"value": np.full(frame.shape, -inf), "number": np.full(frame.shape, -1, np.int64)}

    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Find it, the first in the order of the points."""
        rows = frame.rows(self._looked_at(values))
        find = np.argmax if self._sign > 0.0 else np.argmin
        inner = find(rows, -1)
        value = _taken(rows, inner)
        if np.any(np.isnan(value)):  # which NumPy finds before any number
            known = ~np.isnan(rows)
            inner = find(np.where(known, rows, -self._sign * inf), -1)
            # Nothing is known, or nothing but the worst of all numbers.
            inner = np.where(np.isnan(_taken(rows, inner)), np.argmax(known, -1), inner)
            value = _taken(rows, inner)
        value = self._sign * value
        number = np.where(np.isnan(value), -1, frame.number(index, inner))
        return {"value": np.where(np.isnan(value), -inf, value), "number": number}

    def merge(self, total: State, part: State) -> State:
        """Take the larger; of equal ones the first, whichever block it is in."""
        first = (part["value"] == total["value"]) & (part["number"] < total["number"])
        newer = (part["number"] >= 0) & (
            (total["number"] < 0) | (part["value"] > total["value"]) | first
        )
        return {key: np.where(newer, part[key], total[key]) for key in total}

    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Return the value and its place."""
        known = total["number"] >= 0
        value = np.where(known, self._sign * total["value"], np.nan)
        word = type(self).__name__.lower()
        told = {**about, "long_name": f"{word} of {about['long_name']}"}
        found: dict[str, Variable] = {name: (frame.names, value, told)}
        for path, place, own in frame.coordinates(total["number"], known):
            long_name = f"{own['long_name']} at the {word} of {about['long_name']}"
            about_place = {key: own[key] for key in ("units", "path")} | {"long_name": long_name}
            found[f"{name}_at_{path}"] = frame.names, place, about_place
        return found


def _taken(rows: Array, inner: NDArray[np.intp]) -> Array:
    return np.take_along_axis(rows, inner[..., None], -1)[..., 0]


@dataclass(frozen=True)
class Maximum(_Extremum):
    """The largest value, and where it is.

    Examples
    --------
    >>> Maximum("concurrence").name
    'concurrence_maximum'
    """

    _sign = 1.0

    @property
    def name(self) -> str:
        """e.g. ``concurrence_maximum``."""
        return f"{self.of}_maximum"


@dataclass(frozen=True)
class Minimum(_Extremum):
    """The smallest value, and where it is.

    Examples
    --------
    >>> from entherm.sweeps.reductions import Within
    >>> Minimum("heat_RC", where=Within("concurrence", above=0.0)).columns
    ('heat_RC', 'concurrence')
    """

    _sign = -1.0

    @property
    def name(self) -> str:
        """e.g. ``heat_RC_minimum``."""
        return f"{self.of}_minimum"
