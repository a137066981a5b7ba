"""entherm's side of the benchmark: the machines of its rows, and what is asked of them."""

from __future__ import annotations

import numpy as np

import entherm as et
from points import Points
from spins import Spins

CONCURRENCE = et.concurrence("A", "B")
HEAT = et.heat("RC")


def two_qubits(points: Points) -> et.Machine:
    """The paper's machine."""
    return et.two_qubit_machine(**vars(points))


def solve(machine: et.Machine, engine: str | None = None) -> tuple[np.ndarray, ...]:
    """C and Q_C from the machine on: plan, rates, elimination, both observables in one pass."""
    return et.steady_state(machine, engine=engine).observe(CONCURRENCE, HEAT)


def spin_machine(spins: Spins) -> et.Machine:
    """Qubits in a row with a reservoir each, R0, R1, …, and RC common to all."""
    names = [f"q{k}" for k in range(len(spins.gaps))]
    pairs = zip(names, names[1:], spins.exchange, strict=False)
    bonds = [
        et.exchange(a, b, strength)
        if spins.zz is None
        else et.heisenberg(a, b, strength / 2, strength / 2, spins.zz)
        for a, b, strength in pairs
    ]
    own = [
        et.Reservoir(f"R{k}", temperature=temperature, couplings={name: rate})
        for k, (name, temperature, rate) in enumerate(
            zip(names, spins.temperatures, spins.rates, strict=True)
        )
    ]
    common = dict(zip(names, spins.common_rates, strict=True))
    return et.Machine(
        [et.Qubit(name, gap) for name, gap in zip(names, spins.gaps, strict=True)],
        bonds,
        [*own, et.Reservoir("RC", temperature=spins.T_C, couplings=common)],
    )
