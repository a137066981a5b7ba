"""One equation on one machine, as a comparison shows it, and whether it is fit there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.equations import (
    Equation,
    Global,
    Local,
    Redfield,
    Reset,
    Unified,
    UniversalLindblad,
)
from entherm.errors import EnthermError, ParameterError
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.steady_state import SteadyState
from entherm.validity import Validity, assess

Mask = NDArray[np.bool_]

# The order of preference, and the figures that must be within their thresholds.
CRITERIA: tuple[tuple[type[Equation], tuple[str, ...], str], ...] = (
    (Global, ("secular_ratio",), "levels of one class are apart against their widths"),
    (
        Unified,
        ("secular_ratio", "cluster_spread"),
        "levels that it does not join are apart, and its clusters are narrow",
    ),
    (
        Redfield,
        ("negativity_of_state",),
        "it asks for no levels apart, and its state is positive",
    ),
    (
        UniversalLindblad,
        (),
        "it asks for no levels apart, and its state is positive always",
    ),
    (
        Local,
        (
            "interaction_gap_ratio",
            "interaction_temperature_ratio",
            "secular_ratio",
            "cluster_spread",
            "second_law_violation",
        ),
        "the interaction is small against gaps and temperatures",
    ),
    (Reset, (), "a reservoir resets, which no equation of weak coupling describes"),
)
# Figures of what every equation assumes, so that none is a cure for another.
SHARED = (
    "weak_coupling_ratio",
    "broadening_ratio",
    "counter_rotating_ratio",
    "rotating_wave_violation",
    "retardation_ratio",
    "truncation",
)


@dataclass(frozen=True, eq=False)
class Entry:
    """One equation on the machine.

    Attributes
    ----------
    equation : Equation
    state : SteadyState
    pairs : tuple of (str, str)
        Those whose concurrence is shown.
    """

    equation: Equation
    state: SteadyState
    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def concurrence(self) -> dict[str, Array]:
        """Of each pair, e.g. ``"A-B"``."""
        return {f"{a}-{b}": np.asarray(self.state.concurrence(a, b)) for a, b in self.pairs}

    @cached_property
    def heat_currents(self) -> dict[str, Array]:
        """Out of each source."""
        return {name: np.asarray(value) for name, value in self.state.heat_currents.items()}

    @cached_property
    def entropy_production(self) -> Array:
        """σ."""
        return np.asarray(self.state.entropy_production)

    @cached_property
    def validity(self) -> Validity:
        """Its own figures."""
        return assess(self.state.machine, self.equation, self.state)

    @cached_property
    def solved(self) -> Mask:
        """Where it has a steady state."""
        return np.asarray(self.state.reason == 0)

    @property
    def is_foreign(self) -> bool:
        """Whether it is the model of resets on a machine in which nothing resets."""
        resets = any(isinstance(bath, ResetReservoir) for bath in self.state.machine.reservoirs)
        return isinstance(self.equation, Reset) and not resets

    @cached_property
    def fit(self) -> Mask:
        """Where the rule of this module admits it."""
        admitted = self.solved & (not self.is_foreign)
        for kind, names, _ in CRITERIA:
            if isinstance(self.equation, kind):
                for name in set(names) & set(self.validity.names):
                    admitted = admitted & ~self.validity.beyond(name)
        return np.asarray(admitted)

    def to_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON."""
        return {
            "equation": repr(self.equation),
            "concurrence": {k: plain(v.tolist()) for k, v in self.concurrence.items()},
            "heat_currents": {k: plain(v.tolist()) for k, v in self.heat_currents.items()},
            "entropy_production": plain(self.entropy_production.tolist()),
            "validity": {k: plain(v.tolist()) for k, v in self.validity.figures.items()},
            "warnings": list(self.validity.warnings),
            "notes": list(self.validity.notes),
            "fit": self.fit.tolist(),
        }


def refusal(machine: Machine, equation: Equation, error: EnthermError) -> str:
    """Say why an equation has no result, in few words where it cannot describe the machine.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(1.0, 1.0, 0.5)
    >>> refusal(m, Reset(), ParameterError("equation", "be another", "Reset()", "take one"))
    'needs reservoirs of one qubit each; RC touches A, B'
    """
    if not isinstance(error, ParameterError) or error.path != "equation":
        return str(error)
    if isinstance(equation, Reset):
        return _unlike_resets(machine) or str(error)
    resets = [b.name for b in machine.reservoirs if isinstance(b, ResetReservoir)]
    if not resets:
        return str(error)
    verb = "resets" if len(resets) == 1 else "reset"
    return f"describes no resets; {', '.join(resets)} {verb} a subsystem in its bare levels"


def _unlike_resets(machine: Machine) -> str:
    """What of a machine's thermal reservoirs no reset stands for; empty if nothing is found."""
    qubits = {n for n, d in zip(machine.names, machine.dimensions, strict=True) if d == 2}
    thermal = [bath for bath in machine.reservoirs if isinstance(bath, Reservoir)]
    for bath in thermal:
        if len(bath.couplings) > 1 or not qubits.issuperset(bath.couplings):
            touched = ", ".join(bath.couplings)
            return f"needs reservoirs of one qubit each; {bath.name} touches {touched}"
    for bath in thermal:
        if bath.statistics != "bose":
            return f"needs bosonic reservoirs; {bath.name} is of fermions"
        if bath.has_chemical_potential:
            return f"needs reservoirs without a chemical potential; {bath.name} has one"
    return ""


def plain(value: Any) -> Any:
    """Return numbers in the types of JSON: ±∞ as text, what is undefined as None.

    Examples
    --------
    >>> plain([1.0, np.inf, np.nan])
    [1.0, 'inf', None]
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if np.isnan(value):
        return None
    return str(value) if np.isinf(value) else value
