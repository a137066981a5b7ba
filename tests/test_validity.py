"""Figures of validity against numbers by hand, and the comparison of equations."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy.integrate import quad

import entherm as et
from entherm.comparison import compare
from entherm.paper.families import fig_4, fig_7
from entherm.validity import Validity, assess
from entherm.validity_state import leak_of

from . import oracle
from .random_machines import KINDS, draw, kind_of


def bose(omega: float, T: float) -> float:
    return 0.0 if T == 0.0 else 1.0 / np.expm1(omega / T)


def pair(
    gaps: tuple[float, float], Omega: float, T: tuple[float, float], Gamma: float
) -> et.Machine:
    """Two qubits, h and c, each with a reservoir of its own."""
    rates = Gamma, Gamma
    return unequal_pair(gaps, Omega, T, rates)


def unequal_pair(
    gaps: tuple[float, float], Omega: float, T: tuple[float, float], Gamma: tuple[float, float]
) -> et.Machine:
    """The same with two rates."""
    return et.Machine(
        [et.Qubit("h", gaps[0]), et.Qubit("c", gaps[1])],
        [et.exchange("h", "c", Omega)],
        [et.Reservoir("H", T[0], {"h": Gamma[0]}), et.Reservoir("C", T[1], {"c": Gamma[1]})],
    )


def model_of(
    gaps: tuple[float, float], Omega: float, T: tuple[float, float], Gamma: tuple[float, float]
) -> oracle.Model:
    """`unequal_pair` as plain matrices."""
    bare = np.diag([sum(gaps), gaps[0], gaps[1], 0.0])
    total = bare.copy()
    total[1, 2] = total[2, 1] = Omega
    baths = tuple(
        oracle.Bath(
            name,
            (oracle.embed(oracle.lowering(2), site, (2, 2)),),
            (np.sqrt(Gamma[site]),),
            temperature=T[site],
            site=site,
        )
        for site, name in enumerate("HC")
    )
    levels = ((gaps[0], 0.0), (gaps[1], 0.0))
    return oracle.Model((2, 2), levels, total, bare, baths)


class TestSecular:
    @pytest.mark.parametrize(
        ("T", "T_C", "quoted"), [(8.0, 0.0, 0.24), (30.0, 30.0, 0.82)], ids=["cold", "hot"]
    )
    def test_figure_2_by_hand(self, T: float, T_C: float, quoted: float) -> None:
        """ε = 20, Ω = 10, Γ = 1; oracle: golden-rule rates by hand, and 0.24, 0.82 as known.

        |V|² is ½ for R_A and R_B, 2 for R_C on the symmetric λ₂, and 0 on the antisymmetric λ₃.
        """
        upper = (2.0 * bose(30.0, T) + 2.0) + 4.0 * (bose(30.0, T_C) + 1.0)
        upper += 2.0 * bose(10.0, T) + 4.0 * bose(10.0, T_C)
        lower = (2.0 * bose(10.0, T) + 2.0) + 2.0 * bose(30.0, T)
        by_hand = 0.5 * (upper + lower) / 20.0
        machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=T, T_B=T, T_C=T_C)
        found = float(assess(machine, et.Global()).secular_ratio)
        assert found == pytest.approx(by_hand, rel=1e-12)
        assert found == pytest.approx(quoted, abs=0.005)

    def test_figures_4_and_7(self) -> None:
        """0.36 for Fig. 5 at Δ = 0.95, T_A = 5 and 0.04 for Fig. 7; oracle: the known values."""
        for ensemble, quoted in ((fig_4(0.95, 5.0), 0.36), (fig_7(0.4, 0.1), 0.04)):
            found = float(assess(ensemble.machine, et.Global()).secular_ratio)
            assert found == pytest.approx(quoted, abs=0.005)

    def test_pairs_between_the_tolerance_and_the_rates(self) -> None:
        """Gap 2 Ω = 20, 0.2, 1e-9 of ‖H‖ and 0 against κ > 2: only the second is unresolved.

        Oracle: counting by hand.
        """
        machine = et.two_qubit_machine(20.0, 20.0, [10.0, 0.1, 1e-9, 0.0])
        found = assess(machine, et.Global())
        assert found.unresolved_pairs.tolist() == [0.0, 1.0, 0.0, 0.0]
        assert any("λ2, λ3" in words for words in found.warnings)
        assert not hasattr(assess(machine, et.Redfield()), "unresolved_pairs")

    def test_lines_of_the_local_equation(self) -> None:
        """Detuned by 8 on a common reservoir at T = 0: width over distance; oracle: by hand.

        Exits of |11⟩, |10⟩, |01⟩, |00⟩ are 4, 2, 2, 0, so that each line is at most (4 + 2)/2 wide.
        """
        machine = et.Machine(
            [et.Qubit("A", 24.0), et.Qubit("B", 16.0)],
            reservoirs=[et.Reservoir("R", 0.0, {"A": 1.0, "B": 1.0})],
        )
        apart = assess(machine, et.Local(threshold=0.0))
        assert float(apart.secular_ratio) == pytest.approx(3.0 / 8.0, rel=1e-12)


class TestRotatingWave:
    def test_counter_rotating_strengths(self) -> None:
        """XX + YY is exchange of 2 J; a swap counts all three gaps; XX alone is none; by hand."""
        qubits = [et.Qubit("A", 2.0), et.Qubit("B", 5.0), et.Qubit("C", 3.0)]
        bath = et.Reservoir("R", 1.0, {"A": et.Coupling(0.01, operator="x")})

        def ratio(*items: et.Interaction) -> float:
            machine = et.Machine(qubits, items, [bath])
            return float(assess(machine, et.Redfield()).counter_rotating_ratio)

        assert ratio(et.heisenberg("A", "B", xx=0.35, yy=0.35)) == pytest.approx(0.1, rel=1e-12)
        assert ratio(et.swap("A", "B", "C", 0.4)) == pytest.approx(0.04, rel=1e-12)
        assert ratio(et.heisenberg("A", "B", xx=0.3)) == 0.0
        assert ratio(et.exchange("A", "B", -0.7)) == pytest.approx(0.1, rel=1e-12)

    def test_a_field_that_does_not_conserve_excitations(self) -> None:
        """1 − cos⁴(θ/2) of σ₋ under ε/2 σ_z + x σ_x, tan θ = 2x/ε; 0 without; by hand."""
        x = np.array([0.0, 0.3, 1.0])
        machine = et.Machine(
            [et.Qubit("A", 2.0)],
            [et.field("A", x=x)],
            [et.Reservoir("R", 1.0, {"A": 0.01}, below_zero="dark")],
        )
        found = assess(machine, et.Redfield())
        theta = np.arctan2(2.0 * x, 2.0)
        expected = 1.0 - np.cos(theta / 2.0) ** 4
        assert found.rotating_wave_violation == pytest.approx(expected, abs=1e-12)
        assert any("does not conserve excitations" in words for words in found.warnings)

    def test_what_conserves_them_or_is_hermitian_is_silent(self) -> None:
        """Exactly 0 for the paper's machine, and for an Ising coupling with a σ_x reservoir."""
        paper = assess(et.two_qubit_machine(20.0, 18.0, 10.0), et.Global())
        assert float(paper.rotating_wave_violation) == 0.0
        ising = et.Machine(
            [et.Qubit("A", 2.0), et.Qubit("B", 3.0)],
            [et.heisenberg("A", "B", xx=0.5)],
            [et.Reservoir("R", 1.0, {"A": et.Coupling(0.01, operator="x")})],
        )
        assert float(assess(ising, et.Redfield()).rotating_wave_violation) == 0.0


