"""The picture of a machine file: its wiring diagram, and its curves if it names any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.about import Curves
from entherm.equation_words import equation_named
from entherm.errors import ParameterError
from entherm.evolution import evolve
from entherm.initial_states import spelled_state
from entherm.machine import Machine
from entherm.machine_file import MachineFile
from entherm.observable_words import Quantity, quantity
from entherm.parameter_words import scale_of
from entherm.parameters import Array
from entherm.plotting import INK, PAGE, draw, drawing_size, printed
from entherm.schematic import COLOURS
from entherm.solution import Solution
from entherm.steady_state import steady_state
from entherm.superoperator import Matrix
from entherm.units import Units
from entherm.zoo.axis import Axis, axis_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches. A diagram wider than WIDEST would not leave the curves their half of a page.
WIDEST, PANEL, SHORTEST = 3.5, 1.55, 2.3
BESIDE, MARGIN = 0.15, 0.08
CONSTANT = 1e-6  # what varies by less, relative to its size, is drawn as a constant
# Each line of a frame has its own, so that they are told apart in print without colour.
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
_SYMBOLS = {"frequency": "ω", "temperature": "T", "rate": "Γ", "chemical_potential": "μ"}


@dataclass(frozen=True, eq=False)
class Panel:
    """Curves of one kind of quantity, which share a vertical axis."""

    noun: str
    unit: str
    curves: tuple[tuple[str, Array], ...]

    @property
    def label(self) -> str:
        """What the vertical axis is called; of a single curve, also what it belongs to."""
        of = f", {_typeset(self.curves[0][0])}" if len(self.curves) == 1 else ""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.noun}{of.rstrip(', ')}{unit}"


def panels(source: MachineFile) -> tuple[Axis, tuple[Panel, ...]]:
    """Return what the curves of a machine file are: their axis, and the panels to draw.

    Parameters
    ----------
    source : MachineFile
        With an ``[about.figure]``. Its equation is that of ``[about]``, global if it names none.
        NaN where a point has no steady state.

    Raises
    ------
    ParameterError
        Without a picture, for a word that names nothing, and what `axis_of` refuses.

    Examples
    --------
    >>> from entherm.zoo import entry
    >>> axis, found = panels(entry("man_2019").source)
    >>> [(panel.label, panel.curves[0][1].shape) for panel in found]
    [('concurrence, A–B', (200,)), ('heat current, RC', (200,))]
    """
    curves = _curves_of(source)
    axis = axis_of(source, curves)
    found = [
        quantity(word, source.machine, source.units, f"about.figure.observe.{index}")
        for index, word in enumerate(curves.observe)
    ]
    with np.errstate(all="ignore"):
        state = _solved(source, varied(source, axis), axis)
        values = [np.broadcast_to(q.scale.show(q.read(state)), axis.values.shape) for q in found]
    return axis, tuple(_by_noun(found, values))


def varied(source: MachineFile, axis: Axis) -> Machine:
    """Return the machine of a file along the axis of its picture; as it is along the time.

    Examples
    --------
    >>> from entherm.zoo import entry
    >>> source = entry("man_2019").source
    >>> varied(source, axis_of(source, source.about.figure)).shape
    (200,)
    """
    curves = _curves_of(source)
    if curves.in_time:
        return source.machine
    return source.machine.replace(dict.fromkeys(curves.axis, axis.values))


def _solved(source: MachineFile, machine: Machine, axis: Axis) -> Solution:
    equation = equation_named(source.about.equation or "global", "about.equation")
    initial = start(source) if source.about.initial else None
    if _curves_of(source).in_time:
        return evolve(machine, axis.values, initial, equation)  # type: ignore[arg-type]
    return steady_state(machine, equation, initial=initial, on_invalid="nan")


def start(source: MachineFile) -> Matrix:
    r"""Return the initial state that ``[about]`` spells, as a density matrix.

    Raises
    ------
    ParameterError
        If it names none.

    Examples
    --------
    >>> from entherm.machine_file import reads
    >>> start(reads('about.initial = "1"\nqubits.A = 1.0')).tolist()
    [[(1+0j), 0j], [0j, 0j]]
    """
    return spelled_state(source.about.initial, source.machine, "about.initial")


def _curves_of(source: MachineFile) -> Curves:
    if source.about.figure is None:
        remedy = 'write [about.figure] and below it axis = ["reservoirs.RC.temperature"], ...'
        raise ParameterError("about.figure", "be given", "nothing", remedy)
    return source.about.figure


def _by_noun(found: Sequence[Quantity], values: Sequence[Array]) -> list[Panel]:
    grouped: dict[tuple[str, str], list[tuple[str, Array]]] = {}
    for item, curve in zip(found, values, strict=True):
        grouped.setdefault((item.noun, item.scale.unit), []).append((item.of, curve))
    return [Panel(*key, tuple(curves)) for key, curves in grouped.items()]


@printed
def picture(source: MachineFile) -> Figure:
    """Draw a machine file: the wiring diagram, and beside or below it the curves.

    Parameters
    ----------
    source : MachineFile
        The diagram alone is drawn without an ``[about.figure]``.

    Examples
    --------
    >>> from entherm.zoo import entry
    >>> len(picture(entry("man_2019").source).axes)
    3
    """
    from matplotlib.figure import Figure

    if source.about.figure is None:
        labels = shown_numbers(source.machine, source.units)
        figure = Figure(figsize=drawing_size(source.machine, labels))
        draw(source.machine, figure.add_axes((0.0, 0.0, 1.0, 1.0)), labels=labels)
        return figure
    axis, found = panels(source)
    machine = varied(source, axis)  # what is varied has its range in the diagram
    labels = shown_numbers(machine, source.units)
    width, height = drawing_size(machine, labels)
    beside = width <= WIDEST
    rows = len(found) if beside else 1
    below = max(SHORTEST, PANEL * rows + 0.45)
    total = max(height, below) if beside else min(height, height * PAGE / width) + below + BESIDE
    figure = Figure(figsize=(PAGE, total), layout="constrained")
    share = (width + BESIDE) / PAGE if beside else 0.0
    left = (0.0, 0.0, width / PAGE, 1.0) if beside else (0.0, below / total, 1.0, 1 - below / total)
    right = 1.0 - MARGIN / PAGE  # half of the last number sticks out
    room = (share, 0.0, right - share, 1.0) if beside else (0.0, 0.0, right, below / total)
    draw(machine, figure.add_axes(left), labels=labels)
    figure.get_layout_engine().set(rect=room)  # type: ignore[union-attr, call-arg]
    _draw_panels(figure, axis, found, source, beside=beside)
    return figure


def _draw_panels(
    figure: Figure, axis: Axis, found: Sequence[Panel], source: MachineFile, *, beside: bool
) -> None:
    shape = (len(found), 1) if beside else (1, len(found))
    grid = figure.subplots(*shape, sharex=True, squeeze=False).ravel()
    # Currents in the colours that their reservoirs have in the diagram, other curves in the rest.
    baths = [bath.name for bath in source.machine.reservoirs]
    colours = dict(zip(baths, cycle(COLOURS), strict=False))
    free = COLOURS[len(baths) :] or COLOURS
    for ax, panel in zip(grid, found, strict=True):
        _draw_panel(ax, axis, panel, [*_coloured(panel, colours, free)])
        if _curves_of(source).values.scale == "log":
            _on_decades(ax, axis)
    for ax in grid[-1:] if beside else grid:
        ax.set_xlabel(axis.label)


def _on_decades(ax: Axes, axis: Axis) -> None:
    """Make the axis logarithmic; less than two decades of it have plain numbers, with room."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    if axis.shown.max() < 100.0 * axis.shown.min():
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        ax.xaxis.set_minor_formatter(NullFormatter())


