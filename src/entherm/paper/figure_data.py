"""The numbers behind Figs. 1–5 of the paper, as labelled datasets.

Everything is computed with the general library; `entherm.paper.equations` and
`entherm.paper.closed_form` are kept for the tests. All are in units of Γ, with ħ = k_B = 1; the
circuit of Figs. 6 and 7 is in `entherm.paper.circuit_data`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from entherm import __version__
from entherm.machine import Machine
from entherm.observables import heat
from entherm.pair_measures import concurrence
from entherm.parameters import Array
from entherm.steady_state import steady_state
from entherm.two_qubit import two_qubit_machine

if TYPE_CHECKING:
    import xarray as xr

C_OBSERVABLE, Q_OBSERVABLE = concurrence("A", "B"), heat("RC")
EPSILON = 20.0  # Figs. 2-5, in units of Γ
OMEGA_STRONG, OMEGA_WEAK = 10.0, 6.0  # Fig. 2; Figs. 3-5
HOT = 8.0  # T_B of Figs. 4 and 5
COLD = (5.0, 4.0, 3.0, 2.0)  # T_A of their panels (a)-(d)
T_C_FIG2 = (2.0, 5.0, 7.0, 9.0)
T_C_FIG3 = (2.0, 4.0, 5.0, 6.0)

Variable = tuple[Sequence[str], ArrayLike, dict[str, str]]


def labelled(
    dims: Sequence[str] | str, values: ArrayLike, symbol: str, long_name: str, units: str = "1"
) -> Variable:
    """Give an array its dimensions, and the words that stand on an axis.

    Examples
    --------
    >>> labelled("T", [1.0], "T", "temperature", "Γ")[0]
    ('T',)
    """
    names = (dims,) if isinstance(dims, str) else tuple(dims)
    return names, values, {"symbol": symbol, "long_name": long_name, "units": units}


def dataset(
    figure: str, machine: Machine, unit: str, data: dict[str, Variable], coords: dict[str, Variable]
) -> xr.Dataset:
    """Make a dataset with what is needed to make its machine again.

    What a figure varies has no value in ``machine_parameters``.

    Examples
    --------
    >>> dataset("Fig. 1", two_qubit_machine(1, 1, 0.5), "Gamma", {}, {}).attrs["figure"]
    '[Man] Fig. 1'
    """
    import xarray as xr

    fixed = {path: float(v) for path, v in machine.parameters.items() if v.ndim == 0}
    varied = [path for path, v in machine.parameters.items() if v.ndim]
    attributes = {
        "figure": f"[Man] {figure}",
        "machine_parameters": json.dumps(fixed),
        "varied_parameters": ", ".join(varied),
        "machine_hash": machine.hash,
        "unit": f"{unit}, with hbar = k_B = 1",
        "equation": "global master equation, [Man] Eq. (8), dephasing by Eq. (21)",
        "entherm_version": __version__,
    }
    return xr.Dataset(data, coords, attributes)


def _equal_temperatures(Omega: float, T: ArrayLike, T_C: ArrayLike) -> Machine:
    return two_qubit_machine(EPSILON, EPSILON, Omega, T_A=T, T_B=T, T_C=T_C)


def concurrence_of(machine: Machine) -> Array:
    """C of the two qubits in the steady state.

    Examples
    --------
    >>> round(float(concurrence_of(two_qubit_machine(20, 20, 10, T_A=5, T_B=5, T_C=5))), 4)
    0.0845
    """
    return steady_state(machine).observe(C_OBSERVABLE)[0]


def fig1() -> xr.Dataset:
    """The model: the machine of Fig. 2 as attributes only.

    Examples
    --------
    >>> json.loads(fig1().attrs["machine_parameters"])["exchange.A-B.strength"]
    10.0
    """
    return dataset("Fig. 1", _equal_temperatures(OMEGA_STRONG, 5.0, 1.0), "Gamma", {}, {})


def fig2() -> xr.Dataset:
    """ΔC over T and T_C, and C against T without R_C and with it at several T_C.

    Examples
    --------
    >>> data = fig2()
    >>> float(data.C_AB.max()) < float(data.C_ABC.max())
    True
    """
    T, T_C = np.linspace(0.0, 20.0, 401), np.linspace(0.0, 14.0, 281)
    chosen = np.array(T_C_FIG2)
    machine = _equal_temperatures(OMEGA_STRONG, T, T_C[:, None])
    C_ABC, C_AB = concurrence_of(machine), concurrence_of(machine.without("RC"))
    family = concurrence_of(_equal_temperatures(OMEGA_STRONG, T, chosen[:, None]))
    crossing = concurrence_of(_equal_temperatures(OMEGA_STRONG, chosen, chosen))
    data = {
        "C_AB": labelled("T", C_AB, "C_{AB}", "concurrence without RC"),
        "C_ABC": labelled(("T_C", "T"), C_ABC, "C_{ABC}", "concurrence with RC"),
        "delta_C": labelled(("T_C", "T"), C_ABC - C_AB, r"\Delta C", "gain of concurrence"),
        "C_ABC_curve": labelled(("T_C_curve", "T"), family, "C_{ABC}", "concurrence with RC"),
        "C_crossing": labelled("T_C_curve", crossing, "C", "concurrence where T = T_C"),
    }
    coords = {
        "T": labelled("T", T, "T", "temperature of RA and RB", "Γ"),
        "T_C": labelled("T_C", T_C, "T_C", "temperature of RC", "Γ"),
        "T_C_curve": labelled("T_C_curve", chosen, "T_C", "temperature of RC", "Γ"),
    }
    return dataset("Fig. 2", machine, "Gamma", data, coords)


def fig3() -> xr.Dataset:
    """Q_C and C against T at several T_C, and C without R_C.

    Examples
    --------
    >>> data = fig3()
    >>> float(abs(data.Q_crossing).max()) < 1e-14
    True
    """
    T, chosen = np.linspace(0.0, 14.0, 561), np.array(T_C_FIG3)
    machine = _equal_temperatures(OMEGA_WEAK, T, chosen[:, None])
    C, Q = steady_state(machine).observe(C_OBSERVABLE, Q_OBSERVABLE)
    at_equality = _equal_temperatures(OMEGA_WEAK, chosen, chosen)
    C_equal, Q_equal = steady_state(at_equality).observe(C_OBSERVABLE, Q_OBSERVABLE)
    C_AB = concurrence_of(_equal_temperatures(OMEGA_WEAK, T, 1.0).without("RC"))
    data = {
        "Q_C": labelled(("T_C", "T"), Q, "Q_C", "heat current out of RC", "Γ²"),
        "C_ABC": labelled(("T_C", "T"), C, "C_{ABC}", "concurrence with RC"),
        "C_AB": labelled("T", C_AB, "C_{AB}", "concurrence without RC"),
        "Q_crossing": labelled("T_C", Q_equal, "Q_C", "heat current where T = T_C", "Γ²"),
        "C_crossing": labelled("T_C", C_equal, "C", "concurrence where T = T_C"),
    }
    coords = {
        "T": labelled("T", T, "T", "temperature of RA and RB", "Γ"),
        "T_C": labelled("T_C", chosen, "T_C", "temperature of RC", "Γ"),
    }
    return dataset("Fig. 3", machine, "Gamma", data, coords)


def _detuned(T_A: ArrayLike, detuning: ArrayLike, T_C: ArrayLike = 1.0) -> Machine:
    half = np.asarray(detuning) / 2.0
    return two_qubit_machine(EPSILON + half, EPSILON - half, OMEGA_WEAK, T_A, HOT, T_C)


def effective_temperatures(T_A: ArrayLike, detuning: ArrayLike) -> tuple[Array, Array]:
    """T_eff(ω₁) and T_eff(ω₂) of Eq. (19), without R_C.

    Examples
    --------
    >>> low, high = effective_temperatures(5.0, 0.0)
    >>> bool(5.0 < low < high < 8.0)
    True
    """
    found = steady_state(_detuned(T_A, detuning).without("RC")).effective_temperatures
    values = found.from_rates("RA", "RB")
    # λ₃ → λ₄ is ω₁, λ₂ → λ₄ is ω₂.
    return values[..., found.transitions.index((2, 3))], values[
        ..., found.transitions.index((1, 3))
    ]


def thermalisation_detuning(T_A: float) -> float:
    """Δε at which both effective temperatures of Fig. 4 are equal.

    Examples
    --------
    >>> round(thermalisation_detuning(5.0), 2)
    0.95
    """
    from scipy.optimize import brentq

    def difference(detuning: float) -> float:
        first, second = effective_temperatures(T_A, detuning)
        return float(first - second)

    return float(brentq(difference, 0.0, 5.0, xtol=1e-12))


def fig4() -> xr.Dataset:
    """Both effective temperatures against the detuning, and where they meet.

    Examples
    --------
    >>> fig4().detuning_thermal.values.round(2)
    array([0.95, 1.43, 1.86, 2.08])
    """
    T_A, detuning = np.array(COLD), np.linspace(0.0, 4.0, 161)
    first, second = effective_temperatures(T_A[:, None], detuning)
    roots = np.array([thermalisation_detuning(t) for t in COLD])
    common = effective_temperatures(T_A, roots)[0]
    units = "Γ"
    data = {
        "T_eff_1": labelled(("T_A", "detuning"), first, r"T_{\rm eff}", "T_eff at omega_1", units),
        "T_eff_2": labelled(("T_A", "detuning"), second, r"T_{\rm eff}", "T_eff at omega_2", units),
        "detuning_thermal": labelled(
            "T_A", roots, r"\Delta\epsilon", "detuning at which both are equal", units
        ),
        "T_eff_thermal": labelled("T_A", common, r"T_{\rm eff}", "T_eff there", units),
    }
    coords = {
        "T_A": labelled("T_A", T_A, "T_A", "temperature of RA", units),
        "detuning": labelled(
            "detuning", detuning, r"\Delta\epsilon", "difference of the gaps", units
        ),
    }
    machine = _detuned(T_A[:, None], detuning).without("RC")
    return dataset("Fig. 4", machine, "Gamma", data, coords)


def _root_in_T_C(T_A: float, detuning: float, value: Callable[[Machine], float]) -> float:
    from scipy.optimize import brentq

    def at(T_C: float) -> float:
        return value(_detuned(T_A, detuning, T_C))

    return float(brentq(at, 2.5, HOT, xtol=1e-12))


def _current(machine: Machine) -> float:
    return float(steady_state(machine).observe(Q_OBSERVABLE)[0])


def _gain(machine: Machine) -> float:
    return float(concurrence_of(machine) - concurrence_of(machine.without("RC")))


def fig5() -> xr.Dataset:
    """Q_C and C against T_C at the thermalisation points, and where each changes sign.

    Examples
    --------
    >>> data = fig5()
    >>> float(abs(data.T_C_reversal - data.T_C_bound).max()) < 1e-9
    True
    """
    T_A, T_C = np.array(COLD), np.linspace(0.0, 10.0, 401)
    roots = np.array([thermalisation_detuning(t) for t in COLD])
    machine = _detuned(T_A[:, None], roots[:, None], T_C)
    C, Q = steady_state(machine).observe(C_OBSERVABLE, Q_OBSERVABLE)
    C_AB = concurrence_of(_detuned(T_A, roots).without("RC"))
    points = list(zip(COLD, roots.tolist(), strict=True))
    reversal = [_root_in_T_C(*point, _current) for point in points]
    bound = [_root_in_T_C(*point, _gain) for point in points]
    data = {
        "Q_C": labelled(("T_A", "T_C"), Q, "Q_C", "heat current out of RC", "Γ²"),
        "C_ABC": labelled(("T_A", "T_C"), C, "C", "concurrence with RC"),
        "C_AB": labelled("T_A", C_AB, "C_{AB}", "concurrence without RC"),
        "detuning": labelled("T_A", roots, r"\Delta\epsilon", "difference of the gaps", "Γ"),
        "T_eff": labelled(
            "T_A", effective_temperatures(T_A, roots)[0], r"T_{\rm eff}", "T_eff without RC", "Γ"
        ),
        "T_C_reversal": labelled("T_A", reversal, "T_C", "where Q_C changes sign", "Γ"),
        "T_C_bound": labelled("T_A", bound, "T_C", "where the gain of C vanishes", "Γ"),
    }
    coords = {
        "T_A": labelled("T_A", T_A, "T_A", "temperature of RA", "Γ"),
        "T_C": labelled("T_C", T_C, "T_C", "temperature of RC", "Γ"),
    }
    return dataset("Fig. 5", machine, "Gamma", data, coords)
