"""Redfield, Unified and UniversalLindblad without their generator written down.

Oracles: the generator that is written down (`entherm.liouvillian`, which shares neither amplitudes
nor products nor solver with what is tested), the equations in the bare basis with whole matrices,
QuTiP, the Gibbs state, and what symmetry says of conserved quantities.
"""

from __future__ import annotations

import numpy as np
import pytest
import qutip
from numpy.typing import NDArray
from scipy.linalg import expm

import entherm as et
from entherm.bohr import diagonalise
from entherm.clusters import clustered
from entherm.elimination import stationary_populations_dense
from entherm.errors import ConvergenceError, ParameterError
from entherm.liouvillian import Generator, generator
from entherm.many import gains, iterative, sector_memory
from entherm.many.krylov import gmres
from entherm.many.many_levels import goes_by_products, solve_by_products, stationary_at
from entherm.many.matrix_free import ClassGenerator, class_generator
from entherm.many.memory import bytes_by_products
from entherm.many.point_clusters import clustered_at
from entherm.operators import embedded
from entherm.point_stage import SolvedPlan

GAP, STEP, COUPLING, ANISOTROPY = 20.0, 0.3, 0.5, 0.8


def names(count: int) -> list[str]:
    return [f"q{k}" for k in range(count)]


def chain(
    count: int,
    rate: float = 0.1,
    temperatures: tuple[float, float] = (2.0, 12.0),
    common: dict | None = None,
    operator: str = "lowering",
    spectrum: et.Spectrum | None = None,
    step: float = STEP,
) -> et.Machine:
    """XXZ chain of `count` qubits, each on its own reservoir, and all on a common cold one."""
    own = np.linspace(*temperatures, count)
    return et.Machine(
        [et.Qubit(name, GAP + step * k) for k, name in enumerate(names(count))],
        [
            et.heisenberg(a, b, xx=COUPLING, yy=COUPLING, zz=COUPLING * ANISOTROPY)
            for a, b in zip(names(count), names(count)[1:], strict=False)
        ],
        [
            *(
                et.Reservoir(
                    f"R{k}",
                    own[k],
                    {name: et.Coupling(rate * (1.0 + 0.1 * k), operator=operator)},
                    spectrum=spectrum,
                )
                for k, name in enumerate(names(count))
            ),
            et.Reservoir(
                "RC",
                temperatures[0] / 2.0,
                {name: et.Coupling(rate, operator=operator) for name in names(count)},
                spectrum=spectrum,
                **(common or {}),
            ),
        ],
    )


def dephased(machine: et.Machine) -> et.Machine:
    rates = {"q0": 0.3, "q1": 0.1}
    return et.Machine(machine.subsystems, machine.interactions, machine.reservoirs, rates)


SMOOTH = et.Ohmic(GAP, cutoff=50.0)
DELAYS = {"delays": {name: 0.03 * k for k, name in enumerate(names(4))}}
TABLE = et.TabulatedCorrelation([0.0, 15.0, 60.0], {"q0-q1": [1.0, 0.7, 0.1]})
EVERY = [et.Redfield(), et.UniversalLindblad(), et.Unified(), et.Unified(threshold=0.0)]

CASES = [
    *((chain(4), equation) for equation in EVERY),
    *((chain(4, rate=1.0), equation) for equation in EVERY),
    *((chain(4, common=DELAYS), equation) for equation in EVERY),
    *((chain(4, common={"correlation": TABLE}), equation) for equation in EVERY),
    *((chain(4, common={"correlation": 0.4}), equation) for equation in EVERY),
    *((chain(3, operator="x", spectrum=SMOOTH), equation) for equation in EVERY),
    *((chain(4, temperatures=(0.0, 0.0)), equation) for equation in EVERY),
    *((dephased(chain(4)), equation) for equation in EVERY[:2]),
    (chain(4, spectrum=SMOOTH), et.Redfield(lamb_shift="explicit")),
    (chain(4, spectrum=SMOOTH), et.Unified(lamb_shift="explicit")),
    (chain(3, operator="x", spectrum=SMOOTH), et.Redfield(lamb_shift="explicit")),
    *(
        (dephased(machine), equation)
        for machine in (chain(4), chain(4, 0.01), chain(4, step=0.0))
        for equation in (et.Unified(), et.Global(), et.Global(dephasing="secular"))
    ),
    (dephased(chain(3, operator="x", spectrum=SMOOTH)), et.Unified()),
    (dephased(chain(3, spectrum=SMOOTH)), et.Unified(lamb_shift="explicit")),
]