class TestLambShift:
    def test_one_qubit_with_a_drude_cut_off(self) -> None:
        """Γ |λ(ω) − λ(−ω)| / ω at T = 0; oracle: SciPy's Cauchy-weighted quadrature."""
        omega, cutoff, Gamma = 1.0, 3.0, 0.05

        def density(w: float) -> float:
            return w / omega * (omega**2 + cutoff**2) / (w**2 + cutoff**2)

        near = quad(density, 0.0, 10.0, weight="cauchy", wvar=omega)[0]
        far = quad(lambda w: density(w) / (w - omega), 10.0, np.inf)[0]
        above = -(near + far) / np.pi
        below = -quad(lambda w: density(w) / (w + omega), 0.0, np.inf)[0] / np.pi
        spectrum = et.Ohmic(reference=omega, cutoff=cutoff, shape="drude")
        machine = et.Machine(
            [et.Qubit("A", omega)],
            reservoirs=[
                et.Reservoir("R", 0.0, {"A": et.Coupling(Gamma, operator="x")}, spectrum=spectrum)
            ],
        )
        found = assess(machine, et.Global())
        expected = Gamma * abs(above - below) / omega
        assert float(found.implied_lamb_shift) == pytest.approx(expected, rel=1e-6)
        assert found.notes == ()
        assert not hasattr(assess(machine, et.Global(lamb_shift="explicit")), "implied_lamb_shift")

    def test_flat_spectra_are_undefined(self) -> None:
        """NaN, said in words, and no warning."""
        found = assess(et.two_qubit_machine(20.0, 20.0, 10.0), et.Global())
        assert np.isnan(found.implied_lamb_shift)
        assert "RA, RB, RC" in found.notes[0]
        assert not any("lamb" in words for words in found.warnings)
        assert "undefined" in str(found)


