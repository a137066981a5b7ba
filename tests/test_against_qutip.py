"""Steady states against QuTiP, on a generator built here from operators alone.

Oracle: QuTiP's `steadystate` on collapse operators that this file makes from the definition of the
global master equation, with nothing of entherm's: H and σ₋ as Kronecker products, NumPy's `eigh`,
projection of each coupling operator on each Bohr frequency, Γ_kl from its eigenvectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
import pytest
import qutip

import entherm as et

FREQUENCY_GROUP = 1e-7  # far from every gap that the random machines below have or lack


@dataclass(frozen=True)
class Draw:
    """One random machine: entherm's, and the numbers that it was made from."""

    machine: et.Machine
    gaps: np.ndarray
    bonds: dict[tuple[int, int], float]
    baths: list[tuple[float, dict[int, float], float]]  # temperature, amplitudes, correlation
    dephasing: np.ndarray


def on_site(operator: np.ndarray, site: int, count: int) -> np.ndarray:
    return reduce(np.kron, [operator if k == site else np.eye(2) for k in range(count)])


LOWER = np.array([[0.0, 0.0], [1.0, 0.0]])  # excited first
SIGMA_Z = np.diag([1.0, -1.0])


def draw(seed: int) -> Draw:
    """Random machine of 2 or 3 qubits: signs, correlations, T = 0, degenerate ones included."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 4))
    homogeneous = seed % 5 == 0
    gaps = np.full(count, 10.0) if homogeneous else rng.uniform(8.0, 12.0, count)
    bonds = {}
    for a in range(count):
        for b in range(a + 1, count):
            bonds[a, b] = 1.5 if homogeneous else float(rng.uniform(-3.0, 3.0))
    baths = []
    for k in range(count):
        baths.append((float(rng.uniform(0.5, 10.0)), {k: float(rng.uniform(0.1, 1.0))}, 1.0))
    touched = rng.permutation(count)[: int(rng.integers(2, count + 1))]
    common = {int(k): float(rng.uniform(-1.0, 1.0)) for k in sorted(touched)}
    lowest = -1.0 / (len(common) - 1)
    correlation = float(rng.choice([1.0, lowest, rng.uniform(lowest, 1.0)]))
    baths.append((0.0 if seed % 7 == 0 else float(rng.uniform(0.1, 10.0)), common, correlation))
    dephasing = rng.uniform(0.0, 0.5, count) * (seed % 3 == 0)
    names = "ABC"[:count]
    machine = et.Machine(
        [et.Qubit(n, g) for n, g in zip(names, gaps, strict=True)],
        [et.exchange(names[a], names[b], v) for (a, b), v in bonds.items()],
        [
            et.Reservoir(
                f"R{i}",
                t,
                {names[k]: et.Coupling(amplitude=g) for k, g in amplitudes.items()},
                c,
            )
            for i, (t, amplitudes, c) in enumerate(baths)
        ],
        dict(zip(names, dephasing, strict=True)),
    )
    return Draw(machine, gaps, bonds, baths, dephasing)


def collapse_operators(d: Draw) -> tuple[np.ndarray, dict[str, list[np.ndarray]]]:
    """H and, for each reservoir and the dephasing, collapse operators of the global equation."""
    count = len(d.gaps)
    lower = [on_site(LOWER, k, count) for k in range(count)]
    hamiltonian = sum(g * s.T @ s for g, s in zip(d.gaps, lower, strict=True))
    for (a, b), v in d.bonds.items():
        hamiltonian = hamiltonian + v * (lower[a].T @ lower[b] + lower[b].T @ lower[a])
    energies, vectors = np.linalg.eigh(hamiltonian)
    gap = energies[None, :] - energies[:, None]  # of i → j at [j, i]
    frequencies: list[float] = []
    for value in np.sort(gap[gap > FREQUENCY_GROUP]):
        if not frequencies or value - frequencies[-1] > FREQUENCY_GROUP:
            frequencies.append(float(value))
    found: dict[str, list[np.ndarray]] = {}
    for index, (temperature, amplitudes, correlation) in enumerate(d.baths):
        sites = list(amplitudes)
        matrix = np.array(
            [
                [amplitudes[k] * amplitudes[m] * (1.0 if k == m else correlation) for m in sites]
                for k in sites
            ]
        )
        weights, modes = np.linalg.eigh(matrix)
        operators = []
        for omega in frequencies:
            occupation = 1.0 / np.expm1(omega / temperature) if temperature else 0.0
            mask = np.abs(gap - omega) < FREQUENCY_GROUP
            parts = [vectors @ ((vectors.T @ lower[k] @ vectors) * mask) @ vectors.T for k in sites]
            for weight, mode in zip(np.maximum(weights, 0.0), modes.T, strict=True):
                jump = np.sqrt(2.0 * weight) * sum(c * p for c, p in zip(mode, parts, strict=True))
                operators += [np.sqrt(occupation + 1.0) * jump, np.sqrt(occupation) * jump.T]
        found[f"R{index}"] = operators
    found["dephasing"] = [
        np.sqrt(g) * on_site(SIGMA_Z, k, count) for k, g in enumerate(d.dephasing)
    ]
    return hamiltonian, found


@pytest.mark.parametrize("block", range(8))
def test_two_hundred_random_machines(block: int) -> None:
    """Density matrix to 1e-10, every current to 1e-9 of the gross flow; oracle: QuTiP.

    The dissipators are Eqs. (9), (10), (12), (13), (14), (21), for any number of qubits.
    """
    for seed in range(25 * block, 25 * (block + 1)):
        d = draw(seed)
        hamiltonian, operators = collapse_operators(d)
        jumps = [qutip.Qobj(c) for ops in operators.values() for c in ops if np.any(c)]
        rho = qutip.steadystate(qutip.Qobj(hamiltonian), jumps, method="direct").full()
        state = et.steady_state(d.machine)
        assert np.abs(state.density_matrix - rho).max() < 1e-10, seed
        for name, ops in operators.items():
            rate = sum(
                (c @ rho @ c.conj().T - 0.5 * (c.conj().T @ c @ rho + rho @ c.conj().T @ c))
                for c in ops
            )
            gross = sum(np.abs(np.trace(c.conj().T @ c @ rho)) for c in ops) * hamiltonian.max()
            current = float(np.trace(rate @ hamiltonian).real)
            assert abs(float(state.heat_currents[name]) - current) < 1e-9 * max(gross, 1e-3), (
                seed,
                name,
            )


def test_pairs_of_three_qubits_against_qutip_concurrence() -> None:
    """Concurrence and negativity of every pair; oracle: `qutip.concurrence`, `qutip.negativity`.

    QuTiP takes square roots of eigenvalues that are rounding errors, so it is good to 1e-7 only.
    """
    for seed in range(0, 40, 2):
        d = draw(seed)
        state = et.steady_state(d.machine)
        count = len(d.gaps)
        rho = qutip.Qobj(state.density_matrix, dims=[[2] * count] * 2)
        for a in range(count):
            for b in range(a + 1, count):
                pair = rho.ptrace([a, b])
                names = "ABC"[a], "ABC"[b]
                assert float(state.concurrence(*names)) == pytest.approx(
                    qutip.concurrence(pair), abs=1e-7
                )
                assert float(state.negativity(*names)) == pytest.approx(
                    qutip.negativity(pair, 0), abs=1e-12
                )


def test_the_draw_covers_what_it_promises() -> None:
    """Both sizes, negative exchange, dephasing, T = 0, partial and negative correlation occur."""
    draws = [draw(seed) for seed in range(200)]
    assert {len(d.gaps) for d in draws} == {2, 3}
    assert any(v < 0 for d in draws for v in d.bonds.values())
    assert any(d.dephasing.any() for d in draws)
    assert any(t == 0.0 for d in draws for t, _, _ in d.baths)
    correlations = [d.baths[-1][2] for d in draws]
    assert min(correlations) < 0 < max(c for c in correlations if c < 1.0)
    assert any(np.ptp(d.gaps) == 0 for d in draws)


@pytest.mark.parametrize("scale", [1.0, 1.1, 1.2, 1.3, 11.1])
def test_homogeneous_ring(scale: float) -> None:
    """Degenerate levels keep their coherences, whatever the last bit of a Bohr frequency.

    Oracle: QuTiP on the operators above; a change of unit changes nothing.
    """
    ring = {(0, 1): 1.5 * scale, (1, 2): 1.5 * scale, (0, 2): 1.5 * scale}
    temperatures = (1.0, 5.0, 9.0)
    baths = [(t * scale, {k: np.sqrt(scale)}, 1.0) for k, t in enumerate(temperatures)]
    machine = et.Machine(
        [et.Qubit(n, 11.1 * scale) for n in "ABC"],
        [et.exchange("ABC"[a], "ABC"[b], v) for (a, b), v in ring.items()],
        [et.Reservoir(f"R{k}", t, {"ABC"[k]: scale}) for k, (t, _, _) in enumerate(baths)],
    )
    d = Draw(machine, np.full(3, 11.1 * scale), ring, baths, np.zeros(3))
    hamiltonian, operators = collapse_operators(d)
    jumps = [qutip.Qobj(c) for ops in operators.values() for c in ops if np.any(c)]
    rho = qutip.steadystate(qutip.Qobj(hamiltonian), jumps, method="direct").full()
    state = et.steady_state(machine)
    assert np.abs(state.density_matrix - rho).max() < 1e-10
    currents = [float(state.heat_currents[f"R{k}"]) / scale**2 for k in range(3)]
    # An oracle of the value itself: the same ring at scale 1, by the generator above.
    assert currents == pytest.approx([-2.0400674, -0.4783352, 2.5184026], abs=1e-6)


@pytest.mark.parametrize("order", ["ABC", "BAC", "BCA"])
@pytest.mark.parametrize("strength", [1.0, 0.1, 0.01, 0.001])
def test_a_dark_singlet_among_three_qubits_is_found(order: str, strength: float) -> None:
    """|B−C⟩ couples to nothing: refused, however close the levels that hold it.

    Oracle: symmetry under B ↔ C; the antisymmetric state of B and C is decoupled exactly.
    """
    machine = et.Machine(
        [et.Qubit(n, 20.0) for n in order],
        [et.exchange("A", "B", strength), et.exchange("A", "C", strength)],
        [et.Reservoir("RA", 5.0, {"A": 1.0}), et.Reservoir("R", 1.0, {"B": 1.0, "C": 1.0})],
    )
    with pytest.raises(et.NonUniqueSteadyStateError):
        et.steady_state(machine)
