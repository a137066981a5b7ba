"""All master equations on one machine, side by side, and which one to take.

The recommendation follows one rule, at each point:

1. `Global`, where levels of one class are apart: its `secular_ratio` is within the threshold.
2. `Unified`, where they are not: what it does not join is apart, and no cluster is wider than the
   reservoirs can overlook (`secular_ratio` and `cluster_spread` within their thresholds).
3. `Redfield`, where clusters overlap or spread, if its state is positive (`negativity_of_state`).
4. `UniversalLindblad`, whose state always is.
5. `Local`, only where the interaction is small against gaps and temperatures and entropy does not
   decrease; then `Reset`, which is a model of its own: only beside a `ResetReservoir`.

Figures that all share (weak coupling, broadening, counter-rotating terms) decide nothing here: no
equation of this list cures them, and the reason names them at its end. Over a sweep one equation is
recommended for all points: the first of the list that is fit everywhere, else the one fit at most
points. Nothing is recommended where none is fit, or none has one steady state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.asymptotics import density_matrix_from
from entherm.comparison_entry import CRITERIA, SHARED, Entry, refusal
from entherm.equations import EQUATIONS, Equation, chosen_equations
from entherm.errors import EnthermError, ParameterError
from entherm.machine import Machine, require_machine
from entherm.steady_state import steady_state
from entherm.validity import ranged
from entherm.validity_case import tabulated


class Comparison:
    """Equations side by side; see the module for the rule of the recommendation.

    Attributes
    ----------
    machine : Machine
    entries : dict of str to Entry
        By name of the equation; two with the same name are told apart by their options.
    refused : dict of str to str
        Equations without a result: they cannot describe the machine, or have no single steady
        state; with the reason.
    """

    def __init__(
        self, machine: Machine, entries: Mapping[str, Entry], refused: Mapping[str, str]
    ) -> None:
        self.machine = machine
        self.entries, self.refused = dict(entries), dict(refused)

    def __getitem__(self, name: str) -> Entry:
        if name not in self.entries:
            why = self.refused.get(name, f"not compared: {', '.join(self.entries)}")
            raise ParameterError(
                "equation", "be one of the comparison", repr(name), why.rstrip(".")
            )
        return self.entries[name]

    @cached_property
    def _ranked(self) -> list[str]:
        """Names in the order of preference."""
        return sorted(self.entries, key=_rank)

    @cached_property
    def preferred(self) -> NDArray[np.str_]:
        """Name of the equation that the rule takes at each point; empty where none is fit."""
        chosen = np.full(self.machine.shape, "", dtype=object)
        for name in reversed(self._ranked):
            chosen[self.entries[name].fit] = name
        return chosen.astype(str)

    @cached_property
    def _best(self) -> str | None:
        shares = {name: int(self.entries[name].fit.sum()) for name in self._ranked}
        return max(shares, key=lambda name: shares[name]) if any(shares.values()) else None

    @property
    def recommended(self) -> Equation | None:
        """The equation to take for the whole sweep; None where none is fit anywhere."""
        return None if self._best is None else self.entries[self._best].equation

    @cached_property
    def reason(self) -> str:
        """Why, in words, where another one would be taken, and what no choice cures."""
        if not self.entries:
            return "No equation has one steady state here: see why for each."
        ranked, refused = self._ranked, sorted(self.refused, key=_rank)
        if self._best is None:
            text, passed = ["No equation is fit."], ranked
        else:
            entry = self.entries[self._best]
            (why,) = (words for kind, _, words in CRITERIA if isinstance(entry.equation, kind))
            text = [f"{self._best}: {why}{self._fit_words(entry)}."]
            passed = ranked[: ranked.index(self._best)]
            refused = [name for name in refused if _rank(name) < _rank(self._best)]
        text += [f"Not {self._objection(name)}." for name in passed]
        text += [f"No result from {listed(refused)}."] if refused else []
        elsewhere = () if self._best is None else self._elsewhere()
        return " ".join([*text, *(f"{words}." for words in elsewhere), *self._incurable()])

    def _fit_words(self, entry: Entry) -> str:
        if not self.machine.shape or np.all(entry.fit):
            return ""
        return f" at {entry.fit.sum()} of {entry.fit.size} points, more than of any other"

    def _objection(self, name: str) -> str:
        entry = self.entries[name]
        for kind, names, _ in CRITERIA:
            if not isinstance(entry.equation, kind):
                continue
            beyond = [
                f"{k} reaches {np.nanmax(getattr(entry.validity, k)):.3g}"
                for k in names
                if k in entry.validity.names and np.any(entry.validity.beyond(k))
            ]
            return f"{name}: {', '.join(beyond) or self._without_figures(entry)}"
        return name

    def _without_figures(self, entry: Entry) -> str:
        if entry.is_foreign:
            return "no reservoir of this machine resets"
        return "it has no state somewhere"

    def _incurable(self) -> Iterator[str]:
        """What is beyond its limit whichever equation is taken."""
        every = [*self.entries.values()]
        fit = [entry for entry in every if np.any(entry.fit)] or every
        names = [name for name in SHARED if _all_beyond(name, fit)]
        if names:
            whole = all(_all_beyond(name, every) for name in names)
            are = "is beyond its limit" if len(names) == 1 else "are beyond their limits"
            those = "every equation" if whole else "every equation that is fit"
            points = " at some points" if self.machine.shape else ""
            yield f"{listed(names)} {are} under {those}{points}: no choice here cures that."

    def _elsewhere(self) -> list[str]:
        """Where other equations come first in the rule, for a sweep."""
        kinds, counts = np.unique(self.preferred, return_counts=True)
        return [
            f"{name} would be taken at {count} of {self.preferred.size} points"
            if name
            else f"None is fit at {count} of {self.preferred.size} points"
            for name, count in zip(map(str, kinds), counts, strict=True)
            if name != self._best
        ]

    def table(self) -> str:
        """Return all equations as aligned text; over a sweep, smallest and largest value."""
        columns = [
            *(f"C {'-'.join(pair)}" for pair in self._pairs),
            *(f"Q {name}" for name in self._sources),
            "sigma",
            "beyond its limits",
        ]
        rows: list[tuple[str, ...]] = [("equation", *columns)]
        for name, entry in self.entries.items():
            heats = entry.heat_currents
            beyond = [k for k in entry.validity.names if np.any(entry.validity.beyond(k))]
            star = "* " if name == self._best else "  "
            rows.append(
                (
                    star + name,
                    *(ranged(value) for value in entry.concurrence.values()),
                    *(ranged(heats[k]) if k in heats else "" for k in self._sources),
                    ranged(entry.entropy_production),
                    ", ".join(beyond) or "nothing",
                )
            )
        return tabulated(rows)

    @property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return next((entry.pairs for entry in self.entries.values()), ())

    @property
    def _sources(self) -> list[str]:
        every = (name for entry in self.entries.values() for name in entry.heat_currents)
        return list(dict.fromkeys(every))

    def __repr__(self) -> str:
        return str(self)

    @property
    def refusals(self) -> dict[str, tuple[str, ...]]:
        """The reasons of `refused`, each with the equations that it holds for."""
        return {
            why: tuple(name for name, own in self.refused.items() if own == why)
            for why in dict.fromkeys(self.refused.values())
        }

    def __str__(self) -> str:
        refused = [f"  {', '.join(names)}: {why}" for why, names in self.refusals.items()]
        verdict = "Nothing is recommended" if self._best is None else "* recommended"
        return "\n".join(
            [
                *([self.table()] if self.entries else []),
                f"{verdict}. {self.reason}",
                *(["Without a result:", *refused] if refused else []),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON: ±∞ as text, what is undefined as None."""
        return {
            "machine": self.machine.hash,
            "shape": list(self.machine.shape),
            "equations": {name: entry.to_dict() for name, entry in self.entries.items()},
            "refused": dict(self.refused),
            "recommended": self._best,
            "reason": self.reason,
            "preferred": self.preferred.tolist(),
        }


