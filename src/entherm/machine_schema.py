"""The tables of a machine file: which keys there are, and the machine that they mean.

What a value may be is decided where the parts are made (`Qubit`, `Reservoir`, ...) and by the
file's `Units`; here only keys are judged. Every error carries the key's path, which the reader
turns into a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from entherm.couplings import Coupling
from entherm.dephasing import Dephasing
from entherm.errors import ParameterError, UnknownNameError
from entherm.interactions import Exchange
from entherm.machine import Machine
from entherm.reservoirs import Reservoir
from entherm.subsystems import Qubit
from entherm.units import DIMENSIONLESS, NUMBER, Units


@dataclass(frozen=True)
class MachineTables:
    """The top level of a machine file.

    Examples
    --------
    >>> MachineTables.of({"qubits": {"A": 1.0}, "exchnge": []})
    Traceback (most recent call last):
    ...
    entherm.errors.UnknownNameError: Argument 'exchnge' must be one of qubits, units, exchange, \
reservoirs, dephasing, name, description, got 'exchnge': did you mean 'exchange'?
    """

    qubits: dict[str, object]
    units: dict[str, object] | None = None
    exchange: list[object] = field(default_factory=list)
    reservoirs: dict[str, object] = field(default_factory=dict)
    dephasing: dict[str, object] = field(default_factory=dict)
    name: str = ""
    description: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> MachineTables:
        """Return a parsed TOML document as tables.

        Raises
        ------
        ParameterError
            For an unknown key at the top, a missing [qubits], or what is no table and should be.
        """
        return _checked(cls, document, "")

    def read_units(self) -> Units:
        """Return the units that the file is written in.

        Examples
        --------
        >>> MachineTables({}, units={"frequency": "angular"}).read_units()
        Units(convention='angular')
        """
        if self.units is None:
            return DIMENSIONLESS
        return Units(_checked(_UnitsTable, self.units, "units").frequency)

    def read_machine(self) -> Machine:
        """Return the machine.

        Raises
        ------
        ParameterError
            For an unknown or missing key, and whatever the parts of a machine refuse.

        Examples
        --------
        >>> MachineTables({"A": 1.0, "B": 2.0}).read_machine().names
        ('A', 'B')
        """
        if not self.qubits:
            raise ParameterError("qubits", "name at least one", "none", _REMEDIES["qubits"])
        units = self.read_units()
        names = tuple(self.qubits)
        _require_known("dephasing", self.dephasing, names)
        return Machine(
            [Qubit(k, units.frequency.parse(gap, f"qubits.{k}")) for k, gap in self.qubits.items()],
            _exchanges(self.exchange, names, units),
            [_reservoir(name, value, names, units) for name, value in self.reservoirs.items()],
            {k: _dephasing(value, f"dephasing.{k}", units) for k, value in self.dephasing.items()},
        )


@dataclass(frozen=True)
class _UnitsTable:
    frequency: Literal["cyclic", "angular"]


@dataclass(frozen=True)
class _ExchangeTable:
    between: list[str]
    strength: object


@dataclass(frozen=True)
class _ReservoirTable:
    temperature: object
    couplings: dict[str, object]
    correlation: object = 1.0


@dataclass(frozen=True)
class _CouplingTable:
    rate: object = None
    sign: object = 1
    amplitude: object = None


@dataclass(frozen=True)
class _DephasingTable:
    rate: object = None
    T1: object = None
    T2: object = None


def _exchanges(entries: list[object], names: tuple[str, ...], units: Units) -> list[Exchange]:
    found: dict[frozenset[str], Exchange] = {}
    for index, entry in enumerate(entries):
        where = f"exchange.{index}"
        table = _checked(_ExchangeTable, entry, where)
        pair = frozenset(table.between)
        if len(table.between) != 2 or len(pair) != 2:
            raise ParameterError(
                f"{where}.between",
                "name two different qubits",
                repr(table.between),
                "write one [[exchange]] for every pair",
            )
        for name in table.between:
            if name not in names:
                raise UnknownNameError(f"{where}.between", name, names)
        if pair in found:
            raise ParameterError(
                f"{where}.between",
                "name each pair once",
                repr(table.between),
                "drop this one or add its strength to the other",
            )
        first, second = table.between
        strength = units.frequency.parse(table.strength, f"{where}.strength")
        found[pair] = Exchange((first, second), strength)
    return list(found.values())


def _reservoir(name: str, entry: object, names: tuple[str, ...], units: Units) -> Reservoir:
    where = f"reservoirs.{name}"
    table = _checked(_ReservoirTable, entry, where)
    _require_known(f"{where}.couplings", table.couplings, names)
    return Reservoir(
        name,
        units.temperature.parse(table.temperature, f"{where}.temperature"),
        {k: _coupling(v, f"{where}.couplings.{k}", units) for k, v in table.couplings.items()},
        NUMBER.parse(table.correlation, f"{where}.correlation"),
    )


def _coupling(value: object, path: str, units: Units) -> Coupling:
    table = _checked(_CouplingTable, _as_rate(value), path)
    if (table.rate is None) == (table.amplitude is None):
        raise ParameterError(
            path,
            "have either a rate or an amplitude",
            repr(value),
            "write { rate = ..., sign = 1 }",
        )
    if isinstance(table.sign, bool) or not isinstance(table.sign, int):
        raise ParameterError(f"{path}.sign", "be 1 or -1", repr(table.sign), "write sign = -1")
    with _inside(path):
        if table.amplitude is None:
            return Coupling(rate=units.rate.parse(table.rate, "rate"), sign=table.sign)
        if units != DIMENSIONLESS:
            raise ParameterError(
                "amplitude",
                "be left out of a file with [units]",
                repr(table.amplitude),
                "the root of a rate has no unit of its own; write { rate = ..., sign = 1 }",
            )
        return Coupling(amplitude=NUMBER.parse(table.amplitude, "amplitude"), sign=table.sign)


def _dephasing(value: object, path: str, units: Units) -> Dephasing:
    table = _checked(_DephasingTable, _as_rate(value), path)
    given = [key for key in ("rate", "T1", "T2") if getattr(table, key) is not None]
    with _inside(path):
        if given == ["rate"]:
            return Dephasing(units.rate.parse(table.rate, "rate"))
        if given == ["T1", "T2"]:
            return Dephasing(
                T1=units.time.parse(table.T1, "T1"), T2=units.time.parse(table.T2, "T2")
            )
    raise ParameterError(
        path,
        "be a rate, or T1 and T2",
        repr(value),
        "write { rate = ... } or { T1 = ..., T2 = ... }",
    )


def _as_rate(value: object) -> object:
    return value if isinstance(value, dict) else {"rate": value}


def _require_known(path: str, keys: Mapping[str, object], names: tuple[str, ...]) -> None:
    for key in keys:
        if key not in names:
            raise UnknownNameError(f"{path}.{key}", key, names)


@contextmanager
def _inside(path: str) -> Iterator[None]:
    try:
        yield
    except ParameterError as error:
        raise error.at(f"{path}.{error.path}") from None


_REMEDIES = {
    "qubits": "write [qubits] and below it A = 20.0",
    "units": 'write [units] and below it frequency = "cyclic"',
    "frequency": 'under "cyclic", 1 GHz means ω = 2π·1e9/s; under "angular", ω = 1e9/s',
    "exchange": 'write [[exchange]] and below it between = ["A", "B"] and strength = 10.0',
    "between": 'write between = ["A", "B"]',
    "strength": "write strength = 10.0",
    "reservoirs": "write [reservoirs.RC] and below it temperature and couplings",
    "temperature": "write temperature = 1.0",
    "couplings": "write couplings = { A = 1.0, B = 1.0 }",
    "dephasing": "write [dephasing] and below it A = 0.1",
    "name": "write it in quotes",
    "description": "write it in quotes",
}
_RULES = {
    "missing": "be given",
    "dict_type": "be a table",
    "dataclass_type": "be a table",
    "list_type": "be a list",
    "string_type": "be text",
    "literal_error": "be 'cyclic' or 'angular'",
}
_T = TypeVar("_T")


def _checked(schema: type[_T], table: object, path: str) -> _T:
    """Return `table` as a `schema`, or say which of its keys is unknown, missing or malformed."""
    from pydantic import TypeAdapter, ValidationError

    known = [key.name for key in fields(schema)]  # type: ignore[arg-type]
    for key in table if isinstance(table, dict) else ():
        if key not in known:  # before pydantic, which would first miss what is only misspelled
            raise UnknownNameError(f"{path}.{key}" if path else key, key, known)
    try:
        valid = TypeAdapter(schema).validate_python(table)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
    else:
        return valid
    place = [*filter(None, [path]), *map(str, problem["loc"])]
    key = str(problem["loc"][0]) if problem["loc"] else path.partition(".")[0]
    value = "nothing" if problem["type"] == "missing" else repr(problem["input"])
    raise ParameterError(".".join(place), _RULES[problem["type"]], value, _REMEDIES[key])
