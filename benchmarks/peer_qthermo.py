"""Peer: qthermo, `davies_bath` and `analyze`, point by point.

Its `build_model` takes reservoirs on one site only; `davies_bath` takes any Hermitian operator,
so that σ_x^A + σ_x^B is a common reservoir. Its rate is a Lindblad rate, twice the paper's Γ. What
it has no place for is dephasing that is not secular.
"""

from __future__ import annotations

import numpy as np
import qthermo

from points import Points

X = np.array([[0.0, 1.0], [1.0, 0.0]])
EXCITED = np.diag([1.0, 0.0])
ONE = np.eye(2)
FLIP = np.zeros((4, 4))
FLIP[1, 2] = FLIP[2, 1] = 1.0


def solve(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C of points in a row."""
    arrays = {k: np.broadcast_to(v, points.shape).ravel() for k, v in vars(points).items()}
    solved = [
        _point(Points(**{name: float(values[k]) for name, values in arrays.items()}))
        for k in range(points.count)
    ]
    return np.array([C for C, _ in solved]), np.array([Q for _, Q in solved])


def _point(p: Points) -> tuple[float, float]:
    H = p.epsilon_A * np.kron(EXCITED, ONE) + p.epsilon_B * np.kron(ONE, EXCITED) + p.Omega * FLIP
    a, b = np.kron(X, ONE), np.kron(ONE, X)
    couplings = {
        "RA": (np.sqrt(p.Gamma_A) * a, p.T_A),
        "RB": (np.sqrt(p.Gamma_B) * b, p.T_B),
        "RC": (np.sqrt(p.Gamma_CA) * a + np.sqrt(p.Gamma_CB) * b, p.T_C),
    }
    baths = [
        qthermo.davies_bath(H, coupling, temperature, gamma=2.0, name=name)
        for name, (coupling, temperature) in couplings.items()
    ]
    state = qthermo.analyze(H, baths)
    return qthermo.concurrence(state.rho), state.currents["RC"]


def chain(
    H: np.ndarray, operators: list[np.ndarray], temperatures: list[float], rate: float
) -> np.ndarray:
    """Heat currents of reservoirs that act through Hermitian operators, all at one rate."""
    baths = [
        qthermo.davies_bath(H, operator, temperature, gamma=2.0 * rate, name=str(k))
        for k, (operator, temperature) in enumerate(zip(operators, temperatures, strict=True))
    ]
    currents = qthermo.analyze(H, baths).currents
    return np.array([currents[str(k)] for k in range(len(baths))])
