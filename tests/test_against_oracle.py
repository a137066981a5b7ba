"""Random machines of every kind against generators built literally from the definitions.

Oracle: `oracle`, plain NumPy on d² × d² superoperators with nothing of entherm's. Machines:
`random_machines`, drawn away from thresholds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import entherm as et

from . import oracle, random_machines
from .random_machines import Draw, draw

EQUATIONS = {
    "global": et.Global(),
    "unified": et.Unified(),
    "local": et.Local(),
    "redfield": et.Redfield(),
}
BLOCKS, EACH = 15, 20

# A reset acts in the bare basis: beside one, the local equation alone is admitted.
THERMAL = [
    seed for seed in range(100) if random_machines.kind_of(seed) is not random_machines.resets
]


def disagreements(d: Draw, name: str, equation: object) -> list[str]:
    """What entherm's state differs in: ρ beyond 1e-9, a current beyond 1e-9 of its gross flow.

    A gross flow is the events per time of a reservoir times the spread of the levels. One that is
    below a thousandth of all of them is measured against that thousandth.
    """
    generator = oracle.liouvillian(d.model, name, d.widths.get(name, 0.0))
    rho = oracle.steady_state(generator)
    currents = oracle.currents(generator, rho)
    gross = oracle.gross_flows(generator, rho)
    state = et.steady_state(d.machine, equation=equation)
    found = []
    error = float(np.abs(state.density_matrix - rho).max())
    if not error < 1e-9:
        found.append(f"density matrix: {error:.1e}")
    least = 1e-3 * sum(gross.values())
    for part, current in currents.items():
        error = abs(float(state.heat_currents[part]) - current) / max(gross[part], least)
        if not error < 1e-9:
            found.append(f"current of {part}: {error:.1e} of its gross flow")
    return [f"{d.kind}, {name}: {text}" for text in found]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_three_hundred_random_machines(block: int) -> None:
    """ρ to 1e-9, every current to 1e-9 of its gross flow, four equations; oracle: `oracle`."""
    found = {}
    for seed in range(EACH * block, EACH * (block + 1)):
        d = draw(seed)
        for name, equation in EQUATIONS.items():
            if d.model.resets and name != "local":
                continue
            if bad := disagreements(d, name, equation):
                found[seed, name] = bad
    assert not found


@pytest.mark.parametrize("seed", THERMAL[:40])
def test_universal_lindblad(seed: int) -> None:
    """One jump operator a mode, from the Hermitian root of s_kl(ω); oracle: `oracle`."""
    assert not disagreements(draw(seed), "universal", et.UniversalLindblad())


@pytest.mark.parametrize("name", EQUATIONS)
@pytest.mark.parametrize("seed", range(24))
def test_elements_at_zero_frequency(seed: int, name: str) -> None:
    """What σ₋ and σ_x do at ω = 0: quanta of no energy, darkness, dephasing; oracle: `oracle`."""
    assert not disagreements(draw(seed, random_machines.ZERO_KINDS), name, EQUATIONS[name])


@pytest.mark.parametrize("seed", range(20))
def test_reset(seed: int) -> None:
    """Every reservoir as a reset with p = 2Γ(2n̄ + 1) at the bare gap; oracle: `oracle`."""
    assert not disagreements(draw(seed, random_machines.RESET_KINDS), "reset", et.Reset())


@pytest.mark.parametrize("seed", THERMAL[:60:2])
def test_secular_dephasing(seed: int) -> None:
    """Eq. (21) projected on every Bohr frequency; oracle: `oracle`."""
    d = draw(seed)
    equation = et.Global(dephasing="secular")
    assert not disagreements(d, "global secular", equation)


@pytest.mark.parametrize("seed", range(0, 40, 3))
def test_bare_heat_and_work_under_the_local_equation(seed: int) -> None:
    """Tr(H₀ D[ρ]) of every reservoir, less μ a quantum; work closes the balance of energy.

    Oracle: `oracle`.
    """
    d = draw(seed)
    generator = oracle.liouvillian(d.model, "local bare", d.widths["local"])
    rho = oracle.steady_state(generator)
    bare = oracle.currents(generator, rho)
    state = et.steady_state(d.machine, equation=et.Local(heat="bare"))
    scale = sum(oracle.gross_flows(generator, rho).values())
    for name, current in bare.items():
        assert abs(float(state.heat_currents[name]) - current) < 1e-9 * scale, (seed, name)
    energy = sum(oracle.currents(replace(generator, given={}), rho).values())
    assert abs(float(state.heat_currents["work"]) + energy) < 1e-9 * scale, seed


@pytest.mark.parametrize("equation", [et.Local(), et.Redfield(), et.Global()])
def test_a_weak_anharmonicity_changes_little(equation: object) -> None:
    """Lines of one ladder that are 1e-5 apart, with widths of 1e-2, interfere like equal ones.

    Oracle: the harmonic ladder, which the equation reaches continuously; a change of K = 1e-5
    moves energies by 1e-5, and nothing by more than a hundred times that.
    """

    def heat(anharmonicity: float) -> float:
        machine = et.Machine(
            [et.Oscillator("R", 2.0, 3, anharmonicity), et.Qubit("A", 1.5)],
            [et.exchange("R", "A", 0.05)],
            [et.Reservoir("hot", 3.0, {"R": 1e-3}), et.Reservoir("cold", 1.0, {"A": 1e-3})],
        )
        return float(et.steady_state(machine, equation=equation).heat_currents["hot"])

    assert heat(1e-5) == pytest.approx(heat(0.0), rel=1e-3)


def test_the_oracle_thermalises() -> None:
    """At one temperature the secular generators have the Gibbs state; oracle: exp(−H/T)/Z."""
    for seed in range(20):
        model = draw(seed).model
        if any(b.statistics == "fermi" for b in model.baths):
            continue
        baths = tuple(
            replace(b, temperature=1.3, occupation=None, chemical_potential=0.0)
            for b in model.baths
        )
        model = replace(model, baths=baths, resets=(), dephasing=())
        rho = oracle.steady_state(oracle.liouvillian(model, "global"))
        energies, vectors = np.linalg.eigh(model.hamiltonian)
        weights = np.exp(-(energies - energies[0]) / 1.3)
        gibbs = (vectors * (weights / weights.sum())) @ vectors.conj().T
        assert np.abs(rho - gibbs).max() < 1e-11, seed


def test_the_draw_covers_what_it_promises() -> None:
    """Every kind, size, spectrum, correlation and statistics occurs; clusters bite somewhere."""
    draws = [draw(seed) for seed in range(120)]
    baths = [b for d in draws for b in d.model.baths]
    assert {d.kind for d in draws} == {k.__name__ for k in random_machines.KINDS}
    assert {d.model.size for d in draws} >= {4, 6, 8, 9}
    assert any(b.temperature == 0.0 for b in baths)
    assert any(b.temperature is not None and b.temperature < 0.0 for b in baths)
    assert {b.hermitian for b in baths} == {b.dark_below_zero for b in baths} == {True, False}
    assert any(d.model.dephasing for d in draws)
    assert any(d.model.resets for d in draws)
    assert any(np.any(d.model.hamiltonian.imag) for d in draws)
    coarse = [
        np.abs(
            oracle.liouvillian(d.model, "unified", d.widths["unified"]).energy - d.model.hamiltonian
        ).max()
        for d in draws
    ]
    assert sum(c > 1e-8 for c in coarse) >= 10
