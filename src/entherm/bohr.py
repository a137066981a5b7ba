"""Levels of H_S with static labels, and the Bohr frequencies between them.

A level is labelled by its excitation sector and its index there, from the most excited sector
down and from the highest energy of a sector down: for two qubits λ₁, λ₂, λ₃, λ₄ as in the paper.
Labels do not move when levels of different sectors cross along an axis, so the structure of the
rate equation does not either; energies are sorted only where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from entherm.machine import Machine
from entherm.operators import bare_states, ket
from entherm.parameters import Array

# Two Bohr frequencies are one group when they differ by less than this fraction of ‖H‖: far above
# the rounding of an eigenvalue (1e-16 ‖H‖), far below any rate that a secular approximation admits.
FREQUENCY_TOLERANCE = 1e-9

# LAPACK's eigenvectors carry an absolute error of 1e-16 per component; below this one is zero.
COMPONENT_TOLERANCE = 1e-13

# Times (width of the sector) / (gap to the next level): 64 roundings, ten times what is observed.
VECTOR_ERROR = 64 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Levels:
    """Eigenstates of H_S.

    Attributes
    ----------
    states : tuple of tuple of int
        The bare basis, excited first.
    sectors : tuple of int, length n
        Excitation number of each level.
    energies : tuple of ndarray, length n
        Energy of each level, over the axes of the Hamiltonian alone.
    vectors : dict of (int, int) to ndarray
        Component of bare state `b` in level `i`, keyed (b, i); components outside the sector of
        the level are left out.
    """

    states: tuple[tuple[int, ...], ...]
    sectors: tuple[int, ...]
    energies: tuple[Array, ...]
    vectors: dict[tuple[int, int], Array]

    def __len__(self) -> int:
        return len(self.sectors)

    @cached_property
    def norm(self) -> Array:
        """‖H‖, the largest |E|."""
        return np.asarray(np.max(np.broadcast_arrays(*map(np.abs, self.energies)), axis=0))

    @cached_property
    def tolerance(self) -> Array:
        """Energy difference below which two Bohr frequencies are one group."""
        return FREQUENCY_TOLERANCE * self.norm

    @cached_property
    def coherences(self) -> tuple[tuple[int, int], ...]:
        """Pairs of levels of one sector: the only coherences that populations can drive.

        Every jump lowers or raises the excitation number by one on both sides of ρ, and Eq. (21)
        conserves it, so a coherence between sectors never meets a population.
        """
        return tuple(
            (a, b)
            for a, b in combinations(range(len(self)), 2)
            if self.sectors[a] == self.sectors[b]
        )

    @cached_property
    def neighbours(self) -> tuple[tuple[int, int], ...]:
        """Pairs (upper, lower) of levels one excitation apart, which σ₋ connects."""
        count = range(len(self))
        return tuple((i, j) for i in count for j in count if self.sectors[j] == self.sectors[i] - 1)

    @cached_property
    def errors(self) -> tuple[Array, ...]:
        """Absolute error of each level's components: rounding × width of its sector / gap.

        The gap is the one to the nearest level that does not coincide with it. 0 where the sector
        is diagonalised in closed form.
        """
        return tuple(self._error(level) for level in range(len(self)))

    def _error(self, level: int) -> Array:
        sector = [k for k, s in enumerate(self.sectors) if s == self.sectors[level]]
        if len(sector) <= 2:
            return np.asarray(0.0)
        energies = np.stack(np.broadcast_arrays(*(self.energies[k] for k in sector)), -1)
        distance = np.abs(energies - self.energies[level][..., None])
        far = distance > self.tolerance[..., None]
        gap = np.min(np.where(far, distance, np.inf), axis=-1)
        return np.asarray(VECTOR_ERROR * np.ptp(energies, axis=-1) / gap)

    @cached_property
    def matrix(self) -> Array:
        """Components [..., bare state, level], shape (..., n, n)."""
        matrix = np.zeros((*self.norm.shape, len(self), len(self)))
        for (b, i), component in self.vectors.items():
            matrix[..., b, i] = component
        return matrix

    def degenerate(self, a: int, b: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Where levels `a` and `b` coincide."""
        return np.asarray(np.abs(self.energies[a] - self.energies[b]) <= self.tolerance)

    def spelled(self, level: int, point: int = 0) -> str:
        """Spell a level in the bare basis at one flat point of the Hamiltonian's axes.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> diagonalise(two_qubit_machine(20.0, 20.0, 10.0)).spelled(2)
        'λ3 = -0.7071|10⟩ + 0.7071|01⟩'
        """
        text = ""
        for (b, i), component in self.vectors.items():
            value = float(np.broadcast_to(component, self.norm.shape).ravel()[point])
            if i == level and value != 0.0:
                sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
                size = "" if abs(value) == 1.0 else f"{abs(value):.4f}"
                text += f"{sign}{size}{ket(self.states[b])}"
        return f"λ{level + 1} = {text}"


def diagonalise(machine: Machine) -> Levels:
    r"""Diagonalise H_S sector by sector; sectors of one or two states in closed form.

    .. math:: \theta = \mathrm{atan2}(2\Omega, \Delta\epsilon), \quad
        E_{2,3} = \epsilon_m \pm \sqrt{\Delta\epsilon^2/4 + \Omega^2}

    Parameters
    ----------
    machine : Machine
        Any number of qubits with exchange interactions.

    Returns
    -------
    Levels
        Over the Hamiltonian's own axes.

    References
    ----------
    [Man] Eq. (5) and the eigenstates above it.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [float(e) for e in diagonalise(two_qubit_machine(20.0, 20.0, 10.0)).energies]
    [40.0, 30.0, 10.0, 0.0]
    """
    states = bare_states(machine.dimensions)
    hamiltonian = machine.hamiltonian
    sectors: list[int] = []
    energies: list[Array] = []
    vectors: dict[tuple[int, int], Array] = {}
    for excitations in range(len(machine.dimensions), -1, -1):
        members = [b for b, state in enumerate(states) if sum(state) == excitations]
        block = hamiltonian[..., members, :][..., members]
        for energy, components in _eigenpairs(block):
            for b, component in zip(members, components, strict=True):
                vectors[b, len(energies)] = component
            energies.append(energy)
            sectors.append(excitations)
    return Levels(states, tuple(sectors), tuple(energies), vectors)


