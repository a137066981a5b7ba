"""Families of curves of a labelled dataset: one colour a value of an axis, one dash a variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.parameters import Array
from entherm.plotting import CONTRAST, INK, PALETTE, graded
from entherm.sweeps.choice import is_logarithmic
from entherm.sweeps.panels import number_decades, scale
from entherm.sweeps.words import equalities, label_of, shared_label, values_of, words_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

# More curves than this are told apart by a colour bar, not by a list.
MOST_LABELLED = 8
# Each line of a panel has its own, so that they are told apart in print without colour.
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
# Two labels beside each other have room for so many letters.
_BESIDE = 60
# What varies by less, relative to its size, is drawn as a constant.
_CONSTANT = 1e-6
# Letters of a line of the list beside the panels, and of a line along a panel.
_NARROW, _UPRIGHT = 16, 28


@dataclass(frozen=True, eq=False)
class Family:
    """Curves along one axis, and one of them for each value of another.

    Attributes
    ----------
    rows : Dataset
        Read.
    along : str
        The horizontal axis.
    by : str or None
        The axis of the family.
    """

    rows: xr.Dataset
    along: str
    by: str | None

    @property
    def is_labelled(self) -> bool:
        """Whether each value has its line in a list."""
        if self.by is None:
            return False
        return self.rows.sizes[self.by] <= MOST_LABELLED or self._values.dtype.kind not in "fiu"

    @property
    def _values(self) -> Any:
        return self.rows[self.by].values

    @cached_property
    def colours(self) -> list[Any]:
        """One for each value: even steps of a list, the value's own on a colour bar."""
        if self.by is None:
            return [INK]
        if self.is_labelled:
            return graded(self.rows.sizes[self.by])
        return list(self.bar.to_rgba(self._values))

    @cached_property
    def bar(self) -> ScalarMappable:
        """What the colour bar shows; its colours are all legible on white."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, LogNorm, Normalize

        low, high = float(self._values.min()), float(self._values.max())
        norm = (LogNorm if is_logarithmic(self._values) else Normalize)(low, high)
        return ScalarMappable(norm, ListedColormap(graded(256)))


def draw_family(family: Family, names: Sequence[str], ax: Axes) -> None:
    """Draw variables of one kind; what does not depend on the family's axis is one curve.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> C = xr.DataArray([[0.0, 0.1], [0.2, 0.1]], {"T": [1.0, 2.0], "T_C": [1.0, 3.0]}, name="C")
    >>> ax = Figure().add_subplot()
    >>> draw_family(Family(C.to_dataset(), "T", "T_C"), ["C"], ax)
    >>> [line.get_ydata().tolist() for line in ax.lines]
    [[0.0, 0.2], [0.1, 0.1]]
    """
    from matplotlib.lines import Line2D

    rows, x = family.rows, family.rows[family.along].values
    several = len(names) > 1
    handles = []
    for name, dashes, colour in zip(names, cycle(_DASHES), cycle(PALETTE), strict=False):
        values = rows[name].broadcast_like(rows[family.along])
        look: dict[str, Any] = {"color": colour if several else INK, "ls": dashes}
        if family.by in values.dims:
            look["color"] = INK  # in the legend: every value has the dashes, each its own colour
            table = values.transpose(family.by, family.along).values
            for curve, shade in zip(table, family.colours, strict=True):
                _draw_curve(x, curve, ax, color=shade, ls=dashes)
        else:
            if family.by is not None:
                look |= {"color": CONTRAST, "lw": 1.8}
            _draw_curve(x, values.values, ax, **look)
        handles.append(Line2D([], [], label=words_of(values), **look))
    scale(ax, "x", x)
    frame(ax, [rows[name].values for name in names])
    label = fill(shared_label([rows[n] for n in names]), _UPRIGHT, break_long_words=False)
    ax.set(xlabel=label_of(rows, family.along), ylabel=label)
    if several:  # above the frame, where no curve can run through it
        letters = sum(len(words_of(rows[name])) for name in names)
        ax.legend(
            handles=handles,
            loc="lower right",  # the left is where a factor of the axis stands
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(names) if letters <= _BESIDE else 1,
            borderaxespad=0.1,
            borderpad=0.2,
            columnspacing=1.2,
            labelspacing=0.2,
        )


def frame(ax: Axes, drawn: Sequence[Array]) -> None:
    """Finish the vertical axis of curves: a line at zero where they cross it, and room for any.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> frame(ax, [np.array([2.0, 2.0])])
    >>> [float(end) for end in ax.get_ylim()]
    [1.0, 3.0]
    """
    values = np.concatenate([row[np.isfinite(row)].ravel() for row in drawn]).astype(np.float64)
    low = float(values.min(initial=np.inf))
    high = float(values.max(initial=-np.inf))
    if low < 0.0 < high:
        ax.axhline(0.0, color="0.7", lw=0.6, zorder=0)
    if high - low < _CONSTANT * max(abs(high), abs(low)):
        # A constant is to look like one: its rounding would fill the frame.
        middle = 0.5 * (high + low)
        ax.set_ylim(*sorted((0.5 * middle, 1.5 * middle)))
    formatter: Any = ax.yaxis.get_major_formatter()
    formatter.set_useOffset(False)


def _draw_curve(x: Array, values: Array, ax: Axes, **look: Any) -> None:
    """Draw a curve with its gaps; a point between two gaps has no line, and is a dot."""
    gaps = np.concatenate([[True], ~np.isfinite(values), [True]])
    alone = np.flatnonzero(gaps[:-2] & ~gaps[1:-1] & gaps[2:])
    dots: dict[str, Any] = (
        {"marker": ".", "ms": 4.0, "markevery": alone.tolist()} if alone.size else {}
    )
    ax.plot(x, values, **look, **dots)


def key_of(family: Family, figure: Figure, axes: Sequence[Axes]) -> None:
    """Say beside a figure which colour is which value: a list of a few, a bar of many.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(layout="constrained")
    >>> rows = xr.Dataset(coords={"T": [1.0, 2.0]})
    >>> key_of(Family(rows, "x", "T"), figure, [figure.add_subplot()])
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['1', '2']
    """
    from matplotlib.lines import Line2D

    if family.by is None:
        return
    values = family.rows[family.by]
    if family.is_labelled:
        labels, title = equalities(values), None
        if not values.attrs.get("symbol"):  # words have room once, above the values
            labels = values_of(values)
            title = fill(words_of(values), _NARROW, break_long_words=False)
        handles = [
            Line2D([], [], color=colour, label=label)
            for colour, label in zip(family.colours, labels, strict=True)
        ]
        look: dict[str, Any] = {"title_fontsize": 8.0, "alignment": "left", "labelspacing": 0.25}
        figure.legend(handles=handles, loc="outside right upper", title=title, **look)
        return
    bar = figure.colorbar(family.bar, ax=list(axes), pad=0.02, fraction=0.06, aspect=26)
    if is_logarithmic(values.values):
        number_decades(bar.ax.yaxis, *family.bar.get_clim())
    bar.set_label(label_of(family.rows, family.by))
    bar.outline.set_linewidth(0.6)
