"""Transitions at which a reservoir has nothing to act with: why, and what to do about it."""

from __future__ import annotations

import numpy as np

from entherm.errors import InvalidMachineError
from entherm.interactions import Exchange
from entherm.machine import Machine
from entherm.operators import bare_states, is_hermitian
from entherm.parameters import Array
from entherm.places import Points, on_request, value_at, where_at
from entherm.reservoirs import Reservoir
from entherm.subsystems import Qubit

Edge = tuple[int, int]


def frequency_error(
    machine: Machine,
    bath: str,
    edge: Edge,
    omega: Array,
    points: Points,
    names: tuple[str, str] | None = None,
) -> InvalidMachineError:
    """Say why a reservoir has no mode at a transition, at the first bad point, and what to do.

    Parameters
    ----------
    machine : Machine
        Of the whole shape.
    bath : str
    edge : (int, int)
        The levels.
    omega : ndarray
        The Bohr frequency, negative if the transition goes up.
    points : ndarray of int
        Flat indices of the bad points.
    names : (str, str), optional
        The two levels in words; left out, λ and their label.
    """
    reservoir = machine.reservoir(bath)
    assert isinstance(reservoir, Reservoir)  # a reset has no transition
    value = value_at(machine, omega, points)
    where = where_at(machine, points)
    first, last = names or (f"λ{edge[0] + 1}", f"λ{edge[1] + 1}")
    element = f"⟨{first}|X|{first}⟩" if first == last else f"{first} → {last}"
    local = machine.coupling_operator(reservoir, next(iter(reservoir.couplings)))[1]
    potential = value_at(machine, reservoir.chemical_potential, points)
    if not np.all(reservoir.spectrum.covers(np.asarray(abs(value)))):
        message = (
            f"The transition {element}, which reservoir '{bath}' drives, must have a Bohr "
            f"frequency inside the table of {reservoir.path}.spectrum, got {value:.6g}{where}: "
            "extend the table, it is not continued beyond its ends"
        )
    elif is_hermitian(local):
        thing = f"The element {element}" if first == last else f"The transition {element}"
        message = (
            f"{thing} of reservoir '{bath}' acts at frequency 0{where}, where its spectrum "
            f"{reservoir.spectrum} has no finite S(0) = 2 lim f n: give it one that vanishes "
            "there, e.g. spectrum=Ohmic(...), or "
        )
        message += "an operator without that element" if first == last else "lift the degeneracy"
    elif value > 0.0:
        message = (
            f"The transition {element}, which reservoir '{bath}' drives, must have a Bohr "
            f"frequency above the chemical potential {potential:.6g} of its bosons, got "
            f"{value:.6g}{where}: their occupation has no meaning there; lower chemical_potential, "
            "or couple by statistics='fermi'"
        )
    elif special := _beyond_bound(machine, edge, value, points):
        return special
    else:
        message = (
            f"The transition {element}, which reservoir '{bath}' drives, must have a positive Bohr "
            f"frequency, got {value:.6g}{where}: a rotating-wave coupling has no resonant mode "
            "there; couple by operator='x', or take the transition as dark with "
            f"below_zero='dark'{_or_else(machine)}"
        )
    return InvalidMachineError(message + on_request(machine))


def _or_else(machine: Machine) -> str:
    """What else would help, if anything does."""
    numbers = [sum(state) for state in bare_states(machine.dimensions)]
    kept = all(
        len({n for n, own in zip(numbers, machine.sectors, strict=True) if own == sector}) == 1
        for sector in set(machine.sectors)
    )
    if kept:
        return ", or lower the interaction strengths or raise the gaps"
    return " (this Hamiltonian does not conserve excitations, so that no strength is small enough)"


def _beyond_bound(
    machine: Machine, edge: Edge, value: float, points: Points
) -> InvalidMachineError | None:
    """Name the bound that the paper's two qubits have, where it is what is broken."""
    if len(machine.subsystems) != 2 or len(machine.interactions) != 1:
        return None
    (first, second), exchange = machine.subsystems, machine.interactions[0]
    if not (isinstance(first, Qubit) and isinstance(second, Qubit)):
        return None
    if not isinstance(exchange, Exchange) or edge not in ((0, 1), (2, 3)):
        return None
    path = f"exchange.{exchange.name}.strength"
    a, b, strength = (
        value_at(machine, x, points) for x in (first.gap, second.gap, exchange.strength)
    )
    bound = float(np.sqrt(a * b))
    if abs(strength) < bound * (1.0 - 1e-6):
        return None
    message = (
        f"Argument '{path}' must satisfy |Omega| < sqrt(epsilon_{first.name}*epsilon_{second.name})"
        f" = {bound:.12g}, got {strength!r}{where_at(machine, points)}: beyond it omega_1 = "
        f"{value:.6g} <= 0 and the rotating-wave coupling of Eq. (4) has no resonant mode; lower "
        "|Omega| or raise the gaps, couple by operator='x', or take the transition as dark with "
        "below_zero='dark'"
    )
    return InvalidMachineError(message + on_request(machine), path, strength, bound)
