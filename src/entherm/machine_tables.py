"""How a table of a machine file is checked: which keys there are, and what to write instead.

What a value may be is decided where the parts are made (`Qubit`, `Reservoir`, ...) and by the
file's `Units`; here only keys are judged. Every error carries the key's path, which the reader
turns into a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from entherm.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# By key; by table and key where one word stands in two tables.
REMEDIES = {
    "qubits": "write [qubits] and below it A = 20.0",
    "qudits": "write [qudits.M] and below it levels = [0.0, 5.0, 8.0]",
    "levels": "write levels = [0.0, 5.0, 8.0]",
    "oscillators": "write [oscillators.R] and below it frequency = 5.0 and dimension = 4",
    "oscillators.frequency": "write frequency = 5.0",
    "dimension": "write dimension = 4, the number of levels to keep",
    "order": 'write order = ["A", "B"]',
    "units": 'write [units] and below it frequency = "cyclic"',
    "units.frequency": 'under "cyclic", 1 GHz means ω = 2π·1e9/s; under "angular", ω = 1e9/s',
    "exchange": 'write [[exchange]] and below it between = ["A", "B"] and strength = 10.0',
    "heisenberg": 'write [[heisenberg]] and below it between = ["A", "B"] and zz = 0.5',
    "swap": 'write [[swap]] and below it between = ["A", "B", "C"] and strength = 0.1',
    "swap.between": 'write between = ["A", "B", "C"], the largest gap in the middle',
    "field": 'write [[field]] and below it on = "A" and x = 0.3',
    "field.on": 'write on = "A"',
    "term": 'write [[term]] and below it name = "T", on = ["A"], operator and strength',
    "term.name": 'write name = "T"; its paths begin with term.T',
    "term.on": 'write on = ["A", "B"]',
    "operator": "write operator = [[0, 1], [1, 0]], row by row, highest level first",
    "between": 'write between = ["A", "B"]',
    "strength": "write strength = 10.0",
    "reservoirs": "write [reservoirs.RC] and below it temperature and couplings",
    "temperature": "write temperature = 1.0",
    "couplings": "write couplings = { A = 1.0, B = 1.0 }",
    "delays": "write delays = { A = 0.0, B = 1.0 }",
    "reset": 'write reset = "A", the subsystem that it resets',
    "rate": "write rate = 0.1",
    "reference": "write reference = 10.0, the frequency at which a coupling is the rate",
    "centre": "write centre = 10.0",
    "width": "write width = 0.1",
    "kind": 'write kind = "ohmic"',
    "frequencies": "write frequencies = [0.0, 10.0]",
    "values": "write values = [0.0, 1.0], one for each frequency",
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


def checked(schema: type[_T], table: object, path: str) -> _T:
    """Return `table` as a `schema`, or say which of its keys is unknown, missing or malformed.

    Parameters
    ----------
    schema : dataclass
    table : object
        What the file has at `path`.
    path : str
        Empty for the top of the file.

    Raises
    ------
    ParameterError
        With the path of the key.
    """
    from pydantic import ValidationError

    known = [key.name for key in fields(schema)]  # type: ignore[arg-type]
    for key in table if isinstance(table, dict) else ():
        if key not in known:  # before pydantic, which would first miss what is only misspelled
            raise UnknownNameError(f"{path}.{key}" if path else key, key, known)
    try:
        valid: _T = _adapter(schema).validate_python(table)  # type: ignore[arg-type]
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
    else:
        return valid
    place = [*filter(None, [path]), *map(str, problem["loc"])]
    kind = path.partition(".")[0]
    key = str(problem["loc"][0]) if problem["loc"] else kind
    value = "nothing" if problem["type"] == "missing" else repr(problem["input"])
    remedy = REMEDIES.get(f"{kind}.{key}") or REMEDIES[key]
    raise ParameterError(".".join(place), _RULES[problem["type"]], value, remedy)


@cache
def _adapter(schema: type[_T]) -> TypeAdapter[_T]:
    from pydantic import TypeAdapter

    return TypeAdapter(schema)


def read_operator(value: object, path: str) -> Any:
    """Return a word, or the rows of a matrix whose complex entries are text such as "0.5-1j".

    Examples
    --------
    >>> read_operator([[0, "-1j"], ["1j", 0]], "operator")
    [[0.0, -1j], [1j, 0.0]]
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise ParameterError(
            path,
            "be a word or a matrix",
            repr(value),
            'write "x", or rows such as [[0, 1], [1, 0]]',
        )
    return [
        [_entry(item, f"{path}.{j}.{k}") for k, item in enumerate(row)]
        for j, row in enumerate(value)
    ]


def _entry(value: object, path: str) -> complex:
    try:
        if isinstance(value, str):
            return complex(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    remedy = 'write 0.5, or in quotes "0.5-1j"'
    raise ParameterError(path, "be a number, or a complex one as text", repr(value), remedy)


def as_rate(value: object) -> object:
    """Return a bare rate as the table that it stands for.

    Examples
    --------
    >>> as_rate(1.0)
    {'rate': 1.0}
    """
    return value if isinstance(value, dict) else {"rate": value}


def require_known(path: str, keys: Iterable[str], names: Sequence[str]) -> None:
    """Refuse a key that names none of `names`.

    Examples
    --------
    >>> require_known("dephasing", {"A": 0.1}, ["A", "B"])
    """
    for key in keys:
        if key not in names:
            raise UnknownNameError(f"{path}.{key}", key, names)


@contextmanager
def inside(path: str) -> Iterator[None]:
    """Lengthen the local path of an error that a part of a machine raises.

    Examples
    --------
    >>> with inside("dephasing.A"):
    ...     raise ParameterError("T2", "be <= 2 T1", 3.0, "check which time is which")
    Traceback (most recent call last):
    ...
    entherm.errors.ParameterError: Argument 'dephasing.A.T2' must be <= 2 T1, got 3.0: ...
    """
    try:
        yield
    except ParameterError as error:
        raise error.at(f"{path}.{error.path}") from None
