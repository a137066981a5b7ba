"""A sweep as `entherm sweep` prints it: what came out, its extremes, and where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm import Progress, __version__
from entherm.cli.equations import described
from entherm.cli.solution import unit_names
from entherm.cli.sweep_request import Request
from entherm.sweeps.chunks import CHUNK_POINTS, Chunks, chunked
from entherm.sweeps.run import Estimate

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Extreme:
    """The smallest or the largest value of a variable.

    Attributes
    ----------
    value : float
    place : tuple of int
        Its index.
    at : dict of str to float
        What each coordinate is there, as the dataset has it.
    """

    value: float
    place: tuple[int, ...]
    at: dict[str, float]


def extremes(rows: xr.DataArray) -> dict[str, Extreme]:
    """Return the smallest and the largest value, of equal ones the first; none if there is none.

    Reads a block at a time.

    Examples
    --------
    >>> import xarray as xr
    >>> extremes(xr.DataArray([0.0, np.nan, 2.0, 2.0], {"T": [1.0, 2.0, 3.0, 4.0]}))["maximum"]
    Extreme(value=2.0, place=(2,), at={'T': 3.0})
    """
    stored = rows.encoding.get("chunks")
    blocks = Chunks(rows.shape, stored) if stored else chunked(rows.shape, CHUNK_POINTS)
    best: dict[str, tuple[float, tuple[int, ...]]] = {}
    for number in range(len(blocks)):
        for word, found in _of_block(rows, blocks[number]):
            sign = 1.0 if word == "minimum" else -1.0
            # Of equal values the first place, whichever block it is in.
            best[word] = min(best.get(word, found), found, key=lambda v: (sign * v[0], v[1]))
    return {word: Extreme(*found, _coordinates(rows, found[1])) for word, found in best.items()}


def _of_block(
    rows: xr.DataArray, index: tuple[slice, ...]
) -> Iterator[tuple[str, tuple[float, tuple[int, ...]]]]:
    values = np.asarray(rows[index])
    if np.all(np.isnan(values)):
        return
    for word, inner in (("minimum", np.nanargmin(values)), ("maximum", np.nanargmax(values))):
        place = np.unravel_index(int(inner), values.shape)
        whole = (s.start + int(k) for s, k in zip(index, place, strict=True))
        yield word, (float(values[place]), tuple(whole))


def _coordinates(rows: xr.DataArray, place: tuple[int, ...]) -> dict[str, float]:
    """By name; linked parameters, too."""
    where = dict(zip(rows.dims, place, strict=True))
    found = {
        name: float(rows.coords[name][where[name]]) for name in rows.dims if name in rows.coords
    }
    for name, row in rows.coords.items():
        if len(row.dims) == 1:
            found.setdefault(name, float(row[where[row.dims[0]]]))
    return {str(name): value for name, value in found.items()}


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep that was computed, or only estimated.

    Attributes
    ----------
    request : Request
    dataset : Dataset or None
        None of a dry run.
    moment : Progress or None
        The last that was told of the computation.
    estimate : Estimate or None
        Of a dry run.
    """

    request: Request
    dataset: xr.Dataset | None = None
    moment: Progress | None = None
    estimate: Estimate | None = None

    @cached_property
    def chunks(self) -> tuple[int, int]:
        """How many are in the store, and of how many."""
        return self.request.kept()

    @property
    def validity(self) -> Mapping[str, Any]:
        """Figures by which the equation is judged."""
        assert self.dataset is not None
        found: Mapping[str, Any] = self.dataset.entherm.validity
        return found

    @property
    def beyond(self) -> dict[str, Mapping[str, Any]]:
        """Figures that are beyond their limits at some of the points."""
        figures = self.validity.get("figures", {})
        return {name: figure for name, figure in figures.items() if figure["points_beyond"]}

    @property
    def invalid(self) -> Mapping[str, Mapping[str, int]]:
        """How many points have no steady state, by variable and reason."""
        assert self.dataset is not None
        found: Mapping[str, Mapping[str, int]] = self.dataset.entherm.invalid
        return found

    @cached_property
    def extremes(self) -> dict[str, dict[str, Extreme]]:
        """The smallest and the largest value of every variable, and where; by variable."""
        assert self.dataset is not None
        return {name: extremes(self.dataset[name]) for name in self.request.variables}

    def as_dict(self) -> dict[str, object]:
        """Return all of it as `entherm sweep --json` prints it."""
        request, task = self.request, self.request.plan.task
        axes = {
            axis.name: {
                "points": len(axis),
                "parameters": {
                    p.path: {"units": p.scale.unit or "1", "from": p.shown[0], "to": p.shown[-1]}
                    for p in axis.parameters
                },
            }
            for axis in task.grid.axes
        }
        return {
            "file": request.source.file,
            "name": request.source.name,
            "description": request.source.description,
            "equation": described(task.equation)["name"],
            "equation_options": described(task.equation)["options"],
            "initial": request.initial,
            "units": unit_names(request.source.units),
            "axes": axes,
            "points": task.grid.points,
            "chunks": self.chunks[1],
            "store": request.asked.out,
            **(self._computed() if self.estimate is None else self._estimated(self.estimate)),
            "provenance": {"entherm": __version__, "machine": request.source.machine.hash},
        }

    def _estimated(self, estimate: Estimate) -> dict[str, object]:
        return {
            "dry_run": True,
            "chunks_in_store": self.chunks[0],
            "bytes": estimate.size,
            "rate": estimate.rate,
            "seconds": estimate.seconds,
        }

    def _computed(self) -> dict[str, object]:
        assert self.dataset is not None
        assert self.moment is not None
        about = {name: self.dataset[name].attrs for name in self.extremes}
        return {
            "dry_run": False,
            "points_before": self.moment.before,
            "seconds": self.moment.seconds,
            "rate": self.moment.rate,
            "invalid": self.invalid,
            "variables": {
                name: {key: about[name].get(key) for key in ("long_name", "units")}
                | {word: {"value": e.value, "at": e.at} for word, e in found.items()}
                for name, found in self.extremes.items()
            },
            "validity": {**self.validity, "beyond": [*self.beyond]},
            "exports": [*self.request.asked.exports],
            "drawn": self.request.asked.drawing,
        }
