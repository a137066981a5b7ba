"""Peers: QuTiP as in its guide, and QuTiP as an expert of the problem uses it.

The first builds Qobj, collapse operators and currents anew for each point. The second assembles
the generator once, of what `superoperators` holds, leaves to QuTiP what only QuTiP is asked for,
`steadystate(L, method="svd")`, and takes C and Q_C from the matrix elements.
"""

from __future__ import annotations

from math import expm1, sqrt

import numpy as np
import qutip

from points import Points
from superoperators import assemble, pair_concurrence


def guide(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C, point by point, of points in a row."""
    a = qutip.tensor(qutip.sigmam(), qutip.qeye(2))
    b = qutip.tensor(qutip.qeye(2), qutip.sigmam())
    solved = [_guide_point(a, b, one) for one in _each(points)]
    return np.array([C for C, _ in solved]), np.array([Q for _, Q in solved])


def _each(points: Points) -> list[Points]:
    arrays = {k: np.broadcast_to(v, points.shape).ravel() for k, v in vars(points).items()}
    return [
        Points(**{name: float(values[k]) for name, values in arrays.items()})
        for k in range(points.count)
    ]


def _guide_point(a: qutip.Qobj, b: qutip.Qobj, p: Points) -> tuple[float, float]:
    H = (
        p.epsilon_A * a.dag() * a
        + p.epsilon_B * b.dag() * b
        + p.Omega * (a.dag() * b + b.dag() * a)
    )
    energies, states = H.eigenstates()
    baths = {
        "RA": (sqrt(p.Gamma_A) * a, p.T_A),
        "RB": (sqrt(p.Gamma_B) * b, p.T_B),
        "RC": (sqrt(p.Gamma_CA) * a + sqrt(p.Gamma_CB) * b, p.T_C),
    }
    c_ops = {name: _collapse(energies, states, *bath) for name, bath in baths.items()}
    dephasing = [sqrt(p.gamma) * (2 * v.dag() * v - 1) for v in (a, b)] if p.gamma else []
    rho = qutip.steadystate(H, [*(c for ops in c_ops.values() for c in ops), *dephasing])
    currents = {
        name: (qutip.vector_to_operator(
            sum(qutip.lindblad_dissipator(c) for c in ops) * qutip.operator_to_vector(rho)
        ) * H).tr().real
        for name, ops in c_ops.items()
    }  # fmt: skip
    return qutip.concurrence(rho), currents["RC"]


def _collapse(
    energies: np.ndarray, states: list[qutip.Qobj], V: qutip.Qobj, temperature: float
) -> list[qutip.Qobj]:
    """Collapse operators √(2 (n̄+1)) V_ω and √(2 n̄) V_ω† at each Bohr frequency ω > 0."""
    lowering: list[tuple[float, qutip.Qobj]] = []
    for low, lower in zip(energies, states, strict=True):
        for high, upper in zip(energies, states, strict=True):
            element = V.matrix_element(lower.dag(), upper)
            if abs(element) > 1e-13:
                lowering.append((high - low, element * lower * upper.dag()))
    c_ops = []
    while lowering:
        frequency = lowering[0][0]
        near = [part for w, part in lowering if abs(w - frequency) < 1e-9 * energies[-1]]
        lowering = [(w, part) for w, part in lowering if abs(w - frequency) >= 1e-9 * energies[-1]]
        n = 1.0 / expm1(frequency / temperature)
        c_ops += [sqrt(2 * (n + 1)) * sum(near), sqrt(2 * n) * sum(near).dag()]
    return c_ops


def preassembled(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C of points in a row, of which only temperatures vary."""
    machine = assemble(points)
    dims = [[[2, 2], [2, 2]], [[2, 2], [2, 2]]]
    C, Q = np.empty(points.count), np.empty(points.count)
    for k, n in enumerate(machine.weights(points)):
        parts = (n + 1)[:, None, None] * machine.down + n[:, None, None] * machine.up
        L = qutip.Qobj(machine.constant + parts.sum(0), dims=dims, copy=False)
        rho = qutip.steadystate(L, method="svd").full()
        C[k] = pair_concurrence(rho)
        # QuTiP stacks columns, `superoperators` rows: of this real, symmetric ρ they agree.
        Q[k] = (machine.energy @ parts[machine.common].sum(0) @ rho.ravel()).real
    return C, Q


def chain(H: np.ndarray, operators: list[np.ndarray], temperatures: list[float]) -> np.ndarray:
    """Heat currents under the global equation: sparse jumps in the eigenbasis, one for each ω.

    `operators` lower the energy and carry √Γ; frequencies are all different here.
    """
    energies, states = np.linalg.eigh(H)
    diagonal = qutip.qdiags(energies, 0).to("csr")
    parts = []
    for V, temperature in zip(operators, temperatures, strict=True):
        inner = states.T @ V @ states
        c_ops = []
        for low, high in np.argwhere(abs(inner) > 1e-13):
            n = 1.0 / expm1((energies[high] - energies[low]) / temperature)
            jump = inner[low, high] * qutip.projection(len(H), low, high, dtype="csr")
            c_ops += [sqrt(2 * (n + 1)) * jump, sqrt(2 * n) * jump.dag()]
        parts.append(sum(qutip.lindblad_dissipator(c) for c in c_ops))
    L = qutip.liouvillian(diagonal) + sum(parts)
    vector = qutip.operator_to_vector(qutip.steadystate(L))
    return np.array(
        [(diagonal * qutip.vector_to_operator(part * vector)).tr().real for part in parts]
    )