class TestClusters:
    def test_spread_by_hand(self) -> None:
        """ω = 21, 19 taken for 20: 1/min(20, T); the larger of ω and T does not count."""
        machine = et.two_qubit_machine(20.0, 20.0, 1.0, T_A=[8.0, 40.0], T_B=1.0, T_C=1.0)
        found = assess(machine, et.Unified(joined=((1, 2),)))
        assert found.cluster_spread == pytest.approx([1.0 / 8.0, 1.0 / 20.0], rel=1e-9)
        assert found.secular_ratio.tolist() == [0.0, 0.0]

    def test_seam_of_pointwise_clusters(self) -> None:
        """Joined at the first two of four points: the seam lies between the second and third."""
        machine = et.two_qubit_machine(20.0, 20.0, [0.01, 0.02, 9.0, 9.5], **dict.fromkeys(
            ("Gamma_A", "Gamma_B", "Gamma_CA", "Gamma_CB"), 0.05
        ))  # fmt: skip
        found = assess(machine, et.Unified(clustering="point"))
        assert found.cluster_seam.tolist() == [0.0, 1.0, 1.0, 0.0]
        assert not hasattr(assess(machine, et.Unified(clustering="sweep")), "cluster_seam")


class TestLaws:
    gaps, Omega, T, Gamma = (10.0, 2.0), 0.5, (5.0, 3.0), (0.05, 0.05)

    def test_levy_and_kosloff(self) -> None:
        """Local heat with H_S flows from cold to hot where ω_c/T_c < ω_h/T_h; with H_0 it does not.

        Oracle: −σ over Σ gross/T by `oracle`, and Levy, Kosloff, EPL 107, 20004 (2014).
        """
        machine = unequal_pair(self.gaps, self.Omega, self.T, self.Gamma)
        generator = oracle.liouvillian(model_of(self.gaps, self.Omega, self.T, self.Gamma), "local")
        rho = oracle.steady_state(generator)
        currents = oracle.currents(generator, rho)
        sigma = -currents["H"] / self.T[0] - currents["C"] / self.T[1]
        excited = rho[0, 0].real + rho[1, 1].real, rho[0, 0].real + rho[2, 2].real
        scale = 0.0
        for gap, p, T, rate in zip(self.gaps, excited, self.T, self.Gamma, strict=True):
            n = bose(gap, T)
            scale += gap * 2.0 * rate * ((n + 1.0) * p + n * (1.0 - p)) / T
        found = assess(machine, et.Local())
        assert sigma < 0.0
        assert float(found.second_law_violation) == pytest.approx(-sigma / scale, rel=1e-9)
        assert any("second law is broken" in words for words in found.warnings)
        bare = assess(machine, et.Local(heat="bare"))
        assert float(bare.second_law_violation) == 0.0
        assert not any("second law" in words for words in bare.warnings)

    def test_a_negative_redfield_state(self) -> None:
        """ε = 20, Ω = 18, Γ = 2, T = 10 and 3: the eigenvalue −0.0045; oracle: `oracle`."""
        values = (20.0, 20.0), 18.0, (10.0, 3.0), (2.0, 2.0)
        rho = oracle.steady_state(oracle.liouvillian(model_of(*values), "redfield"))
        lowest = float(np.linalg.eigvalsh(rho)[0])
        found = assess(unequal_pair(*values), et.Redfield())
        assert lowest == pytest.approx(-0.0045, abs=5e-5)
        assert float(found.negativity_of_state) == pytest.approx(-lowest, rel=1e-8)
        assert any("no density matrix" in words for words in found.warnings)

    def test_equilibrium_leak(self) -> None:
        """Universal Lindblad leaks at equal temperatures, the global equation does not.

        Oracle: currents of `oracle` at the mean temperature, over all one-way flows by golden-rule
        rates between the levels of H_S.
        """
        gaps, Omega, T, Gamma = (20.0, 17.0), 4.0, (10.0, 6.0), (1.0, 0.2)
        machine = unequal_pair(gaps, Omega, T, Gamma)
        model = model_of(gaps, Omega, (8.0, 8.0), Gamma)
        generator = oracle.liouvillian(model, "universal")
        rho = oracle.steady_state(generator)
        energies, vectors = np.linalg.eigh(model.hamiltonian)
        populations = np.einsum("bi,bc,ci->i", vectors, rho, vectors).real
        flows = 0.0
        for bath in model.baths:
            jump = bath.amplitudes[0] * (vectors.T @ bath.operators[0] @ vectors)
            for j, i in zip(*np.nonzero(np.abs(jump) > 1e-12), strict=True):
                omega = energies[i] - energies[j]
                n = bose(omega, 8.0)
                moved = (n + 1.0) * populations[i] + n * populations[j]
                flows += omega * 2.0 * jump[j, i] ** 2 * moved
        leak = max(abs(q) for q in oracle.currents(generator, rho).values()) / flows
        found = assess(machine, et.UniversalLindblad())
        assert leak > 1e-6
        assert float(found.equilibrium_leak) == pytest.approx(leak, rel=1e-6)
        for exact in (et.Global(), et.Unified()):
            assert float(leak_of(machine, exact)) < 1e-14

    def test_a_given_state_is_used(self) -> None:
        """The same figures whether the steady state is handed over or solved for."""
        machine = unequal_pair(self.gaps, self.Omega, self.T, self.Gamma)
        state = et.steady_state(machine, et.Local())
        given = assess(machine, et.Local(), state).figures
        for name, value in assess(machine, et.Local()).figures.items():
            assert value == pytest.approx(given[name], rel=1e-9, abs=1e-15, nan_ok=True)


