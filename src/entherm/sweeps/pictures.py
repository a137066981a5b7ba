"""Pictures of a labelled dataset, as a sweep makes it: one map, or curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.checks import require_kind
from entherm.errors import ParameterError
from entherm.plotting import CONTRAST, INK, printed
from entherm.sweeps.choice import (
    chosen,
    every,
    missing,
    require_quantity,
    require_rising_or_falling,
    with_axes,
)
from entherm.sweeps.families import Family, draw_family, key_of
from entherm.sweeps.panels import Contours, draw_cells, draw_contours, entitle, explain, grey_of
from entherm.sweeps.words import noun_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

# Inches.
WIDTH, HEIGHT, PANEL = 4.6, 3.5, 1.9
# More points than this an axis of a map has no pixels for, at 300 dpi; more curves no eye.
MOST_CELLS, MOST_POINTS, MOST_CURVES, MOST_PANELS = 1200, 20_000, 60, 6
# Lines on a map: colour, dashes, and the casing that sets them off from any colour below.
_LOOKS: tuple[tuple[str, Any, str], ...] = (
    (INK, "-", "white"),
    (CONTRAST, (0, (4, 1.5)), "white"),
    ("white", (0, (1, 1)), INK),
    ("#56B4E9", (0, (5, 1, 1, 1)), INK),
)


@printed
def map_of(
    dataset: xr.Dataset,
    name: str,
    *,
    x: str | None = None,
    y: str | None = None,
    contours: Mapping[str, float | Sequence[float]] | None = None,
    at: Mapping[str, float | str] | None = None,
) -> Figure:
    """Draw a variable in colours over two axes, and lines on which others have a value.

    What has both signs diverges from white at zero. Points without a value are grey, and the
    picture says why. An axis is logarithmic if its points are. Of an axis of more than 1200 points
    every second (third, ...) one is read and drawn, which the picture says, too: what is narrower
    is lost, so select a part first.

    Parameters
    ----------
    dataset : Dataset
        With a coordinate for every dimension, and ``long_name`` and ``units`` for each.
    name : str
        The variable.
    x, y : str, optional
        The axes; left out, the first and the second that the variable has, of more than one point.
    contours : mapping of str to float or sequence of float, optional
        The levels of variables: ``{"heat_RC": 0}`` is the line on which the heat current reverses.
    at : mapping of str to float, optional
        Values of the other axes; of their points the nearest is taken, and told.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnknownNameError
        For a name that is no variable, or no axis.
    ParameterError
        If axes are left over or missing, if one turns back, and if no point has a value.

    Examples
    --------
    >>> import xarray as xr
    >>> axes = {"T": [1.0, 2.0, 3.0], "T_C": [1.0, 2.0]}
    >>> C = xr.DataArray([[0.0, 0.1], [0.2, 0.1], [0.1, 0.0]], axes, name="C")
    >>> figure = map_of(C.to_dataset(), "C", contours={"C": 0.05})
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('T', 'T_C')
    """
    from matplotlib.figure import Figure

    require_quantity(dataset, name, "name")
    levels = _levels(dataset, contours)
    data = with_axes(dataset, {"x": x, "y": y})
    rows, fixed = chosen(data, [name, *levels], at, [x, y])
    x, y = _two_axes(rows[name], x, y)
    for path, axis in (("x", x), ("y", y)):
        require_rising_or_falling(rows, axis, path)
    rows, note = _read(rows, {x: MOST_CELLS, y: MOST_CELLS})
    without = list(missing(rows, name))
    _require_some(rows[name], without)

    lines = [
        Contours(rows[key].broadcast_like(rows[name]).transpose(y, x), values, *look)
        for (key, values), look in zip(levels.items(), cycle(_LOOKS), strict=False)
    ]
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    ax = figure.add_subplot()
    draw_cells(rows, ax, name, x, y)
    grey = grey_of([_counted(*why) for why in without])
    explain(figure, [*(draw_contours(line, ax) for line in lines), *grey], note)
    entitle(figure, fixed)
    return figure


def _levels(dataset: xr.Dataset, contours: object) -> dict[str, tuple[float, ...]]:
    remedy = "give e.g. {'heat_RC': 0}"
    kinds = (Mapping, type(None))
    require_kind(contours, kinds, "contours", "be a mapping from variables to levels", remedy)
    found = {}
    for name, levels in (contours or {}).items():  # type: ignore[attr-defined]
        require_quantity(dataset, name, "contours")
        listed = (
            (levels,)
            if isinstance(levels, Real) or not isinstance(levels, Iterable)
            else (*levels,)
        )
        real = all(isinstance(v, Real) and np.isfinite(float(v)) for v in listed)
        if not listed or not real:
            rule = "be a finite number, or a list of them"
            raise ParameterError(f"contours.{name}", rule, repr(levels), "give e.g. 0")
        found[name] = tuple(sorted({float(level) for level in listed}))
    return found


def _two_axes(rows: xr.DataArray, x: str | None, y: str | None) -> tuple[str, str]:
    dims = [str(dim) for dim in rows.dims]
    free = [dim for dim in dims if dim not in (x, y)]
    first, second = (name or (free.pop(0) if free else None) for name in (x, y))
    if first is None or second is None or not {first, second} <= {*dims}:
        rule = "have two axes of more than one point"
        told = f"'{rows.name}' over {', '.join(dims) or 'none'}"
        raise ParameterError("name", rule, told, "draw it with lines")
    _require_none(free, f"{first} and {second}")
    return first, second


def _require_none(left: Sequence[str], drawn: str) -> None:
    if left:
        told = ", ".join(left)
        remedy = (
            f"give at={{'{left[0]}': value, ...}}" if left[1:] else f"give at={{'{told}': value}}"
        )
        raise ParameterError("at", f"fix every axis but {drawn}", f"no value of {told}", remedy)


def _read(rows: xr.Dataset, most: Mapping[str, int]) -> tuple[xr.Dataset, list[str]]:
    """Read every which point of each axis that its most allows, and say so."""
    steps = {axis: every(rows.sizes[axis], limit) for axis, limit in most.items()}
    read = rows.isel({axis: slice(None, None, step) for axis, step in steps.items()}).compute()
    told = [f"{step} along {axis}" for axis, step in steps.items() if step > 1]
    return read, [f"drawn: one point in {', one in '.join(told)}"] if told else []


def _counted(why: str, count: int) -> str:
    return f"{why} ({count} point{'' if count == 1 else 's'})"


def _require_some(rows: xr.DataArray, without: Sequence[tuple[str, int]]) -> None:
    if np.isfinite(rows.values).any():
        return
    told = ", ".join(f"{words}: {count}" for words, count in without) or "no points"
    waits = any(words == "not computed yet" for words, _ in without)
    remedy = "finish the sweep first" if waits else "sweep where there is a steady state"
    raise ParameterError("name", "have a value somewhere", f"'{rows.name}' ({told})", remedy)


@printed
def lines_of(
    dataset: xr.Dataset,
    *names: str,
    x: str | None = None,
    by: str | None = None,
    at: Mapping[str, float | str] | None = None,
) -> Figure:
    """Draw variables against one axis; a second axis gives a family of curves.

    Variables of different kinds or units stand in panels of their own, one below the other. Points
    without a value leave gaps, and the picture says why. Up to eight curves of a family are
    labelled, more have a colour bar; of more than 60, and of more than 20 000 points along a
    curve, every second (third, ...) one is read and drawn, which the picture says, too.

    Parameters
    ----------
    dataset : Dataset
        With a coordinate for every dimension, and ``long_name`` and ``units`` for each.
    *names : str
        The variables, at least one.
    x : str, optional
        The horizontal axis; left out, the first that the variables have, of more than one point.
    by : str, optional
        The axis of the family; left out, the one that is left, if there is one.
    at : mapping of str to float, optional
        Values of the other axes; of their points the nearest is taken, and told.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnknownNameError
        For a name that is no variable, or no axis.
    ParameterError
        Without a name, with more than six panels, if axes are left over or there is none, if `x`
        turns back, and if a variable has no value anywhere.

    Examples
    --------
    >>> import xarray as xr
    >>> C = xr.DataArray([0.0, 0.1, 0.2], {"T": [1.0, 2.0, 3.0]}, name="C")
    >>> figure = lines_of(C.to_dataset(), "C")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [0.0, 0.1, 0.2]
    """
    from matplotlib.figure import Figure

    if not names:
        known = ", ".join(map(str, dataset.data_vars))
        raise ParameterError("names", "name at least one variable", "none", f"give one of {known}")
    for name in names:
        require_quantity(dataset, name, "names")
    names = tuple(dict.fromkeys(names))
    data = with_axes(dataset, {"x": x, "by": by})
    rows, fixed = chosen(data, names, at, [x, by])
    x, by = _axis_and_family(rows, names, x, by)
    require_rising_or_falling(rows, x, "x")
    rows, note = _read(rows, {x: MOST_POINTS} | ({by: MOST_CURVES} if by else {}))
    without: dict[str, int] = {}
    for name in names:
        found = list(missing(rows, name))
        _require_some(rows[name], found)
        without |= {words: without.get(words, 0) + count for words, count in found}

    panels = _by_kind(rows, names)
    size = WIDTH + bool(by), 0.7 + PANEL * len(panels)
    figure = Figure(figsize=size, layout="constrained")
    axes = [*figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]]
    family = Family(rows, x, by)
    for ax, panel in zip(axes, panels, strict=True):
        draw_family(family, panel, ax)
        ax.label_outer()
    key_of(family, figure, axes)
    figure.align_ylabels(axes)
    explain(figure, [], [*(f"no value: {_counted(*why)}" for why in without.items()), *note])
    entitle(figure, fixed)
    return figure


def _axis_and_family(
    rows: xr.Dataset, names: Sequence[str], x: str | None, by: str | None
) -> tuple[str, str | None]:
    left = list(dict.fromkeys(str(d) for name in names for d in rows[name].dims))
    left = [dim for dim in (str(d) for d in rows.sizes) if dim in left]
    free = [dim for dim in left if dim not in (x, by)]
    if x is None and not free:
        rule, told = "have an axis of more than one point", f"'{names[0]}' over none"
        raise ParameterError("names", rule, told, "read the number itself")
    along = x or free.pop(0)
    family = by or (free.pop(0) if free else None)
    _require_none(free, f"{along} and {family}")
    return along, family


def _by_kind(rows: xr.Dataset, names: Sequence[str]) -> list[list[str]]:
    """Group variables that share a vertical axis: of one unit, and of one kind where that is 1."""
    panels: dict[tuple[str, str], list[str]] = {}
    for name in names:
        units = str(rows[name].attrs.get("units", "1"))
        kind = noun_of(rows[name]) if units in ("", "1") else ""
        panels.setdefault((units, kind), []).append(name)
    if len(panels) > MOST_PANELS:
        rule = f"be of at most {MOST_PANELS} kinds"
        raise ParameterError("names", rule, len(panels), "draw several figures")
    return [*panels.values()]
