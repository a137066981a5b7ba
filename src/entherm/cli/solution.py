"""A machine file solved: everything that its steady state says, in the units of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from entherm import (
    Global,
    Machine,
    MachineFile,
    Observable,
    Qubit,
    Reservoir,
    SteadyState,
    Units,
    __version__,
    concurrence,
    diagonalise,
    formation,
    negativity,
    quanta,
)
from entherm.cli.equations import described, word_of
from entherm.cli.output import shown
from entherm.cli.reservoir_entries import reservoir_entry, times_meant
from entherm.validity_case import Case

# A net heat current below this fraction of all one-way flows is rounding error, without direction;
# a linear system of equations leaves more of it than the elimination of the global equation.
HEAT_ROUNDING, LINEAR_ROUNDING = 1e-14, 1e-12


@dataclass(frozen=True, eq=False)
class Solution:
    """A machine file and the steady state of its machine, one point.

    Attributes
    ----------
    source : MachineFile
        What was solved.
    state : SteadyState
        Of shape ().
    initial : str or None
        Where the state was reached from; None where that does not matter.
    """

    source: MachineFile
    state: SteadyState
    unique: bool
    initial: str | None

    @property
    def machine(self) -> Machine:
        """The machine."""
        return self.source.machine

    @property
    def units(self) -> Units:
        """Those of the file."""
        return self.source.units

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair of qubits, in the order of the file."""
        parts = self.machine.subsystems
        return tuple(combinations([part.name for part in parts if part.dimension == 2], 2))

    @property
    def equation(self) -> str:
        """Name of the master equation."""
        return word_of(self.state.equation)

    def as_dict(self) -> dict[str, object]:
        """Return the solution as `entherm solve --json` prints it."""
        validity = self.state.validity
        return {
            "file": self.source.file,
            "name": self.source.name,
            "description": self.source.description,
            "equation": self.equation,
            "equation_options": described(self.state.equation)["options"],
            "unique": self.unique,
            "initial": self.initial,
            "units": self.unit_names(),
            "energies": shown(self.units.frequency, self.state.energies),
            "populations": self.state.populations,
            "levels": [{"label": label, "state": state} for label, state in self.levels()],
            "concurrence": self.of_pairs(concurrence),
            "negativity": self.of_pairs(negativity),
            "entanglement_of_formation": self.of_pairs(formation),
            "heat_currents": self.heat_currents(),
            **({"quanta_currents": found} if (found := self.quanta_currents()) else {}),
            "entropy_production": shown(self.units.rate, self.state.entropy_production),
            "effective_temperatures": self.effective_temperatures(),
            "reservoirs": self.reservoirs(),
            "dephasing": self.dephasing(),
            "validity": {
                **validity.figures,
                "warnings": validity.warnings,
                "notes": validity.notes,
            },
            "provenance": {"entherm": __version__, "machine": self.machine.hash},
        }

    def unit_names(self) -> dict[str, str]:
        """Return what each kind of number is printed in; empty for ħ = k_B = 1."""
        return unit_names(self.units)

    def levels(self) -> list[tuple[str, str]]:
        """Return label and state of each level, e.g. λ4 and |00⟩, in the order of the energies."""
        levels = diagonalise(self.machine)
        order = np.argsort([float(e) for e in levels.energies], kind="stable")
        spelled = (levels.spelled(int(k)).split(" = ", 1) for k in order)
        return [(label, state) for label, state in spelled]

    def of_pairs(self, measure: Callable[[str, str], Observable]) -> dict[str, float]:
        """Return a measure of entanglement for every pair."""
        if not self.pairs:
            return {}
        values = self.state.observe(*(measure(*pair) for pair in self.pairs))
        return {"-".join(pair): float(v) for pair, v in zip(self.pairs, values, strict=True)}

    def heat_currents(self) -> dict[str, float]:
        """Return the heat current out of every reservoir and the dephasing."""
        return {
            name: float(shown(self.units.power, current))
            for name, current in self.state.heat_currents.items()
        }

    def quanta_currents(self) -> dict[str, float]:
        """Return the quanta per time out of every thermal reservoir, where one is told by them.

        That is where one has a chemical potential, or an occupation instead of a temperature.
        """
        thermal = [bath for bath in self.machine.reservoirs if isinstance(bath, Reservoir)]
        if not any(b.has_chemical_potential or b.occupation is not None for b in thermal):
            return {}
        currents = self.state.observe(*(quanta(bath.name) for bath in thermal))
        rate = self.units.rate
        return {
            bath.name: float(shown(rate, current))
            for bath, current in zip(thermal, currents, strict=True)
        }

    def directions(self) -> dict[str, int]:
        """Return +1 for each source that heat leaves, −1 if it enters, 0 if only rounding does."""
        least = rounding(self.state)
        return {
            name: 0 if abs(current) <= least else int(np.sign(current))
            for name, current in self.state.heat_currents.items()
        }

    def effective_temperatures(self) -> dict[str, dict[str, float]]:
        """Return frequency and both effective temperatures of each transition, by level numbers.

        Empty for an equation whose jumps are none between the levels of the machine.
        """
        if self.state.equation.reference == "bare":
            return {}
        found = self.state.effective_temperatures
        warmth, units = self.units.temperature, self.units
        columns = zip(
            found.transitions,
            np.ravel(shown(units.frequency, found.frequencies)),
            np.ravel(shown(warmth, found.from_rates())),
            np.ravel(shown(warmth, found.from_populations())),
            strict=True,
        )
        return {
            f"{i + 1}-{j + 1}": {
                "frequency": float(omega),
                "from_rates": float(rates),
                "from_populations": float(populations),
            }
            for (i, j), omega, rates, populations in columns
        }

    def reservoirs(self) -> dict[str, dict[str, Any]]:
        """Return what each reservoir is, with its rates in 1/s and the T₁ that they mean."""
        machine, units = self.machine, self.units
        return {bath.name: reservoir_entry(machine, bath, units) for bath in machine.reservoirs}

    def dephasing(self) -> dict[str, dict[str, object]]:
        """Return γ of each dephased qubit, and T_φ: under Eq. (21) its coherence decays at 2 γ."""
        return {
            name: {
                "rate": shown(self.units.rate, dephasing.rate),
                **times_meant(self.units, "T_phi", dephasing.rate),
            }
            for name, dephasing in self.machine.dephasing.items()
        }