def whole(act: ClassGenerator, packed: NDArray[np.float64]) -> NDArray[np.complex128]:
    """ρ between levels, with zeros between classes."""
    rho = np.zeros((len(act.energies),) * 2, complex)
    for labels, block in zip(act.classes.members, act.states.unpacked(packed), strict=True):
        rho[np.ix_(labels, labels)] = block
    return rho


def random_state(act: ClassGenerator) -> NDArray[np.float64]:
    random = np.random.default_rng(3)
    return np.concatenate([(random.normal(size=k.shape) * k).ravel() for k in act.kept])


def written_state(written: Generator) -> NDArray[np.complex128]:
    """The null vector of a written generator, by singular values."""
    _, sizes, right = np.linalg.svd(written.total)
    assert sizes[-1] < 1e-12 * sizes[0] < 1e3 * sizes[-2]
    vector = right[-1].conj()
    return vector / sum(vector[k] for k, (a, b) in enumerate(written.elements) if a == b)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_products_do_what_the_written_generator_does(case: int) -> None:
    """1e-12 of a random Hermitian matrix's change and currents; oracle: the written generator."""
    machine, equation = CASES[case]
    written, act = generator(machine, equation), class_generator(machine, equation)
    packed = random_state(act)
    a, b = np.array(written.elements).T
    elements = whole(act, packed)[a, b]
    change = written.total @ elements
    assert whole(act, act(packed))[a, b] == pytest.approx(change, abs=1e-12 * abs(change).max())
    for name in act.jumps:
        size = sum(
            float(np.abs(j.single).max() * np.abs(j.acting).max()) * GAP for j in act.jumps[name]
        )
        expected = float(written.energy_current(name, elements))
        assert act.energy_current(name, packed) == pytest.approx(expected, abs=1e-12 * (size + 1))
        if name != "dephasing":
            expected = float(written.quanta_current(name, elements))
            assert act.quanta_current(name, packed) == pytest.approx(expected, abs=1e-12 * size)


def test_the_rates_and_the_diagonal_are_those_of_the_written_generator() -> None:
    """1e-13; oracle: the elements of the written generator, Redfield with pure dephasing."""
    machine = dephased(chain(3, operator="x", spectrum=SMOOTH))
    written, act = generator(machine, et.Redfield()), class_generator(machine, et.Redfield())
    place = {element: k for k, element in enumerate(written.elements)}
    count = len(act.energies)
    for j in range(count):
        for i in range(count):
            if i != j:
                rate = written.total[place[j, j], place[i, i]]
                assert act.rates[j, i] == pytest.approx(rate.real, abs=1e-13)
    for labels, own in zip(act.classes.members, act.diagonal, strict=True):
        for a in range(len(labels)):
            for b in range(len(labels)):
                k = place[labels[a], labels[b]]
                assert own[a, b] == pytest.approx(written.total[k, k], abs=1e-12)


def gross(plan: SolvedPlan, machine: et.Machine, equation: et.Equation) -> float:
    """Sum of all one-way flows of heat; at T = 0, where there are none, rounding of the rates."""
    rates = class_generator(machine, equation).rates
    populations = np.array([float(p) for p in plan.populations])
    return GAP * max(float(rates.sum(0) @ populations), 1e-5 * float(rates.max()))


