"""Landmarks of the zoo: two coupled qubits in private baths and a common one.

Oracles are dense generators of the model and the ring of four levels (`zoo_oracles`).
"""

from __future__ import annotations

import numpy as np
import pytest

import entherm as et
from entherm import zoo

from .zoo_oracles import LOWER, Matrix, between, bose, dissipator, on, ring, settled


def solved(machine: et.Machine, name: str) -> et.SteadyState:
    """A steady state under the equation of the file `name`."""
    return et.steady_state(machine, zoo.entry(name).equation)


def noise(omega: float, rate: float, temperature: float) -> float:
    """S(ω) of an Ohmic bath: 2Γ f (n̄ + 1) for what it takes up, 2Γ f n̄ for what it gives."""
    density = 2.0 * rate * abs(omega) * np.exp((1.0 - abs(omega)) / 20.0)
    n = bose(abs(omega), temperature)
    return density * (n + 1.0 if omega > 0 else n)


def generators(joined: bool, common: bool) -> tuple[Matrix, Matrix, list[Matrix], list[Matrix]]:
    """H, the energy that is counted, and each bath's part: partial secular, and Redfield.

    `joined`: the two middle levels are given their mean energy, which is the partial secular
    approximation; if not, the full one. A(ω) has the elements of the coupling of one frequency ω.
    """
    x = LOWER + LOWER.T
    sides = [on(x, k, 2) for k in range(2)]
    full = [on(LOWER.T @ LOWER, k, 2) for k in range(2)]
    h = 1.005 * full[0] + 0.995 * full[1] + 0.005 * sides[0] @ sides[1]
    energies, vectors = np.linalg.eigh(h)
    near = energies.copy()
    if joined:
        near[1:3] = energies[1:3].mean()
    baths = [(sides[0], 1e-3, 1.0), (sides[1], 1e-3, 0.2), (sides[0] + sides[1], 5e-3, 0.2)]
    secular, redfield = [], []
    for coupling, rate, temperature in baths[: 3 if common else 2]:
        elements = vectors.T @ coupling @ vectors
        gaps = near[None, :] - near[:, None]
        part, half, one = np.zeros((16, 16)), np.zeros((4, 4)), np.eye(4)
        for omega in np.unique(gaps.round(12)):
            if omega != 0.0:
                same = abs(gaps - omega) < 1e-9
                jump = vectors @ (elements * same) @ vectors.T
                part = part + dissipator(jump, jump, noise(omega, rate, temperature))
        for (a, b), omega in np.ndenumerate(energies[None, :] - energies[:, None]):
            if abs(elements[a, b]) > 1e-12:
                half[a, b] = 0.5 * elements[a, b] * noise(omega, rate, temperature)
        half = vectors @ half @ vectors.T
        redfield.append(
            between(half, coupling) + between(coupling, half.T)
            - between(coupling @ half, one) - between(one, half.T @ coupling)
        )  # fmt: skip
        secular.append(part)
    return h, (vectors * near) @ vectors.T, secular, redfield


@pytest.mark.parametrize("common", [False, True])
def test_cattaneo_2019(common: bool) -> None:
    """Heat currents in the partial secular approximation, with and without the common bath.

    Oracle: `generators`. Against the Redfield equation, which averages nothing, the partial secular
    currents of the separate baths are off by less than 0.1 %, the full secular ones by 4 %; beside
    the common bath by 0.4 % and by 15 %.
    """
    name = "cattaneo_2019"
    machine = zoo.machine(name) if common else zoo.machine(name).without("RC")
    names = ("RA", "RB", "RC")[: 3 if common else 2]
    h, energy, secular, redfield = generators(True, common)
    _, partial = settled(h, secular, energy)
    _, exact = settled(h, redfield, h)
    h, energy, secular, _ = generators(False, common)
    _, full = settled(h, secular, energy)
    for equation, expected in (
        (zoo.entry(name).equation, partial),
        (et.Redfield(), exact),
        (et.Global(), full),
    ):
        found = et.steady_state(machine, equation).heat_currents
        np.testing.assert_allclose([found[k] for k in names], expected, rtol=1e-9)
    errors = [abs(q[0] / exact[0] - 1.0) for q in (partial, full)]
    assert errors[0] < (4e-3 if common else 1e-3)
    assert errors[1] > (0.15 if common else 0.04)


