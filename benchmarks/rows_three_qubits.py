"""Row B6: a detuned machine of three qubits, three own reservoirs and a common one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import entherm as et
from machines import HEAT, spin_machine
from scale import Scale
from spins import Spins, first_pair_concurrence, global_steady, redfield_steady, three_qubits
from timing import Job, Row, agree, take_turns

Oracle = Callable[[Spins], tuple[np.ndarray, np.ndarray]]

PAIR = et.concurrence("q0", "q1")
GAPS = (20.0, 17.3, 14.1)
# Currents over the largest; a concurrence has √(ρ₁₁ ρ₄₄) of rounding errors in it.
TOLERANCE = 1e-8
CHECKED = 20


def temperature_axes(count: int) -> tuple[Spins, tuple[int, ...]]:
    side = round(count**0.5)
    T, T_C = np.linspace(1.0, 6.0, side)[:, None], np.linspace(0.5, 3.0, side)
    return three_qubits(GAPS, T, T_C), (side, side)


def all_energies(count: int) -> tuple[Spins, tuple[int, ...]]:
    """Every gap and temperature of its own at each point."""
    rng = np.random.default_rng(3)
    gaps = [gap + rng.uniform(-1.0, 1.0, count) for gap in GAPS]
    return three_qubits(gaps, rng.uniform(1.0, 6.0, count), rng.uniform(0.5, 3.0, count)), (count,)


def solve(equation: et.Equation, machine: et.Machine) -> tuple[np.ndarray, ...]:
    return et.steady_state(machine, equation).observe(PAIR, HEAT)


def compare(
    row: Row, name: str, spins: Spins, shape: tuple[int, ...], equation: et.Equation, oracle: Oracle
) -> None:
    """Hold the peer's C and Q_C against entherm's on some points."""
    found = solve(equation, spin_machine(spins))
    errors, scale = [], float(abs(found[1]).max())
    places = np.unique(np.linspace(0, np.prod(shape) - 1, CHECKED).astype(int))
    for place in zip(*np.unravel_index(places, shape), strict=True):
        rho, currents = oracle(spins.point(place, shape))
        errors.append(abs(first_pair_concurrence(rho) - found[0][place]))
        errors.append(abs(currents[-1] - found[1][place]) / scale)
    agree(row, name, len(places), max(errors), TOLERANCE)


def b6(scale: Scale) -> Row:
    row = Row("B6", "detuned three-qubit machine, 3 own reservoirs and a common one, C and Q_C")
    full, few = scale.three_qubits, scale.redfield
    variants = {
        "two temperature axes": (temperature_axes(full), et.Global(), 10e6),
        "all energies varying": (all_energies(full), et.Global(), 0.5e6),
        "Redfield": (temperature_axes(few), et.Redfield(), 10_000),
        "Redfield, all energies varying": (all_energies(few), et.Redfield(), None),
    }
    jobs = []
    for name, ((spins, shape), equation, _) in variants.items():
        oracle = redfield_steady if "Redfield" in name else global_steady
        peer = f"plain NumPy, {name}"
        compare(row, peer, spins, shape, equation, oracle)
        count = int(np.prod(shape))
        jobs.append(Job(name, count, partial(solve, equation), partial(spin_machine, spins), name))
        points = [spins.point(np.unravel_index(k, shape), shape) for k in range(CHECKED)]
        jobs.append(Job(peer, CHECKED, partial(_each, oracle, points), None, name))
    timings = take_turns(row, jobs, scale.rounds)
    for name, (_, _, demanded) in variants.items():
        if demanded:
            row.demand(name, "at least", demanded, timings[name].rate, "points/s")
    return row


def _each(oracle: Oracle, points: list[Spins]) -> None:
    for point in points:
        oracle(point)
