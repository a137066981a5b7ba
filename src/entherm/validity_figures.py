"""Figures of validity that follow from levels and rates alone.

Each is a function of a `Case` that returns an array of the machine's shape: something that the
derivation neglects over something that it keeps.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, diagonalise
from entherm.interactions import Interaction, Swap
from entherm.jumps import Drive, bohr_frequency, drives
from entherm.machine import Machine
from entherm.operators import bare_states
from entherm.parameters import Array
from entherm.rate_equation import dephasing_elements, dephasing_operator
from entherm.reservoirs import Reservoir
from entherm.validity_case import Case

Mask = NDArray[np.bool_]


def secular_ratio(case: Case) -> Array:
    r"""Largest κ_ab / \|E_a − E_b\| over pairs of one class, neither equal nor clustered."""
    found = []
    for a, b in case.levels.coherences:
        apart = ~_one(case, a, b)
        gap = np.where(apart, case.gap(a, b), 1.0)
        found.append(np.where(apart, case.width(a, b) / gap, 0.0 * case.width(a, b)))
    return case.largest(found)


def line_ratio(case: Case) -> Array:
    """Largest width over distance of two lines of one reservoir that are not taken for one.

    Jumps between bare levels: H_S feeds every coherence, and it is lines that interfere.
    """
    clustered, true = case.driven.frequencies, case.levels.energies
    found = []
    for drive in case.driven.by_name.values():
        lines: dict[bytes, list[tuple[int, int]]] = {}
        for t in drive.transitions:
            if t[0] != t[1]:
                lines.setdefault(clustered[t].tobytes(), []).append(t)
        widths = [case.largest([case.width(i, j) for i, j in line]) for line in lines.values()]
        middle = [line[0] for line in lines.values()]
        for u, v in combinations(range(len(middle)), 2):
            (i, j), (k, m) = middle[u], middle[v]
            apart = np.abs(clustered[i, j] - clustered[k, m]) > case.levels.tolerance
            distance = np.abs(true[i] - true[j] - true[k] + true[m])
            width = 0.5 * (widths[u] + widths[v])
            ratio = width / np.where(apart & (distance > 0.0), distance, np.inf)
            found.append(ratio + 0.0 * width)
    return case.largest(found)


def unresolved_pairs(case: Case) -> Array:
    """Pairs whose distance lies between 1e-9 ‖H‖ and their width: resolved, though rates do not."""
    total = np.asarray(0.0)
    for a, b in case.levels.coherences:
        width = case.width(a, b)
        inside = ~_one(case, a, b) & (case.gap(a, b) < width)
        total = total + np.where(np.isnan(width), np.nan, inside)
    return np.broadcast_to(total, case.machine.shape)


def unresolved_words(case: Case) -> str:
    """Name those pairs."""
    found = [
        f"λ{a + 1}, λ{b + 1}"
        for a, b in case.levels.coherences
        if np.any(~_one(case, a, b) & (case.gap(a, b) < case.width(a, b)))
    ]
    return "; ".join(found)


def _one(case: Case, a: int, b: int) -> Mask:
    """Where two levels coincide, by themselves or by clustering."""
    return np.asarray(case.levels.degenerate(a, b) | case.frame.levels.degenerate(a, b))


def weak_coupling_ratio(case: Case) -> Array:
    """Largest κ_ij over the frequency scale of the reservoir's memory, over driven transitions.

    ω for bosons in rotating wave; the larger of ω and T where frequencies of both signs are met.
    """
    found = []
    for drive in case.driven.by_name.values():
        for (i, j), strength in drive.strengths.items():
            if i == j:
                continue
            scale = _memory(drive, case.driven.frequencies[i, j])
            used = (strength != 0.0) & (scale > 0.0)
            width = case.width(i, j) + _dephasing_width(case.machine, case.levels, i, j)
            found.append(np.where(used, width / np.where(scale > 0.0, scale, 1.0), 0.0 * width))
    return case.largest(found)


def retardation_ratio(case: Case) -> Array:
    r"""Largest κ_ij \|t_k − t_l\|: what a line does takes its delay, which Markov ignores."""
    found = []
    for drive in case.driven.by_name.values():
        times = list(drive.bath.correlated.delays.values())
        spans = [np.abs(a - b) for a, b in combinations(times, 2)]
        found += [case.width(i, j) * span for i, j in drive.strengths for span in spans]
    return case.largest(found)


def _memory(drive: Drive, omega: Array) -> Array:
    bath = drive.bath
    if bath.statistics == "bose" and not drive.hermitian:
        return np.asarray(omega - bath.chemical_potential)
    size = np.abs(omega - bath.chemical_potential)
    warmth = 0.0 if bath.temperature is None else np.abs(bath.temperature)
    return np.asarray(np.maximum(size, warmth))


def _dephasing_width(machine: Machine, levels: Levels, i: int, j: int) -> Array:
    """Σ γ (½⟨z²⟩_i + ½⟨z²⟩_j − ⟨z⟩_i ⟨z⟩_j), by which Eq. (21) damps a coherence; σ_z² = 1."""
    width = np.asarray(0.0)
    for name, dephasing in machine.dephasing.items():
        if not np.any(dephasing.rate):
            continue
        squares = np.diag(dephasing_operator(machine, name)) ** 2
        z = dephasing_elements(machine, levels, name)
        own = 0.5 * (_mean(levels, squares, i) + _mean(levels, squares, j))
        width = width + dephasing.rate * (own - z[i, i] * z[j, j])
    return np.real(width)


def _mean(levels: Levels, diagonal: Array, level: int) -> Array:
    block = levels.blocks[levels.sectors[level]]
    column = block.vectors[..., level - block.first]
    return np.asarray((np.abs(column) ** 2 * diagonal[np.array(block.members)]).sum(-1))


def broadening_ratio(case: Case) -> Array:
    """Largest Σ Γ (π Γ T² / 6 ω³) / Σ Γ n̄ over transitions, summed over bosonic reservoirs."""
    found = []
    for t, frequency in case.driven.frequencies.items():
        omega = np.where(frequency == 0.0, 1.0, np.abs(frequency))
        off_resonant, resonant = np.asarray(0.0), np.asarray(0.0)
        for name, drive in case.driven.by_name.items():
            if t not in case.flows[name]:
                continue
            there, back = case.flows[name][t]
            resonant = resonant + 0.5 * np.where(frequency < 0.0, there, back)
            bath = drive.bath
            if bath.statistics == "bose" and bath.temperature is not None:
                rate = drive.strengths[t] * bath.spectrum.density(omega)
                width = np.pi * rate * bath.temperature**2 / (6.0 * omega**3)
                off_resonant = off_resonant + np.where(resonant > 0.0, rate * width, 0.0)
        unknown = np.where(np.isnan(resonant), np.nan, 0.0)
        counted = (off_resonant > 0.0) & (frequency != 0.0)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            found.append(np.where(counted, off_resonant / resonant, 0.0) + unknown)
    return case.largest(found)


def counter_rotating_ratio(case: Case) -> Array:
    r"""Largest \|Ω\| / Σ ε over interactions that conserve excitations, or swap them."""
    found = []
    for item in case.machine.interactions:
        strength = _exchanged(case.machine, item)
        if strength is not None:
            pair = (case.machine.subsystems[case.machine.site(name)] for name in item.between)
            gaps = sum(np.abs(part.gap_above_ground) for part in pair)
            with np.errstate(divide="ignore", invalid="ignore"):  # spins without a field
                found.append(strength / gaps)
    return case.largest(found)


def _exchanged(machine: Machine, item: Interaction) -> Array | None:
    """Largest element by which an interaction moves excitations; None where it makes some."""
    if len(item.between) < 2:
        return None
    parts = [machine.subsystems[machine.site(name)] for name in item.between]
    operators = item.operators(parts)
    states = bare_states(tuple(part.dimension for part in parts))
    number = np.array([sum(state) for state in states])
    total = sum(item.parameters[k][..., None, None] * m for k, m in operators.items())
    moved = np.asarray(total) * (1.0 - np.eye(len(states)))
    if not isinstance(item, Swap) and np.any(moved[..., number[:, None] != number]):
        return None
    return _low_element(moved, states)


def _low_element(matrix: NDArray[np.generic], states: tuple[tuple[int, ...], ...]) -> Array:
    """Largest element between states of at most one quantum each; of all, where these vanish."""
    low = [k for k, state in enumerate(states) if max(state) <= 1]
    inner = np.abs(matrix[..., np.array(low)[:, None], low]).max((-1, -2))
    return np.asarray(np.where(np.any(inner), inner, np.abs(matrix).max((-1, -2))))


def rotating_wave_violation(case: Case) -> Array:
    """Largest share Σ |S_ij|² of a rotating-wave operator that does not lower the energy of H_S.

    0 where H_S conserves what the reservoir exchanges; a field x, Ising or XYZ coupling does not.
    """
    driven = drives(case.machine, diagonalise(case.machine))
    found = []
    for drive in driven.by_name.values():
        if drive.hermitian or drive.bath.statistics == "fermi":
            continue
        wrong, whole = np.asarray(0.0), np.asarray(0.0)
        for mode in drive.modes:
            for t, amplitude in mode.items():
                weight = np.abs(amplitude) ** 2
                whole = whole + weight
                wrong = wrong + np.where(bohr_frequency(driven.frequencies, t) > 0.0, 0.0, weight)
        found.append(wrong / np.where(whole == 0.0, 1.0, whole))
    return case.largest(found)


def implied_lamb_shift(case: Case) -> Array:
    """Largest change of a level distance by the principal values, relative to that distance.

    Over driven transitions and over pairs of one class, whose mixing counts too; reservoirs with a
    cut-off alone, NaN where there is none.
    """
    levels = case.frame.levels
    total: NDArray[np.complex128] = np.zeros((1, 1), complex)
    known = [channel for found in case.shifted.values() for channel in found]
    for channel in known:
        for correlated, single in channel.pairs:
            half = np.swapaxes(single.conj(), -1, -2) @ (correlated * channel.shift)
            total = total + 0.5 * (half + np.swapaxes(half.conj(), -1, -2))
    if not known:
        return np.full(case.machine.shape, np.nan)
    shift = np.broadcast_to(total, (*total.shape[:-2], len(levels), len(levels)))
    ratios = []
    pairs = {(min(t), max(t)) for t in case.driven.frequencies} | set(levels.coherences)
    for i, j in pairs:
        apart = ~_one(case, i, j)
        change = np.abs(shift[..., i, i] - shift[..., j, j])
        if (i, j) in levels.coherences:
            change = np.hypot(change, 2.0 * np.abs(shift[..., i, j]))
        ratios.append(np.where(apart, change / np.where(apart, case.gap(i, j), 1.0), 0.0))
    return case.largest(ratios)


def lamb_shift_words(case: Case) -> str:
    """Name the reservoirs whose shift is undefined."""
    left_out = [name for name, channels in case.shifted.items() if not channels]
    if not left_out:
        return ""
    return (
        f"implied_lamb_shift leaves out {', '.join(left_out)}: the shift by a flat spectrum, or by "
        "one that does not decay, is undefined; gaps and exchange are read as dressed values."
    )


def interaction_gap_ratio(case: Case) -> Array:
    """Largest element of the interaction over the smallest gap of a subsystem."""
    gaps = [np.abs(part.gap_above_ground) for part in case.machine.subsystems]
    smallest = np.min(np.broadcast_arrays(*gaps), axis=0)
    return np.broadcast_to(_interaction(case.machine) / smallest, case.machine.shape)


def interaction_temperature_ratio(case: Case) -> Array:
    """Largest element of the interaction over the lowest temperature; +inf at T = 0."""
    strength = _interaction(case.machine)
    found = []
    for bath in case.machine.reservoirs:
        if bath.temperature is not None:
            cold = bath.temperature == 0.0
            ratio = strength / np.where(cold, 1.0, np.abs(bath.temperature))
            found.append(np.where(cold & (strength != 0.0), np.inf, ratio))
    return case.largest(found)


def _interaction(machine: Machine) -> Array:
    between = machine.hamiltonian - machine.bare_hamiltonian
    return _low_element(between, bare_states(machine.dimensions))


def cluster_spread(case: Case) -> Array:
    """Largest change of a Bohr frequency by clustering, over the smaller of it and T.

    T is that of the hottest reservoir that drives the transition.
    """
    found = []
    for (i, j), clustered in case.driven.frequencies.items():
        true = case.levels.energies[i] - case.levels.energies[j]
        scale = np.where(clustered == 0.0, np.inf, np.abs(clustered))
        warmth = np.asarray(0.0)
        for name, drive in case.driven.by_name.items():
            if (i, j) in case.flows[name] and drive.bath.temperature is not None:
                warmth = np.maximum(warmth, np.abs(drive.bath.temperature))
        scale = np.where(warmth > 0.0, np.minimum(scale, warmth), scale)
        found.append(np.abs(true - clustered) / scale)
    return case.largest(found)


def cluster_seam(case: Case) -> Array:
    """1 at points beside one with other clusters, 0 elsewhere."""
    seam = np.zeros(case.machine.shape, bool)
    for joined in case.frame.clusters.joined.values():
        mask = np.broadcast_to(joined, seam.shape)
        for axis in range(seam.ndim):
            along, changed = np.moveaxis(seam, axis, 0), np.moveaxis(mask, axis, 0)
            changed = changed[1:] != changed[:-1]
            along[1:] |= changed
            along[:-1] |= changed
    return np.asarray(seam, float)


def extra_dephasing_ratio(case: Case) -> Array:
    r"""Largest (p/4) / \|Ω\|: the γ that a reset adds, over the interaction that it disturbs."""
    strength = _interaction(case.machine)
    found = [
        np.where(strength == 0.0, 0.0, 0.25 * rate / np.where(strength == 0.0, 1.0, strength))
        for name, (_, rate, _) in case.resets.items()
        if isinstance(case.machine.reservoir(name), Reservoir)
    ]
    return case.largest(found)
