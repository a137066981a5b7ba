"""Tilted generators by hand in mpmath, with nothing of entherm's and as many digits as wanted.

A model is a Hamiltonian, levels in which jumps are resolved, and baths; all numbers are mpmath's.
The jump operator of a bath is cut into the parts of one Bohr frequency each, the part that takes ω
out of the machine acts at the rate 2 Γ (1 ± n), its adjoint at 2 Γ n, and what the bath gives at a
jump, −(ω − μ) or ω − μ, goes with χ into an exponent in front of V ρ V†. Only those elements of ρ
are kept that conserve the number of excitations; between levels of H_S, those alone of equal
energy: jumps of one frequency keep E_a − E_b of |a⟩⟨b|, and populations have 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from mpmath import mp

DIGITS = 60
STEP = 10  # central differences at 10⁻¹⁰ with 60 digits: the error is 10⁻²⁰

EQUAL = 1e-30

Number = Any
Rows = list[list[Number]]


@dataclass(frozen=True)
class Bath:
    """One reservoir: signed amplitudes by qubit, and its occupation as a function of ω."""

    name: str
    amplitudes: dict[int, Number]
    temperature: Number
    potential: Number = 0
    fermi: bool = False

    def rates(self, omega: Number) -> tuple[Number, Number]:
        """2 (1 ± n) and 2 n."""
        x = mp.exp((omega - self.potential) / self.temperature)
        if self.fermi:
            return 2 * x / (x + 1), 2 / (x + 1)
        return 2 * x / (x - 1), 2 / (x - 1)


@dataclass(frozen=True)
class Model:
    """Qubits with gaps, exchange strengths by pair, and baths; jumps between bare levels or not."""

    gaps: tuple[Number, ...]
    exchange: dict[tuple[int, int], Number]
    baths: tuple[Bath, ...]
    bare: bool = False

    @property
    def states(self) -> list[tuple[int, ...]]:
        return list(product((1, 0), repeat=len(self.gaps)))

    def hamiltonian(self, *, interacting: bool) -> Any:
        states = self.states
        h = mp.zeros(len(states))
        for a, state in enumerate(states):
            h[a, a] = sum((g * n for g, n in zip(self.gaps, state, strict=True)), mp.mpf(0))
            for (i, j), strength in self.exchange.items():
                if interacting and state[i] != state[j]:
                    other = list(state)
                    other[i], other[j] = state[j], state[i]
                    h[states.index(tuple(other)), a] += strength
        return h

    def lowering(self, amplitudes: dict[int, Number]) -> Any:
        states = self.states
        v = mp.zeros(len(states))
        for a, state in enumerate(states):
            for site, amplitude in amplitudes.items():
                if state[site]:
                    other = list(state)
                    other[site] = 0
                    v[states.index(tuple(other)), a] += amplitude
        return v


class Tilted:
    """L(χ) of a model as a function of χ, and θ(χ) by Rayleigh iteration from the steady state."""

    def __init__(self, model: Model) -> None:
        mp.dps = DIGITS
        self.model = model
        states = model.states
        h = model.hamiltonian(interacting=True)
        if model.bare:
            levels = [model.hamiltonian(interacting=False)[k, k] for k in range(len(states))]
            inside = h
            turn = mp.eye(len(states))
        else:
            levels, turn = self._resolved(h)
            inside = mp.diag(levels)
        self.energies = levels
        number = [self._number(turn, k) for k in range(len(states))]
        self.elements = [
            (a, b)
            for a, b in product(range(len(states)), repeat=2)
            if number[a] == number[b] and (model.bare or abs(levels[a] - levels[b]) < EQUAL)
        ]
        self.place = {e: k for k, e in enumerate(self.elements)}
        self.jumps = self._all_jumps(turn)
        self.fixed = self._fixed(inside)
        self.start = self._steady()

    def _resolved(self, h: Any) -> tuple[list[Number], Any]:
        """Levels of H_S, each of one excitation number: that is broken by nothing."""
        states = self.model.states
        turn = mp.zeros(len(states))
        levels: list[Number] = []
        for number in range(len(self.model.gaps) + 1):
            rows = [k for k, state in enumerate(states) if sum(state) == number]
            block = mp.matrix([[h[a, b] for b in rows] for a in rows])
            values, vectors = mp.eigsy(block)
            for column in range(len(rows)):
                for row, a in enumerate(rows):
                    turn[a, len(levels)] = vectors[row, column]
                levels.append(values[column])
        return levels, turn

    def _number(self, turn: Any, level: int) -> int:
        states = self.model.states
        return sum(states[max(range(len(states)), key=lambda k: abs(turn[k, level]))])

    def _all_jumps(self, turn: Any) -> list[tuple[str, Number, Number, dict[tuple[int, int], Any]]]:
        """(bath, rate, what it gives, entries V[to, from]) of each operator of one frequency."""
        found = []
        size = len(self.energies)
        for bath in self.model.baths:
            v = turn.T * self.model.lowering(bath.amplitudes) * turn
            parts: list[tuple[Number, dict[tuple[int, int], Any]]] = []
            for j, i in product(range(size), repeat=2):
                if abs(v[j, i]) < EQUAL:
                    continue
                omega = self.energies[i] - self.energies[j]
                own = [p for w, p in parts if abs(w - omega) < EQUAL]
                if not own:
                    parts.append((omega, {}))
                    own = [parts[-1][1]]
                own[0][j, i] = v[j, i]
            for omega, entries in parts:
                down, up = bath.rates(omega)
                back = {(i, j): value for (j, i), value in entries.items()}
                given = omega - bath.potential
                found += [(bath.name, down, -given, entries), (bath.name, up, given, back)]
        return found

    def _fixed(self, inside: Any) -> Rows:
        """−i [H, ρ] and the losses; times 1, as everything is real but the first."""
        size = len(self.energies)
        loss = mp.zeros(size)
        for _, rate, _, entries in self.jumps:
            for (j, i), x in entries.items():
                for (j_, i_), y in entries.items():
                    if j == j_:
                        loss[i, i_] += rate * x * y
        zero = mp.mpc(0) if self.model.bare else mp.mpf(0)
        matrix = [[zero] * len(self.elements) for _ in self.elements]
        for (a, b), column in self.place.items():
            for c in range(size):
                left, right = (
                    -1j * inside[c, a] - loss[c, a] / 2,
                    1j * inside[b, c] - loss[b, c] / 2,
                )
                for element, value in (((c, b), left), ((a, c), right)):
                    if value != 0:
                        matrix[self.place[element]][column] += value
        return matrix

    def matrix(self, chi: dict[str, Number]) -> Any:
        rows = [list(row) for row in self.fixed]
        for name, rate, given, entries in self.jumps:
            factor = rate * mp.exp(chi.get(name, 0) * given)
            for (j, i), x in entries.items():
                for (j_, i_), y in entries.items():
                    if (i, i_) in self.place:
                        rows[self.place[j, j_]][self.place[i, i_]] += factor * x * y
        return mp.matrix(rows)

    def _steady(self) -> tuple[Any, Any]:
        """Right and left null vector."""
        matrix = self.matrix({})
        left = mp.matrix([[mp.mpf(a == b) for a, b in self.elements]])
        filled = matrix + mp.matrix([[1] for _ in self.elements]) * left
        right = mp.lu_solve(filled, mp.matrix([[1] for _ in self.elements]))
        return right / (left * right)[0], left

    def theta(self, chi: dict[str, Number]) -> Number:
        """The eigenvalue that grows out of 0, to all digits."""
        matrix = self.matrix(chi)
        right, left = self.start
        for _ in range(6):
            value = (left * matrix * right)[0] / (left * right)[0]
            shifted = matrix - value * mp.eye(len(self.elements))
            try:
                right = mp.lu_solve(shifted, right)
                left = mp.lu_solve(shifted.T, left.T).T
            except ZeroDivisionError:
                return mp.re(value)
            right, left = right / mp.norm(right), left / mp.norm(left)
            residual = mp.norm(matrix * right - value * right)
            if residual < mp.mpf(10) ** (5 - DIGITS) * mp.norm(matrix):
                break
        return mp.re((left * matrix * right)[0] / (left * right)[0])

    def along(self, direction: dict[str, int]) -> Callable[[Number], Number]:
        return lambda x: self.theta({name: k * x for name, k in direction.items()})

    def second(self, direction: dict[str, int]) -> float:
        """Second derivative of θ at 0 along a direction, by central differences; θ(0) = 0."""
        h = mp.mpf(10) ** -STEP
        f = self.along(direction)
        return float((f(h) + f(-h)) / h**2)

    def derivatives(self, name: str) -> tuple[float, float, float]:
        """First three derivatives of θ by one χ at 0, by central differences."""
        h = mp.mpf(10) ** -STEP
        f = self.along({name: 1})
        one, two, minus, less = f(h), f(2 * h), f(-h), f(-2 * h)
        first = (one - minus) / (2 * h)
        second = (one + minus) / h**2
        third = (two - 2 * one + 2 * minus - less) / (2 * h**3)
        return float(first), float(second), float(third)
