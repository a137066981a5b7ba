"""Which reservoir is the cold, the hot, the ambient one: by name, or point by point by temperature.

Hotness is −1/T: from absolute zero over +∞ to negative temperatures, which are the hottest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from entherm.checks import items_of, require_distinct
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.parameters import Array, require

Names = str | tuple[str, ...]
Mask = NDArray[np.bool_]

NAMES = ("cold", "ambient", "hot")
OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Roles:
    """Role of each reservoir, at each point.

    Attributes
    ----------
    of : dict of str to dict of str to ndarray of bool
        For each role, by reservoir, where it has it.
    inverse : dict of str to ndarray
        1/T of each role; of the ambient, where there is none, that of the hottest.
    shape : tuple of int
    """

    of: Mapping[str, Mapping[str, Mask]]
    inverse: Mapping[str, Array]
    shape: tuple[int, ...]

    @cached_property
    def words(self) -> dict[str, NDArray[np.str_]]:
        """Role of each reservoir, in words."""
        names = self.of[OTHERS]
        return {
            name: np.select([self.of[role][name] for role in NAMES], NAMES, OTHERS)
            for name in names
        }

    @property
    def between(self) -> Mask:
        """Where there is an ambient one."""
        return np.asarray(np.any([*self.of["ambient"].values()], axis=0))

    @cached_property
    def reduced(self) -> dict[str, Array]:
        """T_cold / T of the ambient and of the hottest; NaN where the coldest is inverted."""
        cold = self.inverse["cold"]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            warmth = np.where(cold > 0.0, 1.0 / cold, np.nan)
            found = {role: self.inverse[role] * warmth for role in ("ambient", "hot")}
        same = {role: self.inverse[role] == cold for role in found}
        return {role: np.where(same[role], 1.0, value) for role, value in found.items()}

    def bounded(self, idle: Mask) -> Mask:
        """Where the laws bound a merit: nothing passes outside the roles."""
        return np.asarray(idle & ~np.isnan(self.reduced["hot"]))


def reservoir_roles(
    machine: Machine,
    *,
    cold: Names | None = None,
    ambient: Names | None = None,
    hot: Names | None = None,
) -> Roles:
    """Return the role of each reservoir.

    Parameters
    ----------
    machine : Machine
    cold, ambient, hot : str or tuple of str, optional
        As in `entherm.thermodynamics.performance.performance`.

    Raises
    ------
    ParameterError, UnknownNameError
        As there.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=[1.0, 9.0])
    >>> {k: v.tolist() for k, v in reservoir_roles(m).words.items()}
    {'RA': ['hot', 'cold'], 'RB': ['hot', 'cold'], 'RC': ['cold', 'hot']}
    """
    given = {"cold": cold, "ambient": ambient, "hot": hot}
    if len(machine.reservoirs) < 2:
        rule, got = "have two reservoirs or more", str(len(machine.reservoirs))
        raise ParameterError("machine", rule, got, "one alone is at equilibrium, or only heated")
    if all(names is None for names in given.values()):
        return _by_temperature(machine)
    if cold is None or hot is None:
        rule, remedy = "be given with the other", "name cold and hot, or neither"
        raise ParameterError("cold" if cold is None else "hot", rule, "None", remedy)
    return _by_name(machine, {role: _listed(role, names) for role, names in given.items()})


def _listed(role: str, names: Names | None) -> tuple[str, ...]:
    if names is None:
        return ()
    listed = (names,) if isinstance(names, str) else items_of(names, role, "give ('RA', 'RB')")
    if not listed:
        raise ParameterError(role, "name a reservoir", "none", "give e.g. 'RC'")
    return listed


def _inverse_temperature(machine: Machine, name: str) -> Array:
    """1/T at every point."""
    temperature = machine.reservoir(name).temperature
    if temperature is None:
        remedy = "what an occupation does has no Carnot bound; give a temperature"
        path = f"reservoirs.{name}"
        raise ParameterError(path, "have a temperature", "an occupation", remedy)
    cold = temperature == 0.0
    with np.errstate(over="ignore"):
        inverse = np.where(cold, np.inf, 1.0 / np.where(cold, 1.0, temperature))
    return np.broadcast_to(inverse, machine.shape)


def _by_temperature(machine: Machine) -> Roles:
    inverse = {b.name: _inverse_temperature(machine, b.name) for b in machine.reservoirs}
    stacked = np.stack([*inverse.values()])
    lowest, highest = stacked.min(0), stacked.max(0)
    of: dict[str, dict[str, Mask]] = {role: {} for role in (*NAMES, OTHERS)}
    middle = np.full(machine.shape, np.nan)
    for name, own in inverse.items():
        of["cold"][name] = np.asarray(own == highest)
        of["hot"][name] = np.asarray((own == lowest) & (own != highest))
        of["ambient"][name] = np.asarray((own != lowest) & (own != highest))
        of[OTHERS][name] = np.zeros(machine.shape, bool)
        further = of["ambient"][name] & ~np.isnan(middle) & (middle != own)
        rule = "be one of at most three different temperatures, or the roles be named"
        shown = np.broadcast_to(machine.reservoir(name).temperature, machine.shape)  # type: ignore[arg-type]
        remedy = "give performance(state, cold=..., ambient=..., hot=...)"
        require(~further, shown, f"reservoirs.{name}.temperature", rule, remedy)
        middle = np.where(of["ambient"][name], own, middle)
    ambient = np.where(np.isnan(middle), lowest, middle)
    return Roles(of, {"cold": highest, "ambient": ambient, "hot": lowest}, machine.shape)


def _by_name(machine: Machine, given: Mapping[str, tuple[str, ...]]) -> Roles:
    every = [name for names in given.values() for name in names]
    for name in every:
        machine.reservoir(name)
    require_distinct("roles", every)
    known: dict[str, Array] = {}
    for role, names in given.items():
        for name in names:
            own = _inverse_temperature(machine, name)
            known.setdefault(role, own)
            told = f"be at the temperature of {names[0]}, with which it is {role}"
            shown = np.broadcast_to(machine.reservoir(name).temperature, machine.shape)  # type: ignore[arg-type]
            path = f"reservoirs.{name}.temperature"
            require(own == known[role], shown, path, told, "give it another role")
    ordered = [role for role in NAMES if role in known]
    for colder, hotter in pairwise(ordered):
        name = given[colder][0]
        shown = np.broadcast_to(machine.reservoir(name).temperature, machine.shape)  # type: ignore[arg-type]
        rule = f"be no hotter than {given[hotter][0]}, as it is {colder} and that is {hotter}"
        remedy = "leave the roles out: they then go by temperature, point by point"
        path = f"reservoirs.{name}.temperature"
        require(known[colder] >= known[hotter], shown, path, rule, remedy)
    all_names = [bath.name for bath in machine.reservoirs]
    yes, no = np.ones(machine.shape, bool), np.zeros(machine.shape, bool)
    of = {role: {n: yes if n in given[role] else no for n in all_names} for role in NAMES}
    of[OTHERS] = {n: no if n in every else yes for n in all_names}
    return Roles(of, {"ambient": known["hot"], **known}, machine.shape)
