"""Equations (1)-(21) of [Man], one function each, in the paper's order: the oracle of the tests.

NumPy and the standard library only, and never the rest of entherm, so that a mistake there cannot
hide here. Scalars in, small arrays out. [Man] is Z.-X. Man, A. Tavakoli, J. B. Brask, L.-Z. Hu and
Y.-J. Xia, "Improving autonomous thermal entanglement generation using a common reservoir".

Conventions: hbar = k_B = 1, so energies, temperatures and rates share one unit. Matrices are 4x4
in the bare basis |11>, |10>, |01>, |00> (qubit A first, |1> excited). A rate Gamma is the paper's:
a bare qubit at T = 0 decays at 1/T1 = 2 Gamma. Heat is positive when it leaves a reservoir.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]
Matrix = NDArray[np.complex128]

# Rounding leaves populations of size ~1e-16 with either sign; anything more negative is an error.
NEGATIVE_POPULATION = 1e-12
# A state counts as X-shaped when its other coherences are below this; rounding stays far under it.
X_STATE = 1e-9
# Singular values below this fraction of the largest are zero: the rounding of a 16x16 SVD is 1e-15.
KERNEL = 1e-13


@dataclass(frozen=True)
class Parameters:
    """Parameters of the paper's machine, all in one unit (hbar = k_B = 1).

    ``Gamma_CA`` and ``Gamma_CB`` are the paper's Gamma_C^(A) and Gamma_C^(B), for flat spectra;
    zero for both takes R_C away. ``gamma`` is the dephasing rate of Eq. (21).

    Superseded by: entherm.machine

    >>> Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0).Gamma_CA
    1.0
    """

    epsilon_A: float
    epsilon_B: float
    Omega: float
    T_A: float
    T_B: float
    T_C: float
    Gamma_A: float = 1.0
    Gamma_B: float = 1.0
    Gamma_CA: float = 1.0
    Gamma_CB: float = 1.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value):
                raise ValueError(f"Argument {field.name!r} must be finite, got {value}")
            if field.name.startswith(("T_", "Gamma", "gamma")) and value < 0:
                raise ValueError(f"Argument {field.name!r} must be >= 0, got {value}")


# Single-qubit operators in the order |1>, |0>.
_IDENTITY: Matrix = np.eye(2, dtype=np.complex128)
_EXCITED: Matrix = np.array([[1, 0], [0, 0]], dtype=np.complex128)
_LOWER: Matrix = np.array([[0, 0], [1, 0]], dtype=np.complex128)
_PAULI_Z: Matrix = np.array([[1, 0], [0, -1]], dtype=np.complex128)


def _on_A(operator: Matrix) -> Matrix:
    return np.kron(operator, _IDENTITY).astype(np.complex128)


def _on_B(operator: Matrix) -> Matrix:
    return np.kron(_IDENTITY, operator).astype(np.complex128)


def eq_01_free_hamiltonian(epsilon_A: float, epsilon_B: float) -> Matrix:
    """Free Hamiltonian of the two qubits.

    ``H_0 = epsilon_A |1><1| (x) 1 + epsilon_B 1 (x) |1><1|``: (4, 4), from two energies.

    Source: [Man] Eq. (1).
    Superseded by: entherm.machine

    >>> eq_01_free_hamiltonian(3.0, 2.0).diagonal().real.tolist()
    [5.0, 3.0, 2.0, 0.0]
    """
    return epsilon_A * _on_A(_EXCITED) + epsilon_B * _on_B(_EXCITED)


def eq_02_interaction(Omega: float) -> Matrix:
    """Exchange of one excitation between the qubits.

    ``H_int = Omega (s+_A s-_B + s-_A s+_B)``: (4, 4), from one energy of either sign.

    Source: [Man] Eq. (2).
    Superseded by: entherm.machine

    >>> float(eq_02_interaction(10.0)[1, 2].real)
    10.0
    """
    hop = _on_A(_LOWER.T) @ _on_B(_LOWER)
    return Omega * (hop + hop.conj().T)


def hamiltonian(parameters: Parameters) -> Matrix:
    """System Hamiltonian ``H_S = H_0 + H_int``, (4, 4).

    Source: [Man] Sec. II, before Eq. (1).
    Superseded by: entherm.machine

    >>> H = hamiltonian(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    >>> np.linalg.eigvalsh(H).round(9).tolist()
    [0.0, 10.0, 30.0, 40.0]
    """
    free = eq_01_free_hamiltonian(parameters.epsilon_A, parameters.epsilon_B)
    return free + eq_02_interaction(parameters.Omega)


def eq_03_reservoir_energy(frequencies: Sequence[float], occupations: Sequence[int]) -> float:
    """Energy of one number state of a reservoir.

    ``<n_1 n_2 ...| sum_l omega_l a_l^+ a_l |n_1 n_2 ...> = sum_l omega_l n_l``: the eigenvalue of
    H_R, which as an operator acts on infinitely many modes and as the identity on the qubits.
    `frequencies` are energies, `occupations` integers, one per mode.

    Source: [Man] Eq. (3), evaluated on finitely many modes of one reservoir.
    Superseded by: entherm.reservoirs

    >>> eq_03_reservoir_energy([1.0, 2.5], [2, 1])
    4.5
    """
    return math.fsum(w * n for w, n in zip(frequencies, occupations, strict=True))


def eq_04_coupling_operators(
    g_A: float = 1.0, g_B: float = 1.0, g_CA: float = 1.0, g_CB: float = 1.0
) -> dict[str, Matrix]:
    """Lowering operators that multiply the creation operator of a mode of each reservoir.

    ``RA: g_A s-_A``, ``RB: g_B s-_B``, ``RC: g_CA s-_A + g_CB s-_B``, each (4, 4); the adjoint
    multiplies the annihilation operator. The g are the amplitudes (energies) of one mode.

    Source: [Man] Eq. (4), its system side; g_CA, g_CB are the paper's g_(A,n), g_(B,n).
    Superseded by: entherm.reservoirs

    >>> np.flatnonzero(eq_04_coupling_operators()["RC"][:, 0]).tolist()
    [1, 2]
    """
    lower_A, lower_B = _on_A(_LOWER), _on_B(_LOWER)
    return {"RA": g_A * lower_A, "RB": g_B * lower_B, "RC": g_CA * lower_A + g_CB * lower_B}


def mixing_angle(parameters: Parameters) -> float:
    """Mixing angle theta of the two middle levels, in (-pi, pi].

    ``tan(theta) = 2 Omega / Delta_epsilon``, as ``atan2(2 Omega, epsilon_A - epsilon_B)``.

    Source: [Man] Sec. II, after Eq. (4). The arctangent alone is wrong for epsilon_A < epsilon_B
    and undefined at resonance (docs/physics.md §1.2).
    Superseded by: entherm.bohr

    >>> mixing_angle(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0)) == math.pi / 2
    True
    """
    return math.atan2(2 * parameters.Omega, parameters.epsilon_A - parameters.epsilon_B)


def eigenstates(theta: float) -> Matrix:
    """Eigenvectors of H_S as the columns of a (4, 4) matrix, in the order lambda_1..lambda_4.

    ``|l1> = |11>``, ``|l2> = cos(theta/2) |10> + sin(theta/2) |01>``,
    ``|l3> = -sin(theta/2) |10> + cos(theta/2) |01>``, ``|l4> = |00>``.

    Source: [Man] Sec. II, after Eq. (4).
    Superseded by: entherm.bohr

    >>> eigenstates(0.0).real.astype(int).tolist()[1]
    [0, 1, 0, 0]
    """
    s, c = math.sin(theta / 2), math.cos(theta / 2)
    rows = [[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]]
    return np.array(rows, dtype=np.complex128)


def energies(parameters: Parameters) -> RealArray:
    """Eigenvalues E_1..E_4 of H_S, (4,), in the paper's order: E_1 highest, E_4 = 0.

    ``E_1 = epsilon_A + epsilon_B``, ``E_2, E_3 = epsilon_m +- sqrt(Delta_epsilon^2/4 + Omega^2)``.

    Source: [Man] Sec. II, after Eq. (4).
    Superseded by: entherm.bohr

    >>> energies(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0)).tolist()
    [40.0, 30.0, 10.0, 0.0]
    """
    total = parameters.epsilon_A + parameters.epsilon_B
    half_gap = math.hypot((parameters.epsilon_A - parameters.epsilon_B) / 2, parameters.Omega)
    return np.array([total, total / 2 + half_gap, total / 2 - half_gap, 0.0])


def eq_05_eigendecomposition(parameters: Parameters) -> tuple[RealArray, Matrix]:
    """Energies (4,) and eigenvectors (4, 4, columns) that make up H_S.

    ``H_S = sum_i E_i |l_i><l_i|``; the other half, ``H_SR = H_SR,1 + H_SR,2``, is Eq. (6).

    Source: [Man] Eq. (5).
    Superseded by: entherm.bohr

    >>> E, U = eq_05_eigendecomposition(Parameters(21.0, 19.0, 6.0, 5.0, 5.0, 1.0))
    >>> np.allclose(U * E @ U.conj().T, hamiltonian(Parameters(21.0, 19.0, 6.0, 5.0, 5.0, 1.0)))
    True
    """
    return energies(parameters), eigenstates(mixing_angle(parameters))


def eq_06_coupling_operators(
    parameters: Parameters,
    j: int,
    g_A: float = 1.0,
    g_B: float = 1.0,
    g_CA: float = 1.0,
    g_CB: float = 1.0,
) -> dict[str, Matrix]:
    """The part of each coupling operator of Eq. (4) that lowers the energy by omega_j, j = 1, 2.

    ``RA: g_A V_(A,j)``, ``RB: g_B V_(B,j)``, ``RC: g_CA V_(A,j) + g_CB V_(B,j)``, each (4, 4).

    Source: [Man] Eq. (6), its system side.
    Superseded by: entherm.bohr

    >>> p = Parameters(21.0, 19.0, 6.0, 5.0, 5.0, 1.0)
    >>> parts = [eq_06_coupling_operators(p, j)["RC"] for j in (1, 2)]
    >>> np.allclose(sum(parts), eq_04_coupling_operators()["RC"])
    True
    """
    V = eq_07_jump_operators(mixing_angle(parameters))
    V_A, V_B = V["A", j], V["B", j]
    return {"RA": g_A * V_A, "RB": g_B * V_B, "RC": g_CA * V_A + g_CB * V_B}


def omega_1(parameters: Parameters) -> float:
    """Lower Bohr frequency, ``omega_1 = E_3 - E_4 = E_1 - E_2``.

    Source: [Man] Sec. II, after Eq. (6). Positive only while |Omega| < sqrt(epsilon_A epsilon_B).
    Superseded by: entherm.bohr

    >>> omega_1(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    10.0
    """
    return float(energies(parameters)[2])


def omega_2(parameters: Parameters) -> float:
    """Upper Bohr frequency, ``omega_2 = E_1 - E_3 = E_2 - E_4``.

    Source: [Man] Sec. II, after Eq. (6).
    Superseded by: entherm.bohr

    >>> omega_2(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))
    30.0
    """
    return float(energies(parameters)[1])


def eq_07_jump_operators(theta: float) -> dict[tuple[str, int], Matrix]:
    """Jump operators V_(mu,j), (4, 4) each, under the keys ("A", 1), ("A", 2), ("B", 1), ("B", 2).

    ``V_A1 = sin(theta/2) (|l2><l1| - |l4><l3|)``, ``V_A2 = cos(theta/2) (|l3><l1| + |l4><l2|)``,
    ``V_B1 = cos(theta/2) (|l2><l1| + |l4><l3|)``, ``V_B2 = sin(theta/2) (-|l3><l1| + |l4><l2|)``.

    Source: [Man] Eq. (7), written out in the bare basis.
    Superseded by: entherm.bohr

    >>> V = eq_07_jump_operators(0.0)  # Omega = 0: each qubit jumps at its own frequency
    >>> np.allclose(V["A", 2], eq_04_coupling_operators()["RA"]), bool(V["A", 1].any())
    (True, False)
    """
    s, c = math.sin(theta / 2), math.cos(theta / 2)
    vectors = eigenstates(theta)

    def jump(to: int, start: int) -> Matrix:
        return np.outer(vectors[:, to - 1], vectors[:, start - 1].conj())

    return {
        ("A", 1): s * (jump(2, 1) - jump(4, 3)),
        ("A", 2): c * (jump(3, 1) + jump(4, 2)),
        ("B", 1): c * (jump(2, 1) + jump(4, 3)),
        ("B", 2): s * (-jump(3, 1) + jump(4, 2)),
    }


def eq_08_master_equation(rho: Matrix, parameters: Parameters) -> Matrix:
    """Time derivative of the state rho, (4, 4) to (4, 4).

    ``d rho/dt = -i [H_S, rho] + L_A[rho] + L_B[rho] + L_C[rho]``, plus ``L_dep[rho]`` of Eq. (21),
    which the paper adds in its Sec. IV and which vanishes for gamma = 0.

    Source: [Man] Eq. (8).
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_08_master_equation(np.eye(4) / 4, p)), 0.0)
    True
    """
    H = hamiltonian(parameters)
    return (
        -1j * (H @ rho - rho @ H)
        + eq_09_dissipator_A(rho, parameters)
        + eq_10_dissipator_B(rho, parameters)
        + dissipator_C(rho, parameters)
        + eq_21_dephasing(rho, parameters.gamma)
    )


def liouvillian(parameters: Parameters) -> Matrix:
    """Eq. (8) as a (16, 16) matrix on the row-major vector of rho.

    Column ``4 k + l`` is Eq. (8) applied to the matrix unit |k><l|.

    Source: [Man] Eq. (8).
    Superseded by: entherm.equations

    >>> liouvillian(Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)).shape
    (16, 16)
    """
    units = np.eye(16, dtype=np.complex128).reshape(16, 4, 4)
    return np.stack([eq_08_master_equation(u, parameters).ravel() for u in units], axis=1)


def steady_state(parameters: Parameters) -> Matrix:
    """The state rho, (4, 4), at which Eq. (8) vanishes.

    ``L vec(rho) = 0`` with the first row, which the others imply, replaced by ``Tr rho = 1``.
    Backward stable: absolute errors reach ``eps cond``, small populations lose relative digits.

    Raises
    ------
    ValueError
        If the kernel of L is not one-dimensional, as with R_C alone on a resonant machine.

    Source: [Man] Sec. II, before Eq. (15).
    Superseded by: entherm.steady_state

    >>> rho = steady_state(Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0))
    >>> round(float(rho[3, 3].real), 9)
    0.880157594
    """
    L = liouvillian(parameters)
    singular = np.linalg.svd(L, compute_uv=False)
    dimension = int(np.count_nonzero(singular <= KERNEL * singular[0]))
    if dimension != 1:
        raise ValueError(
            f"the steady state is not unique: the kernel of the Liouvillian has dimension "
            f"{dimension} (singular values below {KERNEL:g} of the largest); couple every level to "
            f"a reservoir, or bring rates and energies closer together"
        )
    # The size of the trace row is free; that of L keeps the system well scaled.
    L[0] = singular[0] * np.eye(4).ravel()
    target = np.zeros(16, dtype=np.complex128)
    target[0] = singular[0]
    rho = np.linalg.solve(L, target).reshape(4, 4).astype(np.complex128)
    return (rho + rho.conj().T) / 2


def _emission_and_absorption(V: Matrix, W: Matrix, n_bar: float, rho: Matrix) -> Matrix:
    """One pair of jump operators: the brackets of Eqs. (9)-(14), W = V in all but Eq. (14)."""
    V_up, W_up = V.conj().T, W.conj().T
    emission = 2 * V @ rho @ W_up - (W_up @ V @ rho + rho @ W_up @ V)
    absorption = 2 * V_up @ rho @ W - (W @ V_up @ rho + rho @ W @ V_up)
    return (n_bar + 1) * emission + n_bar * absorption


def _dissipator(
    mu: str, nu: str, rate: float, temperature: float, rho: Matrix, parameters: Parameters
) -> Matrix:
    """Sum over both frequencies of `rate` times the bracket of V_(mu,j) with V_(nu,j)."""
    if rate == 0:
        return np.zeros((4, 4), dtype=np.complex128)
    V = eq_07_jump_operators(mixing_angle(parameters))
    total = np.zeros((4, 4), dtype=np.complex128)
    for j, omega in ((1, omega_1(parameters)), (2, omega_2(parameters))):
        n_bar = eq_11_occupation(omega, temperature)
        total += rate * _emission_and_absorption(V[mu, j], V[nu, j], n_bar, rho)
    return total


def eq_09_dissipator_A(rho: Matrix, parameters: Parameters) -> Matrix:
    """Effect of reservoir R_A on the state rho, (4, 4) to (4, 4).

    ``L_A[rho] = sum_j Gamma_A [(n_A(omega_j) + 1) (2 V_Aj rho V_Aj^+ - {V_Aj^+ V_Aj, rho})``
    ``+ n_A(omega_j) (2 V_Aj^+ rho V_Aj - {V_Aj V_Aj^+, rho})]``

    Source: [Man] Eq. (9), for a flat spectrum.
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_09_dissipator_A(np.eye(4) / 4, p)), 0.0)
    True
    """
    return _dissipator("A", "A", parameters.Gamma_A, parameters.T_A, rho, parameters)


def eq_10_dissipator_B(rho: Matrix, parameters: Parameters) -> Matrix:
    """Effect of reservoir R_B on the state rho, (4, 4) to (4, 4): Eq. (9) with B for A.

    ``L_B[rho] = sum_j Gamma_B [(n_B(omega_j) + 1) (2 V_Bj rho V_Bj^+ - {V_Bj^+ V_Bj, rho})``
    ``+ n_B(omega_j) (2 V_Bj^+ rho V_Bj - {V_Bj V_Bj^+, rho})]``

    Source: [Man] Eq. (10), for a flat spectrum.
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_10_dissipator_B(np.eye(4) / 4, p)), 0.0)
    True
    """
    return _dissipator("B", "B", parameters.Gamma_B, parameters.T_B, rho, parameters)


def eq_11_occupation(omega: float, temperature: float) -> float:
    """Mean number of photons at energy omega > 0 in a reservoir at temperature >= 0.

    ``n = 1 / (exp(omega / T) - 1)``, written ``exp(-x) / -expm1(-x)`` with x = omega/T: it neither
    overflows for large x nor cancels for small x. T = 0 gives 0.

    Raises
    ------
    ValueError
        If omega <= 0: n diverges at 0, and with the rotating-wave coupling of Eq. (4) no mode is
        resonant with a negative frequency (docs/physics.md §1.3).

    Source: [Man] Eq. (11).
    Superseded by: entherm.reservoirs

    >>> eq_11_occupation(10.0, 0.0), round(eq_11_occupation(1.0, 1.0), 12)
    (0.0, 0.581976706869)
    """
    if not omega > 0:
        raise ValueError(
            f"Argument 'omega' must be > 0, got {omega}: Eq. (11) has no value there; "
            f"choose |Omega| < sqrt(epsilon_A*epsilon_B)"
        )
    if temperature < 0:
        raise ValueError(f"Argument 'temperature' must be >= 0, got {temperature}")
    if temperature == 0:
        return 0.0
    x = omega / temperature
    return math.exp(-x) / -math.expm1(-x)


def eq_12_dissipator_CA(rho: Matrix, parameters: Parameters) -> Matrix:
    """Effect of R_C through qubit A alone, (4, 4) to (4, 4).

    ``L_C^(A)[rho]``: Eq. (9) with Gamma_C^(A) and n_C for Gamma_A and n_A.

    Source: [Man] Eq. (12), for a flat spectrum.
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_12_dissipator_CA(np.eye(4) / 4, p)), 0.0)
    True
    """
    return _dissipator("A", "A", parameters.Gamma_CA, parameters.T_C, rho, parameters)


def eq_13_dissipator_CB(rho: Matrix, parameters: Parameters) -> Matrix:
    """Effect of R_C through qubit B alone, (4, 4) to (4, 4).

    ``L_C^(B)[rho]``: Eq. (10) with Gamma_C^(B) and n_C for Gamma_B and n_B.

    Source: [Man] Eq. (13), for a flat spectrum.
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_13_dissipator_CB(np.eye(4) / 4, p)), 0.0)
    True
    """
    return _dissipator("B", "B", parameters.Gamma_CB, parameters.T_C, rho, parameters)


def eq_14_dissipator_CAB(rho: Matrix, parameters: Parameters) -> Matrix:
    """Cross terms of R_C between the two qubits, (4, 4) to (4, 4); not a dissipator by itself.

    ``L_C^(AB)[rho] = sum_j Gamma_C^(AB) [(n_C + 1) (2 V_Aj rho V_Bj^+ - {V_Bj^+ V_Aj, rho})``
    ``+ n_C (2 V_Aj^+ rho V_Bj - {V_Bj V_Aj^+, rho}) + the same with A and B exchanged]``

    Source: [Man] Eq. (14), for a flat spectrum.
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(eq_14_dissipator_CAB(np.eye(4) / 4, p)), 0.0)
    True
    """
    rate = collective_rate(parameters.Gamma_CA, parameters.Gamma_CB)
    AB = _dissipator("A", "B", rate, parameters.T_C, rho, parameters)
    BA = _dissipator("B", "A", rate, parameters.T_C, rho, parameters)
    return AB + BA


def dissipator_C(rho: Matrix, parameters: Parameters) -> Matrix:
    """Effect of the common reservoir R_C on the state rho, (4, 4) to (4, 4).

    ``L_C = L_C^(A) + L_C^(B) + L_C^(AB)``: one jump operator per frequency, namely
    ``sqrt(Gamma_C^(A)) V_Aj + sqrt(Gamma_C^(B)) V_Bj`` (docs/physics.md §1.4).

    Source: [Man] Sec. II, before Eq. (12).
    Superseded by: entherm.equations

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> np.allclose(np.trace(dissipator_C(np.eye(4) / 4, p)), 0.0)
    True
    """
    return (
        eq_12_dissipator_CA(rho, parameters)
        + eq_13_dissipator_CB(rho, parameters)
        + eq_14_dissipator_CAB(rho, parameters)
    )


def collective_rate(Gamma_CA: float, Gamma_CB: float) -> float:
    """Collective damping rate ``Gamma_C^(AB) = + sqrt(Gamma_C^(A) Gamma_C^(B))``.

    Source: [Man] Sec. II, after Eq. (14): full correlation with positive sign.
    Superseded by: entherm.reservoirs

    >>> collective_rate(0.25, 4.0)
    1.0
    """
    return math.sqrt(Gamma_CA) * math.sqrt(Gamma_CB)


class BareElements(NamedTuple):
    """The elements of a two-qubit state in Eq. (16): eta_11, eta_22, eta_33, eta_44, eta_23."""

    eta_11: float
    eta_22: float
    eta_33: float
    eta_44: float
    eta_23: complex


def eq_15_bare_elements(populations: RealArray, theta: float) -> BareElements:
    """Bare-basis elements of a state that is diagonal in the eigenbasis.

    ``eta_11 = l_11``, ``eta_22 = cos^2(theta/2) l_22 + sin^2(theta/2) l_33``,
    ``eta_33 = sin^2(theta/2) l_22 + cos^2(theta/2) l_33``, ``eta_44 = l_44``,
    ``eta_23 = 1/2 sin(theta) (l_22 - l_33)``; `populations` is l_11..l_44, (4,).

    Source: [Man] Eq. (15), literal: wrong where lambda_23 is not 0, that is with dephasing and
    detuning together (docs/physics.md §1.6); see eq_15_with_coherence.
    Superseded by: entherm.elimination

    >>> eq_15_bare_elements(np.array([0.0, 0.0, 1.0, 0.0]), math.pi / 2).eta_23
    (-0.5+0j)
    """
    p_1, p_2, p_3, p_4 = map(float, populations)
    s2, c2 = math.sin(theta / 2) ** 2, math.cos(theta / 2) ** 2
    eta_23 = complex(math.sin(theta) * (p_2 - p_3) / 2)
    return BareElements(p_1, c2 * p_2 + s2 * p_3, s2 * p_2 + c2 * p_3, p_4, eta_23)


def eq_15_with_coherence(populations: RealArray, lambda_23: complex, theta: float) -> BareElements:
    """Bare-basis elements of a state with the coherence lambda_23 in the eigenbasis.

    To the literal Eq. (15) it adds ``-sin(theta) Re l_23`` to eta_22, ``+sin(theta) Re l_23`` to
    eta_33 and ``cos(theta) Re l_23 + i Im l_23`` to eta_23.

    Source: not in the paper; completes [Man] Eq. (15) (docs/physics.md §1.6).
    Superseded by: entherm.elimination

    >>> eq_15_with_coherence(np.array([0.0, 0.5, 0.5, 0.0]), 0.25j, 0.3).eta_23
    0.25j
    """
    p_1, eta_22, eta_33, p_4, eta_23 = eq_15_bare_elements(populations, theta)
    mixed = math.sin(theta) * lambda_23.real
    eta_23 += complex(math.cos(theta) * lambda_23.real, lambda_23.imag)
    return BareElements(p_1, eta_22 - mixed, eta_33 + mixed, p_4, eta_23)


def eq_16_density_matrix(elements: BareElements) -> Matrix:
    """The X state with these bare-basis elements, (4, 4).

    Source: [Man] Eq. (16). With lambda_23 the coherence eta_23 is complex and
    ``eta_32 = conj(eta_23)``, where the paper has them equal (docs/physics.md §1.6).
    Superseded by: entherm.steady_state

    >>> eq_16_density_matrix(BareElements(0.1, 0.2, 0.3, 0.4, 0.05j))[2, 1].imag.item()
    -0.05
    """
    rho = np.diag(np.array(elements[:4], dtype=np.complex128))
    rho[1, 2], rho[2, 1] = elements.eta_23, elements.eta_23.conjugate()
    return rho


def entanglement_margin(rho: Matrix) -> float:
    """Concurrence of an X state (4, 4) before its cut at zero; negative where separable.

    ``2 (|eta_23| - sqrt(eta_11 eta_44))``

    Raises
    ------
    ValueError
        If rho has other coherences than eta_23, or a population below -1e-12.

    Source: [Man] Eq. (17), the argument of its maximum.
    Superseded by: entherm.entanglement

    >>> entanglement_margin(np.diag([0.25, 0.25, 0.25, 0.25]).astype(complex))
    -0.5
    """
    outer = max(abs(rho[i, k]) for i in range(4) for k in range(i + 1, 4) if (i, k) != (1, 2))
    if outer > X_STATE:
        raise ValueError(f"Eq. (17) needs the X state of Eq. (16), found a coherence {outer:g}")
    ends = rho[0, 0].real, rho[3, 3].real
    if min(ends) < -NEGATIVE_POPULATION:
        raise ValueError(f"populations must be >= 0, got {min(ends):g}")
    # Two roots, not the root of a product that may underflow.
    excited, ground = (math.sqrt(max(p, 0.0)) for p in ends)
    return 2 * (float(abs(rho[1, 2])) - excited * ground)


def eq_17_concurrence(rho: Matrix) -> float:
    """Concurrence of the X state rho, (4, 4).

    ``C = 2 max{0, |eta_23| - sqrt(eta_11 eta_44)}``

    Source: [Man] Eq. (17); errors as in entanglement_margin.
    Superseded by: entherm.entanglement

    >>> eq_17_concurrence(eq_16_density_matrix(BareElements(0.0, 0.5, 0.5, 0.0, -0.5)))
    1.0
    """
    return max(0.0, entanglement_margin(rho))


def eq_18_heat_current(dissipated: Matrix, H: Matrix) -> float:
    """Heat that leaves a reservoir per unit time: ``Q = Tr{L[rho] H_S}``.

    `dissipated` is L[rho] of that reservoir and `H` the system Hamiltonian, both (4, 4).

    Source: [Man] Eq. (18).
    Superseded by: entherm.thermodynamics.entropy

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=0.0, T_B=5.0, T_C=1.0)
    >>> excited = np.diag([1.0, 0, 0, 0]).astype(complex)
    >>> round(eq_18_heat_current(eq_09_dissipator_A(excited, p), hamiltonian(p)), 9)
    -40.0
    """
    return float(np.trace(dissipated @ H).real)


def heat_currents(rho: Matrix, parameters: Parameters) -> dict[str, float]:
    """Eq. (18) for the state rho, (4, 4): one current each for RA, RB, RC and dephasing.

    Source: [Man] Eq. (18), with Eq. (21) counted as a reservoir: it is not secularised and carries
    energy, so the sum vanishes only with it (docs/physics.md §1.8).
    Superseded by: entherm.thermodynamics.entropy

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0, gamma=0.1)
    >>> abs(sum(heat_currents(steady_state(p), p).values())) < 1e-12
    True
    """
    H = hamiltonian(parameters)
    dissipated = {
        "RA": eq_09_dissipator_A(rho, parameters),
        "RB": eq_10_dissipator_B(rho, parameters),
        "RC": dissipator_C(rho, parameters),
        "dephasing": eq_21_dephasing(rho, parameters.gamma),
    }
    return {name: eq_18_heat_current(change, H) for name, change in dissipated.items()}


def eq_19_effective_temperatures(parameters: Parameters) -> tuple[float, float]:
    """Effective temperatures of the two transition frequencies, from R_A and R_B.

    ``T_eff(omega_j) = omega_j / ln(Gamma_j^- / Gamma_j^+)``, with the logarithm as
    ``log1p((Gamma_j^- - Gamma_j^+) / Gamma_j^+)`` and the difference in closed form, since it
    cancels for hot reservoirs. 0 where Gamma_j^+ is 0 (or underflows, omega_j/T > 745).

    Source: [Man] Eq. (19).
    Superseded by: entherm.thermodynamics.entropy

    >>> eq_19_effective_temperatures(Parameters(20.0, 20.0, 6.0, 5.0, 5.0, T_C=1.0))
    (5.0, 5.0)
    """
    rates = eq_20_transition_rates(parameters)
    # At T = 0 only spontaneous emission is left, which is Gamma^- - Gamma^+ at any temperature.
    spontaneous = _transition_rates(parameters, T_A=0.0, T_B=0.0)
    return (
        _effective_temperature(omega_1(parameters), spontaneous.down_1, rates.up_1),
        _effective_temperature(omega_2(parameters), spontaneous.down_2, rates.up_2),
    )


def _effective_temperature(omega: float, difference: float, up: float) -> float:
    if difference == 0:
        raise ValueError("Eq. (19) is 0/0 without a coupling to R_A or R_B at this frequency")
    return omega / math.log1p(difference / up) if up > 0 else 0.0


class TransitionRates(NamedTuple):
    """The paper's Gamma_1^-, Gamma_1^+, Gamma_2^-, Gamma_2^+ of Eq. (20)."""

    down_1: float
    up_1: float
    down_2: float
    up_2: float


