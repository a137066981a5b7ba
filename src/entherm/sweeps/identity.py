"""What a sweep is: by it, a store knows whether the same sweep comes back, and what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from entherm import __version__
from entherm.machine import Machine
from entherm.sweeps.columns import Column
from entherm.sweeps.functions import digest_of, is_own
from entherm.sweeps.task import Task


def identity_of(task: Task, reductions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the numbers of a sweep depend on, in the types of JSON.

    Parameters
    ----------
    task : Task
    reductions : mapping of str to str, optional
        What is kept of the points, by name.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> from entherm.sweeps.axes import grid_of
    >>> from entherm.sweeps.chunks import chunked
    >>> from entherm.sweeps.columns import columns_of
    >>> base = two_qubit_machine(20.0, 20.0, 10.0)
    >>> grid = grid_of({"qubits.A": [19.0, 21.0]}, base)
    >>> columns = columns_of("concurrence", base)
    >>> task = Task(base, grid, columns, Global(), "raise", None, None, chunked((2,), 100))
    >>> identity_of(task)["columns"]
    {'concurrence': 'concurrence A-B'}
    """
    axes = {
        p.path: {
            "dimension": axis.name,
            "values": len(axis),
            "from": float(p.shown[0]),
            "to": float(p.shown[-1]),
            "digest": _digest(p.values),
        }
        for axis in task.grid.axes
        for p in axis.parameters
    }
    parameters = {path: float(value) for path, value in task.base.parameters.items()}
    return {
        "parameters": {path: x for path, x in parameters.items() if path not in axes},
        "structure": f"digest {_structure(task.base)}",
        "axes": axes,
        "order": list(task.grid.names),
        "columns": {c.name: _column(c) for c in task.columns},
        "reductions": dict(reductions or {}),
        "equation": repr(task.equation),
        "initial": "none" if task.initial is None else f"digest {_digest(task.initial)}",
        "engine": task.engine or "as entherm chooses",
        "entherm": __version__,
    }


def differences(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between two sweeps, in words.

    Examples
    --------
    >>> [*differences({"equation": "Global()"}, {"equation": "Local()"})]
    ['equation: Global() in the store, Local() asked']
    """
    for key in dict.fromkeys([*stored, *asked]):
        old, new = stored.get(key), asked.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            for name in dict.fromkeys([*old, *new]):
                if old.get(name) != new.get(name):
                    yield _told(_SINGULAR.get(key, key), name, old.get(name), new.get(name))
        else:
            yield _told(_IN_WORDS.get(key, key), "", old, new)


_SINGULAR = {
    "parameters": "parameter",
    "axes": "axis",
    "columns": "column",
    "reductions": "reduction",
}
_IN_WORDS = {
    "structure": "parts of the machine and what joins them",
    "order": "order of the axes",
    "initial": "initial state",
    "entherm": "version of entherm",
}


def _structure(machine: Machine) -> str:
    """All of a machine that is no parameter; of parts of one's own, what they compute, too."""
    own = (digest_of(kind) for kind in machine.kinds if is_own(kind))
    return hashlib.sha256("".join((machine.structure, *own)).encode()).hexdigest()[:12]


def _column(column: Column) -> str:
    unit = "" if column.scale is None else column.scale.unit
    return f"{column.spelled} in {unit}" if unit else column.spelled


def _told(kind: str, name: str, old: Any, new: Any) -> str:
    return f"{f'{kind} {name}'.rstrip()}: {_shown(old, new)} in the store, {_shown(new, old)} asked"


def _shown(value: Any, other: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    text = f"{value['values']} values from {value['from']:.6g} to {value['to']:.6g}"
    same = isinstance(other, dict) and all(
        value[key] == other[key] for key in ("dimension", "values", "from", "to")
    )
    if same:
        return f"{text} (digest {value['digest']})"
    renamed = isinstance(other, dict) and value["dimension"] != other["dimension"]
    return f"{text} along {value['dimension']}" if renamed else text


def _digest(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:12]
