"""Bohr frequencies, grouped where they are equal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from entherm.bohr import Levels
from entherm.parameters import Array


def transition_frequencies(
    levels: Levels, transitions: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Array]:
    """Bohr frequency E_i − E_j of each transition (i, j), one value for each group of equal ones.

    A group takes the frequency of its transition lowest in the spectrum, whose difference of
    energies rounds least: E₃ − E₄ is exact where E₁ − E₂ has lost digits, and detailed balance
    then holds around every cycle to the last bit. Frequencies of opposite sign are one group, and
    what is within the tolerance of zero is zero.

    Returns
    -------
    dict of (int, int) to ndarray
        Over the Hamiltonian's own axes; may be zero or negative.

    References
    ----------
    [Man] below Eq. (6).

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> {t: float(w) for t, w in transition_frequencies(levels, ((0, 1), (2, 3))).items()}
    {(0, 1): 10.0, (2, 3): 10.0}
    """
    transitions = tuple(transitions)
    if not transitions:
        return {}
    signed = np.stack(
        np.broadcast_arrays(*(levels.energies[i] - levels.energies[j] for i, j in transitions)), -1
    )
    height = np.stack(
        np.broadcast_arrays(
            *(np.abs(levels.energies[i]) + np.abs(levels.energies[j]) for i, j in transitions)
        ),
        -1,
    )
    omega = np.abs(signed)
    omega = np.where(omega <= levels.tolerance[..., None], 0.0, omega)
    order = np.argsort(omega, axis=-1, kind="stable")
    grouped = np.take_along_axis(omega, order, -1)
    height = np.take_along_axis(height, order, -1)
    together = np.diff(grouped, axis=-1) <= levels.tolerance[..., None]
    # Forward, a group's last member collects the value of the lowest-lying; back, all get it.
    for k in range(1, len(transitions)):
        keep = together[..., k - 1] & (height[..., k - 1] <= height[..., k])
        grouped[..., k] = np.where(keep, grouped[..., k - 1], grouped[..., k])
        height[..., k] = np.where(keep, height[..., k - 1], height[..., k])
    for k in range(len(transitions) - 2, -1, -1):
        grouped[..., k] = np.where(together[..., k], grouped[..., k + 1], grouped[..., k])
    np.put_along_axis(omega, order, grouped, -1)
    omega = np.copysign(omega, signed)
    # Transitions of one frequency share one array, so that what depends on it is computed once.
    shared: dict[bytes, Array] = {}
    columns = [np.array(omega[..., k]) for k in range(len(transitions))]
    return {
        t: shared.setdefault(column.tobytes(), column)
        for t, column in zip(transitions, columns, strict=True)
    }