def eq_20_transition_rates(parameters: Parameters) -> TransitionRates:
    """Effective transition rates between eigenstates, from R_A and R_B.

    ``Gamma_1^- = sin^2(theta/2) Gamma_A [n_A(omega_1) + 1] + cos^2(theta/2) Gamma_B [n_B + 1]``,
    ``Gamma_1^+`` with n for n + 1; ``Gamma_2^-+`` at omega_2 with sine and cosine exchanged.

    Source: [Man] Eq. (20); half of a probability per unit time, like every Gamma of the paper.
    Superseded by: entherm.thermodynamics.entropy

    >>> eq_20_transition_rates(Parameters(20.0, 20.0, 6.0, T_A=0.0, T_B=0.0, T_C=1.0)).up_1
    0.0
    """
    return _transition_rates(parameters, parameters.T_A, parameters.T_B)


def _transition_rates(parameters: Parameters, T_A: float, T_B: float) -> TransitionRates:
    theta = mixing_angle(parameters)
    s2, c2 = math.sin(theta / 2) ** 2, math.cos(theta / 2) ** 2
    rates: list[float] = []
    for omega, share_A, share_B in ((omega_1(parameters), s2, c2), (omega_2(parameters), c2, s2)):
        a, b = share_A * parameters.Gamma_A, share_B * parameters.Gamma_B
        n_A, n_B = eq_11_occupation(omega, T_A), eq_11_occupation(omega, T_B)
        rates += [a * (n_A + 1) + b * (n_B + 1), a * n_A + b * n_B]
    return TransitionRates(*rates)


