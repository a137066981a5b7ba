r"""What a machine does with its heat at each point, how well, and what the second law allows.

Reservoirs of one temperature are one reservoir; there are a coldest, a hottest and at most one
between, the *ambient* that waste heat goes to. Beside them power P enters without entropy: through
the interaction where heat is counted by bare energies, through particles against a bias
(Σ μ J_N), and from dephasing, which is noise of infinite temperature. With β = 1/T, the first law
ΣQ + P = 0 and the second Σ βQ <= 0 give every bound, by eliminating the heat that is dumped:

| mode | what happens | useful | paid | useful, at most, with r = β T_cold |
| --- | --- | --- | --- | --- |
| refrigerator | the coldest gives heat | Q_c | Q_h, P | [Q_h (r_m − r_h) + P r_m] / (1 − r_m) |
| engine | work W leaves | W | Q_h, Q_m, noise | Q_h (1 − r_h) + Q_m (1 − r_m) + noise |
| heat transformer | the hottest takes | −Q_h | Q_m, P | [Q_m (1 − r_m) + P] / (1 − r_h) |
| accelerator | work helps heat downhill | | | |
| heater | power becomes heat | | | |
| conduction | heat passes downhill | | | |
| equilibrium | nothing passes | | | |
| forbidden | entropy decreases: a fault of the equation | | | |

The merit is useful over paid, of which only what is positive counts. Without power the bounds are
Carnot's: an absorption refrigerator has Q_c/Q_h <= (β_m − β_h)/(β_c − β_m), and an engine
W/Q_h <= 1 − T_c/T_h. The absorption refrigerator is a heat pump as well, with
−Q_m/Q_h = 1 + Q_c/Q_h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import items_of, require_kind
from entherm.comparison_entry import plain
from entherm.errors import ParameterError
from entherm.parameters import Array
from entherm.steady_state import SteadyState
from entherm.thermodynamics.heat_accounts import Accounts
from entherm.thermodynamics.laws import require_judgeable
from entherm.thermodynamics.roles import Names, reservoir_roles
from entherm.validity_case import Case

MODES = (
    "refrigerator",
    "engine",
    "heat transformer",
    "accelerator",
    "heater",
    "conduction",
    "equilibrium",
    "forbidden",
)


@dataclass(frozen=True, eq=False)
class Performance:
    """What a machine does at each point; every array has the broadcast shape.

    Attributes
    ----------
    mode : ndarray of str
        One of `MODES`; empty where there is no steady state.
    cop : ndarray
        Of a refrigerator, Q_c over what is paid; NaN elsewhere.
    efficiency : ndarray
        Of an engine or a heat transformer; NaN elsewhere.
    carnot : ndarray
        The largest merit that both laws allow at these temperatures and this share of power and
        heat; NaN where there is no merit, where a reservoir without a role gives or takes heat,
        and where all reservoirs are inverted.
    heat : dict of str to ndarray
        Out of ``"cold"``, ``"ambient"``, ``"hot"`` and of ``"others"``, which have no role.
    roles : dict of str to ndarray of str
        Role of each reservoir.
    work : ndarray
        Power that the machine gives, mechanical and chemical.
    noise : ndarray
        Power that dephasing gives to the machine.
    entropy_production : ndarray
    entangled : ndarray of bool, or None
        Where the pair that was named has concurrence: the machine is an entangler.
    """

    mode: NDArray[np.str_]
    cop: Array
    efficiency: Array
    carnot: Array
    heat: Mapping[str, Array]
    roles: Mapping[str, NDArray[np.str_]]
    work: Array
    noise: Array
    entropy_production: Array
    entangled: NDArray[np.bool_] | None = None

    @property
    def heating_cop(self) -> Array:
        """Of a refrigerator used as a heat pump: heat delivered over what is paid, 1 + COP."""
        return np.asarray(1.0 + self.cop)

    @property
    def share_of_carnot(self) -> Array:
        """Merit over its bound, 1 where the machine is reversible."""
        merit = np.where(np.isnan(self.cop), self.efficiency, self.cop)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(merit / self.carnot)

    def as_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON: ±∞ as text, what is undefined as None."""
        numbers = {k: getattr(self, k) for k in ("cop", "efficiency", "carnot", "work", "noise")}
        numbers["entropy_production"] = self.entropy_production
        found: dict[str, Any] = {"mode": self.mode.tolist()}
        found |= {k: plain(v.tolist()) for k, v in numbers.items()}
        found["heat"] = {k: plain(v.tolist()) for k, v in self.heat.items()}
        found["roles"] = {k: v.tolist() for k, v in self.roles.items()}
        if self.entangled is not None:
            found["entangled"] = self.entangled.tolist()
        return found

    def __str__(self) -> str:
        if self.mode.ndim:
            words, counts = np.unique(self.mode, return_counts=True)
            each = (f"{w or 'no state'} {n}" for w, n in zip(words, counts, strict=True))
            return f"Performance over shape {self.mode.shape}: {', '.join(each)}"
        merit = "COP" if self.mode == "refrigerator" else "efficiency"
        value = self.cop if self.mode == "refrigerator" else self.efficiency
        told = "" if np.isnan(value) else f", {merit} {value:.4g} of at most {self.carnot:.4g}"
        return f"Performance: {self.mode}{told}"