def test_frequencies_that_many_share_are_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """1e-14; oracle: the same gains as a sparse matrix, pair by pair of transitions."""
    machine = dephased(chain(4, 0.01))
    one_by_one = class_generator(machine, et.Unified())
    monkeypatch.setattr(gains, "FEW", 2)
    together = class_generator(machine, et.Unified())
    assert one_by_one.matched is not None
    assert together.matched is not None
    assert not one_by_one.matched.shared
    assert together.matched.shared
    packed = random_state(one_by_one)
    assert together(packed) == pytest.approx(one_by_one(packed), abs=1e-14)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_states_and_currents_are_those_of_the_written_generator(case: int) -> None:
    """ρ to 1e-9, currents to 1e-9 of the gross flow; oracle: its null vector."""
    machine, equation = CASES[case]
    plan, kernel = solve_by_products(machine, equation)
    assert kernel == 1
    written = generator(machine, equation)
    vector = written_state(written)
    for k, (a, b) in enumerate(written.elements):
        if a == b:
            found = complex(plan.populations[a])
        else:
            re, im = plan.coherences[min(a, b), max(a, b)]
            found = complex(re, im if a < b else -im)
        assert found == pytest.approx(vector[k], abs=1e-9)
    scale = gross(plan, machine, equation)
    for bath in machine.reservoirs:
        heat = float(written.energy_current(bath.name, vector))
        quanta = float(written.quanta_current(bath.name, vector))
        assert plan.heats[bath.name] == pytest.approx(heat, abs=1e-9 * scale)
        assert plan.heats["quanta", bath.name] == pytest.approx(quanta, abs=1e-9 * scale / GAP)
    heat = float(written.energy_current("dephasing", vector))
    assert plan.heats["dephasing"] == pytest.approx(heat, abs=1e-9 * scale)
    assert plan.heats["work"] == 0.0


