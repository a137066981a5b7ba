r"""Diodes and transistors of heat: how currents change with exchanged or varied temperatures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from entherm.bohr import MANY_LEVELS
from entherm.checks import require_choice, require_known
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.fluctuations.tilted import NOTHING
from entherm.machine import Machine, require_machine
from entherm.observables import Heat
from entherm.parameters import Array, as_array
from entherm.response.generator_slopes import Control, controls_of, require_temperature
from entherm.response.linearised import OnInvalid, by_points, linearised
from entherm.solution import frozen
from entherm.steady_state import SteadyState, steady_state
from entherm.validity_case import Case


@dataclass(frozen=True, eq=False)
class Rectification:
    """Currents of a diode in both directions.

    Attributes
    ----------
    forward : ndarray, shape (...)
        J, the heat current out of the first reservoir.
    backward : ndarray, shape (...)
        J', the same with the two temperatures exchanged.
    coefficient : ndarray, shape (...)
        |J + J'| / max(|J|, |J'|): 0 where heat flows equally well both ways, 1 where it flows one
        way only. NaN where neither flows but for rounding, or where the temperatures are equal.
    """

    forward: Array
    backward: Array
    coefficient: Array


def rectification(
    machine: Machine,
    first: str,
    second: str,
    equation: Equation | None = None,
    *,
    on_invalid: OnInvalid = "raise",
) -> Rectification:
    r"""Rectification of heat between two reservoirs, by exchanging their temperatures.

    .. math:: R = \frac{|J + J'|}{\max(|J|, |J'|)}

    with J = Q_first as given and J' = Q_first after the exchange, which has the other sign in a
    diode of two terminals; there 0 <= R <= 1. With a third reservoir both may have one sign, and
    R reaches 2. Other definitions are made of the same two: the ratio |J/J'|, and the contrast
    (\|J\| − \|J'\|)/(\|J\| + \|J'\|).

    Parameters
    ----------
    machine : Machine
    first, second : str
        Reservoirs with temperatures.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        As in `steady_state`.

    Returns
    -------
    Rectification

    Raises
    ------
    ParameterError
        For one reservoir named twice, or one known by its occupation.
    UnknownNameError
        For a reservoir that is not there.

    References
    ----------
    T. Werlang et al., Phys. Rev. E 89, 062109 (2014), on a diode of two qubits.

    Examples
    --------
    One qubit between two reservoirs rectifies where the rates differ:

    >>> from entherm import Machine, Qubit, Reservoir
    >>> baths = [Reservoir("L", 4.0, {"A": 1.0}), Reservoir("R", 1.0, {"A": 0.1})]
    >>> found = rectification(Machine([Qubit("A", 3.0)], [], baths), "L", "R")
    >>> round(float(found.coefficient), 4)
    0.523
    """
    require_machine(machine)
    hot, cold = require_temperature(machine, first), require_temperature(machine, second)
    if first == second:
        rule, remedy = "be another reservoir than the first", "name two reservoirs"
        raise ParameterError("second", rule, repr(second), remedy)
    warm, cool = machine.parameters[hot.path], machine.parameters[cold.path]
    swapped = machine.replace({hot.path: cool, cold.path: warm})
    ways = [steady_state(m, equation, on_invalid=on_invalid) for m in (machine, swapped)]
    forward, backward = (way.observe(Heat(first))[0] for way in ways)
    there, back = (_resolved(way, first) for way in ways)
    larger = np.maximum(np.abs(there), np.abs(back))
    undefined = (larger == 0.0) | (warm == cool)
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficient = np.where(undefined, np.nan, np.abs(there + back) / larger)
    return Rectification(forward, backward, frozen(coefficient)[()])


def differential_gain(
    machine: Machine,
    base: str,
    collector: str,
    equation: Equation | None = None,
    *,
    control: str | None = None,
    on_invalid: OnInvalid = "raise",
) -> Array:
    r"""Differential gain of a thermal transistor: change of one current over that of another.

    .. math:: \alpha = \frac{\partial Q_\mathrm{collector}/\partial T_\mathrm{base}}
        {\partial Q_\mathrm{base}/\partial T_\mathrm{base}}

    It amplifies where \|α\| > 1, which asks for a negative differential conductance somewhere.

    Parameters
    ----------
    machine : Machine
    base, collector : str
        Reservoirs whose heat currents are compared; for the emitter's gain, name the emitter.
    equation : Equation, optional
        The master equation; left out, `Global`.
    control : str, optional
        Path of the temperature or chemical potential that is varied; left out, the temperature of
        the base.
    on_invalid : {"raise", "nan"}
        As in `steady_state`.

    Returns
    -------
    ndarray, shape (...)
        Infinite where the current of the base does not change, NaN where neither does.

    Raises
    ------
    UnknownNameError
        For a reservoir that is not there, or a control that is none of its temperatures and
        chemical potentials.

    References
    ----------
    K. Joulain et al., Phys. Rev. Lett. 116, 200601 (2016).

    Examples
    --------
    What one of two reservoirs takes the other gives:

    >>> from entherm import Machine, Qubit, Reservoir
    >>> baths = [Reservoir("B", 4.0, {"A": 1.0}), Reservoir("C", 1.0, {"A": 0.1})]
    >>> float(differential_gain(Machine([Qubit("A", 3.0)], [], baths), "B", "C"))
    -1.0
    """
    require_machine(machine)
    require_choice(on_invalid, "on_invalid", ("raise", "nan"))
    names = [bath.name for bath in machine.reservoirs]
    for path, name in (("base", base), ("collector", collector)):
        require_known(path, name, names)
    varied = _control(machine, base, control)
    runs = linearised(machine, chosen_equation(equation), (varied,), on_invalid)
    slopes = by_points(machine, [run.resolved_heat[..., 0] for run in runs])
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = slopes[..., names.index(collector)] / slopes[..., names.index(base)]
    return frozen(as_array(gain))[()]


def _resolved(state: SteadyState, name: str) -> Array:
    """Q of a reservoir, 0 where it is rounding of what flows both ways."""
    (current,) = state.observe(Heat(name))
    machine = state.machine
    if prod(machine.dimensions) > MANY_LEVELS:
        # States by sectors are not written out, and one-way flows are not known of them.
        return current
    gross = Case(machine, state.equation, state).gross[name]
    return np.where(np.abs(current) <= NOTHING * gross, 0.0, current)


def _control(machine: Machine, base: str, control: str | None) -> Control:
    if control is None:
        return require_temperature(machine, base)
    known = {found.path: found for found in controls_of(machine)}
    require_known("control", control, known)
    return known[control]
