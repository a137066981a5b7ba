"""Small plots of labelled results: rows and an Axes in, nothing out.

Rows are xarray arrays as `sweep` and the figures of the paper make them: coordinates with
``long_name`` and ``units``, and, if there is one, a ``symbol`` in mathtext. Every function draws on
the Axes that it is given and leaves everything else as it was. `style` sets fonts and line widths
for print, `save` writes PNG and PDF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from entherm.schematic import COLOURS, INK, draw, drawing_size

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLUMN",
    "CONTRAST",
    "INK",
    "PAGE",
    "PALETTE",
    "arrow",
    "axis_label",
    "curves",
    "draw",
    "drawing_size",
    "graded",
    "panel_letter",
    "printed",
    "save",
    "signed_map",
    "style",
    "unsigned_map",
]

# Inches: one column of a two-column journal, and the whole page.
COLUMN, PAGE = 3.4, 7.0
PALETTE = COLOURS
# What must be told apart from everything else at a glance: Okabe and Ito's vermilion.
CONTRAST = "#D55E00"

_RC: dict[Any, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "axes.formatter.use_mathtext": True,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}

Arguments = ParamSpec("Arguments")


@contextmanager
def style() -> Iterator[None]:
    """Fonts and line widths for print, within the block only.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with style():
    ...     print(mpl.rcParams["font.size"])
    9.0
    """
    import matplotlib as mpl

    with mpl.rc_context(_RC):
        yield


def printed(make: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Make a function's figure in the print style, finished down to its ticks.

    Ticks take their fonts when they are first drawn, so that is done before the style ends. Layout
    and ticks, which depend on the resolution, stay as they are then: PNG and PDF are one picture.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> printed(Figure)(figsize=(2.0, 1.0)).get_size_inches().tolist()
    [2.0, 1.0]
    """

    @wraps(make)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with style():
            figure = make(*args, **kwargs)
            figure.draw_without_rendering()
            _freeze(figure)
        return figure

    return wrapped


