"""How the values of a sweep are spread: their mean, their histogram, the share with a property."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.errors import ParameterError
from entherm.parameters import Array, parameter
from entherm.sweeps.reductions import Frame, Reduction, State, Variable, Within

# Values that are sorted into bins at once: their temporary arrays stay in the cache.
RUN = 1 << 14
# Of a width: nearer to an edge, arithmetic may err about the side.
NEAR = 1e-6


@dataclass(frozen=True)
class Mean(Reduction):
    """The mean over the points that it looks at, and how many these are.

    Examples
    --------
    >>> Mean("concurrence", over="qubits.A").name
    'concurrence_mean'
    """

    @property
    def name(self) -> str:
        """e.g. ``concurrence_mean``."""
        return f"{self.of}_mean"

    def empty(self, frame: Frame) -> State:
        """A sum of nothing; what rounding leaves behind is carried along."""
        return {
            "sum": np.zeros(frame.shape),
            "rest": np.zeros(frame.shape),
            "count": np.zeros(frame.shape, np.int64),
        }

    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Add up."""
        del index
        rows = frame.rows(self._looked_at(values))
        known = ~np.isnan(rows)
        with np.errstate(invalid="ignore", over="ignore"):  # of infinite values
            total = np.where(known, rows, 0.0).sum(-1)
        return {"sum": total, "rest": np.zeros_like(total), "count": known.sum(-1)}

    def merge(self, total: State, part: State) -> State:
        """Add two sums, and keep what rounding drops (Knuth's two-sum)."""
        a, b = total["sum"], part["sum"]
        with np.errstate(invalid="ignore", over="ignore"):
            joint = a + b
            shadow = joint - a
            dropped = (a - (joint - shadow)) + (b - shadow)
        rest = total["rest"] + np.where(np.isfinite(joint), dropped, 0.0)
        return {"sum": joint, "rest": rest, "count": total["count"] + part["count"]}

    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Divide."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (total["sum"] + total["rest"]) / total["count"]
        told = {**about, "long_name": f"mean of {about['long_name']}"}
        counted = {"long_name": f"points in the mean of {about['long_name']}", "units": "1"}
        return {
            name: (frame.names, mean, told),
            f"{name}_points": (frame.names, total["count"], counted),
        }


@dataclass(frozen=True)
class Fraction(Reduction):
    """The share of points with a value strictly above, or below, a number: where C > 0.

    Attributes
    ----------
    above, below : float

    Examples
    --------
    >>> Fraction("concurrence", above=0.0).name
    'concurrence_fraction'
    """

    _: KW_ONLY
    above: float = -inf
    below: float = inf

    @property
    def name(self) -> str:
        """e.g. ``concurrence_fraction``."""
        return f"{self.of}_fraction"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.above, self.below) == (-inf, inf):
            remedy = "give above=0.0, or below="
            raise ParameterError("Fraction", "be of values above or below something", "all", remedy)
        _ = self._condition

    @property
    def _condition(self) -> Within:
        return Within(self.of, above=self.above, below=self.below)

    def empty(self, frame: Frame) -> State:
        """No point counted."""
        return {key: np.zeros(frame.shape, np.int64) for key in ("inside", "count")}

    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Count."""
        del index
        seen = self._looked_at(values)
        inside = self._condition.holds({self.of: seen})
        return {
            "inside": np.count_nonzero(frame.rows(inside), axis=-1),
            "count": np.count_nonzero(~np.isnan(frame.rows(seen)), axis=-1),
        }

    def merge(self, total: State, part: State) -> State:
        """Add."""
        return {key: total[key] + part[key] for key in total}

    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Divide."""
        what = about["long_name"]
        bounds = [f"above {self.above:g}"] * (self.above > -inf)
        bounds += [f"below {self.below:g}"] * (self.below < inf)
        told = f"share of points with {what} {' and '.join(bounds)}"
        with np.errstate(invalid="ignore", divide="ignore"):
            share = total["inside"] / total["count"]
        counted = {"long_name": f"points of which {what} is known", "units": "1"}
        return {
            name: (frame.names, np.asarray(share), {"long_name": told, "units": "1"}),
            f"{name}_points": (frame.names, total["count"], counted),
        }


