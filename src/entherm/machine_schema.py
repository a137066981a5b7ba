"""The tables of a machine file: which there are, and the machine that they mean.

The subsystems stand in the tensor product in the order of the file, or in that of the key
``order``; the interactions in the order of the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import Any, Literal

from entherm.about import About
from entherm.dephasing import Dephasing
from entherm.errors import ParameterError, UnknownNameError
from entherm.interactions import Exchange, Field, Heisenberg, Interaction, Swap, Term
from entherm.machine import Machine
from entherm.machine_tables import REMEDIES, as_rate, checked, inside, read_operator, require_known
from entherm.parameters import Array
from entherm.reservoir_tables import read_reservoir
from entherm.subsystems import Oscillator, Qubit, Qudit, Subsystem
from entherm.units import DIMENSIONLESS, Units


@dataclass(frozen=True)
class MachineTables:
    """The top level of a machine file.

    Examples
    --------
    >>> MachineTables.of({"qubits": {"A": 1.0}, "exchnge": []})
    Traceback (most recent call last):
    ...
    entherm.errors.UnknownNameError: Argument 'exchnge' must be one of qubits, ..., got 'exchnge': \
did you mean 'exchange'?
    """

    qubits: dict[str, object] | None = None
    qudits: dict[str, object] | None = None
    oscillators: dict[str, object] | None = None
    order: list[str] | None = None
    units: dict[str, object] | None = None
    exchange: list[object] = dataclasses.field(default_factory=list)
    heisenberg: list[object] = dataclasses.field(default_factory=list)
    swap: list[object] = dataclasses.field(default_factory=list)
    field: list[object] = dataclasses.field(default_factory=list)
    term: list[object] = dataclasses.field(default_factory=list)
    reservoirs: dict[str, object] = dataclasses.field(default_factory=dict)
    dephasing: dict[str, object] = dataclasses.field(default_factory=dict)
    name: str = ""
    description: str = ""
    about: Any = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> MachineTables:
        """Return a parsed TOML document as tables.

        Raises
        ------
        ParameterError
            For an unknown key at the top, no subsystem, or what is no table and should be.
        """
        tables = checked(cls, document, "")
        if not any(kind in document for kind in _SUBSYSTEMS):
            raise ParameterError("qubits", "be given", "nothing", REMEDIES["qubits"])
        return tables

    def read_about(self) -> About:
        """Return what the file tells of its machine."""
        return About() if self.about is None else About.of(self.about)

    def read_units(self) -> Units:
        """Return the units that the file is written in.

        Examples
        --------
        >>> MachineTables({}, units={"frequency": "angular"}).read_units()
        Units(convention='angular')
        """
        if self.units is None:
            return DIMENSIONLESS
        return Units(checked(_UnitsTable, self.units, "units").frequency)

    def read_machine(self, lines: Mapping[str, int]) -> Machine:
        """Return the machine.

        Parameters
        ----------
        lines : mapping of str to int
            On which line each key stands, which decides the order of subsystems and interactions;
            where it is left empty, the tables follow in the order in which they are listed here.

        Raises
        ------
        ParameterError
            For an unknown or missing key, and whatever the parts of a machine refuse.

        Examples
        --------
        >>> MachineTables({"A": 1.0}, {"M": {"levels": [0.0, 5.0, 8.0]}}).read_machine({}).names
        ('A', 'M')
        """
        units = self.read_units()
        subsystems = self._subsystems(units, lines)
        names = tuple(part.name for part in subsystems)
        require_known("dephasing", self.dephasing, names)
        return Machine(
            subsystems,
            self._interactions(names, units, lines),
            [read_reservoir(name, value, names, units) for name, value in self.reservoirs.items()],
            {k: _dephasing(value, f"dephasing.{k}", units) for k, value in self.dephasing.items()},
        )

    def _subsystems(self, units: Units, lines: Mapping[str, int]) -> list[Subsystem]:
        found: dict[str, tuple[int, Subsystem]] = {}
        for kind, reader in _SUBSYSTEMS.items():
            table: dict[str, object] = getattr(self, kind) or {}
            at = _lines_of([f"{kind}.{name}" for name in table], lines)
            for line, (name, value) in zip(at, table.items(), strict=True):
                path = f"{kind}.{name}"
                if name in found:
                    other = found[name][1].path
                    rule, remedy = f"not share its name with {other}", "rename one of them"
                    raise ParameterError(path, rule, repr(name), remedy)
                found[name] = line, reader(name, value, path, units)
        if not found:
            kind = next(k for k in _SUBSYSTEMS if getattr(self, k) is not None)
            raise ParameterError(kind, "name at least one", "none", REMEDIES[kind])
        if self.order is None:
            return [part for _, part in sorted(found.values(), key=itemgetter(0))]
        for index, name in enumerate(self.order):
            if name not in found:
                raise UnknownNameError(f"order.{index}", name, found)
        if sorted(self.order) != sorted(found):
            rule, remedy = "name every subsystem once", f"there are {', '.join(found)}"
            raise ParameterError("order", rule, repr(self.order), remedy)
        return [found[name][1] for name in self.order]

    def _interactions(
        self, names: Sequence[str], units: Units, lines: Mapping[str, int]
    ) -> list[Interaction]:
        found: list[tuple[int, Interaction]] = []
        for kind, reader in _INTERACTIONS.items():
            known: set[object] = set()
            entries: list[object] = getattr(self, kind)
            at = _lines_of([f"{kind}.{index}" for index in range(len(entries))], lines)
            for index, (line, entry) in enumerate(zip(at, entries, strict=True)):
                path = f"{kind}.{index}"
                item = reader(entry, path, names, units)
                identity = item.name if isinstance(item, Term) else frozenset(item.between)
                if identity in known:
                    raise _repeated(kind, path, item)
                known.add(identity)
                found.append((line, item))
        return [item for _, item in sorted(found, key=itemgetter(0))]


def _lines_of(paths: Sequence[str], lines: Mapping[str, int]) -> Sequence[int]:
    # Of one table, in whose order they stand: a name with a dot in it can be found too early.
    return [*accumulate((lines.get(path, 0) for path in paths), max)]


@dataclass(frozen=True)
class _UnitsTable:
    frequency: Literal["cyclic", "angular"]


@dataclass(frozen=True)
class _QuditTable:
    levels: list[object] | None = None
    gap: object = None
    dimension: object = None


@dataclass(frozen=True)
class _OscillatorTable:
    frequency: object
    dimension: object
    anharmonicity: object = None


@dataclass(frozen=True)
class _PairTable:
    between: list[str]
    strength: object


@dataclass(frozen=True)
class _HeisenbergTable:
    between: list[str]
    xx: object = None
    yy: object = None
    zz: object = None


@dataclass(frozen=True)
class _FieldTable:
    on: str
    x: object = None
    y: object = None
    z: object = None


@dataclass(frozen=True)
class _TermTable:
    name: str
    on: list[str]
    operator: object
    strength: object = None


@dataclass(frozen=True)
class _DephasingTable:
    rate: object = None
    T1: object = None
    T2: object = None


def _qubit(name: str, value: object, path: str, units: Units) -> Qubit:
    return Qubit(name, units.frequency.parse(value, path))


def _qudit(name: str, value: object, path: str, units: Units) -> Qudit:
    table = checked(_QuditTable, value, path)
    ladder = table.gap is not None and table.dimension is not None
    if table.levels is not None and table.gap is None and table.dimension is None:
        levels = enumerate(table.levels)
        return Qudit(name, [units.frequency.parse(e, f"{path}.levels.{n}") for n, e in levels])
    if table.levels is None and ladder:
        gap = units.frequency.parse(table.gap, f"{path}.gap")
        return Qudit(name, gap=gap, dimension=table.dimension)  # type: ignore[arg-type]
    rule, remedy = "have either levels, or a gap and a dimension", REMEDIES["qudits"]
    raise ParameterError(path, rule, repr(value), remedy)


def _oscillator(name: str, value: object, path: str, units: Units) -> Oscillator:
    table = checked(_OscillatorTable, value, path)
    frequency = units.frequency.parse(table.frequency, f"{path}.frequency")
    k = table.anharmonicity
    anharmonicity = 0.0 if k is None else units.frequency.parse(k, f"{path}.anharmonicity")
    return Oscillator(name, frequency, table.dimension, anharmonicity)  # type: ignore[arg-type]


def _exchange(entry: object, path: str, names: Sequence[str], units: Units) -> Exchange:
    table = checked(_PairTable, entry, path)
    first, second = _joined(table.between, 2, f"{path}.between", names)
    return Exchange((first, second), units.frequency.parse(table.strength, f"{path}.strength"))


def _heisenberg(entry: object, path: str, names: Sequence[str], units: Units) -> Heisenberg:
    table = checked(_HeisenbergTable, entry, path)
    first, second = _joined(table.between, 2, f"{path}.between", names)
    return Heisenberg((first, second), **_strengths(table, ("xx", "yy", "zz"), path, units))


def _swap(entry: object, path: str, names: Sequence[str], units: Units) -> Swap:
    table = checked(_PairTable, entry, path)
    first, middle, last = _joined(table.between, 3, f"{path}.between", names)
    return Swap((first, middle, last), units.frequency.parse(table.strength, f"{path}.strength"))


def _field(entry: object, path: str, names: Sequence[str], units: Units) -> Field:
    table = checked(_FieldTable, entry, path)
    if table.on not in names:
        raise UnknownNameError(f"{path}.on", table.on, names)
    return Field(table.on, **_strengths(table, ("x", "y", "z"), path, units))


def _term(entry: object, path: str, names: Sequence[str], units: Units) -> Term:
    table = checked(_TermTable, entry, path)
    on = _joined(table.on, None, f"{path}.on", names)
    operator = read_operator(table.operator, f"{path}.operator")
    if isinstance(operator, str):
        rule, remedy = "be a matrix", REMEDIES["operator"]
        raise ParameterError(f"{path}.operator", rule, repr(operator), remedy)
    if table.strength is None and units != DIMENSIONLESS:
        rule, remedy = "be given in a file with [units]", "write strength, which has the unit"
        raise ParameterError(f"{path}.strength", rule, "nothing", remedy)
    strength = _strengths(table, ("strength",), path, units)
    return Term(table.name, on, operator, **strength)


def _strengths(table: object, keys: Sequence[str], path: str, units: Units) -> dict[str, Array]:
    given = {key: getattr(table, key) for key in keys}
    return {
        key: units.frequency.parse(value, f"{path}.{key}")
        for key, value in given.items()
        if value is not None
    }


def _joined(listed: list[str], count: int | None, path: str, names: Sequence[str]) -> list[str]:
    if not listed or len(set(listed)) != len(listed) or len(listed) != (count or len(listed)):
        number = {2: "two different", 3: "three different"}.get(count or 0, "different")
        kind, group = path.partition(".")[0], {2: "pair", 3: "three"}.get(count or 0, "set")
        rule, remedy = f"name {number} subsystems", f"write one [[{kind}]] for every {group}"
        raise ParameterError(path, rule, repr(listed), remedy)
    for index, name in enumerate(listed):
        if name not in names:
            raise UnknownNameError(f"{path}.{index}", name, names)
    return listed


def _repeated(kind: str, path: str, item: Interaction) -> ParameterError:
    if isinstance(item, Term):
        return ParameterError(f"{path}.name", "name each term once", repr(item.name), "rename it")
    key, got = ("on", item.name) if kind == "field" else ("between", [*item.between])
    group = {1: "subsystem", 2: "pair", 3: "three"}[len(item.between)]
    remedy = "drop this one or add its strength to the other"
    return ParameterError(f"{path}.{key}", f"name each {group} once", repr(got), remedy)


def _dephasing(value: object, path: str, units: Units) -> Dephasing:
    table = checked(_DephasingTable, as_rate(value), path)
    given = [key for key in ("rate", "T1", "T2") if getattr(table, key) is not None]
    with inside(path):
        if given == ["rate"]:
            return Dephasing(units.rate.parse(table.rate, "rate"))
        if given == ["T1", "T2"]:
            return Dephasing(
                T1=units.time.parse(table.T1, "T1"), T2=units.time.parse(table.T2, "T2")
            )
    rule, remedy = "be a rate, or T1 and T2", "write { rate = ... } or { T1 = ..., T2 = ... }"
    raise ParameterError(path, rule, repr(value), remedy)


_SUBSYSTEMS: dict[str, Callable[[str, object, str, Units], Subsystem]] = {
    "qubits": _qubit,
    "qudits": _qudit,
    "oscillators": _oscillator,
}
_INTERACTIONS: dict[str, Callable[[object, str, Sequence[str], Units], Interaction]] = {
    "exchange": _exchange,
    "heisenberg": _heisenberg,
    "swap": _swap,
    "field": _field,
    "term": _term,
}
INTERACTIONS = tuple(_INTERACTIONS)