def _freeze(figure: Figure) -> None:
    from matplotlib.axes import Axes

    figure.set_layout_engine("none")
    for ax in figure.findobj(Axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for minor in (False, True):
                # A tick beyond the limits would move them.
                ticks = [t for t in axis.get_ticklocs(minor=minor) if low <= t <= high]
                axis.set_ticks(ticks, minor=minor)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure at 300 dpi, or as vectors with fonts that a printer can edit.

    The same figure makes the same file: no date is written into it.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Figure(), f"{folder}/empty.pdf")
    ...     Path(folder, "empty.pdf").read_bytes()[:4]
    b'%PDF'
    """
    undated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}, ".png": {"Software": None}}
    with style():
        figure.savefig(path, dpi=300, metadata=undated.get(Path(path).suffix.lower()))


def axis_label(rows: xr.DataArray) -> str:
    r"""Label of an axis from the attributes of a labelled array.

    Units that are a rate of the machine (Γ, Γ²) divide; others stand in brackets.

    Examples
    --------
    >>> import xarray as xr
    >>> axis_label(xr.DataArray(0.0, attrs={"symbol": "T", "units": "Γ"}))
    '$T/\\Gamma$'
    >>> axis_label(xr.DataArray(0.0, attrs={"long_name": "concurrence", "units": "1"}))
    'concurrence'
    """
    symbol, units = rows.attrs.get("symbol"), rows.attrs.get("units", "1")
    name = f"${symbol}$" if symbol else str(rows.attrs.get("long_name", rows.name))
    if units in ("", "1"):
        return name
    if symbol and units in ("Γ", "Γ²"):
        return f"${symbol}/" + {"Γ": r"\Gamma", "Γ²": r"\Gamma^2"}[units] + "$"
    return f"{name} ({units})"


def graded(count: int) -> list[Any]:
    """Colours for an ordered family of curves, dark to bright, all legible on white.

    Examples
    --------
    >>> len(graded(4))
    4
    """
    import matplotlib as mpl

    return list(mpl.colormaps["viridis"](np.linspace(0.0, 0.8, count)))


def curves(rows: xr.DataArray, ax: Axes, along: str, **line: Any) -> None:
    """Draw one curve, or one a row over the other dimension, in graded colours and labelled.

    Parameters
    ----------
    rows : DataArray
        Of one or two dimensions.
    ax : Axes
    along : str
        The dimension that becomes the horizontal axis.
    **line
        As in `Axes.plot`.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> curves(xr.DataArray([[0.0, 1.0]], coords={"k": [1], "x": [0.0, 2.0]}), ax, "x")
    >>> len(ax.lines)
    1
    """
    x = rows[along]
    others = [d for d in rows.dims if d != along]
    if others:
        family = rows[others[0]]
        table = rows.transpose(*others, along).values
        for values, key, colour in zip(table, family, graded(family.size), strict=True):
            ax.plot(x.values, values, **({"color": colour, "label": _equation(key)} | line))
    else:
        ax.plot(x.values, rows.values, **({"color": INK} | line))
    ax.set_xlabel(axis_label(x))
    ax.set_ylabel(axis_label(rows))
    ax.set_xlim(float(x.min()), float(x.max()))


def _equation(value: xr.DataArray) -> str:
    """``T_C = 2 Γ`` for one value of a coordinate."""
    units = {"1": "", "Γ": r"\,\Gamma"}.get(
        value.attrs.get("units", "1"), rf"\ \mathrm{{{value.attrs.get('units')}}}"
    )
    return f"${value.attrs.get('symbol', value.name)}={value.item():g}{units}$"


def signed_map(rows: xr.DataArray, ax: Axes, x: str, y: str) -> None:
    """Draw a map whose colours diverge from white at zero; NaN stays grey.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> rows = xr.DataArray([[0.0, 1.0], [-2.0, 0.5]], coords={"y": [0, 1], "x": [0, 1]}, name="d")
    >>> signed_map(rows, figure.add_subplot(), "x", "y")
    >>> figure.axes[0].collections[0].get_clim()
    (-2.0, 2.0)
    """
    largest = float(np.nanmax(np.abs(rows.values)))
    _map(rows, ax, x, y, "PRGn", (-largest, largest))


def unsigned_map(rows: xr.DataArray, ax: Axes, x: str, y: str) -> None:
    """Draw a map of something that starts at zero; NaN stays grey.

    Examples
    --------
    >>> import xarray as xr
    >>> from matplotlib.figure import Figure
    >>> rows = xr.DataArray([[0.0, 1.0], [2.0, 0.5]], coords={"y": [0, 1], "x": [0, 1]}, name="C")
    >>> unsigned_map(rows, Figure().add_subplot(), "x", "y")
    """
    _map(rows, ax, x, y, "viridis", (0.0, float(np.nanmax(rows.values))))


def _map(
    rows: xr.DataArray, ax: Axes, x: str, y: str, colours: str, limits: tuple[float, float]
) -> None:
    ax.set_facecolor("0.88")
    # Rasterised within the PDF: a hundred thousand vector cells serve nobody, the text stays text.
    mesh = ax.pcolormesh(
        rows[x].values,
        rows[y].values,
        rows.transpose(y, x).values,
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        shading="gouraud" if bool(np.isfinite(rows.values).all()) else "nearest",
        rasterized=True,
    )
    ax.set(xlabel=axis_label(rows[x]), ylabel=axis_label(rows[y]))
    bar = ax.get_figure().colorbar(mesh, ax=ax, pad=0.02, fraction=0.08, aspect=22)  # type: ignore[union-attr]
    bar.set_label(axis_label(rows))
    bar.outline.set_linewidth(0.6)


def arrow(
    ax: Axes, tip: tuple[float, float], offset: Sequence[float], text: str = "", **style: Any
) -> None:
    """Point at `tip` from `offset` points away, with a text at the other end.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> arrow(Figure().add_subplot(), (0.5, 0.5), (0.0, 12.0), "$T = T_C$")
    """
    colour = style.pop("color", INK)
    ax.annotate(
        text,
        tip,
        xytext=(offset[0], offset[1]),
        textcoords="offset points",
        ha="center",
        va="bottom" if offset[1] > 0 else "top",
        color=colour,
        fontsize=8.0,
        arrowprops={
            "arrowstyle": "-|>,head_length=0.35,head_width=0.15",
            "color": colour,
            "lw": 0.8,
            "shrinkA": 0.5,
            "shrinkB": 1.0,
        },
        **style,
    )


def panel_letter(ax: Axes, letter: str, color: str = INK) -> None:
    """Write ``(a)`` into the upper left corner of a panel, clear of its ticks.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> panel_letter(Figure().add_subplot(), "a")
    """
    ax.annotate(
        f"({letter})",
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(6.0, -5.0),
        textcoords="offset points",
        ha="left",
        va="top",
        color=color,
    )
