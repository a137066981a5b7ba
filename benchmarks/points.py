"""The paper's machine as plain numbers, for entherm and for its peers alike. No entherm here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Number = float | np.ndarray


@dataclass(frozen=True)
class Points:
    """Parameters of the two-qubit machine, each a number or an array; they broadcast together."""

    epsilon_A: Number
    epsilon_B: Number
    Omega: Number
    T_A: Number
    T_B: Number
    T_C: Number
    Gamma_A: Number = 1.0
    Gamma_B: Number = 1.0
    Gamma_CA: Number = 1.0
    Gamma_CB: Number = 1.0
    gamma: Number = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(*(np.shape(v) for v in vars(self).values()))

    @property
    def count(self) -> int:
        return int(np.prod(self.shape))

    def take(self, index: np.ndarray) -> Points:
        """Some of the points, by their place in the flattened shape; constants stay constants."""
        place = np.unravel_index(index, self.shape)
        axes = len(self.shape)

        def taken(value: Number) -> Number:
            array = np.asarray(value)
            if array.ndim == 0:
                return value
            own = place[axes - array.ndim :]
            return array[tuple(0 if n == 1 else at for n, at in zip(array.shape, own, strict=True))]

        return Points(**{name: taken(value) for name, value in vars(self).items()})

    def some(self, count: int) -> Points:
        """`count` points spread over all of them."""
        return self.take(np.linspace(0, self.count - 1, count).astype(int))

    def rows(self, start: int, stop: int) -> Points:
        """A run of points along the first axis."""
        whole = len(self.shape)
        cut = {
            name: value[start:stop]
            for name, value in vars(self).items()
            if np.ndim(value) == whole and np.shape(value)[0] > 1
        }
        return replace(self, **cut)


def paper_map(size: int) -> Points:
    """Fig. 2 of the paper: `size` × `size` temperatures T = T_A = T_B and T_C."""
    axis = np.linspace(0.05, 20.0, size)
    T, T_C = axis[:, None], axis[None, :]
    return Points(20.0, 20.0, 10.0, T, T, T_C)


def circuit_map(size: int) -> Points:
    """Fig. 7 of the paper, with its dephasing, and detuned by a tenth of the gap."""
    T = np.linspace(0.01, 1.5, size)[:, None]
    T_C = np.linspace(0.01, 1.2, size)[None, :]
    rate = 0.01
    return Points(1.05, 0.95, 0.7, T, T, T_C, rate, rate, rate, rate, gamma=3.5e-5)


def scattered(count: int) -> Points:
    """All ten parameters at random, |Ω| < 0.9 √(ε_A ε_B), rates over two decades."""
    rng = np.random.default_rng(20261123)
    epsilon_A, epsilon_B = rng.uniform(15.0, 25.0, (2, count))
    Omega = rng.uniform(-0.9, 0.9, count) * np.sqrt(epsilon_A * epsilon_B)
    T_A, T_B, T_C = rng.uniform(0.5, 20.0, (3, count))
    return Points(
        epsilon_A, epsilon_B, Omega, T_A, T_B, T_C, *10.0 ** rng.uniform(-1, 1, (4, count))
    )
