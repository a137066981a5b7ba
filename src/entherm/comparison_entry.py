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
from entherm.parameters import Array
from entherm.steady_state import SteadyState
from entherm.validity import Validity, assess

Mask = NDArray[np.bool_]

# The order of preference, and the figures that must be within their thresholds.
CRITERIA: tuple[tuple[type[Equation], tuple[str, ...], str], ...] = (
    (Global, ("secular_ratio",), "levels of one class are apart against their widths"),
    (
        Unified,
        ("secular_ratio", "cluster_spread"),
        "near levels form narrow clusters that are apart from the rest",
    ),
    (
        Redfield,
        ("negativity_of_state",),
        "levels overlap or their clusters are wide, and the Redfield state is positive",
    ),
    (
        UniversalLindblad,
        (),
        "levels overlap, and the state of the universal Lindblad equation is positive",
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
    (Reset, (), "the reservoirs reset, which no equation of weak coupling describes"),
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

    @cached_property
    def fit(self) -> Mask:
        """Where the rule of this module admits it."""
        admitted = self.solved
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
