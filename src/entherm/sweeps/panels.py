"""What the pictures of a labelled dataset are put together of, each on an Axes that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.parameters import Array
from entherm.sweeps.choice import is_logarithmic
from entherm.sweeps.words import equalities, label_of, numbers, shared_label, unit_of, words_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import Figure

GREY = "0.86"
# Smaller than this, relative to the largest, a negative number is the rounding of zero.
_ROUNDING = 1e-12
# Inches, and letters: a line of the legend, and of the label of a colour bar.
_ROW, _LINE, _UPRIGHT = 0.17, 72, 44


@dataclass(frozen=True, eq=False)
class Contours:
    """Where a variable has the values `levels`, on a map of ``(y, x)``.

    Attributes
    ----------
    rows : DataArray
    levels : tuple of float
    colour, dashes, casing : str
        The casing sets the line off from any colour below it.
    """

    rows: xr.DataArray
    levels: tuple[float, ...]
    colour: str
    dashes: Any
    casing: str


def draw_cells(rows: xr.Dataset, ax: Axes, name: str, x: str, y: str) -> None:
    """Colour one cell around each point of two axes; what has no value stays grey.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> C = xr.DataArray([[0.0, 0.1], [0.2, 0.1]], {"T": [1.0, 2.0], "T_C": [1.0, 3.0]}, name="C")
    >>> ax = Figure().add_subplot()
    >>> draw_cells(C.to_dataset(), ax, "C", "T", "T_C")
    >>> ax.collections[0].get_array().tolist()
    [[0.0, 0.2], [0.1, 0.1]]
    """
    values = rows[name].transpose(y, x)
    colours, (low, high) = colours_of(values.values)
    ax.set_facecolor(GREY)
    # Rasterised within the PDF: a million vector cells serve nobody, the text stays text.
    mesh = ax.pcolormesh(
        _edges(rows[x].values),
        _edges(rows[y].values),
        values.values,
        cmap=colours,
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    for which, along in (("x", x), ("y", y)):
        scale(ax, which, rows[along].values)
    ax.set(xlabel=label_of(rows, x), ylabel=label_of(rows, y))
    figure: Any = ax.get_figure()
    bar = figure.colorbar(mesh, ax=ax, pad=0.02, fraction=0.08, aspect=22)
    bar.set_label(fill(shared_label([values]), _UPRIGHT, break_long_words=False))
    bar.outline.set_linewidth(0.6)


def colours_of(values: Array) -> tuple[str, tuple[float, float]]:
    """Return the colour map of numbers, and its ends.

    Both signs diverge from white at zero; one sign starts at zero, unless all are far from it.

    Examples
    --------
    >>> colours_of(np.array([-2.0, 1.0])), colours_of(np.array([-2.0, -0.5]))
    (('PRGn', (-2.0, 2.0)), ('viridis_r', (-2.0, 0.0)))
    >>> colours_of(np.array([0.5, 2.0])), colours_of(np.array([1.5, 2.0]))
    (('viridis', (0.0, 2.0)), ('viridis', (1.5, 2.0)))
    """
    finite = values[np.isfinite(values)].astype(float)
    low, high = float(finite.min()), float(finite.max())
    largest = max(-low, high)
    if min(-low, high) > _ROUNDING * largest:
        return "PRGn", (-largest, largest)
    colours = "viridis" if high == largest else "viridis_r"
    near, far = sorted((abs(low), abs(high)))
    if near <= 0.5 * far or near == far:
        # A map of zeros alone has the colour of zero.
        return colours, (0.0, far or 1.0) if high == largest else (-far, 0.0)
    return colours, (low, high)


def _edges(values: Array) -> Array:
    """Where cells meet: half-way between points, on the scale on which the axis is drawn."""
    points = values.astype(float)
    return np.exp(_between(np.log(points))) if is_logarithmic(values) else _between(points)


def _between(points: Array) -> Array:
    middles = 0.5 * (points[1:] + points[:-1])
    ends = 2.0 * points[[0, -1]] - middles[[0, -1]]
    return np.concatenate([ends[:1], middles, ends[1:]])


def scale(ax: Axes, which: str, values: Array) -> None:
    """Make an axis end where its points do, logarithmic if they are, with plain numbers on it.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> scale(ax, "x", np.array([4.0, 1.0]))
    >>> [float(end) for end in ax.get_xlim()], ax.get_xscale()
    ([1.0, 4.0], 'linear')
    """
    low, high = float(values.min()), float(values.max())
    if is_logarithmic(values):
        ax.set(**{f"{which}scale": "log"})
        number_decades(ax.xaxis if which == "x" else ax.yaxis, low, high)
    ax.set(**{f"{which}lim": (low, high)})


def number_decades(axis: Axis, low: float, high: float) -> None:
    """Write plain numbers on a logarithmic axis of less than three decades.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axis = Figure().add_subplot(xscale="log").xaxis
    >>> number_decades(axis, 1.0, 20.0)
    >>> axis.get_major_formatter()(20.0)
    '20'
    """
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    if high < 1e3 * low:
        steps = (1.0, 2.0, 5.0) if high < 100.0 * low else (1.0,)
        axis.set_major_locator(LogLocator(subs=steps))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())


def draw_contours(contours: Contours, ax: Axes) -> Any:
    """Draw lines of constant value; of several, each with its number. Return one for the legend.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> Q = xr.DataArray([[0.0, 2.0], [0.0, 2.0]], {"y": [0, 1], "x": [0, 1]}, name="Q")
    >>> handle = draw_contours(Contours(Q, (1.0,), "black", "-", "white"), Figure().add_subplot())
    >>> handle.get_label()
    'Q = 1'
    """
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    rows = contours.rows
    look: dict[str, Any] = {"color": contours.colour, "lw": 1.4, "ls": contours.dashes}
    cased: list[AbstractPathEffect] = [withStroke(linewidth=2.8, foreground=contours.casing)]
    dims = [str(dim) for dim in rows.dims]
    finite = np.where(np.isfinite(rows.values), rows.values, np.nan)
    found = [
        level
        for level in contours.levels
        if np.isfinite(finite).any() and np.nanmin(finite) <= level <= np.nanmax(finite)
    ]
    met = False
    if found:
        drawn = ax.contour(
            rows[dims[1]].values,
            rows[dims[0]].values,
            np.ma.masked_invalid(finite),
            levels=found,
            colors=contours.colour,
            linestyles=[contours.dashes],
            linewidths=1.4,
        )
        drawn.set_path_effects(cased)
        met = any(path.vertices.size for path in drawn.get_paths())  # type: ignore[union-attr]
        if met and len(contours.levels) > 1:
            _number(drawn, ax, contours.casing)
    told = ", ".join(numbers(contours.levels)) + unit_of(rows)
    label = f"{words_of(rows)} = {told}" + ("" if met else " (nowhere)")
    return Line2D([], [], label=label, path_effects=cased, **look)


def _number(drawn: QuadContourSet, ax: Axes, casing: str) -> None:
    """Write its level on each line, in the middle of its longest part, clear of the frame."""
    from matplotlib.patheffects import withStroke

    levels = [float(level) for level in drawn.levels]
    texts = dict(zip(levels, numbers(levels), strict=True))
    middles = []
    for path in drawn.get_paths():
        parts = [np.asarray(part) for part in path.to_polygons(closed_only=False)]
        if parts:
            middles.append(_middle(max(parts, key=lambda part: _way(part)[-1])))
    fmt: Any = texts.__getitem__
    for text in ax.clabel(drawn, fmt=fmt, fontsize=7.0, manual=middles):
        text.set_path_effects([withStroke(linewidth=1.8, foreground=casing)])


def _way(points: Array) -> Array:
    """How far each point of a line is from its beginning, along it."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def _middle(points: Array) -> tuple[float, float]:
    way = _way(points)
    x, y = (float(np.interp(0.5 * way[-1], way, side)) for side in points.T)
    return x, y


