"""The wiring diagram of any machine, drawn to scale with its texts.

`entherm.schematic_layout` says where things stand; here they become lines, circles and boxes. The
whole picture is scaled to the Axes, fonts included, so that what fits at one size fits at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.composition import AnyReservoir
from entherm.interactions import Exchange, Interaction, Term
from entherm.machine import Machine
from entherm.reset_reservoir import ResetReservoir
from entherm.schematic_layout import (
    FONT_SIZE,
    GAP,
    LINE,
    PICTURE,
    RUNG,
    Bar,
    Column,
    Layout,
    Pair,
    arrange,
    text_width,
)
from entherm.schematic_words import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart under every common colour blindness; yellow is left out, its
# lines are too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK = "#222222"
LARGEST_SCALE = 1.25
APART = 7.0  # between parallel lines of one pair, in points


def drawing_size(
    machine: Machine, labels: Mapping[str, str] | None = None, unit: str = ""
) -> tuple[float, float]:
    """Return width and height in inches at which `draw` writes in 8 point.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> width, height = drawing_size(two_qubit_machine(20.0, 20.0, 10.0))
    >>> 1.0 < width < 3.4
    True
    """
    left, right, bottom, top = arrange(Wording(machine, labels or {}, unit)).limits
    return (right - left) / 72.0, (top - bottom) / 72.0


def draw(
    machine: Machine, ax: Axes, *, labels: Mapping[str, str] | None = None, unit: str = ""
) -> None:
    r"""Draw a machine: subsystems, interactions, reservoirs with what they touch, and dephasing.

    Circles are qubits with their gaps, frames are qudits and oscillators with their levels; a
    dashed outline is dephasing, and what stands at the lower right is a field. Double lines are
    exchange, single ones Heisenberg couplings, dotted ones other terms; a white bar joins three
    or more. Boxes and coloured bars are reservoirs, in one colour with the lines to what they
    touch, dashed where they reset it. Of a coupling the operator is named unless it is σ₋.

    Parameters
    ----------
    machine : Machine
        Any; of a parameter that is an array, the range is shown.
    ax : Axes
        Its limits and frame are set; fonts are scaled to its present size. `drawing_size` tells
        which size makes them 8 point.
    labels : mapping of str to str, optional
        Texts of your own: by name (``"A"``, ``"RC"``, ``"A-B"``) instead of or beside that name,
        by parameter path (``"reservoirs.RC.temperature"``) instead of that number.
    unit : str
        Follows every number, e.g. ``"GHz"``.

    Raises
    ------
    UnknownNameError
        For a label that belongs to nothing.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_C=0.5)
    >>> ax = Figure(figsize=drawing_size(m)).add_axes((0, 0, 1, 1))
    >>> draw(m, ax, labels={"reservoirs.RC.temperature": "$T_C$"})
    """
    words = Wording(machine, labels or {}, unit)
    layout = arrange(words)
    pen = Pen.on(ax, layout)
    for pair in layout.links:
        _draw_link(pen, layout, words, pair)
    for bar in layout.bars.values():
        if isinstance(bar.source, Interaction):
            _draw_bar(pen, layout, bar, INK, "white")
    for colour, bath in zip(_cycle(len(machine.reservoirs)), machine.reservoirs, strict=True):
        if bath.path in layout.bars:
            _draw_bar(pen, layout, layout.bars[bath.path], colour)
        else:
            _draw_box(pen, layout, words, bath, colour)
    for column in layout.columns.values():
        _draw_subsystem(pen, words, column)


@dataclass(frozen=True)
class Pen:
    """Draws in points of the layout on an Axes, all widths scaled with it."""

    ax: Axes
    scale: float

    @classmethod
    def on(cls, ax: Axes, layout: Layout) -> Pen:
        """Fit the layout into the Axes, without frame or ticks."""
        left, right, bottom, top = layout.limits
        window = ax.get_window_extent()
        width, height = (72.0 * side / ax.figure.dpi for side in (window.width, window.height))
        scale = min(width / (right - left), height / (top - bottom), LARGEST_SCALE)
        x, y = (left + right) / 2, (bottom + top) / 2
        ax.set_xlim(x - width / scale / 2, x + width / scale / 2)
        ax.set_ylim(y - height / scale / 2, y + height / scale / 2)
        ax.set_aspect("equal")
        ax.set_axis_off()
        return cls(ax, scale)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write one line."""
        defaults: dict[str, Any] = {"ha": "center", "va": "center", "color": INK, "zorder": 5}
        self.ax.text(x, y, text, fontsize=FONT_SIZE * self.scale, **(defaults | style))

    def line(
        self, x: Sequence[float], y: Sequence[float], colour: str, width: float = 1.3, **style: Any
    ) -> None:
        """Draw a line; a second call on top in white makes it a double one."""
        defaults: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 1}
        self.ax.plot(x, y, color=colour, lw=width * self.scale, **(defaults | style))

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, **style: Any
    ) -> None:
        """Draw a rounded box, given by its centre; filled in a pale tone of `colour`."""
        from matplotlib.colors import to_rgb
        from matplotlib.patches import FancyBboxPatch

        corner = (x - width / 2, y - height / 2)
        rounded = f"round,pad=0,rounding_size={0.35 * LINE}"
        fill = tuple(0.75 + 0.25 * c for c in to_rgb(colour))
        line = style.pop("lw", 1.1) * self.scale
        defaults = {"fc": fill, "ec": colour, "lw": line, "zorder": 3}
        self.ax.add_patch(FancyBboxPatch(corner, width, height, rounded, **(defaults | style)))

    def circle(self, x: float, y: float, radius: float, **style: Any) -> None:
        """Draw a circle."""
        from matplotlib.patches import Circle

        width = style.pop("lw", 1.1) * self.scale
        self.ax.add_patch(Circle((x, y), radius, lw=width, **style))