def levels(gap: float, own: float, common: float | None) -> Matrix:
    """Populations of |11>, |S>, |A>, |00> of the exchange-coupled pair.

    Levels 2ε, ε + g, ε − g, 0. Private baths of one temperature drive all four edges of the ring
    |11> → |S> → |00> → |A> → |11> at 2Γ · ½ each, the common one the first two at 2Γ · 2: |A> is
    dark to it.
    """
    g, forward, backward = 0.39, [], []
    for drop, shared in ((gap - g, 5e-3), (gap + g, 5e-3), (g - gap, 0.0), (-gap - g, 0.0)):
        n = bose(abs(drop), own)
        down, up = 2e-3 * (n + 1.0), 2e-3 * n
        if common is not None:
            n = bose(abs(drop), common)
            down, up = down + 4.0 * shared * (n + 1.0), up + 4.0 * shared * n
        forward.append(down if drop > 0.0 else up)
        backward.append(up if drop > 0.0 else down)
    return ring(np.array(forward), np.array(backward))[0][[0, 1, 3, 2]]


@pytest.mark.parametrize("common", [False, True])
def test_hewgill_2018(common: bool) -> None:
    """Work and efficiency of the cycle whose hot stroke is in the file.

    The strokes between the baths change ε from 2 to 1 and back; H commutes with itself all along,
    so that populations stay: W = (ε_h − ε_c) ΔN, Q_h = ε_h ΔN + g Δ(p_S − p_A). Oracle: `levels`,
    and without the common bath, where it must be the Gibbs state, exp(−E/T)/Z.
    """
    name = "hewgill_2018"
    machine = zoo.machine(name)
    hot = machine if common else machine.without("RC")
    cold = machine.without("RC").replace(
        {
            "qubits.A": 1.0,
            "qubits.B": 1.0,
            "reservoirs.RA.temperature": 0.3,
            "reservoirs.RB.temperature": 0.3,
        }
    )
    number = np.diag([2.0, 1.0, 1.0, 0.0])
    counts, energies = [], []
    for stroke in (hot, cold):
        rho = solved(stroke, name).density_matrix
        counts.append(np.trace(number @ rho).real)
        energies.append(np.trace(hot.hamiltonian @ rho).real)
    work, heat = counts[0] - counts[1], energies[0] - energies[1]

    expected = [levels(2.0, 1.0, 0.2 if common else None), levels(1.0, 0.3, None)]
    for p, gap, t in zip(expected, (2.0, 1.0), (1.0, 0.3), strict=True):
        weights = np.exp(-np.array([2 * gap, gap + 0.39, gap - 0.39, 0.0]) / t)
        if gap == 1.0 or not common:
            np.testing.assert_allclose(p, weights / weights.sum(), rtol=1e-12)
    change = expected[0] - expected[1]
    turned = 2 * change[0] + change[1] + change[2]
    taken = 2.0 * turned + 0.39 * (change[1] - change[2])
    assert work == pytest.approx(turned, rel=1e-10)
    assert work / heat == pytest.approx(turned / taken, rel=1e-10)
    p = expected[0]
    concurrence = max(0.0, abs(p[1] - p[2]) - 2 * np.sqrt(p[0] * p[3]))
    assert solved(hot, name).concurrence("A", "B") == pytest.approx(concurrence, rel=1e-9)
    assert (concurrence > 0.0) == common
    assert 0.0 < work / heat < 1.0 - 0.3
    if common:
        without = solved(machine.without("RC"), name).density_matrix
        assert work < np.trace(number @ without).real - counts[1]