def grey_of(without: Sequence[str]) -> list[Any]:
    """Return the entry of a legend that says what is grey on a map, and why; none for nothing.

    Examples
    --------
    >>> grey_of(["not unique (3 points)"])[0].get_label()
    'no value: not unique (3 points)'
    """
    from matplotlib.patches import Patch

    label = "no value: " + ", ".join(without)
    return [Patch(facecolor=GREY, ec="0.6", lw=0.5, label=label)] if without else []


def explain(figure: Figure, handles: Sequence[Any], notes: Sequence[str]) -> None:
    """Write below a figure what its lines are, and notes.

    Parameters
    ----------
    figure : Figure
        With a constrained layout; it grows by what is written.
    handles : sequence of artists
        With their labels.
    notes : sequence of str

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(layout="constrained")
    >>> explain(figure, [], ["no value: not unique (3 points)"])
    >>> figure.legends[0].get_texts()[0].get_text()
    'no value: not unique (3 points)'
    """
    from matplotlib.patches import Patch

    listed = [*handles, *(Patch(alpha=0.0, label=note) for note in notes)]
    if not listed:
        return
    for handle in listed:
        lines = str(handle.get_label()).splitlines()
        handle.set_label("\n".join(fill(line, _LINE, break_long_words=False) for line in lines))
    rows = sum(str(handle.get_label()).count("\n") + 1 for handle in listed)
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + _ROW * rows)
    look: dict[str, Any] = {} if handles else {"handlelength": 0.0, "handletextpad": 0.0}
    look |= {"labelspacing": 0.25, "borderpad": 0.1}
    figure.legend(handles=listed, loc="outside lower center", **look)


def entitle(figure: Figure, fixed: Sequence[xr.DataArray]) -> None:
    """Write above a figure at which values of the other axes it is.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> entitle(figure, [xr.DataArray(2.0, name="T_C", attrs={"units": "mK"})])
    >>> figure.get_suptitle()
    'T_C = 2 mK'
    """
    # One to a line where words stand for symbols, else two.
    step = 2 if all(value.attrs.get("symbol") for value in fixed) else 1
    texts = [equalities(value)[0] for value in fixed]
    lines = [",  ".join(texts[i : i + step]) for i in range(0, len(texts), step)]
    if lines:
        figure.suptitle("\n".join(lines), fontsize=8.0)
