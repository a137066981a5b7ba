"""The axis of a machine's picture: parameters that vary together, in the units of the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entherm.about import TIME, Curves
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.machine_file import MachineFile
from entherm.parameters import Array
from entherm.reservoir_tables import is_absolute, spectrum_scales
from entherm.reset_reservoir import ResetReservoir
from entherm.units import NUMBER, Scale, Units


@dataclass(frozen=True, eq=False)
class Axis:
    """What the curves of a picture run along.

    Attributes
    ----------
    values : ndarray, shape (n,)
        In internal units.
    shown : ndarray, shape (n,)
        In the unit of the label.
    label : str
        With its unit, if it has one.
    """

    values: Array
    shown: Array
    label: str


def axis_of(source: MachineFile, curves: Curves) -> Axis:
    """Return the axis that a file describes.

    Parameters
    ----------
    source : MachineFile
        Gives the units, and what the parameters are.
    curves : Curves

    Raises
    ------
    ParameterError
        For an end without the unit that it needs, equal ends, or one that is not above 0 on a
        logarithmic scale.

    Examples
    --------
    >>> from entherm.zoo import entry
    >>> source = entry("man_2019").source
    >>> axis_of(source, source.about.figure).label
    'temperature of the common reservoir'
    """
    path, name = "about.figure.values", curves.axis[0]
    scale, ends = scale_of(name, source.machine, source.units), curves.values
    start, stop = (
        float(scale.parse(end, f"{path}.{key}"))
        for key, end in (("from", ends.start), ("to", ends.stop))
    )
    if curves.in_time and not source.about.initial:
        remedy = 'write initial = "10", a bare ket, or "thermal"'
        raise ParameterError("about.initial", "be given where time is the axis", "nothing", remedy)
    if start == stop:
        raise ParameterError(f"{path}.to", "differ from the other end", stop, "write another")
    if ends.scale == "log" and min(start, stop) <= 0.0:
        key = "from" if start <= 0.0 else "to"
        rule, remedy = "be > 0 on a logarithmic scale", "raise it, or leave out scale"
        raise ParameterError(f"{path}.{key}", rule, min(start, stop), remedy)
    space = np.geomspace if ends.scale == "log" else np.linspace
    values = space(start, stop, ends.points)
    words = curves.label or name
    label = f"{words} ({scale.unit})" if scale.unit else words
    return Axis(values, scale.show(values), label)


def scale_of(path: str, machine: Machine, units: Units) -> Scale:
    """Return how a parameter is read and printed in a file with these units.

    Parameters
    ----------
    path : str
        A parameter path of `machine`, or ``time``.
    machine : Machine
    units : Units

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> scale_of("reservoirs.RC.temperature", two_qubit_machine(1, 1, 0.5), Units("cyclic")).unit
    'mK'
    """
    if path == TIME:
        return units.time
    for bath in machine.reservoirs:
        if not path.startswith(f"{bath.path}."):
            continue
        key, _, last = path.removeprefix(f"{bath.path}.").partition(".")
        absolute = not isinstance(bath, ResetReservoir) and is_absolute(bath.spectrum)
        number = absolute or last.endswith("amplitude")
        spectrum = spectrum_scales(units, absolute=absolute)
        return {
            "temperature": units.temperature,
            "chemical_potential": units.frequency,
            "couplings": NUMBER if number else units.rate,
            "rate": units.rate,
            "delays": units.time,
            "spectrum": spectrum.get(last.partition(".")[0], NUMBER),
        }.get(key, NUMBER)
    return units.rate if path.startswith("dephasing.") else units.frequency