def performance(
    state: SteadyState,
    *,
    cold: Names | None = None,
    hot: Names | None = None,
    ambient: Names | None = None,
    pair: tuple[str, str] | None = None,
) -> Performance:
    """Return what a machine does at each point: its mode, its merit, and Carnot's bound.

    Parameters
    ----------
    state : SteadyState
    cold, hot, ambient : str or tuple of str, optional
        Reservoirs by their role, those of one role at one temperature; `ambient` may be left out.
        Left out altogether, roles go by temperature, point by point, for up to three temperatures;
        negative ones are the hottest.
    pair : (str, str), optional
        Two qubits, to say where the machine entangles them.

    Returns
    -------
    Performance

    Raises
    ------
    ParameterError
        For fewer than two reservoirs, one without a temperature, more than three temperatures
        without roles, roles against the order of temperatures, more than 128 levels, a pair that
        is none.
    UnknownNameError
        For a reservoir that is not there.

    References
    ----------
    N. Brunner, N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. E 85, 051117 (2012); A. Levy,
    R. Kosloff, Phys. Rev. Lett. 108, 070604 (2012).

    Examples
    --------
    >>> from entherm import Local, Machine, Qubit, Reservoir, steady_state, swap
    >>> qubits = [Qubit("A", 1.0), Qubit("B", 5.0), Qubit("C", 4.0)]
    >>> baths = [
    ...     Reservoir(n, T, {q: 1e-3})
    ...     for n, T, q in [("c", 1, "A"), ("m", 1.1, "B"), ("h", 3, "C")]
    ... ]
    >>> m = Machine(qubits, [swap("A", "B", "C", 0.05)], baths)
    >>> p = performance(steady_state(m, Local(heat="bare")))
    >>> str(p.mode), round(float(p.cop), 12), round(float(p.carnot), 4)
    ('refrigerator', 0.25, 6.3333)
    """
    rule, remedy = "be a SteadyState", "performance is that of a machine that has settled"
    require_kind(state, SteadyState, "state", rule, remedy)
    require_judgeable(state.machine)
    case = Case(state.machine, state.equation, state)
    roles = reservoir_roles(state.machine, cold=cold, ambient=ambient, hot=hot)
    accounts = Accounts(state, case, roles)
    mode = accounts.mode
    found = {word: np.full(state.shape, np.nan) for word in ("cop", "efficiency", "carnot")}
    bounded = roles.bounded(accounts.idle)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        merits = {
            "refrigerator": (accounts.heat["cold"], *accounts.cooling),
            "engine": (accounts.work, *accounts.driving),
            "heat transformer": (-accounts.heat["hot"], *accounts.lifting),
        }
        for word, (useful, paid, allowed) in merits.items():
            here = mode == word
            merit = "cop" if word == "refrigerator" else "efficiency"
            found[merit] = np.where(here, useful / paid, found[merit])
            found["carnot"] = np.where(here & bounded, allowed / paid, found["carnot"])
    return Performance(
        mode,
        found["cop"],
        found["efficiency"],
        found["carnot"],
        accounts.heat,
        roles.words,
        accounts.work,
        accounts.noise,
        np.asarray(state.entropy_production),
        None if pair is None else _entangled(state, pair),
    )


def _entangled(state: SteadyState, pair: tuple[str, str]) -> NDArray[np.bool_]:
    remedy = "give e.g. ('A', 'B')"
    names = items_of(pair, "pair", remedy)
    if len(names) != 2:
        raise ParameterError("pair", "name two qubits", repr(pair), remedy)
    return np.asarray(state.concurrence(*names) > 0.0)
