"""All equations on the machine of a file, and which one to take, in the units of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from entherm import EnthermError, Machine, MachineFile, __version__, read
from entherm.cli.equations import (
    WORDS,
    described,
    in_words,
    option_of,
    require_shift,
    shifted,
    word_of,
)
from entherm.cli.output import shown
from entherm.cli.solution import entropy_rounding, rounding, unit_names
from entherm.cli.solving import (
    located,
    require_one_machine,
    require_reservoirs,
    with_ket,
)
from entherm.comparison import Comparison, compare
from entherm.comparison_entry import Entry
from entherm.equations import EQUATIONS
from entherm.initial_states import spelled_state
from entherm.machine_file import in_units


@dataclass(frozen=True, eq=False)
class Compared:
    """A machine file and its machine under every equation, one point.

    Attributes
    ----------
    source : MachineFile
        What was compared.
    comparison : Comparison
        Of shape ().
    initial : str or None
        Where a state that is not unique was reached from.
    """

    source: MachineFile
    comparison: Comparison
    initial: str | None

    @property
    def entries(self) -> dict[str, Entry]:
        """By the word of each equation."""
        return {WORDS[name]: entry for name, entry in self.comparison.entries.items()}

    @property
    def refused(self) -> dict[str, str]:
        """Why an equation has no result, by its word."""
        return {WORDS[name]: self._told(why) for name, why in self.comparison.refused.items()}

    @property
    def refusals(self) -> dict[str, tuple[str, ...]]:
        """The reasons, each with the words of the equations that it holds for."""
        return {
            self._told(why): tuple(WORDS[name] for name in names)
            for why, names in self.comparison.refusals.items()
        }

    def _told(self, why: str) -> str:
        return in_units(told(why, self.source.machine), self.source.units)

    @property
    def recommended(self) -> str | None:
        """Word of the equation to take; None if none is fit."""
        found = self.comparison.recommended
        return None if found is None else word_of(found)

    @property
    def option(self) -> str | None:
        """What to write behind ``--equation`` to take it."""
        found = self.comparison.recommended
        return None if found is None else option_of(found)

    @property
    def reason(self) -> str:
        """Why."""
        return in_words(self.comparison.reason)

    def heat_currents(self, entry: Entry) -> dict[str, float]:
        """Return the heat currents under one equation."""
        power = self.source.units.power
        return {name: float(shown(power, q)) for name, q in entry.heat_currents.items()}

    def entropy_production(self, entry: Entry) -> float:
        """Return the entropy production under one equation."""
        return float(shown(self.source.units.rate, entry.entropy_production))

    def rounded(self, entry: Entry) -> tuple[dict[str, float], float]:
        """Return heat currents and entropy production, 0 what is rounding error at most."""
        least = rounding(entry.state)
        currents = {
            name: current if abs(entry.heat_currents[name]) > least else 0.0
            for name, current in self.heat_currents(entry).items()
        }
        produced = abs(entry.entropy_production) > entropy_rounding(entry.state)
        known = any(currents.values()) and produced
        return currents, self.entropy_production(entry) if known else 0.0

    def as_dict(self) -> dict[str, object]:
        """Return the comparison as `entherm compare --json` prints it."""
        return {
            "file": self.source.file,
            "name": self.source.name,
            "description": self.source.description,
            "initial": self.initial,
            "units": unit_names(self.source.units),
            "equations": {
                word: {
                    "equation": described(entry.equation),
                    "concurrence": entry.concurrence,
                    "heat_currents": self.heat_currents(entry),
                    "entropy_production": self.entropy_production(entry),
                    "validity": {
                        **entry.validity.figures,
                        "warnings": entry.validity.warnings,
                        "notes": entry.validity.notes,
                    },
                    "fit": bool(entry.fit),
                }
                for word, entry in self.entries.items()
            },
            "refused": self.refused,
            "recommended": self.recommended,
            "reason": self.reason,
            "provenance": {"entherm": __version__, "machine": self.source.machine.hash},
        }


def told(why: str, machine: Machine) -> str:
    """Return why an equation has no result, in the words of the command line.

    Examples
    --------
    >>> told("Argument 'equation' must not be Reset().", read("examples/two_qubit.toml").machine)
    'must not be reset.'
    """
    words = re.sub(r"^Argument '([^']*)' ", r"\1 ", why).removeprefix("equation ")
    return with_ket(in_words(re.sub(r"^initial ", "--initial ", words)), machine)


def compare_file(path: str, initial: str | None = None, shift: str = "absorbed") -> Compared:
    """Read a machine file and solve it under every equation.

    Parameters
    ----------
    path : str
        A machine file with one machine in it.
    initial : str, optional
        The bare ket to start from where a steady state is not unique: ``"10"`` or ``"01+10"``.
    shift : {"absorbed", "explicit"}
        The Lamb shift, of equations that have it.

    Raises
    ------
    MachineFileError
        For whatever is wrong with the file, with its machine, or if no equation has one steady
        state.
    ParameterError
        For a `shift` that is none, and an `initial` that is no ket of this machine.

    Examples
    --------
    >>> compare_file("examples/circuit_qed.toml").recommended
    'global'
    """
    require_shift(shift)
    source = read(path)
    start = None if initial is None else spelled_state(initial, source.machine, "--initial")
    rules = [shifted(kind(), shift) for kind in EQUATIONS]
    try:
        require_one_machine(source.machine, "compare")
        if start is None:
            require_reservoirs(source.machine)
        with np.errstate(all="ignore"):
            found = compare(source.machine, rules, initial=start)
        if not found.entries:
            name, why = next(iter(found.refused.items()))
            first = f"{WORDS[name]}: {told(why, source.machine)}"
            raise EnthermError(f"no equation has one steady state for it; {first}")
    except EnthermError as error:
        raise located(source, error) from error
    return Compared(source, found, initial)
