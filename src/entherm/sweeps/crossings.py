"""Where a quantity crosses a level along one axis of a sweep: the threshold, as a contour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from entherm.checks import require_known
from entherm.errors import ParameterError
from entherm.parameters import Array, parameter
from entherm.sweeps.axes import Grid
from entherm.sweeps.reductions import Frame, Reduction, State, Variable


@dataclass(frozen=True)
class Contour(Reduction):
    """Where a quantity passes a level along one axis, at every point of the other axes.

    Between two neighbours of which one is above the level and one is not, the place is found by
    straight interpolation. Of a quantity that stays at the level on one side, such as C = 0, it is
    therefore the last point at the level: within one step of the axis.

    Attributes
    ----------
    level : float
    along : str
        Dimension along which it is looked for.

    Examples
    --------
    >>> Contour("delta_concurrence_RC", along="reservoirs.RC.temperature").name
    'delta_concurrence_RC_contour'
    """

    _: KW_ONLY
    level: float = 0.0
    along: str

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "level", float(parameter(self.level, "level")))

    @property
    def name(self) -> str:
        """e.g. ``concurrence_contour``."""
        return f"{self.of}_contour"

    def frame(self, grid: Grid) -> Frame:
        """As of every reduction, over `along` alone."""
        if self.over:
            rule, remedy = "be left out of a contour", "say along which axis it is looked for"
            raise ParameterError("over", rule, repr(self.over), remedy)
        require_known("along", self.along, grid.names)
        return Frame(grid, (grid.names.index(self.along),))

    def whole(self, grid: Grid) -> tuple[int, ...]:
        """A pair of neighbours must not fall into two blocks."""
        return self.frame(grid).reduced

    def empty(self, frame: Frame) -> State:
        """Nothing found."""
        return _nothing(frame.shape)

    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Find the first and the last crossing of each row, and count them."""
        del index
        rows = frame.rows(self._looked_at(values))
        x = frame.grid.axes[frame.reduced[0]].parameters[0].shown
        if x.size < 2:
            return _nothing(rows.shape[:-1])
        above = rows > self.level
        known = ~np.isnan(rows)
        passes = (above[..., 1:] != above[..., :-1]) & known[..., 1:] & known[..., :-1]
        count = np.count_nonzero(passes, axis=-1)
        ends = {
            "first": np.argmax(passes, -1),
            "last": passes.shape[-1] - 1 - np.argmax(passes[..., ::-1], -1),
        }
        found = {key: self._between(rows, x, left) for key, left in ends.items()}
        return {key: np.where(count > 0, place, np.nan) for key, place in found.items()} | {
            "count": count
        }

    def _between(self, rows: Array, x: Array, left: NDArray[np.intp]) -> Array:
        """Where the straight line from one neighbour to the next is at the level."""
        low, high = (np.take_along_axis(rows, (left + k)[..., None], -1)[..., 0] for k in (0, 1))
        with np.errstate(all="ignore"):  # between neighbours of which nothing is told
            part = (self.level - low) / (high - low)
        # An infinite neighbour says on which side it is, and no more.
        part = np.where(np.isfinite(low) & np.isfinite(high), part, 0.5)
        return np.asarray(x[left] + part * (x[left + 1] - x[left]))

    def merge(self, total: State, part: State) -> State:
        """Each row is in one block."""
        del total
        return part

    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Return places, in the unit of the axis, and counts."""
        parameter = frame.grid.axes[frame.reduced[0]].parameters[0]
        unit = about.get("units", "1")
        level = f"{self.level:g} {unit}" if unit != "1" else f"{self.level:g}"
        where = f"{parameter.long_name} where {about['long_name']} passes {level}"
        own = {key: parameter.attributes[key] for key in ("units", "path")}
        counted = {"long_name": f"how often it passes, {where}", "units": "1"}
        return {
            name: (frame.names, total["first"], own | {"long_name": f"first {where}"}),
            f"{name}_last": (frame.names, total["last"], own | {"long_name": f"last {where}"}),
            f"{name}_crossings": (frame.names, total["count"], counted),
        }


def _nothing(shape: tuple[int, ...]) -> State:
    nowhere = np.full(shape, np.nan)
    return {"first": nowhere, "last": nowhere.copy(), "count": np.zeros(shape, np.int64)}
