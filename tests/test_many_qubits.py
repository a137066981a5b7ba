"""Many qubits: the global equation by sectors, against what is written down here in full.

Oracles, none of which imports the library's rates: a Lindblad generator literally from A(ω),
applied to ρ as products of d × d matrices (six qubits; QuTiP solves it for three); elimination in
extended precision; exact levels and rates in 60 digits by mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import qutip

import entherm as et
import entherm.many.sector_memory
from entherm.bohr import MANY_LEVELS
from entherm.entanglement import concurrence_of, negativity_of
from entherm.many.coincidences import coincidences
from entherm.many.ladder import bottom_weights, factorise, returns
from entherm.many.multiplet_ladder import solve_multiplets
from entherm.many.sector_operators import between_levels
from entherm.many.sector_solver import solve_rungs

LOWERING = np.array([[0.0, 0.0], [1.0, 0.0]])
X = LOWERING + LOWERING.T
Z = np.diag([1.0, -1.0])


def on(count: int, site: int, local: np.ndarray) -> np.ndarray:
    """A 2 × 2 matrix on one of some qubits, by Kronecker products."""
    return reduce(np.kron, [local if k == site else np.eye(2) for k in range(count)])


def chain(count: int, hot: float = 12.0, cold: float = 6.0, **other: object) -> et.Machine:
    """An XXZ chain of different gaps, a reservoir on each qubit and one common to all."""
    names = [f"q{k}" for k in range(count)]
    temperatures = np.linspace(hot, cold, count)
    own = [
        et.Reservoir(f"R{k}", t, {n: 0.01 * (1 + k)})
        for k, (n, t) in enumerate(zip(names, temperatures, strict=True))
    ]
    common = et.Reservoir("RC", other.pop("common", 3.0), dict.fromkeys(names, 0.02))
    return et.Machine(
        [et.Qubit(n, 40.0 + np.sin(1.7 * k)) for k, n in enumerate(names)],
        [et.heisenberg(a, b, xx=1.0, yy=1.0, zz=0.7) for a, b in pairwise(names)],
        [*own, common],
        **other,
    )


def ring(count: int, temperatures: np.ndarray | None = None) -> et.Machine:
    """An XX ring of equal gaps: many of its levels coincide."""
    names = [f"q{k}" for k in range(count)]
    warm = np.linspace(8.0, 4.0, count) if temperatures is None else temperatures
    own = [
        et.Reservoir(f"R{k}", t, {n: 0.02 * (1 + 0.1 * k)})
        for k, (n, t) in enumerate(zip(names, warm, strict=True))
    ]
    cold = 2.0 if temperatures is None else temperatures[0]
    common = et.Reservoir("RC", cold, dict.fromkeys(names, 0.02))
    pairs = zip(names, (*names[1:], names[0]), strict=True)
    return et.Machine(
        [et.Qubit(n, 20.0) for n in names],
        [et.exchange(a, b, 1.0) for a, b in pairs],
        [*own, common],
    )


def hamiltonian_of_chain(count: int) -> np.ndarray:
    total = sum((40.0 + np.sin(1.7 * k)) * on(count, k, np.diag([1.0, 0.0])) for k in range(count))
    y = 1j * (LOWERING - LOWERING.T)
    for k in range(count - 1):
        for strength, local in ((1.0, X), (1.0, y), (0.7, Z)):
            total = total + strength * (on(count, k, local) @ on(count, k + 1, local)).real
    return total


def hamiltonian_of_ring(count: int) -> np.ndarray:
    total = sum(20.0 * on(count, k, np.diag([1.0, 0.0])) for k in range(count))
    for k in range(count):
        hop = on(count, k, LOWERING).T @ on(count, (k + 1) % count, LOWERING)
        total = total + hop + hop.T
    return total


def jumps(hamiltonian: np.ndarray, operator: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """A(ω), the elements of an operator between levels E_i − E_j = ω, in the bare basis."""
    energies, vectors = np.linalg.eigh(hamiltonian)
    element = vectors.T @ operator @ vectors
    element[np.abs(element) < 1e-12] = 0.0
    into, source = np.nonzero(element)
    omega = energies[source] - energies[into]
    order = np.argsort(omega)
    found = []
    for own in np.split(order, np.flatnonzero(np.diff(omega[order]) > 1e-10) + 1):
        part = np.zeros_like(element)
        part[into[own], source[own]] = element[into[own], source[own]]
        found.append((float(omega[own].mean()), vectors @ part @ vectors.T))
    return found


def dissipated(
    hamiltonian: np.ndarray, machine: et.Machine
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """ρ → D_ν[ρ] of every reservoir.

    Through σ₋ with a flat spectrum, 2Γ(n̄ + 1) down and 2Γ n̄ up; through σ_x with f = ω/10.
    """
    count = len(machine.names)

    def action(bath: et.Reservoir) -> Callable[[np.ndarray], np.ndarray]:
        lowers = all(c.operator == "lowering" for c in bath.couplings.values())
        operator = sum(
            float(c.amplitude) * on(count, machine.site(n), LOWERING if lowers else X)
            for n, c in bath.couplings.items()
        )
        made = []
        for omega, part in jumps(hamiltonian, operator):
            if abs(omega) < 1e-9:
                made.append((2.0 * float(bath.temperature) / 10.0, part))
                continue
            n = 1.0 / np.expm1(abs(omega) / float(bath.temperature))
            if lowers:
                made += [(2.0 * (n + 1.0), part), (2.0 * n, part.T)]
            else:
                made.append((0.2 * abs(omega) * (n + 1.0 if omega > 0.0 else n), part))

        square = sum(rate * (a.T @ a) for rate, a in made)

        def act(rho: np.ndarray) -> np.ndarray:
            gain = sum(rate * (a @ rho @ a.T) for rate, a in made)
            return gain - 0.5 * (square @ rho + rho @ square)

        return act

    return {bath.name: action(bath) for bath in machine.reservoirs}


def require_stationary(s: et.SteadyState, hamiltonian: np.ndarray, actions: dict) -> None:
    """ρ commutes with H, every dissipator adds up to nothing, and heat is Tr(H D[ρ])."""
    rho = s.density_matrix
    changes = {name: act(rho) for name, act in actions.items()}
    scale = max(np.abs(change).max() for change in changes.values())
    assert np.abs(hamiltonian @ rho - rho @ hamiltonian).max() < 1e-12 * np.abs(hamiltonian).max()
    assert np.abs(sum(changes.values())).max() < 1e-10 * scale
    for name, change in changes.items():
        heat = np.trace(hamiltonian @ change).real
        assert float(s.heat_currents[name]) == pytest.approx(heat, rel=1e-9, abs=1e-12)
    assert np.trace(rho).real == pytest.approx(1.0, abs=1e-13)
    assert np.linalg.eigvalsh(rho).min() > -1e-15


def test_six_qubits_are_stationary_under_the_literal_generator() -> None:
    m, h = chain(6), hamiltonian_of_chain(6)
    assert MANY_LEVELS < 2**6
    require_stationary(et.steady_state(m), h, dissipated(h, m))


def test_a_ring_whose_levels_coincide_is_stationary_under_the_literal_generator() -> None:
    m, h = ring(6), hamiltonian_of_ring(6)
    s = et.steady_state(m)
    levels = et.diagonalise(m)
    assert max(map(len, coincidences(levels).multiplets)) == 5
    vectors = levels.matrix
    between = vectors.T @ s.density_matrix @ vectors
    assert np.abs(between - np.diag(np.diag(between))).max() > 1e-4  # coherences matter
    require_stationary(s, h, dissipated(h, m))


@pytest.mark.parametrize("count", [3, 4])
def test_either_way_gives_the_same_state_where_both_go(count: int) -> None:
    """The general route (`liouvillian._equal`) is the oracle of the one by rungs."""
    m = ring(count)
    levels = et.diagonalise(m)
    found = solve_multiplets(m, levels, coincidences(levels))
    s = et.steady_state(m)
    assert found is not None
    np.testing.assert_allclose(found.populations, s.level_populations, rtol=1e-12)
    rho = levels.matrix.T @ s.density_matrix @ levels.matrix
    for block in found.multiplets:
        np.testing.assert_allclose(block.rho, rho[np.ix_(block.levels, block.levels)], atol=1e-15)
    for name in s.heat_currents:
        if name != "dephasing":
            assert found.currents[name] == pytest.approx(float(s.heat_currents[name]), abs=1e-14)
    m = chain(count)
    one, s = solve_rungs(m, et.diagonalise(m)), et.steady_state(m)
    np.testing.assert_allclose(one.populations, s.level_populations, rtol=1e-12)
    for name, current in one.currents.items():
        if isinstance(name, str):
            assert current == pytest.approx(float(s.heat_currents[name]), abs=1e-14)


def test_a_ring_of_three_against_qutip() -> None:
    m, h = ring(3), hamiltonian_of_ring(3)
    operators = []
    for bath in m.reservoirs:
        coupling = sum(
            float(c.amplitude) * on(3, m.site(n), LOWERING) for n, c in bath.couplings.items()
        )
        for omega, part in jumps(h, coupling):
            n = 1.0 / np.expm1(omega / float(bath.temperature))
            operators += [np.sqrt(2.0 * (n + 1.0)) * part, np.sqrt(2.0 * n) * part.T]
    rho = qutip.steadystate(qutip.Qobj(h), [qutip.Qobj(a) for a in operators]).full()
    levels = et.diagonalise(m)
    found = solve_multiplets(m, levels, coincidences(levels))
    assert found is not None
    between = levels.matrix.T @ rho.real @ levels.matrix
    np.testing.assert_allclose(found.populations, np.diag(between), atol=1e-12)
    for block in found.multiplets:
        np.testing.assert_allclose(
            block.rho, between[np.ix_(block.levels, block.levels)], atol=1e-12
        )


def test_populations_keep_their_relative_precision_down_to_e_to_the_minus_700() -> None:
    """Levels, rates and elimination in 60 digits; E_max/T = 700."""
    mpmath.mp.dps = 60
    h = hamiltonian_of_chain(3)
    hot = float(np.linalg.eigvalsh(h).max() - np.linalg.eigvalsh(h).min()) / 700.0
    m = chain(3, hot=1.5 * hot, cold=hot, common=1.2 * hot)
    energies, vectors = mpmath.eigsy(mpmath.matrix(h.tolist()))
    size = len(h)
    rates = mpmath.zeros(size)
    for bath in m.reservoirs:
        coupling = sum(
            float(c.amplitude) * on(3, m.site(n), LOWERING) for n, c in bath.couplings.items()
        )
        element = vectors.T * mpmath.matrix(coupling.tolist()) * vectors
        for i in range(size):
            for j in range(size):
                square = element[j, i] ** 2
                if square > mpmath.mpf(10) ** -40:
                    n = 1 / mpmath.expm1((energies[i] - energies[j]) / float(bath.temperature))
                    rates[i, j] += 2 * square * (n + 1)
                    rates[j, i] += 2 * square * n
    system = mpmath.matrix(size)
    for i in range(size):
        for j in range(size):
            system[j, i] = rates[i, j]
        system[i, i] = -sum(rates[i, j] for j in range(size) if j != i)
    for i in range(size):
        system[0, i] = 1
    right = mpmath.zeros(size, 1)
    right[0] = 1
    exact = mpmath.lu_solve(system, right)
    levels = et.diagonalise(m)
    found = solve_rungs(m, levels).populations[np.argsort(levels.stacked)]
    assert float(exact[size - 1]) < 1e-180
    for k in range(size):
        assert abs(mpmath.mpf(float(found[k])) / exact[k] - 1) < 1e-12


def test_blocks_are_eliminated_as_level_by_level_in_extended_precision() -> None:
    """Rates over 600 decades; Grassmann, Taksar and Heyman in long double is the oracle."""
    rng = np.random.default_rng(3)
    size = 150
    rates = 10.0 ** rng.uniform(-150.0, 150.0, (size, size))
    np.fill_diagonal(rates, 0.0)
    work = rates.astype(np.longdouble)
    for k in range(size - 1):
        work[k + 1 :, k] /= work[k, k + 1 :].sum()
        work[k + 1 :, k + 1 :] += work[k + 1 :, k, None] * work[k, k + 1 :]
    exact = np.ones(size, np.longdouble)
    for k in range(size - 2, -1, -1):
        exact[k] = (exact[k + 1 :] * work[k + 1 :, k]).sum()
    found = bottom_weights(rates)
    assert np.abs(found / exact - 1.0).max() < 1e-13


def test_returns_are_the_inverse_of_the_rates() -> None:
    rng = np.random.default_rng(4)
    rates, exits, entering = rng.random((90, 90)), rng.random(90), rng.random((20, 90))
    np.fill_diagonal(rates, 0.0)
    matrix = np.diag(exits + rates.sum(1)) - rates
    factors = -rates
    factorise(factors, exits.copy())
    found = returns(entering.copy(), factors)
    np.testing.assert_allclose(found, np.linalg.solve(matrix.T, entering.T).T, rtol=1e-11)


@pytest.mark.parametrize("machine", [chain(6, 5.0, 5.0, common=5.0), ring(6, np.full(6, 5.0))])
def test_one_temperature_is_gibbs_without_any_heat(machine: et.Machine) -> None:
    s = et.steady_state(machine)
    weights = np.exp(-(s.energies - s.energies[0]) / 5.0)
    np.testing.assert_allclose(s.populations, weights / weights.sum(), rtol=1e-11)
    assert all(abs(float(q)) < 1e-13 for q in s.heat_currents.values())


@pytest.mark.parametrize("machine", [chain(7), ring(7)])
def test_heat_adds_up_and_entropy_is_made(machine: et.Machine) -> None:
    s = et.steady_state(machine)
    heat = [float(q) for q in s.heat_currents.values()]
    assert abs(sum(heat)) < 1e-13 * max(map(abs, heat))
    assert float(s.entropy_production) > 0.0


@pytest.mark.parametrize("machine", [chain(6, 2.0, 1.0), ring(6)])
def test_pairs_and_expectations_are_those_of_the_whole_matrix(machine: et.Machine) -> None:
    s = et.steady_state(machine)
    rho = s.density_matrix
    for a, b in ((0, 1), (1, 4), (5, 2)):
        tensor = rho.reshape((2,) * 12)
        keep, rest = [a, b], [k for k in range(6) if k not in (a, b)]
        order = (*keep, *rest, *(6 + k for k in keep), *(6 + k for k in rest))
        pair = np.einsum("aibi->ab", tensor.transpose(order).reshape(4, 16, 4, 16))
        expected = concurrence_of(pair), negativity_of(pair)
        found = s.concurrence(f"q{a}", f"q{b}"), s.negativity(f"q{a}", f"q{b}")
        np.testing.assert_allclose(found, expected, atol=1e-9)
        operator = np.kron(X, X) + np.kron(Z, np.eye(2))
        value = s.expectation(operator, f"q{a}", f"q{b}")
        assert float(value) == pytest.approx(np.trace(pair @ operator).real, abs=1e-13)
    weights = np.linalg.eigvalsh(rho)
    weights = weights[weights > 1e-300]
    assert float(s.entropy) == pytest.approx(-(weights * np.log(weights)).sum(), abs=1e-12)


def test_a_hermitian_coupling_in_a_transverse_field_goes_as_one_rung() -> None:
    """No excitation number is left; the literal generator with A(ω) of both signs is the oracle."""
    names = [f"q{k}" for k in range(6)]
    m = et.Machine(
        [et.Qubit(n, 10.0 + 1.3 * k) for k, n in enumerate(names)],
        [
            *(et.heisenberg(a, b, zz=0.5) for a, b in pairwise(names)),
            *(et.field(n, x=1.0 + 0.2 * k) for k, n in enumerate(names)),
        ],
        [
            et.Reservoir(
                f"R{k}",
                3.0 + k,
                {n: et.Coupling(0.01 * (1 + k), operator="x")},
                spectrum=et.Ohmic(10.0),
            )
            for k, n in enumerate(names)
        ],
    )
    h = sum(
        (10.0 + 1.3 * k) * on(6, k, np.diag([1.0, 0.0])) + (1.0 + 0.2 * k) * on(6, k, X)
        for k in range(6)
    )
    h = h + sum(0.5 * on(6, k, Z) @ on(6, k + 1, Z) for k in range(5))
    require_stationary(et.steady_state(m), h, dissipated(h, m))


def test_secular_dephasing_adds_rates_within_a_rung() -> None:
    """Two levels of one sector exchange populations at Σ γ |⟨i|z|j⟩|²; dense rates."""
    m = chain(6, dephasing={"q0": 0.05, "q3": 0.02})
    s = et.steady_state(m, et.Global(dephasing="secular"))
    h = hamiltonian_of_chain(6)
    energies, vectors = np.linalg.eigh(h)
    gaps = energies - energies[:, None]
    rates = np.zeros((64, 64))
    for bath in m.reservoirs:
        operator = sum(
            float(c.amplitude) * on(6, m.site(n), LOWERING) for n, c in bath.couplings.items()
        )
        element = vectors.T @ operator @ vectors
        element[np.abs(element) < 1e-12] = 0.0
        with np.errstate(all="ignore"):
            n = np.where(element == 0.0, 0.0, 1.0 / np.expm1(gaps / float(bath.temperature)))
        rates += 2.0 * (n + 1.0) * element**2 + (2.0 * n * element**2).T
    rates -= np.diag(rates.sum(0))
    dephasing = np.zeros_like(rates)
    for site, gamma in ((0, 0.05), (3, 0.02)):
        z = (vectors.T @ on(6, site, Z) @ vectors) ** 2
        dephasing += gamma * (z - np.diag(z.sum(0)))
    system = np.vstack([rates + dephasing, np.ones(64)])
    p = np.linalg.lstsq(system, np.append(np.zeros(64), 1.0), rcond=None)[0]
    np.testing.assert_allclose(s.populations, p, atol=1e-13)
    heat = energies @ (dephasing @ p)
    assert float(s.heat_currents["dephasing"]) == pytest.approx(heat, rel=1e-8, abs=1e-14)


def test_an_array_of_points_is_its_points() -> None:
    temperatures = np.array([2.0, 3.0, 4.5])
    m = chain(6).replace({"reservoirs.RC.temperature": temperatures})
    s = et.steady_state(m)
    asked = et.heat("RC"), et.concurrence("q1", "q2")
    found = s.observe(*asked)
    for k, t in enumerate(temperatures):
        one = et.steady_state(chain(6).replace({"reservoirs.RC.temperature": t}))
        assert np.array_equal(s.populations[k], one.populations)
        assert np.array_equal(s.energies[k], one.energies)
        for values, value in zip(found, one.observe(*asked), strict=True):
            assert values[k] == value
        np.testing.assert_array_equal(s.expectation("z", "q0")[k], one.expectation("z", "q0"))


def test_a_level_that_nothing_leaves_is_named() -> None:
    """Only a common reservoir, equal qubits: dark states in every sector but the highest two."""
    names = [f"q{k}" for k in range(6)]
    m = et.Machine(
        [et.Qubit(n, 20.0) for n in names],
        [et.exchange(a, b, 1.0) for a, b in pairwise(names)],
        [et.Reservoir("RC", 1.0, {"q0": 0.1, "q5": 0.1})],
    )
    with pytest.raises(et.NonUniqueSteadyStateError):
        et.steady_state(m)
    assert et.steady_state(m, on_invalid="nan").reason == et.Reason.NOT_UNIQUE


def test_two_halves_that_do_not_meet_are_their_product() -> None:
    """Their levels coincide crosswise, between classes; the states of the halves are the oracle."""
    bath = [et.Reservoir(f"R{k}", 3.0 + 0.5 * k, {f"q{k}": 0.02}) for k in range(6)]
    qubits = [et.Qubit(f"q{k}", (20.0, 21.3, 22.1)[k % 3]) for k in range(6)]
    pairs = [et.exchange(f"q{k}", f"q{k + 1}", 1.0) for k in (0, 1, 3, 4)]
    m = et.Machine(qubits, pairs, bath)
    halves = (
        et.Machine(qubits[:3], pairs[:2], bath[:3]),
        et.Machine(qubits[3:], pairs[2:], bath[3:]),
    )
    expected = np.kron(*(et.steady_state(half).density_matrix for half in halves))
    assert len(coincidences(et.diagonalise(m)).pairs) > 20
    np.testing.assert_allclose(et.steady_state(m).density_matrix, expected, atol=1e-14)


def test_zero_temperature_is_the_ground_state() -> None:
    m = chain(6, hot=0.0, cold=0.0, common=0.0)
    s = et.steady_state(m)
    assert s.populations[0] == 1.0
    assert not np.any(s.populations[1:])
    assert all(float(q) == 0.0 for q in s.heat_currents.values())


def test_a_transition_without_a_mode_is_named_at_its_point() -> None:
    m = chain(6).replace({"heisenberg.q0-q1.zz": np.array([0.7, 60.0])})
    with pytest.raises(et.InvalidMachineError, match="must have a positive Bohr frequency"):
        et.steady_state(m)
    s = et.steady_state(m, on_invalid="nan")
    assert s.reason.tolist() == [et.Reason.VALID, et.Reason.FREQUENCY_NOT_POSITIVE]
    assert np.isnan(s.populations[1]).all()
    assert np.isfinite(s.populations[0]).all()


def test_what_does_not_fit_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entherm.many.sector_memory, "available_bytes", lambda: 1 << 30)
    with pytest.raises(et.ParameterError, match=r"GiB for the levels and rates of 16 subsystems"):
        et.steady_state(chain(16))
    s = et.steady_state(chain(8))
    monkeypatch.setattr(entherm.many.sector_memory, "available_bytes", lambda: 1 << 20)
    with pytest.raises(et.ParameterError, match="ask for concurrence"):
        _ = s.density_matrix


def test_what_needs_the_whole_generator_is_refused_before_it_is_made() -> None:
    """Dephasing as it is written, of complex levels: 12,870 elements of ρ meet one another."""
    m = chain(8, dephasing={"q0": 0.05})
    hop = 1j * (np.kron(LOWERING.T, LOWERING) - np.kron(LOWERING, LOWERING.T))
    chiral = et.hamiltonian_term("DM", ("q0", "q1"), hop, 0.5)
    m = et.Machine(m.subsystems, (*m.interactions, chiral), m.reservoirs, m.dephasing)
    with pytest.raises(et.ParameterError, match=r"GiB for a generator over 12870 elements"):
        et.steady_state(m)


def test_operators_between_sectors_are_those_of_the_whole() -> None:
    m = chain(4)
    levels = et.diagonalise(m)
    vectors = levels.matrix
    for sites, local in (((2,), LOWERING), ((3, 0), np.kron(X, Z)), ((1,), Z)):
        whole = reduce(
            np.matmul, [on(4, s, p) for s, p in zip(sites, _factors(local), strict=True)]
        )
        expected = vectors.T @ whole @ vectors
        found = np.zeros_like(expected)
        for (a, b), block in between_levels(levels, m.dimensions, sites, local).items():
            rows, columns = levels.blocks[a].levels, levels.blocks[b].levels
            found[np.ix_(rows, columns)] = block
        np.testing.assert_allclose(found, expected, atol=1e-14)


def _factors(local: np.ndarray) -> list[np.ndarray]:
    return [local] if len(local) == 2 else [X, Z]


def test_validity_says_where_it_ends() -> None:
    """Pairs of levels are gone through one by one."""
    names = [f"q{k}" for k in range(8)]
    chain = et.Machine(
        [et.Qubit(name, 20.0 + 1.1**k) for k, name in enumerate(names)],
        reservoirs=[et.Reservoir(f"R{name}", 2.0, {name: 0.01}) for name in names],
    )
    with pytest.raises(et.ParameterError, match="at most 128 levels"):
        _ = et.steady_state(chain).validity


def beside_a_doublet(
    m: et.Machine, dephasing: dict[str, float] | None = None, z: object = None
) -> et.Machine:
    """A machine and a doublet of its own; without z its x is conserved, so no state is unique."""
    x = {"D": et.Coupling(0.2, operator="x")}
    baths = [et.Reservoir("RD", 3.0, x, spectrum=et.Ohmic(10.0))]
    if z is not None:
        along = {"D": et.Coupling(z, operator="z")}
        baths.append(et.Reservoir("ZD", 1.0, along, spectrum=et.Ohmic(10.0)))
    doublet = et.Qudit("D", levels=[0.0, 0.0])
    return et.Machine(
        [doublet, *m.subsystems], m.interactions, [*baths, *m.reservoirs], dephasing or {}
    )


def detuned(count: int, dephased: bool) -> et.Machine:
    """Qubits with a reservoir each through x, and with z of the first one's in an own."""
    names = [f"q{k}" for k in range(count)]
    ohmic = et.Ohmic(10.0)
    baths = [
        et.Reservoir(f"R{k}", 2.0 + k, {n: et.Coupling(0.1, operator="x")}, spectrum=ohmic)
        for k, n in enumerate(names)
    ]
    if dephased:
        baths.append(et.Reservoir("Z", 2.0, {"q0": et.Coupling(0.3, operator="z")}, spectrum=ohmic))
    return et.Machine(
        [et.Qubit(n, 20.0 + 1.3 * k) for k, n in enumerate(names)],
        [et.exchange(a, b, 0.5) for a, b in pairwise(names)],
        baths,
    )


