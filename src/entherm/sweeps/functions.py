"""Telling code of the user's from other code: by its source, and by what it works with."""

from __future__ import annotations

import hashlib
import inspect
import sys
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
    text, arrays, tuples, frozen dataclasses and classes count. Lists and dictionaries do not: they
    may be where the function keeps notes. What it reads from elsewhere is not seen.

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
    return f"function {_name(function)} (digest {digest_of(function)})"


def digest_of(value: object) -> str:
    """Return a digest of code: of a function, of a class, or of an object with its class.

    Classes of entherm and of Python are left out.

    Examples
    --------
    >>> digest_of(lambda x: x + 1.0) == digest_of(lambda x: x + 2.0)
    False
    """
    digest = hashlib.sha256()
    seen: set[int] = set()
    for part in _parts(value, seen):
        digest.update(part + b"\0")
    if not isinstance(value, partial | FunctionType | MethodType | type):
        for part in _object(value, seen):
            digest.update(part + b"\0")
    return digest.hexdigest()[:12]


def is_own(kind: type) -> bool:
    """Whether a class is neither of entherm nor of Python.

    Examples
    --------
    >>> is_own(int), is_own(np.ndarray)
    (False, True)
    """
    package = kind.__module__.partition(".")[0]
    return package != "entherm" and package not in sys.stdlib_module_names


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
    elif isinstance(value, type):
        yield from _kind(value, seen)
    elif getattr(getattr(value, "__dataclass_params__", None), "frozen", False):
        yield from _object(value, seen)


def _object(value: Any, seen: set[int]) -> Iterator[bytes]:
    if id(value) in seen:
        return
    seen.add(id(value))
    yield type(value).__qualname__.encode()
    yield from _kind(type(value), seen)
    yield from _parts(tuple(sorted(getattr(value, "__dict__", {}).items())), seen)


def _kind(kind: type, seen: set[int]) -> Iterator[bytes]:
    """What a class computes: its members, without those that Python or `dataclass` adds."""
    for base in kind.__mro__:
        if id(base) in seen or not is_own(base):
            continue
        seen.add(id(base))
        for name, member in sorted(vars(base).items()):
            if name == "__call__" or not name.startswith("__"):
                yield name.encode()
                yield from _parts(_unwrapped(member), seen)


def _unwrapped(member: Any) -> Any:
    """The function of a property, a cached one, a class method or a static one."""
    inner = (getattr(member, key, None) for key in ("fget", "func", "__func__"))
    return next((found for found in inner if isinstance(found, FunctionType)), member)


def _source(function: FunctionType) -> bytes:
    try:
        source = inspect.getsource(function).encode()
    except (OSError, TypeError):
        source = b""
    if source and function.__name__ != "<lambda>":
        return source
    # The source of a lambda is its whole line, on which there may be others.
    return source + b"".join(_code(function.__code__))


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
