"""Plans compiled from the parameters on: the same numbers, failures and words as NumPy's plan.

The oracle of every compiled figure is the plan that NumPy makes of the same machine, which the
other tests hold against closed forms, QuTiP and 30-digit points; that of the exponentials is
mpmath.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import entherm as et
from entherm import prepared
from entherm.elementary import exponential, exponential_less_one
from entherm.prepared import PreparedPiece, planned

COUNT = 300
OBSERVABLES = (
    et.concurrence("A", "B"),
    et.heat("RA"),
    et.heat("RC"),
    et.heat("dephasing"),
    et.negativity("A", "B"),
)


def spread(low: float, high: float, seed: int) -> np.ndarray:
    """Numbers between two bounds."""
    return np.random.default_rng(seed).uniform(low, high, COUNT)


def scattered(**changes: object) -> et.Machine:
    """The paper's machine with all ten parameters at random."""
    values: dict[str, object] = {
        "epsilon_A": spread(10.0, 30.0, 1),
        "epsilon_B": spread(10.0, 30.0, 2),
        "Omega": spread(1.0, 9.0, 3) * np.where(np.arange(COUNT) % 3 == 0, -1.0, 1.0),
        "T_A": spread(0.1, 20.0, 4),
        "T_B": spread(0.1, 20.0, 5),
        "T_C": spread(0.1, 20.0, 6),
        "Gamma_A": spread(0.1, 2.0, 7),
        "Gamma_B": spread(0.1, 2.0, 8),
        "Gamma_CA": spread(0.1, 2.0, 9),
        "Gamma_CB": spread(0.1, 2.0, 10),
    }
    return et.two_qubit_machine(**(values | changes))  # type: ignore[arg-type]


def with_cold_points() -> et.Machine:
    """Some reservoirs at T = 0, some couplings off."""
    cold, off = spread(0.0, 9.0, 11), spread(0.0, 1.0, 12)
    cold[::7] = 0.0
    off[::5] = 0.0
    return scattered(T_A=cold, T_C=np.roll(cold, 1), Gamma_CA=off)


def with_odd_points() -> et.Machine:
    """Coinciding levels, and some beyond the bound, among ordinary points."""
    gap, strength = spread(10.0, 30.0, 13), spread(1.0, 9.0, 14)
    strength[::11] = 0.0
    strength[5::50] = 40.0
    return scattered(epsilon_A=gap, epsilon_B=gap, Omega=strength)


def with_dephasing() -> et.Machine:
    """Eq. (21) on either qubit, absent at some points."""
    rate = spread(0.0, 0.5, 15)
    rate[::9] = 0.0
    return scattered(gamma=rate)


def with_shapes() -> et.Machine:
    """σ_x couplings to an Ohmic reservoir, a resonator's filter, and a measured table."""
    ohmic = et.Ohmic(reference=spread(10.0, 20.0, 16), cutoff=60.0)
    filtered = et.Lorentzian(centre=spread(10.0, 20.0, 17), width=5.0)
    table = et.Tabulated(np.linspace(0.0, 80.0, 30), np.linspace(0.5, 1.5, 30), reference=20.0)
    coupled = et.Coupling(0.3, operator="x")
    return et.Machine(
        [et.Qubit("A", spread(20.0, 30.0, 18)), et.Qubit("B", spread(20.0, 30.0, 19))],
        [et.exchange("A", "B", spread(1.0, 5.0, 20))],
        [
            et.Reservoir("RA", spread(1.0, 9.0, 21), {"A": coupled}, spectrum=ohmic),
            et.Reservoir("RB", spread(1.0, 9.0, 22), {"B": 0.4}, spectrum=filtered),
            et.Reservoir("RC", 3.0, {"A": 0.2, "B": 0.1}, spectrum=table),
        ],
    )


def with_anharmonicity() -> et.Machine:
    """An oscillator that is harmonic but for a few points, and levels that are 0 but for a few."""
    bent, raised = np.zeros(COUNT), np.zeros(COUNT)
    bent[4::9], raised[5::11] = -1.0, 0.5
    baths = [
        et.Reservoir("RA", spread(1.0, 9.0, 40), {"O": 0.3}),
        et.Reservoir("RB", spread(1.0, 9.0, 41), {"O": 0.2, "M": 0.1}),
    ]
    levels = [raised, spread(5.0, 6.0, 42), spread(11.0, 12.0, 43)]
    parts = [et.Oscillator("O", spread(5.0, 6.0, 44), 3, bent), et.Qudit("M", levels=levels)]
    return et.Machine(parts, [], baths)