def _eigenpairs(block: Array) -> list[tuple[Array, list[Array]]]:
    """Eigenvalues (highest first) and components of a symmetric block, shape (..., m, m)."""
    size = block.shape[-1]
    if size == 1:
        return [(block[..., 0, 0], [np.asarray(1.0)])]
    if size == 2:
        return _eigenpairs_of_two(block[..., 0, 0], block[..., 1, 1], block[..., 0, 1])
    # The common part of the energies is taken out first: eigenvectors carry an error of rounding
    # times the norm of what is diagonalised over the gap to the next level.
    mean = np.trace(block, axis1=-2, axis2=-1)[..., None] / size
    values, components = np.linalg.eigh(block - mean[..., None] * np.eye(size))
    values = values + mean
    components = np.where(np.abs(components) < COMPONENT_TOLERANCE, 0.0, components)
    return [
        (values[..., k], [components[..., b, k] for b in range(size)])
        for k in range(size - 1, -1, -1)
    ]


def _eigenpairs_of_two(a: Array, d: Array, b: Array) -> list[tuple[Array, list[Array]]]:
    # The larger of |cos(θ/2)|, |sin(θ/2)| comes from a square root and the other from their product
    # b/(2R): both keep full relative precision, and b = 0 gives exact zeros. The lower energy is
    # det / E₊, so that ω₁ survives |Ω| → √(ε_A ε_B).
    half = 0.5 * (a - d)
    radius = np.hypot(half, b)
    spread = np.where(radius == 0.0, 1.0, radius)
    large = np.sqrt(np.where(radius == 0.0, 1.0, 0.5 * (1.0 + np.abs(half) / spread)))
    small = (np.abs(b) / spread) / (2.0 * large)
    side = np.where(b < 0.0, -1.0, 1.0)
    cos = np.where(half >= 0.0, large, small)
    sin = side * np.where(half >= 0.0, small, large)
    upper = 0.5 * (a + d) + radius
    lower = _difference_of_products(a, d, b, b) / upper
    return [(upper, [cos, sin]), (lower, [-sin, cos])]


def _difference_of_products(a: Array, b: Array, c: Array, d: Array) -> Array:
    # a b − c d with the rounding errors of both products added back (Dekker's exact product).
    product, other = a * b, c * d
    return np.asarray(
        (product - other) + (_product_error(a, b, product) - _product_error(c, d, other))
    )


def _product_error(a: Array, b: Array, product: Array) -> Array:
    a_high, b_high = _high_half(a), _high_half(b)
    a_low, b_low = a - a_high, b - b_high
    return np.asarray(
        ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    )


def _high_half(a: Array) -> Array:
    shifted = 134217729.0 * a  # 2²⁷ + 1: Veltkamp's split of a 53-bit significand
    return np.asarray(shifted - (shifted - a))


def transition_frequencies(
    levels: Levels, transitions: tuple[tuple[int, int], ...]
) -> dict[tuple[int, int], Array]:
    """Bohr frequency of each transition (upper, lower), one value for each group of equal ones.

    A group takes the frequency of its transition lowest in the spectrum, whose difference of
    energies rounds least: E₃ − E₄ is exact where E₁ − E₂ has lost digits, and detailed balance
    then holds around every cycle to the last bit.

    Returns
    -------
    dict of (int, int) to ndarray
        Over the Hamiltonian's own axes; may be zero or negative.

    References
    ----------
    [Man] below Eq. (6).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> {t: float(w) for t, w in transition_frequencies(levels, ((0, 1), (2, 3))).items()}
    {(0, 1): 10.0, (2, 3): 10.0}
    """
    if not transitions:
        return {}
    omega = np.stack(
        np.broadcast_arrays(*(levels.energies[i] - levels.energies[j] for i, j in transitions)), -1
    )
    height = np.stack(
        np.broadcast_arrays(
            *(np.abs(levels.energies[i]) + np.abs(levels.energies[j]) for i, j in transitions)
        ),
        -1,
    )
    order = np.argsort(omega, axis=-1, kind="stable")
    grouped = np.take_along_axis(omega, order, -1)
    height = np.take_along_axis(height, order, -1)
    together = np.diff(grouped, axis=-1) <= levels.tolerance[..., None]
    # Forward, a group's last member collects the value of the lowest-lying; back, all get it.
    for k in range(1, len(transitions)):
        keep = together[..., k - 1] & (height[..., k - 1] <= height[..., k])
        grouped[..., k] = np.where(keep, grouped[..., k - 1], grouped[..., k])
        height[..., k] = np.where(keep, height[..., k - 1], height[..., k])
    for k in range(len(transitions) - 2, -1, -1):
        grouped[..., k] = np.where(together[..., k], grouped[..., k + 1], grouped[..., k])
    np.put_along_axis(omega, order, grouped, -1)
    # Transitions of one frequency share one array, so that what depends on it is computed once.
    shared: dict[bytes, Array] = {}
    columns = [np.array(omega[..., k]) for k in range(len(transitions))]
    return {
        t: shared.setdefault(column.tobytes(), column)
        for t, column in zip(transitions, columns, strict=True)
    }
