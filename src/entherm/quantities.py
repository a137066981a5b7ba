"""Quantities of a solved machine: what each is called, in what it is printed, how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from entherm.checks import require_known
from entherm.composition import WORK
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.observables import Heat, Observable, Population, Quanta, heat_sources
from entherm.parameters import Array
from entherm.reduced import reduced_state
from entherm.reduced_observables import JointObservable
from entherm.reservoirs import Reservoir
from entherm.resources.joint_measures import NegativityAcross
from entherm.resources.pair_observables import CHSH
from entherm.solution import Solution, observable_of
from entherm.units import NUMBER, Scale, Units

Read = Callable[[Solution], Array]
CUT = "|"


@dataclass(frozen=True, eq=False)
class Quantity:
    """Something to draw, or to tabulate.

    Attributes
    ----------
    noun : str
        What it is: ``"heat current"``.
    of : str
        Of what: ``"RC"``; empty if of the whole machine.
    scale : Scale
        How it is read and printed.
    read : callable
        A solved machine to the values, in internal units.
    observable : Observable or None
        What `read` asks for, so that several are computed in one pass; None where it is made of
        other things: a ratio, an excitation, a temperature, the entropy production.
    """

    noun: str
    of: str
    scale: Scale
    read: Read
    observable: Observable | None = None


def quantity_of(observable: Observable, machine: Machine, units: Units) -> Quantity:
    """Return an observable as a quantity.

    Parameters
    ----------
    observable : Observable
    machine : Machine
    units : Units
        Heat is a power in them, quanta are a rate; everything else is a number.

    Raises
    ------
    ParameterError
        For what is no observable, and a name or a level that the machine does not have.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> found = quantity_of(Heat("RC"), two_qubit_machine(1.0, 1.0, 0.5), Units("cyclic"))
    >>> found.noun, found.of, found.scale.unit
    ('heat current', 'RC', 'W')
    """
    asked = observable_of(observable)
    _require_there(asked, machine)
    noun, of, scale = _told(asked, units)
    return Quantity(noun, of, scale, partial(_observed, asked), asked)


def _told(asked: Observable, units: Units) -> tuple[str, str, Scale]:
    """Noun, of what, and scale."""
    match asked:
        case Heat(source=source):
            return "heat current", source, units.power
        case Quanta(source=source):
            return "quanta per time", source, units.rate
        case Population(level=level):
            return "population", f"λ{level + 1}", NUMBER
        case NegativityAcross():
            return "negativity", spelled(asked), NUMBER
        case CHSH():
            return "CHSH value", spelled(asked), NUMBER
        case JointObservable():
            names = spelled(asked)
            if asked.label.endswith(f" {names}"):
                return asked.label.removesuffix(f" {names}"), names, NUMBER
    return asked.label, "", NUMBER


def spelled(observable: JointObservable) -> str:
    """Return the subsystems of an observable as a word has them.

    Examples
    --------
    >>> spelled(NegativityAcross(("A",), ("B", "C")))
    'A|B-C'
    """
    if isinstance(observable, NegativityAcross):
        return f"{'-'.join(observable.first)}{CUT}{'-'.join(observable.second)}"
    return "-".join(observable.names)


def _require_there(asked: Observable, machine: Machine) -> None:
    """Refuse before anything is solved what `Observable.prepare` would refuse."""
    match asked:
        case Heat(source=source):
            require_known("heat", source, (*heat_sources(machine), WORK))
        case Quanta(source=source):
            require_known("quanta", source, quanta_sources(machine))
        case Population(level=level):
            require_level(level + 1, machine, "population", level + 1)
        case JointObservable():
            asked.sites(machine)


def quanta_sources(machine: Machine) -> tuple[str, ...]:
    """Return the reservoirs whose quanta are counted: all but those that reset.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> quanta_sources(two_qubit_machine(1.0, 1.0, 0.5))
    ('RA', 'RB', 'RC')
    """
    return tuple(bath.name for bath in machine.reservoirs if isinstance(bath, Reservoir))


def require_level(number: int, machine: Machine, path: str, got: object) -> None:
    """Refuse the number of a level, counted from 1, that a machine does not have.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_level(4, two_qubit_machine(1.0, 1.0, 0.5), "population", 4)
    """
    count = prod(machine.dimensions)
    if not 1 <= number <= count:
        rule, remedy = f"name a level from 1 to {count}", "write population 1 for that of λ1"
        raise ParameterError(path, rule, got, remedy)


def ratio_of_currents(over: str, under: str) -> Quantity:
    """Return the heat current out of one reservoir over that out of another.

    Examples
    --------
    >>> ratio_of_currents("RC", "RH").of
    'RC/RH'
    """
    read = partial(_ratio_of, Heat(over), Heat(under))
    return Quantity("ratio of heat currents", f"{over}/{under}", NUMBER, read)


def excitation(name: str) -> Quantity:
    """Return the probability that a subsystem is not in its lowest bare level.

    Examples
    --------
    >>> excitation("A").noun
    'excitation'
    """
    return Quantity("excitation", name, NUMBER, partial(_excitation_of, name))


def qubit_temperature(name: str, units: Units) -> Quantity:
    """Return ε / ln(p₀ / p₁) of the reduced state of a qubit.

    Examples
    --------
    >>> qubit_temperature("A", Units("cyclic")).scale.unit
    'mK'
    """
    read = partial(_temperature_of, name)
    return Quantity("temperature of the qubit", name, units.temperature, read)


def entropy_production(units: Units) -> Quantity:
    """Return the entropy production of the machine.

    Examples
    --------
    >>> entropy_production(Units("cyclic")).scale.unit
    '1/s'
    """
    return Quantity("entropy production", "", units.rate, _entropy_production)


# How they are read: by functions with a name, so that a quantity can go to another process.


def _observed(observable: Observable, state: Solution) -> Array:
    return np.asarray(state.observe(observable)[0])


def _ratio_of(over: Observable, under: Observable, state: Solution) -> Array:
    first, second = state.observe(over, under)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(first / second)


def _excitation_of(name: str, state: Solution) -> Array:
    return np.asarray(1.0 - _bare(state, name)[..., -1])


def _temperature_of(name: str, state: Solution) -> Array:
    excited, ground = np.moveaxis(_bare(state, name), -1, 0)
    # A machine that is swept has other gaps than the one that was asked for the word.
    gap = state.machine.parameters[f"qubits.{name}"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(gap / np.log(ground / excited))


def _entropy_production(state: Solution) -> Array:
    return np.asarray(state.entropy_production)


def _bare(state: Solution, name: str) -> Array:
    """Populations of the bare levels of one subsystem, highest first."""
    return np.diagonal(reduced_state(state, name), axis1=-2, axis2=-1).real