MACHINES = (scattered, with_cold_points, with_odd_points, with_dephasing, with_shapes)


@pytest.mark.parametrize("make", MACHINES)
def test_a_compiled_plan_has_the_bits_of_numpys(make: object) -> None:
    """Values, NaN and reasons; oracle: NumPy's plan."""
    machine = make()  # type: ignore[operator]
    fast = et.steady_state(machine, on_invalid="nan", engine="compiled")
    slow = et.steady_state(machine, on_invalid="nan", engine="numpy")
    assert isinstance(fast._plan.pieces[0], PreparedPiece)
    assert np.array_equal(fast.reason, slow.reason)
    for ours, theirs in zip(fast.observe(*OBSERVABLES), slow.observe(*OBSERVABLES), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)


def test_what_the_hamiltonian_leaves_out_is_asked_at_every_point() -> None:
    """A term that is 0 at the sample point; oracle: NumPy's plan."""
    machine = with_anharmonicity()
    fast = et.steady_state(machine, engine="compiled")
    assert isinstance(fast._plan.pieces[0], PreparedPiece)
    slow = et.steady_state(machine, engine="numpy")
    for name in ("RA", "RB"):
        scale = np.abs(slow.heat_currents[name]).max()
        assert np.abs(fast.heat_currents[name] - slow.heat_currents[name]).max() <= 1e-13 * scale


def test_equal_strengths_keep_their_sectors() -> None:
    """xx = yy conserves the excitations, as numbers and as stand-ins; oracle: NumPy's plan.

    Labels, and with them the density matrix, would be those of other sectors.
    """
    strength = spread(1.0, 2.0, 45)
    machine = et.Machine(
        [et.Qubit("A", spread(18.0, 20.0, 46)), et.Qubit("B", spread(20.0, 22.0, 47))],
        [et.heisenberg("A", "B", xx=strength, yy=strength)],
        [et.Reservoir("R", 2.0, {"A": 0.05}), et.Reservoir("S", 3.0, {"B": 0.05})],
    )
    slow = et.steady_state(machine, engine="numpy")
    for engine in ("compiled", "jax"):
        fast = et.steady_state(machine, engine=engine)
        assert np.abs(fast.populations - slow.populations).max() <= 1e-12
        assert np.abs(fast.density_matrix - slow.density_matrix).max() <= 1e-12


def test_a_part_of_a_sweep_is_labelled_as_the_whole() -> None:
    """Of a sweep from XX to XY some points conserve more; oracle: the same numbers as one point."""
    yy = np.linspace(1.0, 1.3, 3)
    ohmic = et.Ohmic(10.0, cutoff=100.0)
    baths = [
        et.Reservoir(f"R{q}", 2.0 + k, {q: et.Coupling(0.05, operator="x")}, spectrum=ohmic)
        for k, q in enumerate("ABC")
    ]
    machine = et.Machine(
        [et.Qubit(q, 20.0) for q in "ABC"],
        [et.heisenberg("A", "B", xx=np.ones(3), yy=yy), et.heisenberg("B", "C", xx=1.0, yy=yy)],
        baths,
    )
    whole = et.steady_state(machine)
    for k in range(3):
        numbers = {path: v[k] if v.size > 1 else v for path, v in machine.parameters.items()}
        alone = et.steady_state(machine.mapped(lambda path, _, n=numbers: n[path]))
        assert np.abs(whole.populations[k] - alone.populations).max() <= 1e-12
        assert np.abs(whole.density_matrix[k] - alone.density_matrix).max() <= 1e-12


def test_more_levels_than_are_unrolled_are_left_to_numpy() -> None:
    """Sixteen levels, as many points as go all at once."""
    machine = et.Machine(
        [et.Qudit(q, gap=5.0 + k, dimension=4) for k, q in enumerate("AB")],
        reservoirs=[et.Reservoir(f"R{q}", spread(1.0, 9.0, 48), {q: 0.1}) for q in "AB"],
    )
    pieces = planned(machine, et.Global(), "compiled").pieces
    assert not any(isinstance(piece, PreparedPiece) for piece in pieces)