class TestModelsOfTheirOwn:
    def test_truncation_of_an_oscillator(self) -> None:
        """Highest of d levels of a Gibbs state; oracle: the geometric series."""
        T, d = np.array([0.5, 2.0]), 5
        machine = et.Machine(
            [et.Oscillator("R", 1.0, d)], reservoirs=[et.Reservoir("B", T, {"R": 0.01})]
        )
        q = np.exp(-1.0 / T)
        expected = q ** (d - 1) * (1.0 - q) / (1.0 - q**d)
        found = assess(machine, et.Global())
        assert found.truncation == pytest.approx(expected, rel=1e-10)
        assert any("truncation" in words for words in found.warnings)

    def test_extra_dephasing_of_a_reset(self) -> None:
        """p/4 over Ω with p = 2 Γ (2 n̄ + 1) of the hotter qubit; by hand."""
        machine = pair((10.0, 10.0), 0.4, (8.0, 2.0), 0.05)
        p = 2.0 * 0.05 * (2.0 * bose(10.0, 8.0) + 1.0)
        found = assess(machine, et.Reset())
        assert float(found.extra_dephasing_ratio) == pytest.approx(0.25 * p / 0.4, rel=1e-12)
        assert not hasattr(found, "secular_ratio")

    def test_interaction_of_the_local_equation(self) -> None:
        """Ω/min ε and Ω over the lowest temperature, +∞ at T = 0; by hand."""
        machine = pair((10.0, 4.0), 0.4, (8.0, 2.0), 0.05)
        found = assess(machine, et.Local())
        assert float(found.interaction_gap_ratio) == pytest.approx(0.1, rel=1e-12)
        assert float(found.interaction_temperature_ratio) == pytest.approx(0.2, rel=1e-12)
        cold = assess(machine.replace({"reservoirs.C.temperature": 0.0}), et.Local())
        assert float(cold.interaction_temperature_ratio) == np.inf


