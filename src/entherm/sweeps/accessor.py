"""What a dataset of a sweep can do: ``ds.entherm.map("concurrence")``, ``ds.entherm.machine``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from entherm.errors import EnthermError
from entherm.machine import Machine
from entherm.sweeps.csv_export import write_csv
from entherm.sweeps.labelled import machine_of
from entherm.sweeps.pictures import lines_of, map_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


class SweepAccessor:
    """The accessor ``.entherm`` of a dataset.

    Parameters
    ----------
    dataset : Dataset
        As `entherm.sweep` makes it, or a selection of it.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    @property
    def machine(self) -> Machine:
        """The machine, at the coordinates that the dataset has now; see `machine_of`."""
        return machine_of(self._dataset)

    @property
    def validity(self) -> Mapping[str, Any]:
        """Figures by which the equation is judged, as they were taken for the sweep."""
        return self._told("validity")

    @property
    def invalid(self) -> Mapping[str, Mapping[str, int]]:
        """How many points have no steady state, by variable and reason."""
        return self._told("invalid_points")

    def _told(self, attribute: str) -> Mapping[str, Any]:
        if attribute not in self._dataset.attrs:
            told = f"This dataset says nothing of itself: it has no attribute {attribute}"
            raise EnthermError(f"{told}; set xarray.set_options(keep_attrs=True) before a mean.")
        found: Mapping[str, Any] = json.loads(self._dataset.attrs[attribute])
        return found

    def map(
        self,
        name: str,
        *,
        x: str | None = None,
        y: str | None = None,
        contours: Mapping[str, float | Sequence[float]] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> Figure:
        """Draw a variable over two axes; see `entherm.sweeps.pictures.map_of`."""
        return map_of(self._dataset, name, x=x, y=y, contours=contours, at=at)

    def lines(
        self,
        *names: str,
        x: str | None = None,
        by: str | None = None,
        at: Mapping[str, float] | None = None,
    ) -> Figure:
        """Draw variables along one axis; see `entherm.sweeps.pictures.lines_of`."""
        return lines_of(self._dataset, *names, x=x, by=by, at=at)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write every point as a row of text; see `entherm.sweeps.csv_export.write_csv`."""
        write_csv(self._dataset, os.fsdecode(path))


def register() -> None:
    """Give every dataset of xarray the accessor.

    Examples
    --------
    >>> import xarray as xr
    >>> register()
    >>> hasattr(xr.Dataset, "entherm")
    True
    """
    import xarray as xr

    if not hasattr(xr.Dataset, "entherm"):
        xr.register_dataset_accessor("entherm")(SweepAccessor)


# Whoever has xarray already may have opened a store with it. Without, `entherm` stays light.
if "xarray" in sys.modules:
    register()