def test_points_of_another_structure_get_a_kernel_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until few are left; oracle: NumPy's plan."""
    monkeypatch.setattr(prepared, "LEFT_TO_NUMPY", 20)
    machine = with_cold_points()
    state = et.steady_state(machine, engine="compiled")
    kinds = [type(piece) for piece in state._plan.pieces]
    assert kinds.count(PreparedPiece) >= 3
    slow = et.steady_state(machine, engine="numpy")
    for ours, theirs in zip(state.observe(*OBSERVABLES), slow.observe(*OBSERVABLES), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("at_once", [1 << 18, 4])
def test_a_failure_is_told_at_its_place_in_the_whole(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As NumPy's plan tells it: the value, how many points, the index of the first."""
    monkeypatch.setattr(prepared, "PLANNED_AT_ONCE", at_once)
    machine = with_odd_points()
    told = []
    for engine in ("compiled", "numpy"):
        with pytest.raises(et.InvalidMachineError) as caught:
            et.steady_state(machine, engine=engine)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "6 of 300 points (the first at index (5,))" in told[0]


def test_three_qubits_are_diagonalised_by_rotations() -> None:
    """Sectors of three levels in the kernel; oracle: NumPy's plan, by LAPACK."""
    names = ("A", "B", "C")
    machine = et.Machine(
        [et.Qubit(q, spread(18.0, 30.0, 30 + k)) for k, q in enumerate(names)],
        [et.exchange("A", "B", spread(0.5, 2.0, 33)), et.exchange("B", "C", spread(0.5, 2.0, 34))],
        [
            *(
                et.Reservoir(f"R{q}", spread(1.0, 9.0, 35 + k), {q: 0.1})
                for k, q in enumerate(names)
            ),
            et.Reservoir("RC0", spread(1.0, 9.0, 38), dict.fromkeys(names, 0.2)),
        ],
    )
    asked = (et.concurrence("A", "C"), et.heat("RB"), et.heat("RC0"))
    fast = et.steady_state(machine, engine="compiled")
    assert isinstance(fast._plan.pieces[0], PreparedPiece)
    slow = et.steady_state(machine, engine="numpy")
    gross = np.abs(slow.heat_currents["RC0"]).max()
    for ours, theirs in zip(fast.observe(*asked), slow.observe(*asked), strict=True):
        # Rotations and LAPACK differ by rounding, and so do differences of flows.
        assert np.abs(ours - theirs).max() <= 1e-13 * max(1.0, gross)


def test_what_is_no_straight_line_is_planned_by_numpy() -> None:
    """Coinciding levels everywhere, other equations, few points."""
    ring = scattered(epsilon_A=20.0, epsilon_B=20.0, Omega=0.0)
    for machine, equation, engine in (
        (ring, et.Global(), "compiled"),
        (scattered(), et.Redfield(), "compiled"),
        (scattered(), et.Global(), None),
    ):
        pieces = planned(machine, equation, engine).pieces  # type: ignore[arg-type]
        assert not any(isinstance(piece, PreparedPiece) for piece in pieces)


def test_what_vanishes_up_to_rounding_is_no_odd_point() -> None:
    """At resonance cos² − sin² is 0 at some points and 1e-17 at others: one kernel for both."""
    machine = scattered(epsilon_A=20.0, epsilon_B=20.0)
    state = et.steady_state(machine, engine="compiled")
    [piece] = state._plan.pieces
    assert isinstance(piece, PreparedPiece)
    observables = OBSERVABLES[:3]
    results, odd = piece.observe(observables, 3)
    assert odd.size == 0
    slow = et.steady_state(machine, engine="numpy").observe(*observables)
    for ours, theirs in zip(results, slow, strict=True):
        assert np.array_equal(ours, theirs)


def test_exponentials_to_two_roundings() -> None:
    """Over the whole range, subnormal results included; oracle: mpmath at 40 digits."""
    rng = np.random.default_rng(1)
    exponents = np.concatenate(
        [rng.uniform(-745.0, 709.0, 400), -(10.0 ** rng.uniform(-20.0, 0.0, 400))]
    )
    with mpmath.workdps(40):
        for y, e, e_less in zip(
            exponents, exponential(exponents), exponential_less_one(exponents), strict=True
        ):
            for ours, exact in ((e, mpmath.exp(y)), (e_less, mpmath.expm1(y))):
                allowed = 2.0 * np.spacing(abs(float(exact)))
                assert abs(mpmath.mpf(float(ours)) - exact) <= allowed