def compare(
    machine: Machine,
    equations: Iterable[Equation] | None = None,
    pair: tuple[str, str] | None = None,
    *,
    initial: ArrayLike | None = None,
) -> Comparison:
    """Solve a machine under several equations, at every point of its shape.

    Parameters
    ----------
    machine : Machine
    equations : iterable of Equation, optional
        Left out, all six with their defaults.
    pair : (str, str), optional
        Two qubits whose concurrence is shown; left out, every pair of qubits.
    initial : array_like, optional
        A ket or density matrix as in `steady_state`, from which the state is reached under
        equations where it is not unique.

    Returns
    -------
    Comparison
        With `entries`, `refused`, `recommended`, `reason`, `preferred`, `table()`, `to_dict()`.

    Raises
    ------
    ParameterError
        For what is no equation, a pair that is not of two qubits, and what is no initial state.

    Examples
    --------
    >>> from entherm import Global, Local, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 1.0, *[0.2] * 4)
    >>> found = compare(m, [Global(), Local()])
    >>> found.recommended.name, round(float(found["Local"].concurrence["A-B"]), 4)
    ('Global', 0.0)
    """
    require_machine(machine)
    rules = chosen_equations([kind() for kind in EQUATIONS] if equations is None else equations)
    pairs = _pairs_of(machine, pair)
    start = None if initial is None else density_matrix_from(initial, prod(machine.dimensions))
    entries: dict[str, Entry] = {}
    refused: dict[str, str] = {}
    kinds = [rule.name for rule in rules]
    for rule in rules:
        name = rule.name if kinds.count(rule.name) == 1 else repr(rule)
        try:
            state = steady_state(machine, rule, on_invalid="nan", initial=start)
            if np.all(state.reason != 0):
                steady_state(machine, rule, initial=start)  # raises, with the reason
            entries[name] = Entry(rule, state, pairs)
        except EnthermError as error:
            refused[name] = refusal(machine, rule, error)
    return Comparison(machine, entries, refused)


def _pairs_of(machine: Machine, pair: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    names = [machine.names[k] for k, d in enumerate(machine.dimensions) if d == 2]
    if pair is None:
        return tuple(combinations(names, 2))
    if sorted({*pair} & {*names}) != sorted(pair):
        raise ParameterError("pair", "name two qubits", repr(pair), f"of {', '.join(names)}")
    return (pair,)


def _rank(name: str) -> int:
    """Where an equation stands in the order of preference, options or not."""
    return [kind.__name__ for kind, _, _ in CRITERIA].index(name.partition("(")[0])


def _all_beyond(name: str, entries: Iterable[Entry]) -> bool:
    """Whether all equations have a figure, beyond its limit somewhere."""
    judged = [entry.validity for entry in entries]
    return all(name in one.names and np.any(one.beyond(name)) for one in judged)


def listed(names: Iterable[str]) -> str:
    """Return names as English lists them.

    Examples
    --------
    >>> listed(["Global", "Unified", "Local"]), listed(["Global"])
    ('Global, Unified and Local', 'Global')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
