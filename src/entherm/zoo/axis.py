"""The axis of a machine's picture: parameters that vary together, in the units of the file."""

from __future__ import annotations

from dataclasses import dataclass

from entherm.about import Curves
from entherm.errors import ParameterError
from entherm.machine_file import MachineFile
from entherm.parameter_words import scale_of
from entherm.parameters import Array


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
        For the time without an initial state, and what `Span.values` refuses.

    Examples
    --------
    >>> from entherm.zoo import entry
    >>> source = entry("man_2019").source
    >>> axis_of(source, source.about.figure).label
    'temperature of the common reservoir'
    """
    name = curves.axis[0]
    scale = scale_of(name, source.machine, source.units)
    if curves.in_time and not source.about.initial:
        remedy = 'write initial = "10", a bare ket, or "thermal"'
        raise ParameterError("about.initial", "be given where time is the axis", "nothing", remedy)
    values = curves.values.values(scale, "about.figure.values")
    words = curves.label or name
    label = f"{words} ({scale.unit})" if scale.unit else words
    return Axis(values, scale.show(values), label)
