"""Figures of validity that ask for a steady state: the laws, positivity, truncation."""

from __future__ import annotations

import numpy as np

from entherm.equations import Equation
from entherm.machine import Machine
from entherm.operators import bare_states
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.subsystems import Oscillator
from entherm.validity_case import Case, site_populations


def negativity_of_state(case: Case) -> Array:
    """Size of the most negative eigenvalue of ρ; 0 where there is none."""
    rho = np.broadcast_to(
        case.state.density_matrix, (*case.machine.shape, *case.state.density_matrix.shape[-2:])
    )
    found = np.full(case.machine.shape, np.nan)
    known = np.isfinite(rho).all((-1, -2))
    found[known] = np.maximum(0.0, -np.linalg.eigvalsh(rho[known])[..., 0])
    return found


def second_law_violation(case: Case) -> Array:
    """−σ where it is positive, over Σ (all one-way heat flows) / T; 1 where σ = −∞.

    What an occupation gives instead of a temperature counts at its own entropy per quantum.
    """
    sigma = np.asarray(case.state.entropy_production)
    scale = np.zeros(case.machine.shape)
    for bath in case.machine.reservoirs:
        gross = case.gross[bath.name]
        if bath.temperature is not None:
            cold = bath.temperature == 0.0
            warmth = np.where(cold, 1.0, np.abs(bath.temperature))
            scale = scale + np.where(cold, 0.0, gross / warmth)
        elif isinstance(bath, Reservoir):
            scale = scale + _gross_entropy(case, bath)
    lost = np.maximum(0.0, -sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(lost > 0.0, lost / scale, 0.0 * scale)
    return np.broadcast_to(np.where(lost == np.inf, 1.0, ratio), case.machine.shape)


def _gross_entropy(case: Case, bath: Reservoir) -> Array:
    """Σ (quanta in both directions) |ln (n + 1)/n| of a reservoir that is given by n."""
    quanta = np.zeros(case.machine.shape)
    for (i, j), (there, back) in case.flows.get(bath.name, {}).items():
        down = there * np.abs(case.populations[..., i])
        quanta = quanta + down + back * np.abs(case.populations[..., j])
    full = np.asarray(bath.filling(1.0))
    empty = 1.0 - full if bath.statistics == "fermi" else 1.0 + full
    with np.errstate(divide="ignore"):
        return np.asarray(quanta * np.abs(np.log(empty) - np.log(full)))


def equilibrium_leak(case: Case) -> Array:
    """Largest current that is left at equal temperatures, over all one-way heat flows there."""
    even = Case(at_equilibrium(case.machine), case.equation)
    gross = np.asarray(sum(even.gross.values()))
    currents = [np.abs(even.state.heat_currents[bath.name]) for bath in even.machine.reservoirs]
    largest = even.largest(currents)
    ratio = np.where(largest == 0.0, 0.0, largest / np.where(gross > 0.0, gross, np.inf))
    ratio = np.where(np.isnan(gross), np.nan, ratio)
    return np.broadcast_to(ratio, case.machine.shape)


def at_equilibrium(machine: Machine) -> Machine:
    """Return the machine with every reservoir at the mean temperature, and without dephasing.

    An occupation becomes a temperature; where no reservoir has one, it is the mean gap. Chemical
    potentials become their mean where all reservoirs have one and H_S conserves excitations, and 0
    otherwise: nothing else is an equilibrium.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> even = at_equilibrium(two_qubit_machine(1.0, 1.0, 0.5, T_A=1.0, T_B=2.0, T_C=3.0))
    >>> float(even.reservoir("RA").temperature)
    2.0
    """
    known = [np.abs(b.temperature) for b in machine.reservoirs if b.temperature is not None]
    gaps = [np.abs(s.energies[-2] - s.energies[-1]) for s in machine.subsystems]
    given = known or gaps
    mean = np.asarray(sum(given) / len(given))
    thermal = [bath for bath in machine.reservoirs if isinstance(bath, Reservoir)]
    number = np.array([sum(state) for state in bare_states(machine.dimensions)])
    made = machine.hamiltonian[..., number[:, None] != number]
    charged = len(thermal) == len(machine.reservoirs) and not np.any(made)
    charged = charged and all(bath.has_chemical_potential for bath in thermal)
    mu = sum(bath.chemical_potential for bath in thermal) / len(thermal) if charged else 0.0
    return Machine(
        machine.subsystems,
        machine.interactions,
        [
            ResetReservoir(bath.name, bath.on, bath.rate, mean)
            if isinstance(bath, ResetReservoir)
            else Reservoir(
                bath.name,
                mean,
                bath.couplings,
                bath.correlated,
                statistics=bath.statistics,
                chemical_potential=mu,
                spectrum=bath.spectrum,
                below_zero=bath.below_zero,
            )
            for bath in machine.reservoirs
        ],
    )


def truncation(case: Case) -> Array:
    """Largest population of the highest level that an oscillator is kept to."""
    found = [
        site_populations(case.machine, case.state.density_matrix, site)[..., 0]
        for site, part in enumerate(case.machine.subsystems)
        if isinstance(part, Oscillator)
    ]
    return case.largest(found)


def leak_of(machine: Machine, equation: Equation) -> Array:
    """Return `equilibrium_leak` of any equation, also of one for which it is 0 by construction.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> bool(leak_of(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0), Global()) < 1e-14)
    True
    """
    return equilibrium_leak(Case(machine, equation))
