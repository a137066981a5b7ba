"""A machine file solved: everything that its steady state says, in the units of the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from entherm import (
    EnthermError,
    InvalidMachineError,
    Machine,
    MachineFile,
    NonUniqueSteadyStateError,
    Observable,
    ParameterError,
    SteadyState,
    Units,
    __version__,
    concurrence,
    diagonalise,
    formation,
    negativity,
    read,
    steady_state,
)
from entherm.cli.output import shown
from entherm.equations import rate_equation
from entherm.operators import bare_states
from entherm.parameters import Array
from entherm.units import DIMENSIONLESS, relaxation_time

# A net heat current below this fraction of all one-way flows is rounding error, without direction.
HEAT_ROUNDING = 1e-14
# 6 qubits take about ten seconds; every qubit more takes some eight times as long.
MOST_QUBITS = 6


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
        return tuple(combinations(self.machine.names, 2))

    @property
    def equation(self) -> str:
        """Name of the master equation."""
        return type(self.state.equation).__name__.lower()

    def as_dict(self) -> dict[str, object]:
        """Return the solution as `entherm solve --json` prints it."""
        validity = self.state.validity
        return {
            "file": self.source.file,
            "name": self.source.name,
            "description": self.source.description,
            "equation": self.equation,
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
            "entropy_production": shown(self.units.rate, self.state.entropy_production),
            "effective_temperatures": self.effective_temperatures(),
            "reservoirs": self.reservoirs(),
            "dephasing": self.dephasing(),
            "validity": {**validity.figures, "warnings": validity.warnings},
            "provenance": {"entherm": __version__, "machine": self.machine.hash},
        }

    def unit_names(self) -> dict[str, str]:
        """Return what each kind of number is printed in; empty for ħ = k_B = 1."""
        units = self.units
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

    def directions(self) -> dict[str, int]:
        """Return +1 for each source that heat leaves, −1 if it enters, 0 if only rounding does."""
        rates = rate_equation(self.machine, diagonalise(self.machine), self.state.equation)
        omega = {edge: abs(float(w)) for edge, w in rates.frequencies.items()}
        populations = self.state.level_populations
        gross = sum(
            omega.get((i, j), omega.get((j, i), 0.0)) * float(rate) * float(populations[i])
            for flows in rates.rates.values()
            for (i, j), rate in flows.items()
        )
        return {
            name: 0 if abs(current) <= HEAT_ROUNDING * gross else int(np.sign(current))
            for name, current in self.state.heat_currents.items()
        }

    def effective_temperatures(self) -> dict[str, dict[str, float]]:
        """Return frequency and both effective temperatures of each transition, by level numbers."""
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

    def reservoirs(self) -> dict[str, dict[str, object]]:
        """Return what each reservoir is, with its rates in 1/s and the T₁ that they mean."""
        return {
            bath.name: {
                "temperature": shown(self.units.temperature, bath.temperature),
                "correlation": bath.correlation,
                "couplings": {
                    name: {
                        **_rate_and_time(self.units, coupling.rate, "T1"),
                        "sign": -1 if coupling.amplitude < 0 else 1,
                    }
                    for name, coupling in bath.couplings.items()
                },
            }
            for bath in self.machine.reservoirs
        }

    def dephasing(self) -> dict[str, dict[str, object]]:
        """Return γ of each dephased qubit, and T_φ: under Eq. (21) its coherence decays at 2 γ."""
        return {
            name: _rate_and_time(self.units, dephasing.rate, "T_phi")
            for name, dephasing in self.machine.dephasing.items()
        }


def solve(path: str, initial: str | None = None) -> Solution:
    """Read a machine file and solve it.

    Parameters
    ----------
    path : str
        A machine file with one machine in it.
    initial : str, optional
        The bare ket to start from where the steady state is not unique: ``"10"`` or ``"01+10"``.

    Raises
    ------
    MachineFileError
        For whatever is wrong with the file, or with its machine; names the line where it can.
    ParameterError
        For an `initial` that is no ket of this machine.

    Examples
    --------
    >>> round(solve("examples/two_qubit.toml").as_dict()["concurrence"]["A-B"], 4)
    0.0993
    """
    source = read(path)
    machine = source.machine
    start = None if initial is None else bare_ket(initial, machine)
    try:
        _require_one_machine(machine)
        _require_solvable(machine, start)
        state, unique = _steady_state(machine, start)
    except NonUniqueSteadyStateError as error:
        remedy = f"--initial {'10'.ljust(len(machine.names), '0')[: len(machine.names)]}"
        message = str(error).replace("initial=...", f"{remedy} (a bare ket)")
        told = NonUniqueSteadyStateError(message, error.kernel_dimension, error.dark_states)
        raise source.locate(told) from told
    except EnthermError as error:
        raise source.locate(error) from error
    return Solution(source, state, unique, initial)


def _steady_state(machine: Machine, start: Array | None) -> tuple[SteadyState, bool]:
    """Return the steady state, and whether it is unique."""
    # Overflow is not worth a warning here: what it leaves behind is refused below.
    with np.errstate(all="ignore"):
        try:
            state, unique = steady_state(machine), True
        except NonUniqueSteadyStateError:
            if start is None:
                raise
            state, unique = steady_state(machine, initial=start), False
        finite = np.all(np.isfinite(state.populations))
    if not finite:
        raise InvalidMachineError(
            "The populations are not finite: rates or frequencies leave the range of double "
            "precision; give all values in a unit in which they are nearer to 1."
        )
    return state, unique


def bare_ket(text: str, machine: Machine) -> Array:
    """Return the ket that `text` spells, in the bare basis, excited first.

    Parameters
    ----------
    text : str
        One digit a qubit, 1 excited, in the order of the file; several with + or − between them
        are superposed with equal weight.
    machine : Machine
        Whose qubits they are.

    Raises
    ------
    ParameterError
        If it spells none.

    Examples
    --------
    >>> from entherm.machine_file import load
    >>> bare_ket("01-10", load("examples/two_qubit.toml")).round(4)
    array([ 0.    , -0.7071,  0.7071,  0.    ])
    """
    count = len(machine.names)
    states = ["".join(map(str, state)) for state in bare_states(machine.dimensions)]
    terms = re.findall(r"([+-]?)(\d+)", text)
    labels = [label for _, label in terms]
    spelled = "".join(sign + label for sign, label in terms).removeprefix("+")
    if spelled != text or not labels or len(set(labels)) < len(labels) or set(labels) - {*states}:
        raise ParameterError(
            "--initial",
            f"be a bare ket of {count} qubit(s) ({', '.join(machine.names)}), 1 excited",
            repr(text),
            f"write e.g. --initial {states[1]}" + (f" or {states[1]}+{states[-2]}") * (count > 1),
        )
    ket = np.zeros(len(states))
    for sign, label in terms:
        ket[states.index(label)] = -1.0 if sign == "-" else 1.0
    return np.asarray(ket / np.sqrt(len(labels)))


def _require_one_machine(machine: Machine) -> None:
    for path, value in machine.parameters.items():
        if value.ndim:
            raise ParameterError(
                path,
                "be one number for `entherm solve`",
                f"a list of {value.size}",
                "give one value, or read the file with entherm.load and solve all points at once "
                "with entherm.steady_state",
            )


def _require_solvable(machine: Machine, start: Array | None) -> None:
    count = len(machine.names)
    if count > MOST_QUBITS:
        raise ParameterError(
            "qubits",
            f"be at most {MOST_QUBITS} for `entherm solve`",
            f"{count}",
            f"leave some out; larger machines are not practical yet, because the time grows about "
            f"8 times with every qubit, and {MOST_QUBITS} take about ten seconds",
        )
    if not machine.reservoirs and start is None:
        raise ParameterError(
            "reservoirs",
            "be given",
            "none",
            "without one, any mixture of levels is steady; write [reservoirs.RC] and below it "
            "temperature and couplings",
        )


def _rate_and_time(units: Units, rate: Array, time: str) -> dict[str, object]:
    found: dict[str, object] = {"rate": shown(units.rate, rate)}
    if units != DIMENSIONLESS:
        found[time] = shown(units.time, relaxation_time(rate))
    return found