def _coloured(panel: Panel, colours: Mapping[str, str], free: Sequence[str]) -> Iterator[str]:
    rest = cycle(free)
    for of, _ in panel.curves:
        yield colours[of] if of in colours else next(rest) if len(panel.curves) > 1 else INK


def _draw_panel(ax: Axes, axis: Axis, panel: Panel, colours: Sequence[str]) -> None:
    drawn = [curve[np.isfinite(curve)] for _, curve in panel.curves]
    low = min((float(curve.min()) for curve in drawn if curve.size), default=0.0)
    high = max((float(curve.max()) for curve in drawn if curve.size), default=0.0)
    if low < 0.0 < high:
        ax.axhline(0.0, color="0.7", lw=0.6, zorder=0)
    several = len(panel.curves) > 1
    for (of, curve), colour, dash in zip(panel.curves, colours, cycle(DASHES), strict=False):
        ax.plot(axis.shown, curve, color=colour, ls=dash, label=_typeset(of))
    ax.set_xlim(axis.shown.min(), axis.shown.max())
    ax.set_ylabel(panel.label)
    ax.yaxis.get_major_formatter().set_useOffset(False)  # type: ignore[attr-defined]
    if high - low < CONSTANT * max(abs(high), abs(low)):
        # A constant is to look like one: its rounding would fill the frame.
        middle = 0.5 * (high + low)
        ax.set_ylim(*sorted((0.5 * middle, 1.5 * middle)))
    if several:  # above the frame, where no curve can run through it
        ax.legend(
            loc="lower right",  # the left is where a factor of the axis stands
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(panel.curves),
            borderaxespad=0.1,
            borderpad=0.2,
            columnspacing=1.2,
        )


def _typeset(of: str) -> str:
    return of.replace("-", "–")


def shown_numbers(machine: Machine, units: Units) -> Mapping[str, str]:
    """Return texts for a wiring diagram in the units of a file; none where it has no units.

    Parameters
    ----------
    machine : Machine
    units : Units

    Examples
    --------
    >>> from entherm.machine_file import read
    >>> source = read("examples/circuit_qed.toml")
    >>> shown_numbers(source.machine, source.units)["reservoirs.RC.temperature"]
    'T = 15 mK'
    """
    texts: dict[str, str] = {}
    for path, value in machine.parameters.items():
        scale = scale_of(path, machine, units)
        if scale.unit:
            texts[path] = _with_symbol(path, f"{_ranged(scale.show(value))} {scale.unit}")
    return texts


def _ranged(value: Array) -> str:
    low, high = f"{value.min():.4g}", f"{value.max():.4g}"
    return (low if low == high else f"{low}…{high}").replace("-", "−")


def _with_symbol(path: str, text: str) -> str:
    kind, last = path.partition(".")[0], path.rpartition(".")[2]
    if kind in ("heisenberg", "field"):
        return text
    symbol: Any = {
        "qubits": "ε",
        "exchange": "Ω",
        "swap": "g",
        "term": "g",
        "dephasing": "γ",
    }.get(kind, _SYMBOLS.get(last, "ε" if last == "gap" else "E"))
    return f"{symbol} = {text}"