@pytest.mark.parametrize("dephased", [False, True])
@pytest.mark.parametrize("count", [3, 4, 5])
def test_a_conserved_doublet_is_never_unique(count: int, dephased: bool) -> None:
    """σ_x of the doublet commutes with H and every coupling; 16 to 64 levels go by sectors."""
    m = detuned(count, dephased)
    s = et.steady_state(beside_a_doublet(m), on_invalid="nan")
    assert s.reason == et.Reason.NOT_UNIQUE
    with pytest.raises(et.NonUniqueSteadyStateError):
        et.steady_state(beside_a_doublet(m))
    assert et.steady_state(beside_a_doublet(m, z=0.1), on_invalid="nan").reason == et.Reason.VALID


@pytest.mark.parametrize(
    ("machine", "rule"),
    [
        (chain(3), "secular"),
        (ring(4), "secular"),
        *((m, rule) for m in (chain(5), ring(5)) for rule in ("secular", "as_written")),
    ],
)
def test_a_conserved_doublet_beside_dephasing_is_never_unique(
    machine: et.Machine, rule: str
) -> None:
    """Coherences of the pieces that are solved without sectors are asked too.

    Dephasing of the doublet itself tells its levels apart, as a reservoir through z does.
    """
    equation = et.Global(dephasing=rule)
    cases = (
        (beside_a_doublet(machine, {"q0": 0.1}), et.Reason.NOT_UNIQUE),
        (beside_a_doublet(machine, {"q0": 0.1}, z=0.1), et.Reason.VALID),
        (beside_a_doublet(machine, {"D": 0.1}), et.Reason.VALID),
    )
    for m, reason in cases:
        assert et.steady_state(m, equation, on_invalid="nan").reason == reason