def _cycle(count: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(count)]


def _darker(colour: str) -> tuple[float, ...]:
    """For texts: the pale ones of the palette are hard to read in thin strokes."""
    from matplotlib.colors import to_rgb

    return tuple(0.7 * c for c in to_rgb(colour))


def _draw_link(pen: Pen, layout: Layout, words: Wording, pair: Pair) -> None:
    """What joins two subsystems: parallel lines, their texts above them."""
    first, second = (layout.columns[name] for name in pair)
    span = words.machine.site(pair[1]) - words.machine.site(pair[0])
    items = layout.links[pair]
    lines = words.link(items)
    middle = (first.x + second.x) / 2
    label = 0.8 * LINE + (len(lines) - 1) * LINE
    if span == 1:
        middle = (first.x + first.shape.half_width + second.x - second.shape.half_width) / 2
    top = layout.arc_bottom + (span - 1) * layout.arc_step - LINE * (len(lines) - 0.4)
    for place, item in enumerate(items):
        apart = APART * ((len(items) - 1) / 2 - place)
        x: Sequence[float] = (first.x, second.x)
        y: Sequence[float] = (apart, apart)
        if span > 1:
            angle = np.linspace(0.0, np.pi, 90)
            x = (middle - ((second.x - first.x) / 2 + apart) * np.cos(angle)).tolist()
            y = ((top + apart) * np.sin(angle) ** 0.5).tolist()
        _draw_line(pen, x, y, item)
    over = APART * (len(items) - 1) / 2 + (top if span > 1 else 0.0)
    for i, line in enumerate(lines):
        patch = {"fc": "white", "ec": "none", "pad": 0.5} if span > 1 or len(lines) > 2 else None
        pen.text(middle, over + label - i * LINE, line, bbox=patch)


def _draw_line(pen: Pen, x: Sequence[float], y: Sequence[float], item: Interaction) -> None:
    if isinstance(item, Exchange):
        pen.line(x, y, INK, 3.4)
        pen.line(x, y, "white", 1.4)
    else:
        style = {"linestyle": (0, (1, 1.2))} if isinstance(item, Term) else {}
        pen.line(x, y, INK, 1.8, **style)


def _draw_box(pen: Pen, layout: Layout, words: Wording, bath: AnyReservoir, colour: str) -> None:
    """A reservoir that touches one subsystem."""
    ((name, labels),) = words.legs(bath).items()
    column = layout.columns[name]
    start = column.x - column.local_width / 2
    for other, slot in column.local:
        if other.name == bath.name:
            break
        start += slot
    x = start + slot / 2
    lines = words.reservoir(bath)
    bottom, height = layout.box_bottom, (len(lines) + 0.5) * LINE
    pen.line((x, x, column.x), (bottom, bottom - 1.6 * LINE, 0.0), colour, **_dashes(bath))
    pen.box(x, bottom + height / 2, slot - 2 * GAP, height, colour)
    pen.text(x, bottom + height - 0.75 * LINE, lines[0], weight="bold")
    for place, line in enumerate(lines[1:], start=1):
        pen.text(x, bottom + height - (0.75 + place) * LINE, line)
    # On the outer side, so that a slanting line does not cross its own label.
    side = -1.0 if x < column.x - 1e-9 else 1.0
    ha = "right" if side < 0 else "left"
    pen.text(x + side * GAP, bottom - 0.9 * LINE, labels[0], ha=ha, color=_darker(colour))