@dataclass(frozen=True)
class Histogram(Reduction):
    """How many values fall between edges; the last bin holds its upper edge, too.

    Values outside, and points without a value, are counted beside it.

    Attributes
    ----------
    edges : sequence of float
        Ascending, in the unit of the variable; one more than there are bins.

    Examples
    --------
    >>> Histogram("concurrence", edges=[0.0, 0.05, 0.1]).name
    'concurrence_histogram'
    """

    _: KW_ONLY
    edges: Sequence[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        edges = parameter(self.edges, "edges")
        if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0.0):
            rule, remedy = "be two or more ascending numbers", "give numpy.linspace(0, 1, 101)"
            raise ParameterError("edges", rule, repr(self.edges), remedy)
        object.__setattr__(self, "edges", tuple(edges.tolist()))

    @property
    def name(self) -> str:
        """e.g. ``concurrence_histogram``."""
        return f"{self.of}_histogram"

    @property
    def _bins(self) -> int:
        return len(self.edges) - 1

    def empty(self, frame: Frame) -> State:
        """Nothing in any bin."""
        return {
            "bins": np.zeros((*frame.shape, self._bins), np.int64),
            **{key: np.zeros(frame.shape, np.int64) for key in _BESIDE},
        }

    def of_block(
        self, frame: Frame, values: Mapping[str, Array], index: tuple[slice, ...]
    ) -> State:
        """Count: bins first, then what is beside them."""
        del index
        rows = frame.rows(self._looked_at(values))
        shape = rows.shape[:-1]
        counts = self._counted(rows.reshape(-1, rows.shape[-1]))
        bins = counts[:, 1 : self._bins + 1].reshape(*shape, self._bins)
        low, high, none = counts[:, [0, self._bins + 1, self._bins + 2]].T
        beside = zip(_BESIDE, (low, high, none), strict=True)
        return {"bins": bins, **{key: count.reshape(shape) for key, count in beside}}

    def _counted(self, rows: Array) -> NDArray[np.int64]:
        """Of each row: below, each bin, above, no value; by runs that stay in the cache."""
        edges = np.asarray(self.edges)
        width = (edges[-1] - edges[0]) / self._bins
        even = edges[0] + width * np.arange(self._bins + 1)
        by_arithmetic = np.allclose(even, edges, rtol=0.0, atol=NEAR * width)
        length, places = rows.shape[-1], self._bins + 3
        flat: Array = rows.reshape(-1)
        counts: NDArray[np.int64] = np.zeros(rows.shape[0] * places, np.int64)
        for start in range(0, flat.size, RUN):
            run = flat[start : start + RUN]
            place = self._placed(run, edges, width) if by_arithmetic else _sorted_in(run, edges)
            first, last = start // length, (start + run.size - 1) // length
            if last > first:
                place += places * (np.arange(start, start + run.size) // length - first)
            found = np.bincount(place, minlength=(last - first + 1) * places)
            counts[first * places : (last + 1) * places] += found
        return counts.reshape(-1, places)

    def _placed(self, run: Array, edges: Array, width: float) -> NDArray[np.intp]:
        """Sort into even bins by arithmetic; what is near an edge, by comparison with the edges."""
        if not edges[0] <= np.min(run) <= np.max(run) < edges[-1]:  # NaN is not, either
            return _sorted_in(run, edges)
        scaled = run - edges[0]
        near = scaled != 0.0  # where C = 0 is an edge, most of a map may lie on it
        scaled /= width
        place: NDArray[np.intp] = scaled.astype(np.intp)
        scaled -= place
        near &= (scaled < 2.0 * NEAR) | (scaled > 1.0 - 2.0 * NEAR)
        place += 1
        if np.any(near):
            place[near] = _sorted_in(run[near], edges)
        return place

    def merge(self, total: State, part: State) -> State:
        """Add."""
        return {key: total[key] + part[key] for key in total}

    def finish(
        self, name: str, frame: Frame, total: State, about: Mapping[str, str]
    ) -> dict[str, Variable]:
        """Return counts, the middle of each bin, and what is beside."""
        what = about["long_name"]
        edges = np.asarray(self.edges)
        middle = {**about, "long_name": what}
        dimension = f"{name}_bin"
        found: dict[str, Variable] = {
            name: ((*frame.names, dimension), total["bins"], _counts(f"points by {what}")),
            dimension: ((dimension,), 0.5 * (edges[1:] + edges[:-1]), middle),
            f"{name}_edges": ((f"{dimension}_edge",), edges, middle),
        }
        for key, words in _BESIDE.items():
            found[f"{name}_{key}"] = frame.names, total[key], _counts(f"points {words}, {what}")
        return found


def _sorted_in(run: Array, edges: Array) -> NDArray[np.intp]:
    """Number of edges at or below each value; the last edge is in the last bin; NaN comes last."""
    place: NDArray[np.intp] = np.searchsorted(edges, run, side="right")
    place[run == edges[-1]] = edges.size - 1
    place[np.isnan(run)] = edges.size + 1
    return place


_BESIDE = {"below": "below all bins", "above": "above all bins", "unknown": "without a value"}


def _counts(long_name: str) -> dict[str, Any]:
    return {"long_name": long_name, "units": "1"}