def filtered_redfield(machine: et.Machine, rho: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Redfield's L ρ in the bare basis with whole matrices; bosons, flat spectrum, σ₋."""
    energies, vectors = np.linalg.eigh(machine.hamiltonian)
    omega = energies[None, :] - energies[:, None]  # [to, from]
    change = -1j * (machine.hamiltonian @ rho - rho @ machine.hamiltonian)
    for bath in machine.reservoirs:
        jump = sum(
            float(coupling.amplitude)
            * embedded(machine.dimensions, *machine.coupling_operator(bath, name))
            for name, coupling in bath.couplings.items()
        )
        down = vectors.T @ jump @ vectors
        occupation = np.zeros_like(omega)
        occupation[omega > 1.0] = 1.0 / np.expm1(omega[omega > 1.0] / float(bath.temperature))
        weak = np.abs(down) < 1e-12
        filters = (
            (jump, np.where(weak, 0.0, down * 2.0 * (occupation + 1.0))),
            (jump.T, np.where(weak, 0.0, down * 2.0 * occupation).T),
        )
        for operator, filtered in filters:
            slow = vectors @ filtered @ vectors.T
            half = slow @ rho @ operator.T - operator.T @ slow @ rho
            change = change + 0.5 * (half + half.conj().T)
    return change


@pytest.mark.parametrize("rate", [0.01, 1.0])
def test_the_state_of_five_qubits_is_stationary(rate: float) -> None:
    """‖L ρ‖ <= 1e-10 of the mean exit rate, trace 1, Hermitian; oracle: L with whole matrices."""
    machine = chain(5, rate)
    state = et.steady_state(machine, et.Redfield())
    assert goes_by_products(machine, et.Redfield())
    rho = state.density_matrix
    scale = class_generator(machine, et.Redfield()).rates.sum() / 32
    assert np.linalg.norm(filtered_redfield(machine, rho)) <= 1e-10 * scale
    assert np.trace(rho) == pytest.approx(1.0, abs=1e-12)
    assert np.abs(rho - rho.conj().T).max() <= 1e-15
    assert sum(state.heat_currents[f"R{k}"] for k in range(5)) == pytest.approx(
        -state.heat_currents["RC"], abs=1e-10 * scale * GAP
    )


def test_three_qubits_under_redfield_as_in_qutip() -> None:
    """Every element to 1e-9; oracle: QuTiP's Bloch–Redfield tensor, nothing averaged."""
    machine = chain(3, operator="x", spectrum=SMOOTH)
    plan, kernel = solve_by_products(machine, et.Redfield())
    assert kernel == 1

    def site(operator: qutip.Qobj, k: int) -> qutip.Qobj:
        return qutip.tensor([operator if k == m else qutip.qeye(2) for m in range(3)])

    def spectrum(bath: et.Reservoir):
        def power(w: float) -> float:  # QuTiP asks for this name
            return float(bath.signed(w))

        return power

    couplings = []
    for bath in machine.reservoirs:
        parts = [
            float(coupling.amplitude) * site(qutip.sigmax(), machine.names.index(name))
            for name, coupling in bath.couplings.items()
        ]
        couplings.append([sum(parts[1:], parts[0]), spectrum(bath)])
    hamiltonian = qutip.Qobj(machine.hamiltonian, dims=[[2] * 3] * 2)
    tensor = qutip.bloch_redfield_tensor(hamiltonian, couplings, sec_cutoff=-1, fock_basis=True)
    expected = qutip.steadystate(tensor).full()
    vectors = diagonalise(machine).matrix
    rho = np.diag([complex(p) for p in plan.populations])
    for (a, b), (re, im) in plan.coherences.items():
        rho[a, b], rho[b, a] = complex(re, im), complex(re, -im)
    assert vectors @ rho @ vectors.T == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("equation", [et.Unified(threshold=0.0), et.Redfield()])
def test_equal_temperatures_give_the_gibbs_state(equation: et.Equation) -> None:
    """1e-12 under Unified, 10 Γ under Redfield at Γ = 1e-6; oracle: exp(−H/T)/Z."""
    temperature = 7.0
    machine = chain(5, 1e-6, (temperature, temperature)).without("RC")
    gibbs = expm(-machine.hamiltonian / temperature)
    gibbs /= np.trace(gibbs)
    rho = et.steady_state(machine, equation).density_matrix
    tolerance = 1e-12 if isinstance(equation, et.Unified) else 1e-5
    assert rho == pytest.approx(gibbs, abs=tolerance)


def test_the_smallest_population_keeps_its_digits() -> None:
    """Relative 1e-11 of p = exp(−E/T)/Z at E_max/T = 350; oracle: the Gibbs state."""
    temperature = 0.3
    machine = chain(5, 0.1, (temperature, temperature)).without("RC")
    state = et.steady_state(machine, et.Unified(threshold=0.0))
    weights = np.exp(-(state.energies - state.energies[0]) / temperature)
    assert weights[-1] < 1e-145
    assert state.populations == pytest.approx(weights / weights.sum(), rel=1e-11, abs=0.0)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_small_populations_of_clusters_keep_their_digits(temperature: float) -> None:
    """Relative 1e-11; oracle: coherences eliminated from the written generator, then rates."""
    machine = chain(4, 0.1, (temperature, 1.5 * temperature))
    plan, kernel = solve_by_products(machine, et.Unified())
    assert kernel == 1
    written = generator(machine, et.Unified())
    p = np.array([a == b for a, b in written.elements])
    response = np.linalg.solve(written.total[~p][:, ~p], written.total[~p][:, p])
    effective = (written.total[p][:, p] - written.total[p][:, ~p] @ response).real
    expected = stationary_populations_dense(effective.T)
    secular = stationary_populations_dense(written.total[p][:, p].real.T)
    assert np.abs(secular / expected - 1.0).max() > 1e-3
    populations = [float(p) for p in plan.populations]
    assert populations == pytest.approx(expected, rel=1e-11, abs=0.0)


def test_points_are_solved_one_by_one() -> None:
    """To the last bit; oracle: the same machine at each point alone."""
    machine = chain(5)
    swept = machine.replace(
        {"reservoirs.RC.temperature": [[1.0], [3.0]], "qubits.q0": [20.0, 21.0]}
    )
    state = et.steady_state(swept, et.Redfield())
    assert state.shape == (2, 2)
    for k, cold in enumerate((1.0, 3.0)):
        for m, gap in enumerate((20.0, 21.0)):
            alone = machine.replace({"reservoirs.RC.temperature": cold, "qubits.q0": gap})
            single = et.steady_state(alone, et.Redfield())
            assert state.heat_currents["R1"][k, m] == single.heat_currents["R1"]
            assert np.array_equal(state.density_matrix[k, m], single.density_matrix)


@pytest.mark.parametrize("equation", EVERY[:3], ids=lambda e: e.name)
def test_many_points_written_down_are_the_same_points(equation: et.Equation) -> None:
    """1e-9 of ρ; oracle: the same five qubits by products, at one of the points."""
    cold = np.linspace(0.5, 3.0, 6)
    swept = chain(5).replace({"reservoirs.RC.temperature": cold})
    alone = chain(5).replace({"reservoirs.RC.temperature": cold[4]})
    assert not goes_by_products(swept, equation)
    assert goes_by_products(alone, equation)
    together, single = et.steady_state(swept, equation), et.steady_state(alone, equation)
    assert together.density_matrix[4] == pytest.approx(single.density_matrix, abs=1e-9)
    assert together.heat_currents["RC"][4] == pytest.approx(
        float(single.heat_currents["RC"]), abs=1e-9
    )


def test_a_sweep_keeps_one_order_of_levels() -> None:
    """1e-9; oracle: the point alone, where xx = yy conserves excitations and the sweep does not."""
    machine = chain(5, operator="x", spectrum=SMOOTH)
    path = "heisenberg.q0-q1.yy"
    swept = et.steady_state(machine.replace({path: [COUPLING, 0.3]}), et.Redfield())
    alone = et.steady_state(machine, et.Redfield())
    assert swept.density_matrix[0] == pytest.approx(alone.density_matrix, abs=1e-9)
    assert swept.concurrence("q0", "q1")[0] == pytest.approx(
        float(alone.concurrence("q0", "q1")), abs=1e-9
    )


def test_one_clustering_for_a_sweep_is_that_of_all_its_points() -> None:
    """1e-12; oracle: each point with the pairs joined by hand that are near at either."""
    machine = chain(5, 0.004)
    hot = machine.replace({"reservoirs.RC.temperature": [1.0, 30.0]})
    every = set()
    for temperature in (1.0, 30.0):
        point = machine.replace({"reservoirs.RC.temperature": temperature})
        levels = diagonalise(point)
        every |= set(clustered(point, levels, et.Unified()).joined)
        once = et.steady_state(point, et.Unified()).heat_currents["RC"]
    joined = et.Unified(joined=tuple(sorted(every)))
    state = et.steady_state(hot, et.Unified(clustering="sweep")).heat_currents["RC"]
    for k, temperature in enumerate((1.0, 30.0)):
        point = machine.replace({"reservoirs.RC.temperature": temperature})
        assert state[k] == pytest.approx(
            float(et.steady_state(point, joined).heat_currents["RC"]), rel=1e-12
        )
    assert once == pytest.approx(float(state[1]), rel=0.2)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 50.0])