def test_points_of_two_ways_give_their_currents() -> None:
    """Equal steps between the gaps make levels coincide at the first point only."""

    def machine(last: object) -> et.Machine:
        gaps = (20.0, 20.7, 21.4, last)
        names = [f"q{k}" for k in range(4)]
        return et.Machine(
            [et.Qubit(n, gap) for n, gap in zip(names, gaps, strict=True)],
            [et.exchange(a, b, 0.5) for a, b in pairwise(names)],
            [et.Reservoir(f"R{n}", 2.0 + k, {n: 0.05}) for k, n in enumerate(names)],
            dephasing={"q1": 0.1},
        )

    secular = et.Global(dephasing="secular")
    s = et.steady_state(machine(22.1 + np.array([0.0, 0.3])), secular)
    assert len(s._plan.pieces) == 2  # or this test is of something else
    for k, last in enumerate((22.1, 22.4)):
        one = et.steady_state(machine(last), secular)
        for name, current in s.heat_currents.items():
            assert current[k] == pytest.approx(float(one.heat_currents[name]), rel=1e-9, abs=1e-15)
        [quanta] = s.observe(et.quanta("Rq0"))
        assert quanta[k] == pytest.approx(float(one.observe(et.quanta("Rq0"))[0]), rel=1e-9)


