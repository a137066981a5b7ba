"""Axes, observables and reductions of a sweep by the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entherm import (
    Contour,
    Fraction,
    Histogram,
    Machine,
    MachineFile,
    Maximum,
    Mean,
    Minimum,
    ParameterError,
    Reduction,
    Span,
    UnknownNameError,
    WithAndWithout,
    Within,
    with_and_without,
)
from entherm.checks import require_known
from entherm.observable_words import quantity
from entherm.parameter_words import scale_of
from entherm.units import Scale

_EXAMPLE = "--axis reservoirs.RC.temperature=0.1:30:200"
_FIELDS = {"span.points": "POINTS", "span.scale": "SCALE"}


def axes_of(words: Sequence[str], source: MachineFile) -> dict[Any, Any]:
    """Return axes as `entherm.sweep` takes them.

    Parameters
    ----------
    words : sequence of str
        ``PATH=FROM:TO:POINTS``, ``PATH,PATH=V1,V2`` or ``NAME=PATH,PATH=VALUES``.
    source : MachineFile

    Raises
    ------
    UnknownNameError
        For a parameter that the machine does not have.
    ParameterError
        For words of another form, and an axis that is given twice.

    Examples
    --------
    >>> from entherm import read
    >>> source = read("examples/two_qubit.toml")
    >>> axes_of(["qubits.A=1,2", "T=reservoirs.RA.temperature=1:3:5:log"], source)
    {'qubits.A': [1.0, 2.0], 'T': {'reservoirs.RA.temperature': Span(start=1.0, stop=3.0, ...)}}
    """
    if not words:
        raise ParameterError("--axis", "be given", "nothing", f"write e.g. {_EXAMPLE}")
    found: dict[Any, Any] = {}
    for word in words:
        key, values = _axis(word, source)
        if key in found:
            twice = key if isinstance(key, str) else ",".join(key)
            remedy = "leave out one of the two"
            raise ParameterError("--axis", "name each axis once", f"{twice!r} twice", remedy)
        found[key] = values
    return found


def _axis(word: str, source: MachineFile) -> tuple[Any, Any]:
    left, equals, right = word.rpartition("=")
    if not equals or not left or not right:
        raise ParameterError("--axis", "be PATH=VALUES", repr(word), f"write e.g. {_EXAMPLE}")
    name, named, paths = left.rpartition("=")
    found = [_path(path, source.machine) for path in _split(paths, source.machine)]
    if len({*found}) < len(found):
        raise ParameterError("--axis", "name each parameter once", repr(word), "name it once")
    given = {p: _values(right, p, scale_of(p, source.machine, source.units)) for p in found}
    if named:
        return name, given
    return (found[0] if len(found) == 1 else tuple(found)), given[found[0]]


def _split(paths: str, machine: Machine) -> list[str]:
    """Split at commas, which names of parts may hold."""
    return [paths] if paths in machine.parameters else paths.split(",")


def _path(path: str, machine: Machine) -> str:
    try:
        return machine.full_path(path.strip())
    except UnknownNameError:
        raise UnknownNameError("--axis", path, machine.parameters) from None


def _values(text: str, path: str, scale: Scale) -> Span | list[float | str]:
    if ":" not in text:
        return [_value(one, scale) for one in text.split(",")]
    fields = [field.strip() for field in text.split(":")]
    if len(fields) not in (3, 4):
        rule = "be FROM:TO:POINTS, FROM:TO:POINTS:log, or V1,V2,V3"
        remedy = f"write e.g. {path}={fields[0]}:{fields[1]}:200"
        raise ParameterError(f"--axis {path}", rule, repr(text), remedy)
    start, stop = (_value(field, scale) for field in fields[:2])
    try:
        points: Any = int(fields[2])
    except ValueError:
        points = fields[2]
    try:
        return Span(start, stop, points, *fields[3:])
    except ParameterError as error:
        place = _FIELDS.get(error.path, error.path)
        raise error.at(f"--axis {path}: {place}") from None


def _value(text: str, scale: Scale) -> float | str:
    """A number where the file has no units; else the text, which `scale` reads or refuses."""
    if scale.accepted:
        return text.strip()
    try:
        return float(text)
    except ValueError:
        return text.strip()


def observables_of(
    observe: Sequence[str], without: Sequence[str], source: MachineFile
) -> list[str | WithAndWithout]:
    """Return observables as `entherm.sweep` takes them.

    Parameters
    ----------
    observe : sequence of str
        As `entherm.observable_words.quantity` reads them.
    without : sequence of str
        Reservoirs, without which everything is computed that is there without them.
    source : MachineFile

    Raises
    ------
    UnknownNameError
        For a reservoir, or a word, that is none.
    ParameterError
        If nothing is asked for, or nothing of it can be had without a reservoir.

    Examples
    --------
    >>> from entherm import read
    >>> observables_of(["heat RC", "heat RA"], ["RC"], read("examples/two_qubit.toml"))
    ['heat RC', 'heat RA', WithAndWithout(reservoir='RC', observable='heat RA')]
    """
    machine, units = source.machine, source.units
    asked = [*observe] or ["concurrence"] * bool(without)
    if not asked:
        remedy = 'write e.g. --observe concurrence --observe "heat RC"'
        raise ParameterError("--observe", "be given", "nothing", remedy)
    for word in asked:
        quantity(word, machine, units, "--observe")
    found: list[str | WithAndWithout] = [*asked]
    for name in without:
        require_known("--without", name, [bath.name for bath in machine.reservoirs])
        rest = machine.without(name)
        both = [word for word in asked if _there(word, rest, source)]
        if not both:
            rule = "leave something that is observed"
            raise ParameterError("--without", rule, repr(name), "observe e.g. concurrence, too")
        found += [with_and_without(name, word) for word in both]
    return found


def _there(word: str, machine: Machine, source: MachineFile) -> bool:
    try:
        quantity(word, machine, source.units)
    except ParameterError:
        return False
    return True


# --- reductions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """How a reduction is spelled, and what it is."""

    pattern: str
    example: str
    make: Callable[..., Reduction]


_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_KINDS = {
    "maximum": _Kind(r"(\w+)", "maximum:concurrence", Maximum),
    "minimum": _Kind(r"(\w+)", "minimum:heat_RC", Minimum),
    "mean": _Kind(r"(\w+)", "mean:concurrence", Mean),
    "fraction": _Kind(
        rf"(\w+)([<>]){_NUMBER}",
        "'fraction:concurrence>0'",
        lambda of, sign, limit, **more: Fraction(of, **(_bound(sign, limit) | more)),
    ),
    "histogram": _Kind(
        rf"(\w+):{_NUMBER}:{_NUMBER}:(\d+)",
        "histogram:concurrence:0:1:100",
        lambda of, low, high, bins, **more: Histogram(
            of, edges=np.linspace(float(low), float(high), int(bins) + 1).tolist(), **more
        ),
    ),
    "contour": _Kind(
        rf"(\w+)={_NUMBER}:(.+)",
        "contour:concurrence=0:reservoirs.RC.temperature",
        lambda of, level, along, **more: Contour(of, level=float(level), along=along, **more),
    ),
}
_CONDITION = rf"(\w+)([<>]){_NUMBER}"


def reductions_of(words: Sequence[str]) -> dict[str, Reduction]:
    """Return reductions as `entherm.sweep` takes them, by name.

    Parameters
    ----------
    words : sequence of str
        ``KIND:...`` or ``NAME=KIND:...``, perhaps with `` over DIMENSION,DIMENSION`` and
        `` where VARIABLE>NUMBER`` behind it, of which ``and`` joins several.

    Raises
    ------
    ParameterError
        For anything else; tells the kinds, each with an example.

    Examples
    --------
    >>> reductions_of(["fraction:heat_RC<0"])
    {'heat_RC_fraction': Fraction(of='heat_RC', over=(), where=(), above=-inf, below=0.0)}
    >>> reductions_of(["C=maximum:concurrence over T where heat_RC<0"])["C"].where
    (Within(of='heat_RC', above=-inf, below=0.0),)
    """
    found: dict[str, Reduction] = {}
    for word in words:
        name, one = _reduction(word)
        if name in found:
            remedy = f"name one of them: --reduce 'NAME={word}'"
            raise ParameterError("--reduce", "have a name each", f"{name} twice", remedy)
        found[name] = one
    return found


def _reduction(text: str) -> tuple[str, Reduction]:
    pattern = r"(?:(\w+)=)?(\w*):?(.*?)(?: over (.+?))?(?: where (.+))?"
    parts = re.fullmatch(pattern, text.strip())
    kind = _KINDS.get(parts[2]) if parts else None
    if parts is None or kind is None:
        told = ", ".join(one.example for one in _KINDS.values())
        rule = f"be one of {', '.join(_KINDS)}"
        raise ParameterError("--reduce", rule, repr(text), f"write e.g. {told}")
    remedy = f"write e.g. --reduce {kind.example}"
    found = re.fullmatch(kind.pattern, parts[3].strip())
    if found is None:
        raise ParameterError("--reduce", f"say of what the {parts[2]}", repr(text), remedy)
    over = tuple(name.strip() for name in (parts[4] or "").split(",") if name.strip())
    try:
        made = kind.make(*found.groups(), over=over, where=_conditions(parts[5]))
    except ParameterError as error:
        raise ParameterError("--reduce", error.rule, repr(text), remedy) from None
    return parts[1] or made.name, made


def _conditions(text: str | None) -> tuple[Within, ...]:
    found = []
    for one in re.split(r"\s+and\s+", text.strip()) if text else ():
        parts = re.fullmatch(_CONDITION, one.replace(" ", ""))
        if parts is None:
            rule = "have conditions such as heat_RC<0 behind where"
            raise ParameterError("--reduce", rule, repr(one), "")
        found.append(Within(parts[1], **_bound(parts[2], parts[3])))
    return tuple(found)


def _bound(sign: str, limit: str) -> dict[str, Any]:
    return {"above" if sign == ">" else "below": float(limit)}
