"""Where everything stands in the wiring diagram of a machine, and what is written there.

Subsystems stand in one row in the order of the tensor product. Neighbours exchange along the row,
others along arcs above it. A reservoir that touches one subsystem is a box above it; a common one
is a bar below those that it touches. Every text is measured before anything is placed, so that no
two texts overlap, whatever the machine. `entherm.schematic` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from entherm.errors import UnknownNameError
from entherm.interactions import Exchange
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.reservoirs import Reservoir

# All lengths are points at this font size; the whole picture is scaled together.
FONT_SIZE = 8.0
LINE = 1.3 * FONT_SIZE
GAP = 5.0


@dataclass(frozen=True)
class Wording:
    """What is written at each part of a machine.

    Attributes
    ----------
    labels : mapping of str to str
        Replacements, by name or by parameter path.
    unit : str
        Follows every number that is not replaced.
    """

    machine: Machine
    labels: Mapping[str, str]
    unit: str

    def __post_init__(self) -> None:
        baths = [bath.name for bath in self.machine.reservoirs]
        pairs = [item.name for item in self.machine.interactions]
        known = [*self.machine.names, *baths, *pairs, *self.machine.parameters]
        for key in self.labels:
            if key not in known:
                raise UnknownNameError("labels", key, known)

    def name(self, name: str) -> str:
        """Name of a subsystem or reservoir."""
        return self.labels.get(name, name)

    def number(self, path: str, symbol: str, value: Array) -> str:
        """``symbol = value``, or the range of an array."""
        if path in self.labels:
            return self.labels[path]
        low, high = f"{value.min():.3g}", f"{value.max():.3g}"
        text = low if low == high else f"{low}…{high}"
        return f"{symbol} = {text} {self.unit}".rstrip().replace("-", "−")

    def subsystem(self, name: str) -> list[str]:
        """Lines inside a circle."""
        gap = self.machine.parameters[f"qubits.{name}"]
        return [self.name(name), self.number(f"qubits.{name}", "ε", gap)]

    def exchange(self, item: Exchange) -> list[str]:
        """Lines at an exchange, the upper one only if it has been given a name."""
        strength = self.number(f"exchange.{item.name}.strength", "Ω", item.strength)
        return [*([self.labels[item.name]] if item.name in self.labels else []), strength]

    def reservoir(self, bath: Reservoir) -> list[str]:
        """Lines inside a reservoir."""
        where = f"reservoirs.{bath.name}"
        lines = [self.name(bath.name), self.number(f"{where}.temperature", "T", bath.temperature)]
        if len(bath.couplings) > 1 and (bath.correlation != 1.0).any():
            low, high = f"{bath.correlation.min():.3g}", f"{bath.correlation.max():.3g}"
            text = f"c = {low if low == high else f'{low}…{high}'}".replace("-", "−")
            lines.append(self.labels.get(f"{where}.correlation", text))
        return lines

    def coupling(self, bath: Reservoir, name: str) -> str:
        """What stands beside a coupling; a negative sign is part of it."""
        coupling = bath.coupling(name)
        where = f"reservoirs.{bath.name}.couplings.{name}"
        if coupling.by_amplitude:
            return self.number(f"{where}.amplitude", "g", coupling.amplitude)
        sign = " (−)" if coupling.sign < 0 else ""
        return self.number(f"{where}.rate", "Γ", coupling.rate) + sign

    def dephasing(self, name: str) -> str:
        """What stands at a dephased subsystem; nothing where the rate vanishes."""
        dephasing = self.machine.dephasing.get(name)
        if dephasing is None or not dephasing.rate.any():
            return ""
        return self.number(f"dephasing.{name}.rate", "γ", dephasing.rate)


@dataclass
class Column:
    """One subsystem and what belongs to it; lengths in points, y = 0 is the row of subsystems."""

    name: str
    radius: float
    local: list[tuple[Reservoir, float]]  # with the width of each one's slot
    common: list[Reservoir]
    dephasing_width: float
    coupling_width: float  # of the widest label at a common reservoir
    x: float = 0.0

    @property
    def local_width(self) -> float:
        """Width of all slots."""
        return sum(width for _, width in self.local)

    @property
    def fan(self) -> float:
        """Half the width of the bundle of lines to the common reservoirs."""
        return LINE * (len(self.common) - 1) / 2 if self.common else 0.0

    @property
    def left(self) -> float:
        """How far it reaches to the left."""
        dephasing = self.dephasing_width and self.dephasing_width + max(0.7 * self.radius, self.fan)
        return max(self.radius, self.local_width / 2, self.fan, dephasing + GAP)

    @property
    def right(self) -> float:
        """How far it reaches to the right."""
        return max(self.radius, self.local_width / 2, self.fan + GAP + self.coupling_width)


@dataclass(frozen=True)
class Bar:
    """A common reservoir below the row."""

    bath: Reservoir
    left: float
    right: float
    row: int


@dataclass
class Layout:
    """Where everything stands."""

    columns: dict[str, Column]
    bars: dict[str, Bar]
    arcs: int = 0  # how many levels of arcs
    arc_step: float = 0.0

    @property
    def radius(self) -> float:
        """Radius of the largest circle."""
        return max(column.radius for column in self.columns.values())

    @property
    def box_bottom(self) -> float:
        """Lower edge of the boxes above the row."""
        return self.radius + self.arcs * self.arc_step + 3.2 * LINE

    def bar_top(self, row: int) -> float:
        """Upper edge of the bars of a row."""
        return -(self.radius + 4.0 * LINE + row * 4.2 * LINE)

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        columns, bars = self.columns.values(), self.bars.values()
        left = min([c.x - c.left for c in columns] + [bar.left for bar in bars])
        right = max([c.x + c.right for c in columns] + [bar.right for bar in bars])
        arcs = self.radius + (self.arcs + 0.4) * self.arc_step
        has_boxes = any(column.local for column in columns)
        top = self.box_bottom + 2.6 * LINE if has_boxes else arcs
        lowest = max((bar.row for bar in bars), default=-1)
        dephased = any(column.dephasing_width for column in columns)
        bottom = self.bar_top(lowest) - 2.0 * LINE if bars else -self.radius - 1.8 * LINE * dephased
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
    return max(text_width(lines[0], "bold"), *map(text_width, lines[1:]))


def arrange(words: Wording) -> Layout:
    """Place every part of the machine."""
    machine = words.machine
    # One size for all circles: the widest text decides.
    inner = max(headed_width(words.subsystem(name)) for name in machine.names)
    radius = ((inner / 2) ** 2 + LINE**2) ** 0.5 + 1.0
    columns = {name: _column(words, name, radius) for name in machine.names}
    level = {
        item.name: abs(machine.site(item.between[0]) - machine.site(item.between[1])) - 1
        for item in machine.interactions
    }
    widths = {i.name: max(map(text_width, words.exchange(i))) for i in machine.interactions}
    arc_width = max((w for name, w in widths.items() if level[name]), default=0.0)
    row = list(columns.values())
    for before, after in pairwise(row):
        pair = {f"{before.name}-{after.name}", f"{after.name}-{before.name}"}
        exchange = max((w for name, w in widths.items() if name in pair), default=0.0)
        after.x = before.x + max(
            before.right + after.left + 2 * GAP,
            before.radius + after.radius + max(exchange + 4 * GAP, 4.5 * LINE),
            arc_width + 2 * GAP,
        )
    lines = max((len(words.exchange(i)) for i in machine.interactions if level[i.name]), default=1)
    return Layout(
        columns, _bars(words, columns), max(level.values(), default=0), (lines + 0.6) * LINE
    )


def _column(words: Wording, name: str, radius: float) -> Column:
    touching = [bath for bath in words.machine.reservoirs if name in bath.couplings]
    local = []
    for bath in touching:
        if len(bath.couplings) == 1:
            inside = headed_width(words.reservoir(bath)) + 2 * GAP
            beside = 2 * (text_width(words.coupling(bath, name)) + GAP)
            local.append((bath, max(inside, beside) + 2 * GAP))
    common = [bath for bath in touching if len(bath.couplings) > 1]
    return Column(
        name,
        radius=radius,
        local=local,
        common=common,
        dephasing_width=text_width(words.dephasing(name)),
        coupling_width=max((text_width(words.coupling(b, name)) for b in common), default=0.0),
    )


def _bars(words: Wording, columns: dict[str, Column]) -> dict[str, Bar]:
    """Give each common reservoir a bar in the first row in which it meets no other."""
    wanted = []
    for bath in words.machine.reservoirs:
        if len(bath.couplings) > 1:
            touched = [columns[name] for name in bath.couplings]
            left = min(c.x - c.fan for c in touched) - 2 * GAP
            right = max(c.x + c.fan for c in touched) + 2 * GAP
            text = text_width("   ".join(words.reservoir(bath))) + 2 * GAP
            spare = max(0.0, text - (right - left)) / 2
            wanted.append((right - left, bath, left - spare, right + spare))
    bars: dict[str, Bar] = {}
    for _, bath, left, right in sorted(wanted, key=lambda entry: entry[0]):
        taken = {
            bar.row for bar in bars.values() if left < bar.right + GAP and bar.left < right + GAP
        }
        row = next(row for row in range(len(taken) + 1) if row not in taken)
        bars[bath.name] = Bar(bath, left, right, row)
    # The line of a deeper row passes left of the labels of the rows above it.
    for column in columns.values():
        column.common.sort(key=lambda bath: -bars[bath.name].row)
    return bars