# A reset is outside the global equation.
WITHOUT_RESETS = [kind for kind in KINDS if kind.__name__ != "resets"]


@pytest.mark.parametrize("kind", WITHOUT_RESETS, ids=lambda kind: kind.__name__)
def test_no_kind_of_machine_leaks_under_the_global_equation(kind: object) -> None:
    """Detailed balance at one temperature (and one μ): currents vanish to 1e-12 of the gross ones.

    Fermionic leads, occupations, delays, complex H_S and Hermitian couplings alike. 1e-12 leaves
    room for near-degenerate levels, whose vectors are known to 1e-13.
    """
    machine = draw(next(seed for seed in range(2000) if kind_of(seed) is kind)).machine
    assert float(leak_of(machine, et.Global())) < 1e-12


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_machine_has_figures(kind: object) -> None:
    """Finite or +∞ wherever there is a state, of the broadcast shape; NaN for flat spectra alone.

    Machines: `random_machines`, the first of each kind.
    """
    machine = draw(next(seed for seed in range(2000) if kind_of(seed) is kind)).machine
    judged = 0
    for equation in (et.Global(), et.Unified(), et.Redfield(), et.Local(), et.Reset()):
        try:
            state = et.steady_state(machine, equation, on_invalid="nan")
        except et.ParameterError:
            continue  # what an equation cannot describe is refused by the solver
        found = assess(machine, equation, state)
        judged += 1
        for name in found.names:
            if name == "implied_lamb_shift" and equation != et.Global():
                continue  # the same integrals, which take the longest
            value = getattr(found, name)
            assert value.shape == machine.shape
            if name != "implied_lamb_shift" and state.reason == 0:
                assert not np.any(np.isnan(value)), (equation.name, name)
            assert np.all((value >= 0.0) | np.isnan(value)), (equation.name, name)
    assert judged


class TestValidity:
    machine = et.two_qubit_machine(20.0, 20.0, [[10.0], [25.0]], T_C=[0.0, 1.0, 5.0])

    def test_shape_and_points_without_a_state(self) -> None:
        """Ω > ε has no meaning: NaN there, a number elsewhere; every array has the shape."""
        for equation in (et.Global(), et.Unified(), et.Redfield(), et.UniversalLindblad()):
            state = et.steady_state(self.machine, equation, on_invalid="nan")
            figures = assess(self.machine, equation, state).figures
            assert {value.shape for value in figures.values()} == {(2, 3)}
            for name in figures.keys() - {"implied_lamb_shift"}:
                assert not np.any(np.isnan(figures[name][state.reason == 0])), (equation.name, name)
            meaningless = np.isnan(figures["weak_coupling_ratio"])
            assert meaningless.tolist() == (state.reason != 0).tolist()

    def test_it_pickles_and_prints(self) -> None:
        """A copy has the same figures; the table has one line for each."""
        found = assess(self.machine.take(np.array([0, 1, 2])), et.Redfield())
        again = pickle.loads(pickle.dumps(found))
        assert isinstance(again, Validity)
        assert again.warnings == found.warnings
        lines = str(found).splitlines()
        assert lines[0].startswith("Redfield")
        assert [line.split()[0] for line in lines[1 : 1 + len(found.names)]] == [*found.names]

    def test_a_figure_of_another_equation(self) -> None:
        """Named, with those that there are."""
        with pytest.raises(AttributeError, match="no figure 'cluster_spread'; Global has secular"):
            _ = assess(self.machine, et.Global()).cluster_spread


