"""All equations on the machine of a file, and which one to take, in the units of the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entherm import EnthermError, MachineFile, __version__, read
from entherm.cli.equations import WORDS, described, in_words, word_of
from entherm.cli.output import shown
from entherm.cli.solution import entropy_rounding, rounding, unit_names
from entherm.cli.solving import located, require_one_machine, require_reservoirs
from entherm.comparison import Comparison, compare
from entherm.comparison_entry import Entry


@dataclass(frozen=True, eq=False)
class Compared:
    """A machine file and its machine under every equation, one point.

    Attributes
    ----------
    source : MachineFile
        What was compared.
    comparison : Comparison
        Of shape ().
    """

    source: MachineFile
    comparison: Comparison

    @property
    def entries(self) -> dict[str, Entry]:
        """By the word of each equation."""
        return {WORDS[name]: entry for name, entry in self.comparison.entries.items()}

    @property
    def refused(self) -> dict[str, str]:
        """Why an equation cannot describe the machine, by its word."""
        return {
            WORDS[name]: in_words(why.removeprefix("Argument 'equation' "))
            for name, why in self.comparison.refused.items()
        }

    @property
    def recommended(self) -> str | None:
        """Word of the equation to take; None if none is fit."""
        found = self.comparison.recommended
        return None if found is None else word_of(found)

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


def compare_file(path: str) -> Compared:
    """Read a machine file and solve it under every equation.

    Parameters
    ----------
    path : str
        A machine file with one machine in it.

    Raises
    ------
    MachineFileError
        For whatever is wrong with the file, with its machine, or if no equation has one steady
        state.

    Examples
    --------
    >>> compare_file("examples/circuit_qed.toml").recommended
    'global'
    """
    source = read(path)
    try:
        require_one_machine(source.machine)
        require_reservoirs(source.machine)
        with np.errstate(all="ignore"):
            found = compare(source.machine)
        if not found.entries:
            name, why = next(iter(found.refused.items()))
            raise EnthermError(f"no equation has one steady state for it; {name}: {why}")
    except EnthermError as error:
        raise located(source, error) from error
    return Compared(source, found)