def test_where_there_is_no_state_nothing_is_known_of_it() -> None:
    """No mode at the second point, and at the first of the other machine no unique state."""
    names = [f"q{k}" for k in range(4)]
    m = et.Machine(
        [et.Qubit(n, 1.0) for n in names],
        [et.exchange(a, b, np.array([0.1, 3.0])) for a, b in pairwise(names)],
        [et.Reservoir(f"R{k}", 2.0 + k, {n: 0.05}) for k, n in enumerate(names[:2])],
    )
    doublet = beside_a_doublet(detuned(3, True), z=np.array([0.0, 0.1]))
    for machine, bad in ((m, 1), (doublet, 0)):
        s = et.steady_state(machine, on_invalid="nan")
        assert (s.reason != 0).tolist() == [k == bad for k in range(2)]
        known = [
            s.entropy,
            s.density_matrix.real.sum((-2, -1)),
            s.expectation("z", "q0"),
            s.expectation(LOWERING + 1j * LOWERING, "q0"),
            s.entropy_production,
            *s.heat_currents.values(),
        ]
        for values in known:
            assert np.isnan(values).tolist() == [k == bad for k in range(2)]
        assert np.isnan(s.density_matrix[bad].imag).all()


def test_an_entropy_beside_a_point_of_no_state() -> None:
    """Some points by sectors, some without; one of them fails."""
    s = et.steady_state(
        beside_a_doublet(detuned(4, False), z=np.array([0.0, 0.1])), on_invalid="nan"
    )
    one = et.steady_state(beside_a_doublet(detuned(4, False), z=0.1))
    assert np.isnan(s.entropy[0])
    assert s.entropy[1] == pytest.approx(float(one.entropy), rel=1e-9)


def test_memory_is_that_of_the_rungs_that_are_made() -> None:
    """A coupling that raises without lowering leaves one rung: 2⁸ × 2⁸ rates, and products."""
    m = chain(8)

    def through(operator: np.ndarray) -> int:
        bath = et.Reservoir("own", 1.0, {"q0": et.Coupling(0.1, operator=operator)})
        machine = et.Machine(m.subsystems, m.interactions, [bath])
        return entherm.many.sector_memory.ladder_bytes(machine)

    assert through(LOWERING.T) - through(LOWERING) > 8 * 3 * (256**2 - 70**2)
    # Amplitudes between the largest two rungs become complex.
    assert through(1j * LOWERING) - through(LOWERING) >= 8 * 3 * 70 * 56
