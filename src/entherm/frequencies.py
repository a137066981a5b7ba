"""Bohr frequencies, grouped where they are equal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from entherm.bohr import Levels
from entherm.parameters import Array, chosen, first_order, stands_in

# Differences of energies that agree to this many roundings of ‖H‖ are one number.
ROUNDINGS = 32

Frequencies = dict[tuple[int, int], Array]


def transition_frequencies(
    levels: Levels, transitions: Iterable[tuple[int, int]]
) -> tuple[Frequencies, Frequencies]:
    """Bohr frequency E_i − E_j of each transition (i, j), and the one that stands for its group.

    A group takes the frequency of its transition lowest in the spectrum, whose difference of
    energies rounds least: E₃ − E₄ is exact where E₁ − E₂ has lost digits, and detailed balance
    then holds around every cycle to the last bit. So does each frequency that differs from it by
    rounding; one that is merely near keeps its own, so that energies add up around every cycle.
    Frequencies of opposite sign are one group, and what is within the tolerance of zero is zero.

    Returns
    -------
    frequencies, groups : dict of (int, int) to ndarray
        Over the Hamiltonian's own axes; may be zero or negative. Members of a group share the
        latter bit for bit.

    References
    ----------
    [Man] below Eq. (6).

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> {t: float(w) for t, w in transition_frequencies(levels, ((0, 1), (2, 3)))[0].items()}
    {(0, 1): 10.0, (2, 3): 10.0}
    """
    transitions = tuple(transitions)
    if not transitions:
        return {}, {}
    energies = levels.energies
    signed = _stacked(energies[i] - energies[j] for i, j in transitions)
    height = _stacked(np.abs(energies[i]) + np.abs(energies[j]) for i, j in transitions)
    omega = np.abs(signed)
    omega = chosen(omega <= levels.tolerance[..., None], 0.0 * omega, omega)
    grouped = _representatives(omega, height, levels.tolerance)
    rounding = ROUNDINGS * np.finfo(float).eps * levels.norm[..., None]
    own = chosen(np.abs(omega - grouped) <= rounding, grouped, omega)
    up = signed < 0.0
    # A group's members are equal at a point; where they go from there is each one's own affair.
    own = first_order(chosen(up, -own, own), lambda: signed)
    shared = first_order(chosen(up, -grouped, grouped), lambda: signed)
    return _shared(transitions, own), _shared(transitions, shared)


def _stacked(columns: Iterable[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*columns), -1)


def _representatives(omega: Any, height: Array, tolerance: Array) -> Array:
    """Replace each of `omega` (..., t) by the one of its group with the least `height`."""
    # Neighbours are all that matters; a stand-in has no order but that of one point.
    order = omega.together() if stands_in(omega) else np.argsort(omega, axis=-1, kind="stable")
    grouped = np.take_along_axis(omega, order, -1)
    height = np.take_along_axis(height, order, -1)
    together = np.abs(np.diff(grouped, axis=-1)) <= tolerance[..., None]
    # Forward, a group's last member collects the value of the lowest-lying; back, all get it.
    for k in range(1, omega.shape[-1]):
        if not np.any(together[..., k - 1]):
            continue
        keep = together[..., k - 1] & (height[..., k - 1] <= height[..., k])
        grouped[..., k] = chosen(keep, grouped[..., k - 1], grouped[..., k])
        height[..., k] = chosen(keep, height[..., k - 1], height[..., k])
    for k in range(omega.shape[-1] - 2, -1, -1):
        grouped[..., k] = chosen(together[..., k], grouped[..., k + 1], grouped[..., k])
    return np.take_along_axis(grouped, np.argsort(order, axis=-1), -1)


def _shared(transitions: tuple[tuple[int, int], ...], omega: Array) -> Frequencies:
    """Give transitions of one frequency one array, so that what depends on it is computed once."""
    shared: dict[bytes, Array] = {}
    found: Frequencies = {}
    for k, t in enumerate(transitions):
        column = omega[..., k].copy()
        first = shared.setdefault(column.tobytes(), column)
        # Bytes tell of arrays; of stand-ins they tell at one point.
        found[t] = first if np.all(first == column) else column
    return found
