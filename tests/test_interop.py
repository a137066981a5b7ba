"""To QuTiP and back.

Oracles: QuTiP's own `steadystate`, `liouvillian`, `expect` and named operators, and the definition
of a heat current, Q_ν = Tr(E D_ν ρ), from the exported operators alone.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
import qutip

import entherm as et
from entherm.errors import MissingLibraryError
from entherm.interop import from_qutip, to_qutip

PAPER = et.two_qubit_machine(22.0, 18.0, 6.0, T_A=6.0, T_B=3.0, T_C=2.0, gamma=0.5)
QUTRIT = et.Machine(
    [et.Qudit("M", levels=[0.0, 3.0, 7.0]), et.Qubit("A", 4.0)],
    [et.exchange("M", "A", 0.4), et.field("A", y=0.2)],
    [
        et.Reservoir("hot", 4.0, {"M": et.Coupling(0.1, operator="|0><2|")}, below_zero="dark"),
        et.Reservoir("cold", 0.5, {"M": 0.05, "A": 0.08}, 0.3, below_zero="dark"),
    ],
    {"A": 0.02},
)
RESET = et.Machine(
    [et.Qubit("A", 1.0), et.Qubit("B", 1.2)],
    [et.exchange("A", "B", 0.1)],
    [et.ResetReservoir("h", "A", 0.1, 2.0), et.Reservoir("c", 0.4, {"B": 0.05})],
)
SINGLE = et.two_qubit_machine(20.0, 20.0, 3.0, T_A=6.0, T_B=3.0, gamma=0.1).without("RC")
LINDBLAD = [
    (PAPER, et.Global()),
    (PAPER, et.Global(dephasing="secular")),
    (PAPER, et.Unified()),
    (PAPER, et.Local()),
    (PAPER, et.Local(heat="bare")),
    (PAPER, et.UniversalLindblad()),
    (SINGLE, et.Reset()),
    (RESET, et.Local()),
    (RESET, et.Reset()),
    (QUTRIT, et.Global()),
    (QUTRIT, et.Unified()),
    (QUTRIT, et.Local()),
    (QUTRIT, et.UniversalLindblad()),
]
NAMES = [f"{len(m.names)}-{m.dimensions[0]}-{e}" for m, e in LINDBLAD]


@pytest.mark.parametrize("convention", ["spin", "fock"])
@pytest.mark.parametrize(("machine", "equation"), LINDBLAD, ids=NAMES)
def test_qutip_solves_what_is_exported(
    machine: et.Machine, equation: et.Equation, convention: str
) -> None:
    """ρ and every heat current from H and collapse operators alone; oracle: `qutip.steadystate`."""
    q = to_qutip(machine, equation, convention=convention)
    jumps = q.collapse_operators
    rho = qutip.steadystate(q.hamiltonian, [c for ops in jumps.values() for c in ops])
    state = et.steady_state(machine, equation)
    assert rho.dims == q.density_matrix.dims
    assert np.abs((rho - q.density_matrix).full()).max() < 1e-9
    assert np.abs(from_qutip(rho, convention) - state.density_matrix).max() < 1e-9
    for name, ops in jumps.items():
        rate = sum(c * rho * c.dag() - 0.5 * (c.dag() * c * rho + rho * c.dag() * c) for c in ops)
        heat = (q.heat_operator * rate).tr() if ops else 0.0
        scale = sum((c.dag() * c * rho).tr().real for c in ops) * q.hamiltonian.norm()
        assert abs(heat - float(state.heat_currents[name])) <= 1e-9 * scale


@pytest.mark.parametrize("convention", ["spin", "fock"])
@pytest.mark.parametrize(("machine", "equation"), LINDBLAD, ids=NAMES)
def test_liouvillian_is_that_of_its_collapse_operators(
    machine: et.Machine, equation: et.Equation, convention: str
) -> None:
    """Element by element, columns stacked; oracle: `qutip.liouvillian`."""
    q = to_qutip(machine, equation, convention=convention)
    expected = qutip.liouvillian(
        q.hamiltonian, [c for ops in q.collapse_operators.values() for c in ops]
    )
    assert q.liouvillian.dims == expected.dims
    assert np.abs((q.liouvillian - expected).full()).max() < 1e-12 * q.hamiltonian.norm()


def test_redfield_has_a_liouvillian_and_no_collapse_operators() -> None:
    """Its steady state is that of its superoperator; oracle: `qutip.steadystate` of it."""
    q = to_qutip(PAPER, et.Redfield())
    assert np.abs((qutip.steadystate(q.liouvillian) - q.density_matrix).full()).max() < 1e-9
    with pytest.raises(et.ParameterError, match=r"Lindblad form.*\.liouvillian"):
        _ = q.collapse_operators


def test_an_explicit_lamb_shift_has_no_collapse_operators_beside_the_hamiltonian() -> None:
    """The shift is in the Liouvillian alone; oracle: the definition of the option."""
    equation = et.Global(lamb_shift="explicit")
    with pytest.raises(et.ParameterError, match="lamb_shift"):
        _ = to_qutip(PAPER, equation).collapse_operators


def test_which_state_is_excited() -> None:
    """⟨n⟩ and ⟨σ_z⟩ of each qubit by QuTiP's own operators of either convention.

    Oracle: `sigmaz`, `sigmap` and `basis(2, 0)` of spins, `num`, `destroy` and `basis(2, 1)` of
    oscillators; the reduced populations of entherm's state.
    """
    state = et.steady_state(PAPER)
    spin, fock = (to_qutip(state, convention=c).density_matrix for c in ("spin", "fock"))
    for site in (0, 1):
        p = np.diag(state.density_matrix).real.reshape(2, 2).sum(1 - site)
        one = spin.ptrace(site)
        assert qutip.expect(qutip.sigmaz(), one) == pytest.approx(p[0] - p[1], abs=1e-14)
        assert qutip.expect(qutip.num(2), fock.ptrace(site)) == pytest.approx(p[0], abs=1e-14)
    excited = np.array([1, 0, 0, 0])  # |11>
    assert to_qutip(PAPER).qobj(excited) == qutip.tensor([qutip.basis(2, 0)] * 2)
    assert to_qutip(PAPER, convention="fock").qobj(excited) == qutip.tensor([qutip.basis(2, 1)] * 2)


@pytest.mark.parametrize("convention", ["spin", "fock"])
def test_hamiltonian_by_qutips_own_operators(convention: str) -> None:
    """H of Eqs. (1) and (2), and of a qutrit; oracle: `sigmap`, `destroy`, `fock_dm`, `qdiags`."""
    up = qutip.sigmap() if convention == "spin" else qutip.create(2)
    one = qutip.qeye(2)
    a, b = up & one, one & up
    expected = 22.0 * a * a.dag() + 18.0 * b * b.dag() + 6.0 * (a * b.dag() + b * a.dag())
    assert (to_qutip(PAPER, convention=convention).hamiltonian - expected).norm() < 1e-12
    energies = [0.0, 3.0, 7.0] if convention == "fock" else [7.0, 3.0, 0.0]
    raising = qutip.qdiags([1.0, 1.0], -1 if convention == "fock" else 1)
    y = qutip.sigmay() if convention == "spin" else -qutip.sigmay()  # levels exchanged
    m = raising & one
    low = qutip.qeye(3) & up
    expected = (qutip.qdiags(energies, 0) & one) + 4.0 * low * low.dag()
    expected += 0.4 * (m * low.dag() + m.dag() * low) + 0.2 * (qutip.qeye(3) & y)
    found = to_qutip(QUTRIT, convention=convention).hamiltonian
    assert found.dims == [[3, 2], [3, 2]]
    assert (found - expected).norm() < 1e-12


@pytest.mark.parametrize("convention", ["spin", "fock"])
@pytest.mark.parametrize("machine", [PAPER, QUTRIT])
def test_round_trips(machine: et.Machine, convention: str) -> None:
    """Kets, operators, superoperators: there and back is the identity, bit for bit."""
    rng = np.random.default_rng(4)
    size = len(machine.hamiltonian)
    q = to_qutip(machine, convention=convention)
    for shape in ((size,), (size, size), (size**2, size**2)):
        array = rng.normal(size=shape) + 1j * rng.normal(size=shape)
        assert np.array_equal(from_qutip(q.qobj(array), convention), array)


@pytest.mark.parametrize("convention", ["spin", "fock"])
def test_superoperators_act_alike(convention: str) -> None:
    """L ρ by QuTiP equals L ρ here, and Choi matrices come back; oracle: the action on a state."""
    q = to_qutip(QUTRIT, convention=convention)
    rho = np.random.default_rng(5).normal(size=(6, 6))
    here = (et.liouvillian(QUTRIT) @ rho.ravel()).reshape(6, 6)
    there = qutip.vector_to_operator(q.liouvillian * qutip.operator_to_vector(q.qobj(rho)))
    assert np.abs(from_qutip(there, convention) - here).max() < 1e-12
    choi = qutip.to_choi(q.liouvillian)
    assert np.abs(from_qutip(choi, convention) - et.liouvillian(QUTRIT)).max() < 1e-12


def test_a_state_brings_its_equation_and_itself() -> None:
    """What was reached from `initial` is exported; oracle: |10> ends with concurrence 1/2."""
    alone = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB")
    state = et.steady_state(alone, et.Local(), initial=[0, 1, 0, 0])
    q = to_qutip(state)
    assert q.equation == et.Local()
    assert qutip.concurrence(q.density_matrix) == pytest.approx(0.5, abs=1e-7)
    with pytest.raises(et.ParameterError, match="left out beside a state"):
        to_qutip(state, et.Global())


def test_one_point_of_an_array() -> None:
    """Refused with the remedy, which works: the point taken out is the same as alone."""
    axis = PAPER.replace({"reservoirs.RC.temperature": [1.0, 2.0]})
    with pytest.raises(et.ParameterError, match=r"machine\.take"):
        to_qutip(axis)
    taken = to_qutip(axis.take(np.array([1])))
    alone = to_qutip(PAPER)
    assert (taken.density_matrix - alone.density_matrix).norm() < 1e-14
    assert (taken.liouvillian - alone.liouvillian).norm() < 1e-12
    assert list(map(len, taken.collapse_operators.values())) == list(
        map(len, alone.collapse_operators.values())
    )


def test_no_meaning_is_not_exported_as_nan() -> None:
    """Beyond |Ω| = √(ε_A ε_B) the generator is not defined, and neither is its export."""
    q = to_qutip(PAPER.replace({"exchange.A-B.strength": 25.0}))
    assert q.hamiltonian.isherm
    for read in (lambda: q.liouvillian, lambda: q.collapse_operators, lambda: q.density_matrix):
        with pytest.raises(et.InvalidMachineError):
            read()


def test_bad_arguments_are_named() -> None:
    """Another convention, a shape of nothing, a bra."""
    with pytest.raises(et.ParameterError, match="'spin' or 'fock'"):
        to_qutip(PAPER, convention="up")
    with pytest.raises(et.ParameterError, match="shape"):
        to_qutip(PAPER).qobj(np.eye(3))
    with pytest.raises(et.ParameterError, match=r"\.dag\(\)"):
        from_qutip(qutip.basis(2, 0).dag())
    with pytest.raises(et.ParameterError, match="Qobj"):
        from_qutip(np.eye(2))


def test_without_qutip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command; oracle: Python's own rule that None in sys.modules is absent."""
    monkeypatch.setitem(sys.modules, "qutip", None)
    with pytest.raises(MissingLibraryError, match="pip install qutip"):
        to_qutip(PAPER)