def _dashes(bath: object) -> dict[str, Any]:
    return {"linestyle": (0, (3, 1.5))} if isinstance(bath, ResetReservoir) else {}


def _draw_bar(pen: Pen, layout: Layout, bar: Bar, colour: str, fill: str | None = None) -> None:
    """A reservoir common to several subsystems, or an interaction of three or more."""
    top, height = layout.bar_top(bar.row), 1.7 * LINE
    for name, labels in bar.legs.items():
        column = layout.columns[name]
        x = column.x - column.fan + column.common.index(bar.source.path) * LINE
        pen.line((x, x), (0.0, top), colour)
        pen.circle(x, top, 0.22 * LINE, fc=colour, ec=colour, zorder=4)
        for place, label in enumerate(reversed(labels)):
            y = top + (0.95 + place) * LINE
            pen.text(x + GAP, y, label, ha="left", color=_darker(colour))
    centre = (bar.left + bar.right) / 2
    style = {"fc": fill} if fill else {}
    pen.box(centre, top - height / 2, bar.right - bar.left, height, colour, **style)
    pen.text(centre, top - height / 2, "    ".join(bar.lines))


def _draw_subsystem(pen: Pen, words: Wording, column: Column) -> None:
    shape = column.shape
    if shape.is_circle:
        pen.circle(column.x, 0.0, shape.half_width, fc="white", ec=INK, zorder=3)
        pen.text(column.x, 0.55 * LINE, shape.lines[0], weight="bold")
        pen.text(column.x, -0.6 * LINE, shape.lines[1])
    else:
        _draw_frame(pen, column)
    if words.dephasing(column.name):
        _draw_dashed_outline(pen, column)
        pen.text(column.x - column.shoulder, column.below, words.dephasing(column.name), ha="right")
    for place, line in enumerate(column.alone):
        pen.text(column.x + column.shoulder, column.below - place * LINE, line, ha="left")


def _draw_dashed_outline(pen: Pen, column: Column) -> None:
    shape = column.shape
    style: dict[str, Any] = {"fc": "none", "ec": INK, "ls": (0, (2, 2)), "lw": 0.9}
    if shape.is_circle:
        pen.circle(column.x, 0.0, shape.half_width + 3.0, **style)
    else:
        pen.box(
            column.x, 0.0, 2 * shape.half_width + 6.0, 2 * shape.half_height + 6.0, INK, **style
        )


def _draw_frame(pen: Pen, column: Column) -> None:
    """A qudit with its levels, or an oscillator with its potential."""
    shape, x = column.shape, column.x
    pen.box(x, 0.0, 2 * shape.half_width, 2 * shape.half_height, INK, fc="white")
    y = shape.half_height - 0.8 * LINE
    pen.text(x, y, shape.lines[0], weight="bold")
    numbers = shape.lines[1:] if shape.levels else shape.lines[1:-1]
    for place, line in enumerate(numbers, start=1):
        pen.text(x, y - place * LINE, line)
    left = x - shape.half_width + 1.2 * GAP
    for height, text in shape.levels:
        pen.line((left, left + RUNG), (height, height), INK, 1.1, zorder=4)
        pen.text(left + RUNG + GAP, height, text, ha="left")
    if shape.picture:
        middle = -shape.half_height + 1.15 * LINE
        wide = PICTURE + GAP + text_width(shape.lines[-1])
        _draw_picture(pen, x - wide / 2, middle, shape.picture)
        pen.text(x - wide / 2 + PICTURE + GAP, middle, shape.lines[-1], ha="left")


def _draw_picture(pen: Pen, left: float, middle: float, kind: str) -> None:
    """A ladder of levels, in a parabola if they are those of an oscillator."""
    bottom, count = middle - 0.7 * LINE, 4
    for rung in range(count):
        y = bottom + 1.2 * LINE * (rung + 0.5) / count
        # y = bottom + 1.4 LINE (2 u)², with u from -1/2 to 1/2 across the picture
        reach = ((y - bottom) / (1.4 * LINE)) ** 0.5 if kind == "oscillator" else 0.8
        ends = (left + PICTURE * (1 - reach) / 2, left + PICTURE * (1 + reach) / 2)
        pen.line(ends, (y, y), INK, 0.8, zorder=4)
    if kind == "oscillator":
        u = np.linspace(-1.0, 1.0, 40)
        curve = bottom + 1.4 * LINE * u**2
        pen.line((left + PICTURE * (1 + u) / 2).tolist(), curve.tolist(), INK, 0.9, zorder=4)
