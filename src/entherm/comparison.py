"""All master equations on one machine, side by side, and which one to take.

The recommendation follows one rule, at each point:

1. `Global`, where levels of one class are apart: its `secular_ratio` is within the threshold.
2. `Unified`, where they are not: what it does not join is apart, and no cluster is wider than the
   reservoirs can overlook (`secular_ratio` and `cluster_spread` within their thresholds).
3. `Redfield`, where clusters overlap or spread, if its state is positive (`negativity_of_state`).
4. `UniversalLindblad`, whose state always is.
5. `Local`, only where the interaction is small against gaps and temperatures and entropy does not
   decrease; then `Reset`, which is a model of its own.

Figures that all share (weak coupling, broadening, counter-rotating terms) decide nothing here: no
equation of this list cures them, and they stay in the warnings. Over a sweep one equation is
recommended for all points: the first of the list that is fit everywhere, else the one fit at most
points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import items_of
from entherm.comparison_entry import CRITERIA, Entry
from entherm.equations import EQUATIONS, Equation
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
        Equations that cannot describe the machine, with the reason.
    """

    def __init__(
        self, machine: Machine, entries: Mapping[str, Entry], refused: Mapping[str, str]
    ) -> None:
        self.machine = machine
        self.entries, self.refused = dict(entries), dict(refused)

    def __getitem__(self, name: str) -> Entry:
        if name not in self.entries:
            why = self.refused.get(name, f"not compared: {', '.join(self.entries)}")
            raise ParameterError("equation", "be one of the comparison", repr(name), why)
        return self.entries[name]

    @cached_property
    def _ranked(self) -> list[str]:
        """Names in the order of preference."""
        kinds = [kind for kind, _, _ in CRITERIA]
        return sorted(self.entries, key=lambda k: kinds.index(type(self.entries[k].equation)))

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
        """Why, in words, and where another one would be taken."""
        if self._best is None:
            return "No equation is fit: see the warnings of each."
        entry = self.entries[self._best]
        (why,) = (words for kind, _, words in CRITERIA if isinstance(entry.equation, kind))
        passed = [self._objection(name) for name in self._ranked[: self._ranked.index(self._best)]]
        text = [f"{self._best}: {why}{self._fit_words(entry)}."]
        text += [f"Not {words}." for words in passed]
        return " ".join(text + [f"{words}." for words in self._elsewhere()])

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
            return f"{name}: {', '.join(beyond) or 'it has no state somewhere'}"
        return name

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

    def __str__(self) -> str:
        refused = [f"  {name}: {why}" for name, why in self.refused.items()]
        return "\n".join(
            [
                self.table(),
                f"* recommended. {self.reason}",
                *(["Not able to describe this machine:", *refused] if refused else []),
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
) -> Comparison:
    """Solve a machine under several equations, at every point of its shape.

    Parameters
    ----------
    machine : Machine
    equations : iterable of Equation, optional
        Left out, all six with their defaults.
    pair : (str, str), optional
        Two qubits whose concurrence is shown; left out, every pair of qubits.

    Returns
    -------
    Comparison
        With `entries`, `refused`, `recommended`, `reason`, `preferred`, `table()`, `to_dict()`.

    Raises
    ------
    ParameterError
        For what is no equation, or a pair that is not of two qubits.

    Examples
    --------
    >>> from entherm import Global, Local, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 1.0, *[0.2] * 4)
    >>> found = compare(m, [Global(), Local()])
    >>> found.recommended.name, round(float(found["Local"].concurrence["A-B"]), 4)
    ('Global', 0.0)
    """
    require_machine(machine)
    given = [kind() for kind in EQUATIONS] if equations is None else equations
    rules = items_of(given, "equations", "give e.g. [Global(), Redfield()]")
    for rule in rules:
        if not isinstance(rule, Equation):
            raise ParameterError("equations", "be equations", repr(rule), "give e.g. [Global()]")
    names = [machine.names[k] for k, d in enumerate(machine.dimensions) if d == 2]
    pairs = tuple(combinations(names, 2)) if pair is None else (pair,)
    if pair is not None and (sorted({*pair} & {*names}) != sorted(pair)):
        raise ParameterError("pair", "name two qubits", repr(pair), f"of {', '.join(names)}")
    entries: dict[str, Entry] = {}
    refused: dict[str, str] = {}
    kinds = [rule.name for rule in rules]
    for rule in rules:
        name = rule.name if kinds.count(rule.name) == 1 else repr(rule)
        try:
            state = steady_state(machine, rule, on_invalid="nan")
            if np.all(state.reason != 0):
                steady_state(machine, rule)  # raises, with the reason
            entries[name] = Entry(rule, state, pairs)
        except EnthermError as error:
            refused[name] = str(error)
    return Comparison(machine, entries, refused)
