"""Quantities of a steady state by the words that ``[about.figure]`` names them with.

====================== =============================================================
word                   quantity
====================== =============================================================
``concurrence A-B``    concurrence of two qubits
``negativity A-B``     negativity of two qubits
``negativity A|B-C``   negativity across a cut, of A with B and C; the others are traced out
``chsh A-B``           largest CHSH value of two qubits, above 2 for no local model
``formation A-B``      their entanglement of formation
``heat RC``            heat current out of a reservoir, or out of ``dephasing``; ``work``
``quanta RC``          quanta, of fermions particles, per time out of a reservoir
``ratio RC/RH``        heat current out of one reservoir over that out of another
``population 4``       population of λ₄
``excitation A``       probability that a subsystem is not in its lowest bare level
``temperature A``      ε / ln(p₀ / p₁) of the reduced state of a qubit
``entropy production`` of the machine
====================== =============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from entherm.errors import ParameterError, UnknownNameError
from entherm.machine import Machine
from entherm.observables import Observable, Population, heat, heat_sources, quanta
from entherm.pair_measures import concurrence, formation, negativity
from entherm.parameters import Array
from entherm.reduced import reduced_state
from entherm.reservoirs import Reservoir
from entherm.resources.joint_measures import negativity_across
from entherm.resources.pair_observables import chsh
from entherm.solution import Solution
from entherm.units import NUMBER, Scale, Units

Read = Callable[[Solution], Array]
_T = TypeVar("_T")
CUT = "|"


@dataclass(frozen=True, eq=False)
class Quantity:
    """Something to draw.

    Attributes
    ----------
    noun : str
        What it is: ``"heat current"``.
    of : str
        Of what: ``"RC"``; empty if of the whole machine.
    scale : Scale
        How it is read and printed.
    read : callable
        A steady state to the values, in internal units.
    """

    noun: str
    of: str
    scale: Scale
    read: Read


def quantity(word: str, machine: Machine, units: Units, path: str = "observe") -> Quantity:
    """Return what a word names.

    Parameters
    ----------
    word : str
        As in the table of this module.
    machine : Machine
        Whose names the word may hold.
    units : Units
        Of the file.
    path : str
        Where the word stands, for errors.

    Raises
    ------
    UnknownNameError
        For a word that is none, or a name in it that the machine does not have.
    ParameterError
        For the population of a level that is none, and a cut that names a subsystem twice.

    Examples
    --------
    >>> from entherm import Units, steady_state, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> found = quantity("concurrence A-B", machine, Units())
    >>> found.noun, found.of, float(found.read(steady_state(machine)))
    ('concurrence', 'A-B', 0.0993)
    """
    kind, _, rest = word.partition(" ")
    if word == "entropy production":
        return Quantity(word, "", units.rate, lambda state: np.asarray(state.entropy_production))
    if kind not in _KINDS:
        raise UnknownNameError(path, kind, [*_KINDS, "entropy production"])
    return _KINDS[kind](rest, machine, units, path)


def _pair_of(noun: str, measure: Callable[[str, str], Observable]) -> _Kind:
    def make(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
        del units
        qubits = [part.name for part in machine.subsystems if part.dimension == 2]
        pairs = {f"{a}-{b}": (a, b) for a, b in combinations(qubits, 2)}
        return _seen(noun, rest, NUMBER, measure(*_chosen(rest, pairs, path)))

    return make


def _negativity(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    if CUT not in rest:
        return _pair_of("negativity", negativity)(rest, machine, units, path)
    known = {name: name for name in machine.names}
    first, second = (
        [_chosen(name, known, path) for name in side.split("-")] for side in rest.split(CUT, 1)
    )
    if len({*first, *second}) < len([*first, *second]):
        rule, remedy = "name every subsystem of a cut once", "write negativity A|B-C"
        raise ParameterError(path, rule, repr(rest), remedy)
    return _seen("negativity", rest, NUMBER, negativity_across(first, second))


def _heat(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    sources = {name: name for name in (*heat_sources(machine), "work")}
    return _seen("heat current", rest, units.power, heat(_chosen(rest, sources, path)))


def _ratio(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    del units
    names = heat_sources(machine)
    pairs = {f"{a}/{b}": (heat(a), heat(b)) for a in names for b in names if a != b}
    over, under = _chosen(rest, pairs, path)

    def read(state: Solution) -> Array:
        first, second = state.observe(over, under)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(first / second)

    return Quantity("ratio of heat currents", rest, NUMBER, read)


def _quanta(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    baths = {bath.name: bath.name for bath in machine.reservoirs if isinstance(bath, Reservoir)}
    return _seen("quanta per time", rest, units.rate, quanta(_chosen(rest, baths, path)))


def _population(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    del units
    count = int(np.prod(machine.dimensions))
    if not (rest.isdecimal() and 1 <= int(rest) <= count):
        rule, remedy = f"name a level from 1 to {count}", "write population 1 for that of λ1"
        raise ParameterError(path, rule, repr(rest), remedy)
    return _seen("population", f"λ{rest}", NUMBER, Population(int(rest) - 1))


def _excitation(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    del units
    name = _chosen(rest, {name: name for name in machine.names}, path)
    return Quantity("excitation", rest, NUMBER, lambda state: 1.0 - _bare(state, name)[..., -1])


def _temperature(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    qubits = {part.name: part for part in machine.subsystems if part.kind == "qubits"}
    part = _chosen(rest, qubits, path)

    def read(state: Solution) -> Array:
        excited, ground = np.moveaxis(_bare(state, part.name), -1, 0)
        # A machine that is swept has other gaps than the one that was asked for the word.
        gap = state.machine.parameters[part.path]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(gap / np.log(ground / excited))

    return Quantity("temperature of the qubit", rest, units.temperature, read)


def _bare(state: Solution, name: str) -> Array:
    """Populations of the bare levels of one subsystem, highest first."""
    return np.diagonal(reduced_state(state, name), axis1=-2, axis2=-1).real


def _seen(noun: str, of: str, scale: Scale, observable: Observable) -> Quantity:
    return Quantity(noun, of, scale, lambda state: np.asarray(state.observe(observable)[0]))


def _chosen(rest: str, known: Mapping[str, _T], path: str) -> _T:
    if rest not in known:
        raise UnknownNameError(path, rest, known)
    return known[rest]


_Kind = Callable[[str, Machine, Units, str], Quantity]
_KINDS: dict[str, _Kind] = {
    "concurrence": _pair_of("concurrence", concurrence),
    "negativity": _negativity,
    "chsh": _pair_of("CHSH value", chsh),
    "formation": _pair_of("entanglement of formation", formation),
    "heat": _heat,
    "quanta": _quanta,
    "ratio": _ratio,
    "population": _population,
    "excitation": _excitation,
    "temperature": _temperature,
}
