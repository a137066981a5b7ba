"""Checks of arguments that are no parameters: names, choices, mappings, kinds.

Each raises a `ParameterError` that says what was given and what to give. What is allowed is asked
in the order in which a wrong value does no harm: its kind first, then what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from entherm.errors import ParameterError, UnknownNameError
from entherm.parameters import Array, stands_in


def require_kind(
    value: object, kind: type | tuple[type, ...], path: str, rule: str, remedy: str
) -> None:
    """Refuse a value of another kind.

    Examples
    --------
    >>> require_kind(3, int, "dimension", "be a whole number", "give 3")
    """
    if not isinstance(value, kind):
        raise ParameterError(path, rule, _shown(value), remedy)


def require_name(value: object, path: str) -> None:
    """Refuse a name that is no text.

    Examples
    --------
    >>> require_name("A", "name")
    """
    require_kind(value, str, path, "be a name", "give text, e.g. 'A'")


def require_identifier(value: object, path: str) -> None:
    """Refuse the name of a variable that formats of files would split, or could not spell.

    Examples
    --------
    >>> require_identifier("largest_C", "reduce")
    """
    require_name(value, path)
    assert isinstance(value, str)
    if not value.isidentifier():
        rule, remedy = "have names of letters, digits and _", f"write {identifier(value)!r}"
        raise ParameterError(path, rule, repr(value), remedy)


def identifier(words: str) -> str:
    """Turn words into the name of a variable.

    Examples
    --------
    >>> identifier("heat of the cold one.v2")
    'heat_of_the_cold_one_v2'
    """
    return re.sub(r"\W+", "_", words).strip("_")


def require_known(path: str, name: object, available: Iterable[str]) -> None:
    """Refuse a name that is not there, and say what is.

    Examples
    --------
    >>> require_known("subsystem", "A", ["A", "B"])
    """
    names = list(available)
    if not isinstance(name, str) or name not in names:
        raise UnknownNameError(path, name if isinstance(name, str) else _shown(name), names)


def require_choice(value: object, path: str, choices: Iterable[str]) -> None:
    """Refuse what is none of a few words.

    Examples
    --------
    >>> require_choice("bose", "statistics", ("bose", "fermi"))
    """
    words = list(choices)
    if not isinstance(value, str) or value not in words:
        rule = f"be {' or '.join(map(repr, words))}"
        raise ParameterError(path, rule, _shown(value), "choose one")


def require_distinct(path: str, names: Iterable[str]) -> None:
    """Refuse a name that comes twice.

    Examples
    --------
    >>> require_distinct("qubits", ["A", "B"])
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ParameterError(path, "name each thing once", repr(name), "rename or drop one")
        seen.add(name)


def require_count(value: object, path: str, remedy: str) -> int:
    """Return a whole number of at least one; refuse anything else.

    Examples
    --------
    >>> require_count(2, "workers", "give 2")
    2
    """
    rule = "be a whole number >= 1"
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ParameterError(path, rule, _shown(value), remedy)
    return int(value)


def mapping_of(value: object, path: str, remedy: str) -> dict[str, Any]:
    """Return a mapping from names, or say what is wrong with it.

    Examples
    --------
    >>> mapping_of({"A": 1.0}, "dephasing", "give {'A': 0.1}")
    {'A': 1.0}
    """
    require_kind(value, Mapping, path, "be a mapping from names", remedy)
    found: dict[str, Any] = dict(value)  # type: ignore[call-overload]
    for key in found:
        require_name(key, path)
    return found


def items_of(value: object, path: str, remedy: str) -> tuple[Any, ...]:
    """Return the items of an iterable that is no text.

    Examples
    --------
    >>> items_of(["A", "B"], "between", "give two names")
    ('A', 'B')
    """
    scalar = isinstance(value, np.ndarray) and value.ndim == 0
    if isinstance(value, str) or scalar or not isinstance(value, Iterable):
        raise ParameterError(path, "be a list", _shown(value), remedy)
    return tuple(value)


def real_numbers(value: object, path: str) -> Array:
    """Return real numbers as float64, without a copy where they are; NaN is refused.

    Examples
    --------
    >>> real_numbers([1, 2], "omega")
    array([1., 2.])
    """
    if stands_in(value):
        return value  # type: ignore[return-value]
    try:
        raw = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raw = np.asarray("")
    if raw.dtype.kind not in "iuf" or isinstance(value, np.ma.MaskedArray):
        raise ParameterError(path, "be real numbers", _shown(value), "give numbers")
    found = raw.astype(np.float64, copy=False)
    if np.any(np.isnan(found)):
        raise ParameterError(path, "not be NaN", _shown(value), "give numbers")
    return found


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
