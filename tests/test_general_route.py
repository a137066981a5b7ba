"""The general route: generators pair by pair, real coordinates, uniqueness without singular values.

Oracles: the same generator multiplied out with dense n × n jump matrices, one point at a time,
below; its null vector by LU with the trace as one row; NumPy's singular values; `oracle`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

import entherm as et
from entherm.channels import channels
from entherm.equations import Equation
from entherm.frame import frame_of
from entherm.jumps import drives
from entherm.liouvillian import all_elements, generator, population_elements
from entherm.stationary import KERNEL_TOLERANCE, kernel_dimensions, stationary

from .random_machines import draw

EQUATIONS = [
    et.Global(),
    et.Unified(),
    et.Local(),
    et.Local(heat="bare"),
    et.Redfield(),
    et.UniversalLindblad(),
]
OHMIC = et.Ohmic(reference=1.0, cutoff=50.0)
Matrix = np.ndarray[Any, Any]


def three_qubits(temperature: Any = 5.0, cold: Any = 1.0, gaps: Any = (20.0, 18.5, 17.0)) -> Any:
    """Detuned qubits on a chain, a reservoir each and one for all."""
    own = {"A": 0.3, "B": 0.2, "C": 0.25}
    baths = [et.Reservoir(f"R{k}", temperature, {k: rate}) for k, rate in own.items()]
    common = et.Reservoir("R", cold, {"A": 0.1, "B": 0.12, "C": 0.15}, correlation=1.0)
    return et.Machine(
        [et.Qubit(k, gap) for k, gap in zip("ABC", gaps, strict=True)],
        [et.exchange("A", "B", 5.0), et.exchange("B", "C", 4.0)],
        [*baths, common],
    )


def dissipators(machine: et.Machine, equation: Equation) -> dict[str, Matrix]:
    """D of each thermal reservoir on ρ stacked row by row, from dense jump matrices."""
    levels = frame_of(machine, equation).levels
    driven = drives(machine, levels)
    count = len(levels)
    one = np.eye(count)
    found = {}
    for name, drive in driven.by_name.items():
        total = np.zeros((count**2, count**2), complex)
        for channel in channels(drive, driven, equation):
            for gain, single in _jump_pairs(channel, equation):
                loss = single.conj().T @ gain
                total += 0.5 * (np.kron(gain, single.conj()) + np.kron(single, gain.conj()))
                total -= 0.5 * (np.kron(loss, one) + np.kron(one, loss.conj()))
        found[name] = total
    return found


def _jump_pairs(channel: Any, equation: Equation) -> list[tuple[Matrix, Matrix]]:
    """A and B of ½ (A ρ B† + B ρ A† − B† A ρ − ρ A† B)."""
    root = np.sqrt(channel.spectrum)
    if equation.interference == "arithmetic":
        return [(a * channel.spectrum, b) for a, b in channel.pairs]
    if equation.interference == "geometric":
        return [(mode * root, mode * root) for mode in channel.modes]
    jumps = [
        np.where(channel.omega == omega, mode * root, 0.0)
        for mode in channel.modes
        for omega in np.unique(channel.omega[~np.isnan(channel.omega)])
    ]
    return [(jump, jump) for jump in jumps]


@pytest.mark.parametrize("equation", EQUATIONS, ids=repr)
@pytest.mark.parametrize("seed", range(12))
def test_pairs_make_the_dissipators(equation: Equation, seed: int) -> None:
    """Every part, and the energy that it carries; oracle: dense jump matrices multiplied out."""
    machine = draw(seed).machine
    if any(isinstance(bath, et.ResetReservoir) for bath in machine.reservoirs):
        pytest.skip("a reset has no channels")
    frame = frame_of(machine, equation)
    whole = generator(machine, equation, all_elements(frame.levels))
    count = len(frame.levels)
    rho = np.random.default_rng(seed).normal(size=(2, count, count))
    state = (rho[0] + rho[0].T) + 1j * (rho[1] - rho[1].T)
    for name, expected in dissipators(machine, equation).items():
        scale = np.abs(expected).max()
        assert np.abs(whole.part(name) - expected).max() <= 1e-14 * scale
        change = (expected @ state.ravel()).reshape(count, count)
        energy = np.trace(frame.energy @ change).real
        bound = scale * np.abs(frame.energy).max() * np.abs(state).sum()
        assert abs(whole.energy_current(name, state.ravel()) - energy) <= 1e-14 * bound


@pytest.mark.parametrize("equation", EQUATIONS, ids=repr)
@pytest.mark.parametrize("seed", range(12))
def test_real_coordinates(equation: Equation, seed: int) -> None:
    """L over Re and Im is L; oracle: the complex generator applied to a Hermitian ρ."""
    machine = draw(seed).machine
    if any(isinstance(b, et.ResetReservoir) for b in machine.reservoirs) and equation != et.Local():
        pytest.skip("beside a reset only the local equation is admitted")
    whole = generator(machine, equation)
    count = len(whole.frame.levels)
    pairs = (len(whole.elements) - count) // 2
    x = np.random.default_rng(seed).normal(size=len(whole.elements))
    re, im = x[count : count + pairs], x[count + pairs :]
    rho = np.concatenate([x[:count], np.stack([re + 1j * im, re - 1j * im], 1).ravel()])
    change = whole.total @ rho
    half = change[count::2]
    expected = np.concatenate([change[:count].real, half.real, half.imag])
    assert np.abs(whole.over_reals @ x - expected).max() <= 1e-13 * np.abs(whole.total).max()


def test_axes_meet_only_where_points_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grid in tiles, axis by axis; oracle: the same machine point by point, to 1e-13."""
    monkeypatch.setattr(import_module("entherm.coherent"), "TILE_BYTES", 7 * 8 * 20**2)
    monkeypatch.setattr(import_module("entherm.coherent"), "TILE_POINTS", 3)
    hot, cold = np.array([2.0, 5.0, 6.0])[:, None], np.array([0.0, 0.5, 1.0, 3.0, 4.0])
    gap = np.array([20.0, 20.5])[:, None, None]
    grid = et.steady_state(three_qubits(hot, cold, (gap, 18.5, 17.0)), equation=et.Redfield())
    for index in np.ndindex(2, 3, 5):
        k, i, j = index
        gaps = (float(gap[k, 0, 0]), 18.5, 17.0)
        machine = three_qubits(float(hot[i, 0]), float(cold[j]), gaps)
        alone = et.steady_state(machine, equation=et.Redfield())
        assert np.abs(grid.density_matrix[index] - alone.density_matrix).max() <= 1e-13
        for name, heat in alone.heat_currents.items():
            assert abs(grid.heat_currents[name][index] - heat) <= 1e-13


