"""Both laws and the Gibbs state over 10⁵ random machines, under the global and unified equations.

Oracle: thermodynamics. Residuals are measured against the gross exchange G, the sum of all one-way
heat flows, not against a net current, which may vanish: |ΣQ| <= 1e-14 G and σ >= −1e-14 G / T_min.
Dephasing counts as a reservoir at T = ∞, an inverted one has a negative temperature.
"""

from __future__ import annotations

import numpy as np
import pytest

import entherm as et
from entherm.bohr import diagonalise
from entherm.frame import frame_of
from entherm.rate_equation import rate_equation

POINTS = 12_500


def qubits(rng: np.random.Generator, names: str) -> list[et.Qubit]:
    return [et.Qubit(name, rng.uniform(8.0, 12.0, POINTS)) for name in names]


def own(rng: np.random.Generator, names: str) -> list[et.Reservoir]:
    return [
        et.Reservoir(f"R{n}", rng.uniform(0.5, 10.0, POINTS), {n: rng.uniform(0.01, 0.2, POINTS)})
        for n in names
    ]


def common(rng: np.random.Generator, names: str, temperature: object, **more) -> et.Reservoir:
    couplings = {n: et.Coupling(amplitude=rng.uniform(-0.4, 0.4, POINTS)) for n in names}
    lowest = -1.0 / (len(names) - 1)
    return et.Reservoir("RC", temperature, couplings, rng.uniform(lowest, 1.0, POINTS), **more)


def pair(rng: np.random.Generator) -> et.Machine:
    """The paper's machine, all its numbers and signs."""
    temperature = np.where(rng.random(POINTS) < 0.1, 0.0, rng.uniform(0.1, 10.0, POINTS))
    exchange = et.exchange("A", "B", rng.uniform(-4.0, 4.0, POINTS))
    return et.Machine(
        qubits(rng, "AB"), [exchange], [*own(rng, "AB"), common(rng, "AB", temperature)]
    )


def dephased_pair(rng: np.random.Generator) -> et.Machine:
    machine = pair(rng)
    rates = {name: rng.uniform(0.0, 0.5, POINTS) for name in "AB"}
    return et.Machine(machine.subsystems, machine.interactions, machine.reservoirs, rates)


def absolute_zero(rng: np.random.Generator) -> et.Machine:
    machine = pair(rng)
    return machine.replace({"reservoirs.RC.temperature": 0.0})


def inverted(rng: np.random.Generator) -> et.Machine:
    """One reservoir of negative temperature, one given by its occupation."""
    exchange = et.exchange("A", "B", rng.uniform(-4.0, 4.0, POINTS))
    rate = rng.uniform(0.01, 0.2, POINTS)
    hot = et.Reservoir("RA", -rng.uniform(1.0, 50.0, POINTS), {"A": rate}, statistics="fermi")
    noise = et.Reservoir("RB", couplings={"B": rate}, occupation=rng.uniform(0.01, 3.0, POINTS))
    return et.Machine(
        qubits(rng, "AB"),
        [exchange],
        [hot, noise, common(rng, "AB", rng.uniform(0.5, 5.0, POINTS))],
    )


def fermionic(rng: np.random.Generator) -> et.Machine:
    """Two leads with chemical potentials."""
    exchange = et.exchange("A", "B", rng.uniform(-4.0, 4.0, POINTS))
    leads = [
        et.Reservoir(
            f"R{name}",
            rng.uniform(0.5, 5.0, POINTS),
            {name: rng.uniform(0.01, 0.2, POINTS)},
            statistics="fermi",
            chemical_potential=rng.uniform(-5.0, 15.0, POINTS),
        )
        for name in "AB"
    ]
    return et.Machine(qubits(rng, "AB"), [exchange], leads)


def sigma_x(rng: np.random.Generator) -> et.Machine:
    """Hermitian couplings to Ohmic and filtered baths, a field, and Ising coupling."""
    parts = [et.heisenberg("A", "B", xx=rng.uniform(-1, 1, POINTS), zz=rng.uniform(-1, 1, POINTS))]
    parts.append(et.field("A", x=rng.uniform(0.0, 1.0, POINTS)))
    shapes = [et.Ohmic(reference=10.0, cutoff=30.0), et.Lorentzian(centre=10.0, width=8.0)]
    baths = [
        et.Reservoir(
            f"R{name}",
            rng.uniform(1.0, 10.0, POINTS),
            {name: et.Coupling(rng.uniform(0.01, 0.1, POINTS), operator="x")},
            spectrum=shape,
        )
        for name, shape in zip("AB", shapes, strict=True)
    ]
    return et.Machine(qubits(rng, "AB"), parts, baths)