@pytest.mark.parametrize("step", [0.0, STEP])
@pytest.mark.parametrize("operator", ["lowering", "x"])
def test_clusters_at_a_point_are_those_of_a_sweep(
    threshold: float, step: float, operator: str
) -> None:
    """1e-11 of every energy; oracle: `entherm.clusters`, from transitions one by one."""
    machine = chain(4, operator=operator, spectrum=SMOOTH, step=step)
    levels, equation = diagonalise(machine), et.Unified(threshold=threshold)
    found = [float(e) for e in clustered_at(machine, levels, equation).energies]
    expected = [float(e) for e in clustered(machine, levels, equation).levels.energies]
    assert found == pytest.approx(expected, abs=1e-11)


def alone(count: int) -> et.Machine:
    """A chain whose last qubit touches nothing: its energy is conserved."""
    machine = chain(count)
    last = names(count)[-1]
    kept = [part for part in machine.interactions if last not in part.between]
    return et.Machine(machine.subsystems, kept, machine.reservoirs[:2])


@pytest.mark.parametrize("equation", EVERY[:3], ids=lambda e: e.name)
@pytest.mark.parametrize("count", [5, 7])
def test_a_conserved_quantity_is_found(equation: et.Equation, count: int) -> None:
    """Oracle: a qubit that nothing touches keeps its energy; singular values at 5, a probe at 7."""
    with pytest.raises(et.NonUniqueSteadyStateError, match="not unique"):
        et.steady_state(alone(count), equation)