@pytest.mark.parametrize("equation", [et.Redfield(), et.Unified()], ids=repr)
def test_scattered_energies(equation: Equation) -> None:
    """Every gap varies; oracle: L ρ = 0 by LU of the dense d² × d² generator, trace as a row."""
    rng = np.random.default_rng(4)
    gaps = [rng.uniform(18.0, 22.0, 40) - shift for shift in (0.0, 1.5, 3.0)]
    machine = three_qubits(gaps=gaps)
    state = et.steady_state(machine, equation=equation)
    whole = et.liouvillian(machine, equation)
    whole[:, 0] = np.eye(8).ravel()
    right = np.zeros((40, 64, 1), complex)
    right[:, 0] = 1.0
    expected = np.linalg.solve(whole, right).reshape(40, 8, 8)
    assert np.abs(state.density_matrix - expected).max() <= 1e-12


def test_kernel_is_judged_as_by_singular_values() -> None:
    """Rates that fade from 1 to 1e-18 of the largest; oracle: NumPy's singular values.

    Two qubits in one reservoir have a dark state, which a reservoir of their own fills at a rate
    that fades: the second smallest singular value passes every size there is.
    """
    fading = np.logspace(0, -18, 91)
    machine = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 2.0)],
        [],
        [et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}), et.Reservoir("RA", 1.0, {"A": fading})],
    )
    whole = generator(machine, et.Redfield())
    system = np.moveaxis(whole.over_reals, (0, 1), (-2, -1))
    _, kernel = stationary(system, 4)
    values = np.linalg.svd(np.asarray(whole.total), compute_uv=False)
    expected = (values <= KERNEL_TOLERANCE * values[:, :1]).sum(-1)
    assert np.array_equal(kernel, expected)
    assert {1, 2} <= set(expected)
    assert np.array_equal(kernel_dimensions(system, 4), expected)


@pytest.mark.parametrize("seed", range(40))
def test_the_bound_proves_nothing_false(seed: int) -> None:
    """Rates over ten orders of magnitude in two blocks that nothing joins: two stationary states.

    Oracle: the construction.
    """
    rng = np.random.default_rng(seed)
    first, second = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    size = first + second
    rates = np.zeros((1, size, size))
    for block in (slice(0, first), slice(first, size)):
        rates[0, block, block] = 10.0 ** rng.uniform(-8, 2, rates[0, block, block].shape)
    np.fill_diagonal(rates[0], 0.0)
    rates[0] -= np.diag(rates[0].sum(0))
    assert stationary(rates, size)[1][0] == 2


def test_points_without_meaning_do_not_spoil_the_others() -> None:
    """One gap below its exchange; oracle: the others alone."""
    gaps = np.array([20.0, 3.0, 21.0])
    machine = et.two_qubit_machine(gaps, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    both = et.steady_state(machine, equation=et.Redfield(), on_invalid="nan")
    assert np.isnan(both.density_matrix[1]).all()
    for k in (0, 2):
        alone = et.two_qubit_machine(float(gaps[k]), 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
        expected = et.steady_state(alone, equation=et.Redfield()).density_matrix
        assert np.abs(both.density_matrix[k] - expected).max() <= 1e-15


@pytest.mark.parametrize("seed", range(8))
def test_elements_of_populations_are_enough(seed: int) -> None:
    """What the steady state leaves out vanishes; oracle: the generator over all elements."""
    machine = draw(seed).machine
    if any(isinstance(bath, et.ResetReservoir) for bath in machine.reservoirs):
        pytest.skip("a reset has no levels of H_S")
    levels = frame_of(machine, et.Redfield()).levels
    every, some = all_elements(levels), population_elements(levels)
    total = generator(machine, et.Redfield()).total
    place = [every.index(element) for element in some]
    whole = generator(machine, et.Redfield(), every).total[..., place, :][..., place]
    assert np.abs(total - whole).max() <= 1e-15 * np.abs(whole).max()
