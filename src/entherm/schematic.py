"""The wiring diagram of any machine, drawn to scale with its texts.

`entherm.schematic_layout` says where things stand; here they become lines, circles and boxes. The
whole picture is scaled to the Axes, fonts included, so that what fits at one size fits at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.interactions import Exchange
from entherm.machine import Machine
from entherm.reservoirs import Reservoir
from entherm.schematic_layout import FONT_SIZE, GAP, LINE, Bar, Column, Layout, Wording, arrange

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart under every common colour blindness; yellow is left out, its
# lines are too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK = "#222222"
LARGEST_SCALE = 1.25


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
    r"""Draw a machine: subsystems, exchange, reservoirs with what they touch, and dephasing.

    Circles are subsystems with their gaps; a dashed ring around one is its dephasing. Double lines
    are exchange. Boxes are reservoirs, in one colour with the lines to what they touch.

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
    for item in machine.interactions:
        _draw_exchange(pen, layout, words, item)
    for colour, bath in zip(_cycle(len(machine.reservoirs)), machine.reservoirs, strict=True):
        if bath.name in layout.bars:
            _draw_bar(pen, layout, words, layout.bars[bath.name], colour)
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

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, width: float = 1.3) -> None:
        """Draw a line; a second call on top in white makes it a double one."""
        self.ax.plot(x, y, color=colour, lw=width * self.scale, solid_capstyle="butt", zorder=1)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Draw a reservoir, given by its centre."""
        from matplotlib.colors import to_rgb
        from matplotlib.patches import FancyBboxPatch

        corner = (x - width / 2, y - height / 2)
        style = f"round,pad=0,rounding_size={0.35 * LINE}"
        fill = tuple(0.75 + 0.25 * c for c in to_rgb(colour))
        self.ax.add_patch(
            FancyBboxPatch(
                corner, width, height, style, fc=fill, ec=colour, lw=1.1 * self.scale, zorder=3
            )
        )

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


def _draw_exchange(pen: Pen, layout: Layout, words: Wording, item: Exchange) -> None:
    first, second = sorted((layout.columns[name] for name in item.between), key=lambda c: c.x)
    span = abs(words.machine.site(item.between[0]) - words.machine.site(item.between[1]))
    lines = words.exchange(item)
    middle = (first.x + second.x) / 2
    x: Sequence[float] = (first.x, second.x)
    y: Sequence[float] = (0.0, 0.0)
    label = 0.8 * LINE + (len(lines) - 1) * LINE
    if span == 1:
        middle = (first.x + first.radius + second.x - second.radius) / 2
    else:
        top = layout.radius + (span - 1) * layout.arc_step - LINE * (len(lines) - 0.4)
        angle = np.linspace(0.0, np.pi, 90)
        x = (middle - (second.x - first.x) / 2 * np.cos(angle)).tolist()
        y = (top * np.sin(angle) ** 0.5).tolist()
        label += top
    pen.line(x, y, INK, 3.4)
    pen.line(x, y, "white", 1.4)
    for i, line in enumerate(lines):
        patch = {"fc": "white", "ec": "none", "pad": 0.5} if span > 1 else None
        pen.text(middle, label - i * LINE, line, bbox=patch)


def _draw_box(pen: Pen, layout: Layout, words: Wording, bath: Reservoir, colour: str) -> None:
    """A reservoir that touches one subsystem."""
    column = layout.columns[next(iter(bath.couplings))]
    start = column.x - column.local_width / 2
    for other, slot in column.local:
        if other.name == bath.name:
            break
        start += slot
    x = start + slot / 2
    lines = words.reservoir(bath)
    bottom, height = layout.box_bottom, 2.5 * LINE
    pen.line((x, x, column.x), (bottom, bottom - 1.6 * LINE, 0.0), colour)
    pen.box(x, bottom + height / 2, slot - 2 * GAP, height, colour)
    pen.text(x, bottom + height - 0.75 * LINE, lines[0], weight="bold")
    pen.text(x, bottom + 0.75 * LINE, lines[1])
    # On the outer side, so that a slanting line does not cross its own label.
    side = -1.0 if x < column.x - 1e-9 else 1.0
    label = words.coupling(bath, column.name)
    ha = "right" if side < 0 else "left"
    pen.text(x + side * GAP, bottom - 0.9 * LINE, label, ha=ha, color=_darker(colour))


def _draw_bar(pen: Pen, layout: Layout, words: Wording, bar: Bar, colour: str) -> None:
    """A reservoir common to several subsystems."""
    top, height = layout.bar_top(bar.row), 1.7 * LINE
    for name in bar.bath.couplings:
        column = layout.columns[name]
        place = next(i for i, b in enumerate(column.common) if b.name == bar.bath.name)
        x = column.x - column.fan + place * LINE
        pen.line((x, x), (0.0, top), colour)
        pen.circle(x, top, 0.22 * LINE, fc=colour, ec=colour, zorder=4)
        label = words.coupling(bar.bath, name)
        pen.text(x + GAP, top + 0.95 * LINE, label, ha="left", color=_darker(colour))
    centre = (bar.left + bar.right) / 2
    pen.box(centre, top - height / 2, bar.right - bar.left, height, colour)
    pen.text(centre, top - height / 2, "    ".join(words.reservoir(bar.bath)))


def _draw_subsystem(pen: Pen, words: Wording, column: Column) -> None:
    lines = words.subsystem(column.name)
    pen.circle(column.x, 0.0, column.radius, fc="white", ec=INK, zorder=3)
    pen.text(column.x, 0.55 * LINE, lines[0], weight="bold")
    pen.text(column.x, -0.6 * LINE, lines[1])
    if words.dephasing(column.name):
        pen.circle(column.x, 0.0, column.radius + 3.0, fc="none", ec=INK, ls=(0, (2, 2)), lw=0.9)
        x = column.x - max(0.7 * column.radius, column.fan) - GAP
        pen.text(x, -column.radius - 0.6 * LINE, words.dephasing(column.name), ha="right")
