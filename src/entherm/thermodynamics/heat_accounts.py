"""Energy by role, and what both laws allow: the figures that a performance is made of.

See `entherm.thermodynamics.performance` for the modes and their bounds.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entherm.composition import DEPHASING, WORK
from entherm.observables import Quanta
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.steady_state import SteadyState
from entherm.thermodynamics.roles import NAMES, OTHERS, Roles
from entherm.validity_case import Case
from entherm.validity_rules import LAW_THRESHOLD
from entherm.validity_state import second_law_violation

# A current below this share of a reservoir's one-way flows is rounding: a hundred times what
# identities leave (1e-14).
NOTHING = 1e-12


class Accounts:
    """Energy by role, rounding taken for nothing, and the bounds that both laws give.

    Attributes
    ----------
    heat : dict of str to ndarray
        Out of the reservoirs of each role.
    work, noise : ndarray
        Power that the machine gives, and that dephasing gives to it.
    """

    def __init__(self, state: SteadyState, case: Case, roles: Roles) -> None:
        self._state, self._case, self._roles = state, case, roles
        self._gross = np.asarray(sum(np.broadcast_to(g, state.shape) for g in case.gross.values()))
        self.heat = {role: self._of(role) for role in (*NAMES, OTHERS)}
        self.noise = self._rounded(self._source(DEPHASING))
        self.work = self._rounded(-self._source(WORK) - self._chemical)

    def _of(self, role: str) -> Array:
        currents, gross = np.zeros(self._state.shape), np.zeros(self._state.shape)
        for name, own in self._roles.of[role].items():
            currents = currents + np.where(own, self._state.heat_currents[name], 0.0)
            gross = gross + np.where(own, self._case.gross[name], 0.0)
        return np.asarray(np.where(np.abs(currents) <= NOTHING * gross, 0.0, currents))

    def _source(self, name: str) -> Array:
        currents = self._state.heat_currents
        return np.asarray(currents[name] if name in currents else np.zeros(self._state.shape))

    @property
    def _chemical(self) -> Array:
        """Σ μ J_N, what particles bring beside heat."""
        given = np.zeros(self._state.shape)
        for bath in self._state.machine.reservoirs:
            if isinstance(bath, Reservoir) and bath.has_chemical_potential:
                (quanta,) = self._state.observe(Quanta(bath.name))
                given = given + bath.chemical_potential * quanta
        return given

    def _rounded(self, power: Array) -> Array:
        return np.asarray(np.where(np.abs(power) <= NOTHING * self._gross, 0.0, power))

    @property
    def idle(self) -> NDArray[np.bool_]:
        """Where no heat passes outside the roles."""
        return np.asarray(self.heat[OTHERS] == 0.0)

    @cached_property
    def _power(self) -> Array:
        """P, what enters without entropy."""
        return np.asarray(self.noise - self.work)

    @property
    def cooling(self) -> tuple[Array, Array]:
        """What a refrigerator pays, and the most that it may take out of the coldest for it."""
        c, hot, power = self._roles.reduced, self.heat["hot"], self._power
        allowed = hot * (c["ambient"] - c["hot"]) + power * c["ambient"]
        return np.maximum(hot, 0.0) + np.maximum(power, 0.0), np.asarray(
            allowed / (1.0 - c["ambient"])
        )

    @property
    def driving(self) -> tuple[Array, Array]:
        """What an engine pays, and the most work that it may give for it."""
        c, hot, middle = self._roles.reduced, self.heat["hot"], self.heat["ambient"]
        paid = np.maximum(hot, 0.0) + np.maximum(middle, 0.0) + np.maximum(self.noise, 0.0)
        heat = hot * (1.0 - c["hot"]) + middle * (1.0 - c["ambient"])
        return paid, np.asarray(heat + self.noise)

    @property
    def lifting(self) -> tuple[Array, Array]:
        """What a heat transformer pays, and the most heat that it may give to the hottest."""
        c, middle, power = self._roles.reduced, self.heat["ambient"], self._power
        allowed = (middle * (1.0 - c["ambient"]) + power) / (1.0 - c["hot"])
        return np.maximum(middle, 0.0) + np.maximum(power, 0.0), np.asarray(allowed)

    @cached_property
    def mode(self) -> NDArray[np.str_]:
        """The first that holds, from the top."""
        heat = self.heat
        cold, middle, hot = (heat[role] for role in NAMES)
        flows = np.array([*heat.values(), self.work, self.noise])
        driven = self._power > 0.0
        # Heat from the coldest to the hottest alone, for nothing, breaks the second law.
        uphill = (cold > 0.0) & (hot < 0.0) & ~driven & self._upright
        uphill = uphill & (~self._roles.between | (middle <= 0.0)) & self.idle
        violation = second_law_violation(self._case)
        holds = {
            "": np.isnan(flows).any(0) | (self._state.reason != 0),
            "forbidden": (violation > LAW_THRESHOLD) | uphill,
            "equilibrium": (flows == 0.0).all(0),
            "engine": self.work > 0.0,
            "refrigerator": (cold > 0.0) & ((hot > 0.0) | driven),
            "heat transformer": (middle > 0.0) & (hot < 0.0),
            "accelerator": (hot > 0.0) & (cold < 0.0) & (self.work < 0.0),
            "heater": driven & (hot <= 0.0) & (cold <= 0.0),
        }
        words = np.select([np.asarray(v) for v in holds.values()], [*holds], "conduction")
        return np.asarray(words)

    @property
    def _upright(self) -> NDArray[np.bool_]:
        """Where temperatures differ, so that heat has a downhill."""
        return np.asarray(self._roles.reduced["hot"] < 1.0)
