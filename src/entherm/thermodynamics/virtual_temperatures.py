r"""Virtual temperatures: of two levels, of two bare states, and of a virtual qubit by design.

Two levels of a machine that exchanges heat are a qubit to whatever couples to both, of the
temperature at which a thermal qubit would have their populations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from entherm.bohr import diagonalise
from entherm.checks import mapping_of
from entherm.errors import ParameterError
from entherm.parameters import Array, broadcast_shape, parameter, require
from entherm.reduced import reduced_state
from entherm.solution import Solution, require_solved
from entherm.thermodynamics.entropy import effective_temperature

BareState = Mapping[str, int]


def virtual_temperature(state: Solution, first: int | BareState, second: int | BareState) -> Array:
    r"""Return the temperature of the virtual qubit that two levels, or two bare states, make.

    .. math:: T_v = \frac{E_i - E_j}{\ln (p_j / p_i)}

    Parameters
    ----------
    state : SteadyState or Evolution
    first, second : int, or mapping of str to int
        Static labels of two levels of H_S, 0 for λ₁; or two bare states of the same subsystems,
        ``{"A": 1, "B": 0}``, the others being traced out. These have the bare energies.

    Returns
    -------
    ndarray, shape (...)
        Negative for an inversion, ±inf at equal populations, 0 where the upper one is empty, NaN
        where the energies are equal or both populations vanish.

    Raises
    ------
    ParameterError
        For one state twice, a level that is not there, bare states of different subsystems, and for
        what is no solved machine.
    UnknownNameError
        For a subsystem that is not there.

    References
    ----------
    N. Brunner, N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. E 85, 051117 (2012).

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(
    ...     two_qubit_machine(20.0, 18.0, 0.01, T_A=5.0, T_B=3.0, T_C=1.0).without("RC")
    ... )
    >>> round(float(virtual_temperature(s, {"A": 1}, {"A": 0})), 2)
    5.0
    >>> round(float(virtual_temperature(s, {"A": 1, "B": 0}, {"A": 0, "B": 1})), 2)
    -1.0
    """
    require_solved(state)
    if isinstance(first, Mapping) or isinstance(second, Mapping):
        (p_i, e_i), (p_j, e_j) = _bare_states(state, first, second)
    else:
        levels = diagonalise(state.machine)
        i, j = _level(first, len(levels), "first"), _level(second, len(levels), "second")
        _require_two(i, j)
        p = state.level_populations
        (p_i, e_i), (p_j, e_j) = (p[..., i], levels.energies[i]), (p[..., j], levels.energies[j])
    gap = np.asarray(e_i - e_j)
    found = effective_temperature(gap, p_i, p_j - p_i)
    return np.asarray(np.broadcast_to(np.where(gap == 0.0, np.nan, found), state.shape))[()]


def virtual_qubit_temperature(
    omega_1: ArrayLike, T_1: ArrayLike, omega_2: ArrayLike, T_2: ArrayLike
) -> Array:
    r"""Return the temperature of the virtual qubit of two transitions at two temperatures.

    The two states are one quantum of ω₁ and none of ω₂, and the other way round:

    .. math:: T_v = \frac{\omega_1 - \omega_2}{\omega_1 / T_1 - \omega_2 / T_2}

    Parameters
    ----------
    omega_1, omega_2 : array_like
        Frequencies of the transitions, > 0.
    T_1, T_2 : array_like
        Temperatures that they thermalise to, >= 0.

    Returns
    -------
    ndarray
        Broadcast over all; ±inf where both states are equally likely, NaN where both are one.

    References
    ----------
    N. Brunner, N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. E 85, 051117 (2012).

    Examples
    --------
    >>> float(virtual_qubit_temperature(5.0, 1.1, 4.0, 3.0).round(6))
    0.311321
    """
    numbers = {}
    for path, value in (("omega_1", omega_1), ("T_1", T_1), ("omega_2", omega_2), ("T_2", T_2)):
        found = parameter(value, path)
        if path.startswith("omega"):
            require(found > 0.0, found, path, "be > 0", "give the gap of the transition")
        else:
            require(found >= 0.0, found, path, "be >= 0", "give an absolute temperature")
        numbers[path] = found
    broadcast_shape(numbers)
    first, warm, second, other = numbers.values()
    gap = np.asarray(first - second)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exponent = first / warm - second / other
        return np.asarray(np.where(gap == 0.0, np.nan, gap / exponent))[()]


def _level(label: object, count: int, path: str) -> int:
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not whole or not 0 <= label < count:  # type: ignore[operator]
        rule = f"be a level 0..{count - 1}, or bare states as {{'A': 1, 'B': 0}}"
        raise ParameterError(path, rule, repr(label), "count from the top, λ₁ is 0")
    return int(label)  # type: ignore[call-overload, no-any-return]


def _require_two(first: object, second: object) -> None:
    if first == second:
        remedy = "one state alone has no temperature"
        raise ParameterError("second", "be another state than the first", repr(second), remedy)


def _bare_states(state: Solution, first: object, second: object) -> list[tuple[Array, Array]]:
    """Population and bare energy of two bare states."""
    machine, remedy = state.machine, "give {'A': 1, 'B': 0}"
    given = [mapping_of(one, p, remedy) for one, p in ((first, "first"), (second, "second"))]
    names = tuple(given[0])
    if set(names) != set(given[1]):
        told = f"{', '.join(names)} and {', '.join(given[1])}"
        raise ParameterError("second", "name the same subsystems as the first", told, remedy)
    _require_two(*given)
    populations = np.diagonal(reduced_state(state, *names), axis1=-2, axis2=-1).real
    found = []
    for one, path in zip(given, ("first", "second"), strict=True):
        place, energy = 0, np.asarray(0.0)
        for name in names:
            part = machine.subsystems[machine.site(name)]
            size, n = part.dimension, one[name]
            if not isinstance(n, int | np.integer) or isinstance(n, bool) or not 0 <= n < size:
                rule = f"be a level 0..{size - 1}"
                raise ParameterError(f"{path}.{name}", rule, repr(n), "0 is its lowest")
            place = place * size + (size - 1 - int(n))
            energy = energy + part.energies[size - 1 - int(n)]
        found.append((np.asarray(populations[..., place]), np.asarray(energy)))
    return found