def eq_21_dephasing(rho: Matrix, gamma: float) -> Matrix:
    """Pure dephasing of both qubits, (4, 4) to (4, 4), with the rate gamma.

    ``L_dep[rho] = gamma (D_A rho D_A^+ + D_B rho D_B^+ - 2 rho)``, D = sigma_z on A and on B.

    Source: [Man] Eq. (21), literal: one qubit's coherence decays at 2 gamma and |10><01| at
    4 gamma, although the gamma that follows is a decay rate itself (docs/physics.md §1.7).
    Superseded by: entherm.equations

    >>> rho = eq_16_density_matrix(BareElements(0.0, 0.5, 0.5, 0.0, 0.5))
    >>> float(eq_21_dephasing(rho, 1.0)[1, 2].real)
    -2.0
    """
    D_A, D_B = _on_A(_PAULI_Z), _on_B(_PAULI_Z)
    return gamma * (D_A @ rho @ D_A.conj().T + D_B @ rho @ D_B.conj().T - 2 * rho)


def dephasing_rate(T1: float, T2: float) -> float:
    """Pure dephasing rate from the relaxation time T1 and the Ramsey time T2.

    ``gamma = 1 / T2 - 1 / (2 T1)``, in the inverse unit of the times; no factor 2 pi.

    Source: [Man] Sec. IV, after Eq. (21). As the decay rate of a coherence it would enter Eq. (21)
    halved; the paper enters it whole (docs/physics.md §1.7).
    Superseded by: entherm.machine

    >>> dephasing_rate(T1=10.0, T2=10.0)
    0.05
    """
    return 1 / T2 - 1 / (2 * T1)
