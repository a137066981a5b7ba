"""What a sweep computes at every point: the variables of its dataset.

A column is read of the steady state of the machine, or of the machine without some reservoirs; a
difference of two columns is a column, too. Observables of one state are computed in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from entherm.checks import identifier, items_of, require_identifier, require_name
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.observable_words import quantity, word_of
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.quantities import Quantity, quantity_of
from entherm.solution import Solution
from entherm.sweeps.functions import digest_of, is_own, spelled_function
from entherm.units import Scale, Units

Function = Callable[[Solution], Array]
# So many matrices of a point are taken to be alive at once where any is made.
MATRICES = 8
# The name of what says why points are invalid.
REASON = "reason"


@dataclass(frozen=True)
class WithAndWithout:
    """What a reservoir changes: an observable with it, without it, and the difference.

    Attributes
    ----------
    reservoir : str
    observable : Observable, str or None
        Left out: the concurrence of the only two qubits.
    """

    reservoir: str
    observable: Observable | str | None = None


@dataclass(frozen=True, eq=False)
class Column:
    """A variable of the dataset.

    Attributes
    ----------
    name : str
        Of the variable.
    long_name : str
        For an axis or a colour bar.
    scale : Scale or None
        How it is printed; None if entherm does not know its unit.
    spelled : str
        What it is, in a text that is the same only for the same thing.
    of : Observable, callable, or pair of str
        What it is read by; or the names of two columns, of which it is the difference.
    without : str
        The reservoir that is left out; empty for none.
    """

    name: str
    long_name: str
    scale: Scale | None
    spelled: str
    of: Observable | Function | tuple[str, str]
    without: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """What the variable says of itself."""
        units = {} if self.scale is None else {"units": self.scale.unit or "1"}
        return {"long_name": self.long_name, **units}

    def footprint(self, machine: Machine) -> int:
        """Return about how many bytes a point takes while it is computed.

        A function may ask for density matrices and what is made of them; an observable that needs
        more than one number of a point makes a matrix of these.
        """
        if isinstance(self.of, tuple):
            return 8
        if not isinstance(self.of, Observable):
            return MATRICES * 16 * prod(machine.dimensions) ** 2
        numbers = self.of.outputs(machine)
        return 8 if numbers == 1 else MATRICES * 8 * numbers


def with_and_without(reservoir: str, observable: Observable | str | None = None) -> WithAndWithout:
    r"""Ask a sweep what a reservoir changes: ΔC of the paper.

    .. math:: \\Delta C = C_{ABC} - C_{AB}

    Parameters
    ----------
    reservoir : str
        Which one is left out.
    observable : Observable or str, optional
        Of what; left out, the concurrence of the machine's two qubits.

    Returns
    -------
    WithAndWithout
        Three variables in the dataset: ``concurrence``, ``concurrence_without_RC`` and
        ``delta_concurrence_RC``.

    References
    ----------
    [Man] Fig. 2(a).

    Examples
    --------
    >>> with_and_without("RC")
    WithAndWithout(reservoir='RC', observable=None)
    """
    require_name(reservoir, "reservoir")
    return WithAndWithout(reservoir, observable)


def columns_of(asked: object, machine: Machine, units: Units | None = None) -> tuple[Column, ...]:
    """Return the variables that a sweep is asked for.

    Parameters
    ----------
    asked : iterable, mapping, or one of what it holds
        As `entherm.sweep` takes them.
    machine : Machine
    units : Units, optional
        In which they are printed.

    Raises
    ------
    UnknownNameError
        For a word, a reservoir or a subsystem that is none.
    ParameterError
        For something that is no observable, a function without a name, two things of one name.

    Examples
    --------
    >>> from entherm import heat, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0)
    >>> [c.name for c in columns_of([heat("RC"), with_and_without("RC")], machine)]
    ['heat_RC', 'concurrence', 'concurrence_without_RC', 'delta_concurrence_RC']
    """
    spelled = Units() if units is None else units
    single = isinstance(asked, str | Observable | WithAndWithout) or callable(asked)
    named: Iterator[tuple[str | None, object]]
    if isinstance(asked, Mapping):
        named = ((key, value) for key, value in asked.items())
    else:
        listed = (asked,) if single else items_of(asked, "observables", _GIVE)
        named = ((None, value) for value in listed)
    found: dict[str, Column] = {}
    for name, value in named:
        if name is not None:
            require_identifier(name, "observables")
        for column in _columns(value, name, machine, spelled):
            known = found.setdefault(column.name, column)
            if known.spelled != column.spelled:
                rule, remedy = "have a name of its own", "give a mapping from names to observables"
                raise ParameterError("observables", rule, repr(column.name), remedy)
    if not found:
        raise ParameterError("observables", "name at least one", "none", _GIVE)
    if taken := [name for name in found if name == REASON or name.startswith(f"{REASON}_")]:
        rule, remedy = f"not be called {REASON}", "give it another name"
        raise ParameterError("observables", rule, repr(taken[0]), remedy)
    return tuple(found.values())


_GIVE = 'give e.g. [entherm.concurrence("A", "B"), entherm.heat("RC")]'


def _columns(value: object, name: str | None, machine: Machine, units: Units) -> Iterator[Column]:
    if not isinstance(value, WithAndWithout):
        yield _column(value, name, machine, units)
        return
    rest = machine.without(value.reservoir)
    observable = "concurrence" if value.observable is None else value.observable
    first = _column(observable, name, machine, units)
    second = _column(observable, name, rest, units, value.reservoir)
    names = first.name, second.name
    change = f"change of {first.long_name} by {value.reservoir}"
    joined = f"{first.spelled} - {second.spelled}"
    delta = identifier(f"delta_{first.name}_{value.reservoir}")
    yield from (first, second, Column(delta, change, first.scale, joined, names))


def _column(
    value: object, name: str | None, machine: Machine, units: Units, without: str = ""
) -> Column:
    if isinstance(value, str | Observable):
        found = (
            quantity(value, machine, units, "observables")
            if isinstance(value, str)
            else quantity_of(value, machine, units)
        )
        spelled = str(value) if found.observable is None else word_of(found.observable)
        own, long_name, scale = _name(spelled, machine), _long_name(found), found.scale
        of: Observable | Function = found.observable or found.read
        if is_own(type(of)):  # a label is no promise
            spelled += f" (digest {digest_of(of)})"
    elif callable(value):
        own = getattr(value, "__name__", "<lambda>") if name is None else name
        if not own.isidentifier():
            rule, remedy = "have a name", "give a mapping, {'name': function}"
            raise ParameterError("observables", rule, own, remedy)
        long_name, scale, spelled, of = own, None, spelled_function(value), value
    else:
        rule = "be observables, words, or functions of a steady state"
        raise ParameterError("observables", rule, repr(value), _GIVE)
    own = own if name is None else name
    if without:
        own, long_name = identifier(f"{own}_without_{without}"), f"{long_name} without {without}"
        spelled = f"{spelled} without {without}"
    return Column(own, long_name, scale, spelled, of, without)


def _name(word: str, machine: Machine) -> str:
    """A name that depends on the machine and the quantity alone, not on what else is asked."""
    pair = "-".join(machine.names)
    if len(machine.names) == 2 and word.endswith(f" {pair}"):
        word = word.removesuffix(f" {pair}")
    return identifier(word)


def _long_name(found: Quantity) -> str:
    return f"{found.noun}, {found.of}" if found.of else found.noun