@pytest.mark.parametrize("equation", EVERY[:2], ids=lambda e: e.name)
def test_a_dark_singlet_of_a_uniform_chain_is_found(equation: et.Equation) -> None:
    """Oracle: exchange symmetry; the common reservoir alone cannot leave a state of odd parity."""
    machine = chain(7, step=0.0).without(*(f"R{k}" for k in range(7)))
    assert stationary_at(machine, equation).kernel > 1
    graded = chain(7).without(*(f"R{k}" for k in range(7)))
    assert stationary_at(graded, equation).kernel == 1


def test_a_transition_without_a_mode_is_named() -> None:
    machine = chain(5).replace({f"heisenberg.{a}-{b}.xx": 6.0 for a, b in PAIRS})
    machine = machine.replace({f"heisenberg.{a}-{b}.yy": 6.0 for a, b in PAIRS})
    with pytest.raises(et.InvalidMachineError, match="positive Bohr frequency"):
        et.steady_state(machine, et.Redfield())


PAIRS = list(zip(names(5), names(5)[1:], strict=False))


def test_what_does_not_converge_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """Residual and iterations in the error; NaN and a code where that is asked for."""
    monkeypatch.setattr(iterative, "MOST_ITERATIONS", 2)
    monkeypatch.setattr(iterative, "LARGEST_WRITTEN", 0)
    machine = chain(5, 1.0)
    with pytest.raises(ConvergenceError, match="did not converge: after 4 products") as caught:
        et.steady_state(machine, et.Redfield())
    assert caught.value.residual > iterative.LARGEST_RESIDUAL
    assert caught.value.iterations == 4
    state = et.steady_state(machine, et.Redfield(), on_invalid="nan")
    assert state.reason == et.Reason.NOT_CONVERGED
    assert np.isnan(state.heat_currents["RC"])


def test_what_does_not_fit_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how much is needed, of the products and of a generator written down."""
    assert bytes_by_products(chain(14)) > 20 * 2**30
    monkeypatch.setattr(sector_memory, "available_bytes", lambda: 250_000)
    with pytest.raises(ParameterError, match=r"GiB for the jump operators .*use Global\(\)"):
        et.steady_state(chain(8), et.Redfield())
    with pytest.raises(ParameterError, match=r"generator over 252 elements .*use Redfield\(\)"):
        et.steady_state(chain(5), et.Local())


def test_gmres_solves_and_ends_where_nothing_is_gained() -> None:
    """1e-10 of the solution; oracle: numpy.linalg.solve, and a right side out of reach."""
    random = np.random.default_rng(5)
    matrix = np.eye(60) + 0.3 * random.normal(size=(60, 60)) / np.sqrt(60)
    right = random.normal(size=60)
    found = gmres(matrix.__matmul__, right, 1e-12, 200)
    assert found.solution == pytest.approx(np.linalg.solve(matrix, right), abs=1e-10)
    assert found.residual <= 1e-12
    singular = matrix - np.outer(right, right @ matrix) / (right @ right)
    stuck = gmres(singular.__matmul__, right, 1e-12, 1000)
    assert stuck.residual == pytest.approx(np.linalg.norm(right), rel=1e-6)
    assert stuck.iterations <= 60