def chain(rng: np.random.Generator) -> et.Machine:
    """Three qubits with a common bath along a line."""
    bonds = [et.exchange(a, b, rng.uniform(-2.0, 2.0, POINTS)) for a, b in ("AB", "BC")]
    line = {n: et.Coupling(amplitude=rng.uniform(-0.4, 0.4, POINTS)) for n in "ABC"}
    delays = {"A": 0.0, "B": rng.uniform(0.0, 0.3, POINTS), "C": rng.uniform(0.3, 0.6, POINTS)}
    bath = et.Reservoir("line", rng.uniform(0.5, 10.0, POINTS), line, delays=delays)
    return et.Machine(qubits(rng, "ABC"), bonds, [*own(rng, "ABC"), bath])


def qutrit(rng: np.random.Generator) -> et.Machine:
    """A three-level maser beside a qubit."""
    maser = et.Qudit("M", levels=[0.0, rng.uniform(3, 5, POINTS), rng.uniform(9, 12, POINTS)])
    qubit = et.Qubit("A", rng.uniform(8.0, 12.0, POINTS))
    swap = np.zeros((6, 6))
    swap[1, 4] = swap[4, 1] = 1.0  # |2,0⟩ and |0,1⟩ of the maser and the qubit
    transitions = {"hot": "|0><2|", "cold": "|0><1|", "warm": "|1><2|"}
    baths = [
        et.Reservoir(
            name,
            rng.uniform(0.5, 10.0, POINTS),
            {"M": et.Coupling(0.1, operator=word)},
            below_zero="dark",  # a dressed |0,1⟩ may lie above |1,1⟩
        )
        for name, word in transitions.items()
    ]
    baths += own(rng, "A")
    term = et.hamiltonian_term("hop", ("M", "A"), swap, rng.uniform(0.1, 1.0, POINTS))
    return et.Machine([maser, qubit], [term], baths)


KINDS = [
    pair, dephased_pair, absolute_zero, inverted, fermionic, sigma_x, chain, qutrit
]  # fmt: skip


def gross_exchange(machine: et.Machine, state: et.SteadyState) -> np.ndarray:
    """Σ ω · rate · population over both directions of every transition of every reservoir."""
    equation = rate_equation(machine, diagonalise(machine), et.Global())
    p = state.level_populations
    total = np.zeros(machine.shape)
    for flows in equation.flows.values():
        for (i, j), (down, up) in flows.items():
            omega = np.abs(equation.frequencies[i, j])
            total = total + omega * (down * p[..., i] + up * p[..., j])
    return total


def chemical_work(machine: et.Machine, state: et.SteadyState) -> np.ndarray | float:
    """Σ μ J_N, which is no heat."""
    baths = [b for b in machine.reservoirs if b.has_chemical_potential]
    return sum(b.chemical_potential * state.observe(et.quanta(b.name))[0] for b in baths)


EQUATIONS = [et.Global(), et.Global(dephasing="secular"), et.Unified(clustering="point")]


@pytest.mark.parametrize("equation", EQUATIONS, ids=["global", "secular", "unified"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_both_laws(kind, equation: et.Global | et.Unified) -> None:
    """100,000 machines of eight kinds under each equation."""
    machine = kind(np.random.default_rng(KINDS.index(kind)))
    state = et.steady_state(machine, equation)
    gross = gross_exchange(machine, state)
    first = sum(state.heat_currents.values()) + chemical_work(machine, state)
    assert np.all(np.abs(first) <= 1e-14 * gross), np.max(np.abs(first) / gross)
    sizes = [np.abs(b.temperature) for b in machine.reservoirs if b.temperature is not None]
    warm = [np.where(t > 0.0, t, np.inf) for t in sizes]
    lowest = np.min(np.broadcast_arrays(*warm), axis=0)
    worst = np.max(-state.entropy_production * lowest / gross)
    assert worst <= 1e-14, worst


@pytest.mark.parametrize("equation", [et.Global(), et.Unified(clustering="point")])
@pytest.mark.parametrize("kind", [pair, sigma_x, chain], ids=lambda kind: kind.__name__)
def test_gibbs_state_at_equal_temperatures(kind, equation: et.Global | et.Unified) -> None:
    """p ∝ exp(−E/T), of H_S or of the clustered Hamiltonian; oracle: statistical mechanics.

    Componentwise to 1e-11; energies closer than 1e-9 ‖H‖ count as one, which moves E/T by as much
    where that happened, to less than one point in a hundred.
    """
    machine = kind(np.random.default_rng(7))
    common = np.random.default_rng(8).uniform(1.0, 10.0, POINTS)
    machine = machine.replace({f"{b.path}.temperature": common for b in machine.reservoirs})
    state = et.steady_state(machine, equation)
    energies = np.stack(np.broadcast_arrays(*frame_of(machine, equation).levels.energies), -1)
    weights = np.exp(-(energies - energies.min(-1, keepdims=True)) / common[:, None])
    expected = weights / weights.sum(-1, keepdims=True)
    wrong = np.abs(state.level_populations / expected - 1.0).max(-1)
    assert np.quantile(wrong, 0.99) < 1e-11
    assert np.all(wrong < 1e-11 + 2e-9 * np.abs(energies).max(-1) / common)