class TestComparison:
    def test_narrow_lines_take_the_global_equation(self) -> None:
        """2 Ω/κ = 50: Global, in agreement with Redfield to 1e-3; Local is far off."""
        machine = et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 1.0, *[0.1] * 4)
        found = compare(machine)
        assert isinstance(found.recommended, et.Global)
        concurrences = {k: float(e.concurrence["A-B"]) for k, e in found.entries.items()}
        assert concurrences["Global"] == pytest.approx(concurrences["Redfield"], abs=1e-3)
        assert concurrences["Local"] == 0.0
        assert found.refused["Reset"] == "needs reservoirs of one qubit each; RC touches A, B"

    def test_near_levels_take_the_unified_equation(self) -> None:
        """2 Ω/κ = 0.1 at T = 8 and 2: Unified within 1 % of Redfield's current, Global off by half.

        Oracle: the Redfield currents of `oracle`.
        """
        values = (20.0, 20.0), 0.02, (8.0, 2.0), (0.2, 0.2)
        generator = oracle.liouvillian(model_of(*values), "redfield")
        exact = oracle.currents(generator, oracle.steady_state(generator))["H"]
        found = compare(unequal_pair(*values))
        assert isinstance(found.recommended, et.Unified)
        assert found.reason.startswith("Unified: levels that it does not join")
        assert "Not Global: secular_ratio" in found.reason
        heat = {name: float(entry.heat_currents["H"]) for name, entry in found.entries.items()}
        assert heat["Unified"] == pytest.approx(exact, rel=0.01)
        assert abs(heat["Global"] - exact) > 0.5 * abs(exact)

    def test_a_sweep_has_one_recommendation(self) -> None:
        """From near to far levels: one equation for all, and where others would be taken.

        One clustering for the whole sweep is too wide, so that Redfield is taken.
        """
        machine = unequal_pair((20.0, 20.0), np.array([0.02, 0.4, 5.0]), (8.0, 2.0), (0.2, 0.2))  # type: ignore[arg-type]
        found = compare(machine, [et.Global(), et.Unified(clustering="sweep"), et.Redfield()])
        assert isinstance(found.recommended, et.Redfield)
        assert found.preferred.tolist()[-1] == "Global"
        assert "Global would be taken at 1 of 3 points" in found.reason
        assert ".." in found.table()

    def test_resets_are_left_to_the_equations_in_the_bare_basis(self) -> None:
        """Local is taken where the interaction is weak; the rest is refused with the reason."""
        machine = et.Machine(
            [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
            [et.exchange("A", "B", 0.01)],
            [et.ResetReservoir("h", "A", 0.1, 2.0), et.ResetReservoir("c", "B", 0.1, 1.0)],
        )
        found = compare(machine)
        assert isinstance(found.recommended, et.Local)
        assert set(found.refused) == {"Global", "Unified", "Redfield", "UniversalLindblad"}
        assert "reset" in str(found)

    # Beyond Ω = ε with dark transitions two sets of levels are closed, under all but local models.
    closed = et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
        [et.exchange("A", "B", 1.5)],
        [
            et.Reservoir("hot", 2.0, {"A": 0.005}, below_zero="dark"),
            et.Reservoir("cold", 0.5, {"B": 0.005}, below_zero="dark"),
        ],
    )

    def test_nothing_is_recommended_where_nothing_is_fit(self) -> None:
        """Reset has a state, but nothing resets; the others are beyond their limits or not unique.

        Refusals that are equal are told once.
        """
        found = compare(self.closed)
        assert {*found.entries} == {"Local", "Reset"}
        assert found.recommended is None
        assert found.preferred == ""
        assert found.reason.startswith("No equation is fit. Not Local: interaction_gap_ratio")
        assert "Not Reset: no reservoir of this machine resets." in found.reason
        assert "No result from Global, Unified, Redfield and UniversalLindblad." in found.reason
        assert "Unified, UniversalLindblad: The steady state is not unique" in str(found)
        assert "Nothing is recommended. No equation is fit." in str(found)
        assert "* " not in found.table()

    def test_an_initial_state_is_passed_on(self) -> None:
        """From |00⟩ the state is that of `steady_state`; what is no state is refused at once."""
        start = [0.0, 0.0, 0.0, 1.0]
        found = compare(self.closed, initial=start)
        assert isinstance(found.recommended, et.Global)
        expected = et.steady_state(self.closed, initial=start).heat_currents["hot"]
        assert found["Global"].heat_currents["hot"] == pytest.approx(float(expected), rel=1e-12)
        with pytest.raises(et.ParameterError, match="initial"):
            compare(self.closed, initial=[1.0, 0.0])

    def test_no_equation_has_one_steady_state(self) -> None:
        """The singlet is dark at T = 0 whatever the equation: nothing to show, and said so."""
        found = compare(et.two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB"))
        assert not found.entries
        assert found.recommended is None
        assert found.reason.startswith("No equation has one steady state here")
        assert found.to_dict()["recommended"] is None
        assert str(found).startswith("Nothing is recommended. No equation has one")
        with pytest.raises(et.ParameterError, match=r"RC touches A, B\.$"):
            _ = found["Reset"]

    def test_resets_are_recommended_beside_resets_only(self) -> None:
        """Strong interaction: Local unfit, Reset fit beside a reset, with its own reason."""
        resets = [
            et.ResetReservoir("h", "A", 0.1, 2.0),
            et.ResetReservoir("c", "B", 0.1, 1.0),
        ]
        machine = et.Machine(self.closed.subsystems, [et.exchange("A", "B", 0.9)], resets)
        found = compare(machine)
        assert isinstance(found.recommended, et.Reset)
        assert found.reason.startswith("Reset: a reservoir resets")
        assert found.refused["Global"].startswith("describes no resets; h, c reset")

    @pytest.mark.parametrize(
        ("bath", "told"),
        [
            (et.Reservoir("lead", 1.0, {"A": 0.1}, statistics="fermi"), "lead is of fermions"),
            (et.Reservoir("line", 1.0, {"A": 0.1}, chemical_potential=-1.0), "line has one"),
            (et.Reservoir("three", 1.0, {"M": 0.1}), "one qubit each; three touches M"),
        ],
        ids=lambda value: getattr(value, "name", None),
    )
    def test_what_no_reset_stands_for_is_told_briefly(self, bath: et.Reservoir, told: str) -> None:
        """Fermions, a chemical potential, three levels: each by name."""
        part = et.Qudit("M", gap=1.0, dimension=3) if "M" in bath.couplings else et.Qubit("A", 1.0)
        found = compare(et.Machine([part], reservoirs=[bath]), [et.Reset()])
        assert found.refused["Reset"].startswith("needs ")
        assert found.refused["Reset"].endswith(told)

    def test_what_no_choice_cures_is_named(self) -> None:
        """Limits beyond which every equation is, or every fit one; none where one equation is fine.

        The figures themselves are the oracle: `beyond` of each equation.
        """
        both = "weak_coupling_ratio and counter_rotating_ratio are beyond their limits under every"
        machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
        found = compare(machine)
        assert found.reason.endswith(f"{both} equation: no choice here cures that.")
        for entry in found.entries.values():
            assert entry.validity.beyond("weak_coupling_ratio")
            assert entry.validity.beyond("counter_rotating_ratio")
        narrow = compare(et.two_qubit_machine(20.0, 20.0, 1.0, 5.0, 5.0, 1.0, *[1e-3] * 4))
        assert "no choice" not in narrow.reason
        sweep = compare(et.two_qubit_machine(20.0, 20.0, [1.0, 9.0], 5.0, 5.0, 1.0, *[1e-3] * 4))
        told = "counter_rotating_ratio is beyond its limit under every equation at some points:"
        assert told in sweep.reason

    def test_json_and_errors(self) -> None:
        """`to_dict` is strict JSON, +∞ as text; wrong arguments are named."""
        machine = et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 0.0)
        found = compare(machine, [et.Global(), et.Local(), et.Local(heat="bare")], ("A", "B"))
        told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert told["equations"]["Global"]["entropy_production"] == "inf"
        assert told["equations"]["Global"]["validity"]["implied_lamb_shift"] is None
        assert len(told["equations"]) == 3
        with pytest.raises(et.ParameterError, match="pair"):
            compare(machine, pair=("A", "X"))
        with pytest.raises(et.ParameterError, match="equations"):
            compare(machine, ["Global"])  # type: ignore[list-item]
        with pytest.raises(et.ParameterError, match="Reset"):
            _ = compare(machine)["Reset"]