def rounding(state: SteadyState) -> float:
    """Return the size below which a net heat current of a single machine is rounding error.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> even = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=5.0))
    >>> abs(float(even.heat_currents["RA"])) < rounding(even) < 1e-12
    True
    """
    flows = Case(state.machine, state.equation, state).gross.values()
    gross = sum(float(flow) for flow in flows if np.isfinite(flow))
    return gross * (HEAT_ROUNDING if isinstance(state.equation, Global) else LINEAR_ROUNDING)


def entropy_rounding(state: SteadyState) -> float:
    """Return the size below which the entropy production of a machine is rounding error.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> even = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=5.0))
    >>> abs(float(even.entropy_production)) < entropy_rounding(even) < 1e-12
    True
    """
    baths = state.machine.reservoirs
    warmth = [abs(float(b.temperature)) for b in baths if b.temperature is not None]
    return rounding(state) / min((t for t in warmth if t > 0.0), default=1.0)


def unit_names(units: Units) -> dict[str, str]:
    """Return what each kind of number is printed in; empty for ħ = k_B = 1.

    Examples
    --------
    >>> unit_names(Units("cyclic"))["temperatures"]
    'mK'
    """
    rate = units.rate.unit
    return {
        "convention": units.convention,
        "energies": units.frequency.unit,
        "temperatures": units.temperature.unit,
        "rates": rate,
        "times": units.time.unit,
        "heat_currents": units.power.unit,
        "entropy_production": rate.replace("1/", "k_B/"),
    }


def all_qubits(machine: Machine) -> bool:
    """Whether a machine is made of qubits alone.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> all_qubits(two_qubit_machine(1.0, 1.0, 0.5))
    True
    """
    return all(isinstance(part, Qubit) for part in machine.subsystems)
