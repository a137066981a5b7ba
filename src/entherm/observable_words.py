"""Quantities of a solved machine by the words that files and the command line name them with.

====================== =============================================================
word                   quantity
====================== =============================================================
``concurrence A-B``    concurrence of two qubits
``negativity A-B``     negativity of two qubits
``negativity A|B-C``   negativity across a cut, of A with B and C; the others are traced out
``chsh A-B``           largest CHSH value of two qubits, above 2 for no local model
``formation A-B``      their entanglement of formation
``discord A-B``        their quantum discord, B being measured
``steering A-B``       their steering with three settings a side
``teleportation A-B``  mean fidelity of teleporting a qubit through them
``heat RC``            heat current out of a reservoir, or out of ``dephasing``; ``work``
``quanta RC``          quanta, of fermions particles, per time out of a reservoir
``ratio RC/RH``        heat current out of one reservoir over that out of another
``population 4``       population of λ₄
``excitation A``       probability that a subsystem is not in its lowest bare level
``temperature A``      ε / ln(p₀ / p₁) of the reduced state of a qubit
``entropy production`` of the machine
====================== =============================================================

Of a machine with exactly two qubits, ``concurrence`` alone means theirs; so do the other measures
of two qubits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, permutations
from typing import TypeVar

from entherm.composition import WORK
from entherm.errors import ParameterError, UnknownNameError
from entherm.machine import Machine
from entherm.observables import Observable, Population, heat, heat_sources, quanta
from entherm.pair_measures import (
    EntanglementOfFormation,
    PairObservable,
    concurrence,
    formation,
    negativity,
)
from entherm.quantities import (
    CUT,
    Quantity,
    entropy_production,
    excitation,
    quanta_sources,
    quantity_of,
    qubit_temperature,
    ratio_of_currents,
    require_level,
    spelled,
)
from entherm.resources.joint_measures import NegativityAcross, negativity_across
from entherm.resources.pair_observables import (
    Steering,
    TeleportationFidelity,
    chsh,
    discord,
    steering,
    teleportation_fidelity,
)
from entherm.solution import observable_of
from entherm.units import Units

__all__ = ["Quantity", "quantity", "quantity_of", "word_of"]

SETTINGS = 3  # of `steering A-B`, as where none are given in Python
ENTROPY_PRODUCTION = "entropy production"
_T = TypeVar("_T")


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
        For a pair that is left out where there is more than one, the population of a level that is
        none, and a cut that names a subsystem twice.

    Examples
    --------
    >>> from entherm import Units, steady_state, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> found = quantity("concurrence A-B", machine, Units())
    >>> found.noun, found.of, float(found.read(steady_state(machine)))
    ('concurrence', 'A-B', 0.0993)
    """
    kind, _, rest = word.partition(" ")
    if word == ENTROPY_PRODUCTION:
        return entropy_production(units)
    if kind in _OBSERVABLES:
        return quantity_of(_OBSERVABLES[kind](rest, machine, path), machine, units)
    if kind not in _OTHERS:
        raise UnknownNameError(path, kind, [*_OBSERVABLES, *_OTHERS, ENTROPY_PRODUCTION])
    return _OTHERS[kind](rest, machine, units, path)


def word_of(observable: Observable) -> str:
    """Return the word for an observable, which `quantity` reads back.

    What has no word has its label: measures of three qubits, steering with two settings.

    Raises
    ------
    ParameterError
        For what is no observable.

    Examples
    --------
    >>> word_of(heat("RC")), word_of(formation("A", "B")), word_of(Population(3))
    ('heat RC', 'formation A-B', 'population 4')
    """
    asked = observable_of(observable)
    if isinstance(asked, NegativityAcross):
        return f"negativity {spelled(asked)}"
    if isinstance(asked, PairObservable):
        for kind, word in _SHORT.items():
            if isinstance(asked, kind) and getattr(asked, "settings", SETTINGS) == SETTINGS:
                return f"{word} {spelled(asked)}"
    return asked.label


# Where the word is shorter than the label.
_SHORT: dict[type[PairObservable], str] = {
    EntanglementOfFormation: "formation",
    Steering: "steering",
    TeleportationFidelity: "teleportation",
}


