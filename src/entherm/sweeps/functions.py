"""Telling one function of the user's from another: by its source, and by what it works with."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)


def spelled_function(function: object) -> str:
    """Return a text that differs for a function that computes something else.

    It tells apart other sources, and other values of what the function works with: defaults,
    enclosing and global variables, arguments of a `functools.partial`, attributes of an object
    that is called; and functions of the same module that it calls. Of these values, numbers,
    text, arrays, tuples and frozen dataclasses count. Lists and dictionaries do not: they may be
    where the function keeps notes. What it reads from elsewhere is not seen.

    Parameters
    ----------
    function : callable

    Examples
    --------
    >>> def times(factor):
    ...     return lambda state: factor * state.concurrence("A", "B")
    >>> spelled_function(times(2.0)) == spelled_function(times(3.0))
    False
    """
    digest = hashlib.sha256()
    seen: set[int] = set()
    for part in _parts(function, seen):
        digest.update(part + b"\0")
    if not isinstance(function, partial | FunctionType | MethodType):
        for part in _object(function, seen):
            digest.update(part + b"\0")
    return f"function {_name(function)} (digest {digest.hexdigest()[:12]})"


def _name(function: object) -> str:
    if isinstance(function, partial):
        return _name(function.func)
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _parts(value: Any, seen: set[int]) -> Iterator[bytes]:
    if isinstance(value, _PLAIN):
        yield repr(value).encode()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield b"" if value.dtype.hasobject else value.tobytes()
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item, seen)
    elif isinstance(value, partial):
        yield from _parts((value.func, *value.args, *sorted(value.keywords.items())), seen)
    elif isinstance(value, MethodType):
        yield from _parts(value.__func__, seen)
        yield from _object(value.__self__, seen)
    elif isinstance(value, FunctionType):
        if id(value) not in seen:
            seen.add(id(value))
            yield _source(value)
            yield from _parts(tuple(_surroundings(value)), seen)
    elif getattr(getattr(value, "__dataclass_params__", None), "frozen", False):
        yield from _object(value, seen)


def _object(value: Any, seen: set[int]) -> Iterator[bytes]:
    if id(value) in seen:
        return
    seen.add(id(value))
    yield type(value).__qualname__.encode()
    yield from _parts(inspect.getattr_static(value, "__call__", None), seen)
    yield from _parts(tuple(sorted(getattr(value, "__dict__", {}).items())), seen)


def _source(function: FunctionType) -> bytes:
    try:
        return inspect.getsource(function).encode()
    except (OSError, TypeError):
        return b"".join(_code(function.__code__))


def _code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code + repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(constant).encode()


def _surroundings(function: FunctionType) -> Iterator[Any]:
    """What a function works with beside its arguments."""
    yield function.__defaults__
    yield tuple(sorted((function.__kwdefaults__ or {}).items()))
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an enclosing variable that has no value yet
            continue
    for name in sorted(_names(function.__code__) & {*function.__globals__}):
        found = function.__globals__[name]
        if not callable(found) or getattr(found, "__module__", None) == function.__module__:
            yield found


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return {*code.co_names}.union(*map(_names, inner))
