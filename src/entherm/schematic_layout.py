"""Where everything stands in the wiring diagram of a machine.

Subsystems stand in one row in the order of the tensor product. What joins two of them runs along
the row, or along an arc above it where they are no neighbours. A reservoir that touches one
subsystem is a box above it; one that touches several, and an interaction of three or more, is a bar
below those that it touches. Every text is measured before anything is placed, so that no two texts
overlap, whatever the machine. `entherm.schematic` draws it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from entherm.composition import AnyReservoir
from entherm.interactions import Interaction, Swap
from entherm.schematic_words import Wording
from entherm.subsystems import Oscillator, Qubit, Subsystem

# All lengths are points at this font size; the whole picture is scaled together.
FONT_SIZE = 8.0
LINE = 1.3 * FONT_SIZE
GAP = 5.0
# Beside "6 levels", and beside each energy.
PICTURE, RUNG = 2.0 * LINE, 1.5 * LINE

Pair = tuple[str, str]
Legs = dict[str, dict[str, list[str]]]  # of each reservoir, by its path, to each subsystem


@dataclass(frozen=True)
class Shape:
    """Outline of a subsystem and what stands in it; y from its centre."""

    half_width: float
    half_height: float
    lines: list[str]
    levels: list[tuple[float, str]]  # y and text, rising
    picture: str = ""  # "ladder" or "oscillator" beside the last line; a qubit is a circle

    @property
    def is_circle(self) -> bool:
        """A qubit."""
        return not self.levels and not self.picture


@dataclass
class Column:
    """One subsystem and what belongs to it; lengths in points, y = 0 is the row of subsystems."""

    name: str
    shape: Shape
    local: list[tuple[AnyReservoir, float]]  # with the width of each one's slot
    common: list[str]  # paths of the bars that touch it
    dephasing_width: float
    alone: list[str]  # fields and terms on it alone
    coupling_width: float  # of the widest label at a bar
    x: float = 0.0

    @property
    def local_width(self) -> float:
        """Width of all slots."""
        return sum(width for _, width in self.local)

    @property
    def fan(self) -> float:
        """Half the width of the bundle of lines to the bars."""
        return LINE * (len(self.common) - 1) / 2 if self.common else 0.0

    @property
    def shoulder(self) -> float:
        """How far from the centre a text below the subsystem begins."""
        return max(0.7 * self.shape.half_width, self.fan) + GAP

    @property
    def below(self) -> float:
        """Where the first text below the subsystem stands; a frame has its outline in between."""
        return -self.shape.half_height - (0.6 if self.shape.is_circle else 0.95) * LINE

    @property
    def underside(self) -> float:
        """How far it reaches down without bars."""
        rows = max(len(self.alone), 1 if self.dephasing_width else 0)
        return self.below - (rows + 0.2) * LINE if rows else -self.shape.half_height

    @property
    def left(self) -> float:
        """How far it reaches to the left."""
        dephasing = self.dephasing_width and self.dephasing_width + self.shoulder
        return max(self.shape.half_width, self.local_width / 2, self.fan, dephasing)

    @property
    def right(self) -> float:
        """How far it reaches to the right."""
        alone = self.shoulder + max(map(text_width, self.alone)) if self.alone else 0.0
        common = self.fan + GAP + self.coupling_width
        return max(self.shape.half_width, self.local_width / 2, common, alone)


@dataclass(frozen=True)
class Bar:
    """A common reservoir, or an interaction of three or more, below the row."""

    source: AnyReservoir | Interaction
    lines: list[str]
    legs: dict[str, list[str]]  # what stands at the line to each subsystem
    left: float = 0.0
    right: float = 0.0
    row: int = 0


@dataclass
class Layout:
    """Where everything stands."""

    columns: dict[str, Column]
    bars: dict[str, Bar]
    links: dict[Pair, tuple[Interaction, ...]]  # left to right
    arcs: int = 0  # how many levels of arcs
    arc_step: float = 0.0
    stack: float = 0.0  # upper edge of the texts between neighbours
    box_lines: int = 0  # of the tallest box

    @property
    def half_height(self) -> float:
        """Of the largest subsystem."""
        return max(column.shape.half_height for column in self.columns.values())

    @property
    def arc_bottom(self) -> float:
        """Where arcs begin to be clear of what is below them."""
        return max(self.half_height, self.stack) if self.arcs else self.half_height

    @property
    def box_bottom(self) -> float:
        """Lower edge of the boxes above the row."""
        above = self.arc_bottom + self.arcs * self.arc_step + 3.2 * LINE
        return max(above, self.stack + 1.7 * LINE)

    def bar_top(self, row: int) -> float:
        """Upper edge of the bars of a row."""
        labels = max((len(t) for bar in self.bars.values() for t in bar.legs.values()), default=1)
        more = max(labels - 1, 0)
        alone = max(len(column.alone) for column in self.columns.values())
        depth = max(4.0 + more, alone + more + 2.05)
        return -(self.half_height + (depth + row * (4.2 + more)) * LINE)

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        columns, bars = self.columns.values(), self.bars.values()
        left = min([c.x - c.left for c in columns] + [bar.left for bar in bars])
        right = max([c.x + c.right for c in columns] + [bar.right for bar in bars])
        arcs = max(self.arc_bottom + (self.arcs + 0.4) * self.arc_step, self.stack)
        top = self.box_bottom + (self.box_lines + 0.6) * LINE if self.box_lines else arcs
        lowest = max((bar.row for bar in bars), default=-1)
        bottom = self.bar_top(lowest) - 2.0 * LINE if bars else min(c.underside for c in columns)
        return left - GAP, right + GAP, bottom - GAP, top + GAP


def text_width(text: str, weight: str = "normal") -> float:
    """Return the width of a text in points at `FONT_SIZE`, in the present font.

    Examples
    --------
    >>> text_width("resonator") > text_width("A")
    True
    """
    from matplotlib.cbook import is_math_text
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=FONT_SIZE, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, is_math_text(text))
    return float(width)


def headed_width(lines: list[str]) -> float:
    """Return the width of lines of which the first is bold.

    Examples
    --------
    >>> headed_width(["A", ""]) > text_width("A")
    True
    """
    return max(text_width(lines[0], "bold"), *map(text_width, lines[1:]), 0.0)


def arrange(words: Wording) -> Layout:
    """Place every part of the machine."""
    machine = words.machine
    legs = {bath.path: words.legs(bath) for bath in machine.reservoirs}
    bars = dict(_wanted_bars(words, legs))
    columns = {
        part.name: _column(words, part.name, shape, bars, legs)
        for part, shape in zip(machine.subsystems, _shapes(words), strict=True)
    }
    links = _links(words)
    texts = {pair: words.link(items) for pair, items in links.items()}
    span = {pair: machine.site(pair[1]) - machine.site(pair[0]) for pair in links}
    widths = {pair: max(map(text_width, lines)) for pair, lines in texts.items()}
    arc_width = max((w for pair, w in widths.items() if span[pair] > 1), default=0.0)
    for before, after in pairwise(columns.values()):
        along = widths.get((before.name, after.name), 0.0)
        room = max(along + 4 * GAP, 4.5 * LINE)
        after.x = before.x + max(
            before.right + after.left + 2 * GAP,
            before.shape.half_width + after.shape.half_width + room,
            arc_width + 2 * GAP,
        )
    lines = max((len(t) for pair, t in texts.items() if span[pair] > 1), default=1)
    stacked = max((len(t) for pair, t in texts.items() if span[pair] == 1), default=0)
    boxes = [words.reservoir(bath) for column in columns.values() for bath, _ in column.local]
    return Layout(
        columns,
        _placed(bars, columns),
        links,
        arcs=max(span.values(), default=1) - 1,
        arc_step=(lines + 0.6) * LINE,
        stack=(stacked + 0.45) * LINE if stacked else 0.0,
        box_lines=max(map(len, boxes), default=0),
    )


def _links(words: Wording) -> dict[Pair, tuple[Interaction, ...]]:
    """Everything that joins two subsystems, by pair from left to right."""
    found: dict[Pair, tuple[Interaction, ...]] = {}
    for item in words.machine.interactions:
        if len(item.between) == 2:
            first, second = sorted(item.between, key=words.machine.site)
            found[first, second] = (*found.get((first, second), ()), item)
    return found


def _shapes(words: Wording) -> list[Shape]:
    parts = words.machine.subsystems
    # One size for all circles: the widest text decides.
    texts = {part.name: words.subsystem(part) for part in parts}
    qubits = [part.name for part in parts if isinstance(part, Qubit)]
    inner = max((headed_width(texts[name]) for name in qubits), default=0.0)
    radius = ((inner / 2) ** 2 + LINE**2) ** 0.5 + 1.0
    return [
        Shape(radius, radius, texts[part.name], [])
        if part.name in qubits
        else _framed(words, part, texts[part.name])
        for part in parts
    ]


def _framed(words: Wording, part: Subsystem, lines: list[str]) -> Shape:
    """A qudit or an oscillator: a frame with its levels in it."""
    levels = words.levels(part)
    rises = _rises([energy for energy, _ in levels])
    below = (rises[-1] + LINE if levels else 1.9 * LINE) - (0.0 if levels else LINE)
    height = (len(lines) + 0.7) * LINE + below
    beside = [RUNG + GAP + text_width(text) for _, text in levels] or [
        PICTURE + GAP + text_width(lines[-1])
    ]
    width = max(headed_width(lines), *beside) + 2.4 * GAP
    floor = -height / 2 + 0.85 * LINE
    placed = [(floor + rise, text) for rise, (_, text) in zip(rises, levels, strict=True)]
    picture = "" if levels else "oscillator" if isinstance(part, Oscillator) else "ladder"
    return Shape(width / 2, height / 2, lines, placed, picture)


def _rises(energies: list[float]) -> list[float]:
    """Heights of rising levels: in their order, wider where the gap is, with room for a text."""
    whole = (energies[-1] - energies[0] if energies else 0.0) or 1.0
    rises = [0.0] * bool(energies)
    for low, high in pairwise(energies):
        rises.append(rises[-1] + LINE * (0.95 + 1.2 * (high - low) / whole))
    return rises


def _column(words: Wording, name: str, shape: Shape, bars: dict[str, Bar], legs: Legs) -> Column:
    local = []
    for bath in words.machine.reservoirs:
        if list(legs[bath.path]) == [name]:
            labels = legs[bath.path][name]
            inside = headed_width(words.reservoir(bath)) + 2 * GAP
            beside = 2 * (max(map(text_width, labels)) + GAP)
            local.append((bath, max(inside, beside) + 2 * GAP))
    common = [path for path, bar in bars.items() if name in bar.legs]
    labels = [text for path in common for text in bars[path].legs[name]]
    return Column(
        name,
        shape,
        local=local,
        common=common,
        dephasing_width=text_width(words.dephasing(name)),
        alone=words.alone(name),
        coupling_width=max(map(text_width, labels), default=0.0),
    )


def _wanted_bars(words: Wording, legs: Legs) -> Iterator[tuple[str, Bar]]:
    for item in words.machine.interactions:
        if len(item.between) > 2:
            ends = {name: _swap_leg(words, item, name) for name in item.between}
            yield item.path, Bar(item, [words.term(item)], ends)
    for bath in words.machine.reservoirs:
        if len(legs[bath.path]) > 1:
            yield bath.path, Bar(bath, words.reservoir(bath), legs[bath.path])


def _swap_leg(words: Wording, item: Interaction, name: str) -> list[str]:
    if not isinstance(item, Swap):
        return []
    return [words.raising(name, lowering=name == item.between[1])]


def _placed(bars: dict[str, Bar], columns: dict[str, Column]) -> dict[str, Bar]:
    """Give each bar a place in the first row in which it meets no other."""
    wanted = []
    for path, bar in bars.items():
        touched = [columns[name] for name in bar.legs]
        left = min(c.x - c.fan for c in touched) - 2 * GAP
        right = max(c.x + c.fan for c in touched) + 2 * GAP
        text = text_width("    ".join(bar.lines)) + 2 * GAP
        spare = max(0.0, text - (right - left)) / 2
        wanted.append((right - left, path, left - spare, right + spare))
    placed: dict[str, Bar] = {}
    for _, path, left, right in sorted(wanted, key=lambda entry: entry[0]):
        taken = {
            bar.row for bar in placed.values() if left < bar.right + GAP and bar.left < right + GAP
        }
        row = next(row for row in range(len(taken) + 1) if row not in taken)
        placed[path] = replace(bars[path], left=left, right=right, row=row)
    # The line of a deeper row passes left of the labels of the rows above it.
    for column in columns.values():
        column.common.sort(key=lambda path: -placed[path].row)
    return placed