# --- words for observables ------------------------------------------------------------------------


def _pair_of(
    word: str,
    measure: Callable[[str, str], Observable],
    pairs: Callable[[Sequence[str], int], Iterable[tuple[str, ...]]] = combinations,
) -> _Observed:
    def make(rest: str, machine: Machine, path: str) -> Observable:
        qubits = [part.name for part in machine.subsystems if part.dimension == 2]
        known = {"-".join(pair): pair for pair in pairs(qubits, 2)}
        if not rest and len(qubits) == 2:
            return measure(*qubits)
        if not rest:
            raise _without_pair(word, qubits, [*known], path)
        turned = {f"{second}-{first}": (second, first) for first, second in known.values()}
        return measure(*(known.get(rest) or turned.get(rest) or _chosen(rest, known, path)))

    return make


def _without_pair(
    word: str, qubits: Sequence[str], pairs: Sequence[str], path: str
) -> ParameterError:
    if not pairs:
        got, remedy = f"{word!r} of {len(qubits)}", "negativity A|B is of any two subsystems"
        return ParameterError(path, "be asked of two qubits", got, remedy)
    rule, remedy = f"name a pair, one of {', '.join(pairs)}", f"write {word} {pairs[0]}"
    return ParameterError(path, rule, repr(word), remedy)


def _negativity(rest: str, machine: Machine, path: str) -> Observable:
    if CUT not in rest:
        return _pair_of("negativity", negativity)(rest, machine, path)
    known = {name: name for name in machine.names}
    first, second = (
        [_chosen(name, known, path) for name in side.split("-")] for side in rest.split(CUT, 1)
    )
    if len({*first, *second}) < len([*first, *second]):
        rule, remedy = "name every subsystem of a cut once", "write negativity A|B-C"
        raise ParameterError(path, rule, repr(rest), remedy)
    return negativity_across(first, second)


def _heat(rest: str, machine: Machine, path: str) -> Observable:
    return heat(_chosen(rest, {name: name for name in (*heat_sources(machine), WORK)}, path))


def _quanta(rest: str, machine: Machine, path: str) -> Observable:
    return quanta(_chosen(rest, {name: name for name in quanta_sources(machine)}, path))


def _population(rest: str, machine: Machine, path: str) -> Observable:
    number = int(rest) if rest.isdecimal() else 0
    require_level(number, machine, path, repr(rest))
    return Population(number - 1)


def _chosen(rest: str, known: Mapping[str, _T], path: str) -> _T:
    if rest not in known:
        raise UnknownNameError(path, rest, known)
    return known[rest]


# --- words for what is made of observables --------------------------------------------------------


def _ratio(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    del units
    names = heat_sources(machine)
    pairs = {f"{a}/{b}": (a, b) for a in names for b in names if a != b}
    return ratio_of_currents(*_chosen(rest, pairs, path))


def _excitation(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    del units
    return excitation(_chosen(rest, {name: name for name in machine.names}, path))


def _temperature(rest: str, machine: Machine, units: Units, path: str) -> Quantity:
    qubits = {part.name: part.name for part in machine.subsystems if part.kind == "qubits"}
    return qubit_temperature(_chosen(rest, qubits, path), units)


_Observed = Callable[[str, Machine, str], Observable]
_Made = Callable[[str, Machine, Units, str], Quantity]
_OBSERVABLES: dict[str, _Observed] = {
    "concurrence": _pair_of("concurrence", concurrence),
    "negativity": _negativity,
    "chsh": _pair_of("chsh", chsh),
    "formation": _pair_of("formation", formation),
    "discord": _pair_of("discord", discord, permutations),  # it matters which one is measured
    "steering": _pair_of("steering", steering),
    "teleportation": _pair_of("teleportation", teleportation_fidelity),
    "heat": _heat,
    "quanta": _quanta,
    "population": _population,
}
_OTHERS: dict[str, _Made] = {
    "ratio": _ratio,
    "excitation": _excitation,
    "temperature": _temperature,
}
