"""A machine as the text of a machine file, which `machine_file` reads back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from entherm.couplings import Coupling
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.units import DIMENSIONLESS, NUMBER, Scale, Units


def save(machine: Machine, path: str | os.PathLike[str], units: Units = DIMENSIONLESS) -> None:
    """Write a machine into a file that `load` reads back.

    Parameters
    ----------
    machine : Machine
    path : path-like
        An existing file is replaced.
    units : Units
        As in `dumps`.

    Examples
    --------
    >>> import tempfile
    >>> from entherm.machine_file import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     machine = load("examples/two_qubit.toml")
    ...     save(machine, f"{folder}/copy.toml")
    ...     load(f"{folder}/copy.toml").hash == machine.hash
    True
    """
    target = Path(path)
    text = dumps(machine, units)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)  # whole or not at all


def dumps(machine: Machine, units: Units = DIMENSIONLESS) -> str:
    """Return the text of a file that describes `machine`.

    Parameters
    ----------
    machine : Machine
    units : Units
        Dimensionless: the file gives back an equal machine, bit for bit. Physical: `machine` is
        taken to be in units of 10⁹ rad/s, and comes back to within the rounding of a conversion.

    Raises
    ------
    ParameterError
        For a coupling given by its amplitude, which has no physical unit.

    Examples
    --------
    >>> from entherm.subsystems import Qubit
    >>> print(dumps(Machine([Qubit("A", 2.0)]), Units("angular")))
    [units]
    frequency = "angular"
    <BLANKLINE>
    [qubits]
    A = "2.0 GHz"
    <BLANKLINE>
    """
    return "\n".join(_blocks(machine, units))


def _blocks(machine: Machine, units: Units) -> Iterator[str]:
    if units != DIMENSIONLESS:
        yield f'[units]\nfrequency = "{units.convention}"\n'
    yield "[qubits]"
    for qubit in machine.subsystems:
        yield f"{_key(qubit.name)} = {_value(qubit.gap, units.frequency)}"
    yield ""
    for pair in machine.interactions:
        between = ", ".join(map(_quoted, pair.between))
        strength = _value(pair.strength, units.frequency)
        yield f"[[exchange]]\nbetween = [{between}]\nstrength = {strength}\n"
    for bath in machine.reservoirs:
        yield f"[reservoirs.{_key(bath.name)}]"
        yield f"temperature = {_value(bath.temperature, units.temperature)}"
        each = (f"{_key(name)} = {_coupling(c, units)}" for name, c in bath.couplings.items())
        yield f"couplings = {{ {', '.join(each)} }}"
        yield f"correlation = {_value(bath.correlation, NUMBER)}\n"
    if machine.dephasing:
        yield "[dephasing]"
        for name, dephasing in machine.dephasing.items():
            yield f"{_key(name)} = {_value(dephasing.rate, units.rate)}"
        yield ""


def _coupling(coupling: Coupling, units: Units) -> str:
    if not coupling.by_amplitude:
        rate = _value(coupling.rate, units.rate)
        return rate if coupling.sign == 1 else f"{{ rate = {rate}, sign = {coupling.sign} }}"
    if units != DIMENSIONLESS:
        raise ParameterError(
            "amplitude",
            "be replaced by a rate before it is written with units",
            coupling.amplitude,
            "make the coupling as Coupling(rate=..., sign=...)",
        )
    return f"{{ amplitude = {_value(coupling.amplitude, NUMBER)} }}"


def _value(array: Array, scale: Scale) -> str:
    def spelled(node: float | list[Any]) -> str:
        if isinstance(node, list):
            return f"[{', '.join(map(spelled, node))}]"
        return f'"{node!r} {scale.unit}"' if scale.unit else repr(node)

    return spelled(scale.show(array).tolist())


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, which also asks for one at DEL
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
