"""Levels of H_S with static labels, and the Bohr frequencies between them.

A level is labelled by its sector (what H_S mixes, by symmetry: the excitation number where it is
conserved) and its index there, from the most excited sector down and from the highest energy of a
sector down: for two qubits λ₁, λ₂, λ₃, λ₄ as in the paper. Labels do not move when levels of
different sectors cross along an axis, so the structure of the rate equation does not either;
energies are sorted only where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.machine import Machine, require_machine
from entherm.operators import bare_states, spelled_state
from entherm.parameters import Array, as_array
from entherm.symmetry import sectors

# Two Bohr frequencies are one group when they differ by less than this fraction of ‖H‖: far above
# the rounding of an eigenvalue (1e-16 ‖H‖), far below any rate that a secular approximation admits.
FREQUENCY_TOLERANCE = 1e-9

# LAPACK's eigenvectors carry an absolute error of 1e-16 per component; below this one is zero.
COMPONENT_TOLERANCE = 1e-13

# Times (width of the sector) / (gap to the next level): 64 roundings, ten times what is observed.
VECTOR_ERROR = 64 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Sector:
    """Levels that H_S makes of some bare states, and of no others.

    Attributes
    ----------
    members : tuple of int
        The bare states.
    first : int
        Label of its highest level; the others follow.
    vectors : ndarray, shape (..., m, m)
        Component of each member in each level; real where H_S is.
    """

    members: tuple[int, ...]
    first: int
    vectors: NDArray[Any]

    @property
    def levels(self) -> range:
        """Labels of its levels."""
        return range(self.first, self.first + len(self.members))


@dataclass(frozen=True, eq=False)
class Levels:
    """Eigenstates of H_S.

    Attributes
    ----------
    states : tuple of tuple of int
        The bare basis, highest levels first.
    blocks : tuple of Sector
        From the most excited down.
    energies : tuple of ndarray, length n
        Energy of each level, over the axes of the Hamiltonian alone.
    classes : tuple of int, length n
        No dynamics leads from populations to a coherence between levels of two classes.
    """

    states: tuple[tuple[int, ...], ...]
    blocks: tuple[Sector, ...]
    energies: tuple[Array, ...]
    classes: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.energies)

    @cached_property
    def sectors(self) -> tuple[int, ...]:
        """Number of each level's sector."""
        return tuple(k for k, block in enumerate(self.blocks) for _ in block.members)

    @cached_property
    def vectors(self) -> dict[tuple[int, int], NDArray[Any]]:
        """Component of bare state `b` in level `i`, keyed (b, i), within its sector."""
        return {
            (b, i): block.vectors[..., row, column]
            for block in self.blocks
            for column, i in enumerate(block.levels)
            for row, b in enumerate(block.members)
        }

    @cached_property
    def norm(self) -> Array:
        """‖H‖, the largest |E|."""
        return as_array(np.max(np.broadcast_arrays(*map(np.abs, self.energies)), axis=0))

    @cached_property
    def tolerance(self) -> Array:
        """Energy difference below which two Bohr frequencies are one group."""
        return FREQUENCY_TOLERANCE * self.norm

    @cached_property
    def coherences(self) -> tuple[tuple[int, int], ...]:
        """Pairs of levels of one class: the only coherences that populations can drive."""
        return tuple(
            (a, b)
            for a, b in combinations(range(len(self)), 2)
            if self.classes[a] == self.classes[b]
        )

    @cached_property
    def errors(self) -> tuple[Array, ...]:
        """Absolute error of each level's components: rounding × width of its sector / gap.

        The gap is the one to the nearest level that does not coincide with it. 0 where the sector
        is diagonalised in closed form.
        """
        return tuple(self._error(block, k) for block in self.blocks for k in block.levels)

    def _error(self, block: Sector, level: int) -> Array:
        if len(block.members) <= 2:
            return as_array(0.0)
        energies = np.stack(np.broadcast_arrays(*(self.energies[k] for k in block.levels)), -1)
        distance = np.abs(energies - self.energies[level][..., None])
        far = distance > self.tolerance[..., None]
        gap = np.min(np.where(far, distance, np.inf), axis=-1)
        return as_array(VECTOR_ERROR * np.ptp(energies, axis=-1) / gap)

    @cached_property
    def matrix(self) -> NDArray[Any]:
        """Components [..., bare state, level], shape (..., n, n)."""
        kind = np.result_type(*(block.vectors for block in self.blocks))
        matrix = np.zeros((*self.norm.shape, len(self), len(self)), kind)
        for (b, i), component in self.vectors.items():
            matrix[..., b, i] = component
        return matrix

    def degenerate(self, a: int, b: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Where levels `a` and `b` coincide."""
        return as_array(np.abs(self.energies[a] - self.energies[b]) <= self.tolerance)

    def spelled(self, level: int, point: int = 0) -> str:
        """Spell a level in the bare basis at one flat point of the Hamiltonian's axes.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> diagonalise(two_qubit_machine(20.0, 20.0, 10.0)).spelled(2)
        'λ3 = -0.7071|10⟩ + 0.7071|01⟩'
        """
        block = self.blocks[self.sectors[level]]
        column = block.vectors[..., level - block.first]
        shape = (*self.norm.shape, len(block.members))
        values = np.broadcast_to(column, shape).reshape(-1, len(block.members))[point]
        return f"λ{level + 1} = {spelled_state(values, [self.states[b] for b in block.members])}"


def diagonalise(machine: Machine) -> Levels:
    r"""Diagonalise H_S sector by sector; sectors of one or two states in closed form.

    .. math:: \theta = \mathrm{atan2}(2\Omega, \Delta\epsilon), \quad
        E_{2,3} = \epsilon_m \pm \sqrt{\Delta\epsilon^2/4 + \Omega^2}

    Parameters
    ----------
    machine : Machine

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
    require_machine(machine)
    return _levels(machine, machine.hamiltonian, machine.sectors)


def bare_levels(machine: Machine) -> Levels:
    """Return the levels of the subsystems without their interactions, as states of the whole.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [float(e) for e in bare_levels(two_qubit_machine(20.0, 16.0, 10.0)).energies]
    [36.0, 20.0, 16.0, 0.0]
    """
    single = [(t.sites, t.operator) for t in machine.terms if len(t.sites) == 1]
    return _levels(machine, machine.bare_hamiltonian, sectors(machine.dimensions, single))


def _levels(machine: Machine, hamiltonian: NDArray[Any], labels: tuple[int, ...]) -> Levels:
    energies: list[Array] = []
    blocks: list[Sector] = []
    for label in range(max(labels) + 1):
        members = tuple(b for b, own in enumerate(labels) if own == label)
        rows = np.array(members)
        values, vectors = _eigenpairs(hamiltonian[..., rows[:, None], rows])
        blocks.append(Sector(members, len(energies), vectors))
        energies += values
    classes = tuple(machine.classes[block.members[0]] for block in blocks for _ in block.members)
    return Levels(bare_states(machine.dimensions), tuple(blocks), tuple(energies), classes)


def _eigenpairs(block: NDArray[Any]) -> tuple[list[Array], NDArray[Any]]:
    """Eigenvalues (highest first) and vectors [..., member, level] of a block (..., m, m)."""
    size = block.shape[-1]
    if size == 1:
        return [block[..., 0, 0].real], np.ones((1, 1))
    if size == 2:
        return _eigenpairs_of_two(block[..., 0, 0].real, block[..., 1, 1].real, block[..., 0, 1])
    # The common part of the energies is taken out first: eigenvectors carry an error of rounding
    # times the norm of what is diagonalised over the gap to the next level.
    mean = np.trace(block, axis1=-2, axis2=-1).real[..., None] / size
    values, components = np.linalg.eigh(block - mean[..., None] * np.eye(size))
    values = (values + mean)[..., ::-1]
    components = np.where(np.abs(components) < COMPONENT_TOLERANCE, 0.0, components)[..., ::-1]
    return [values[..., k] for k in range(size)], components


def _eigenpairs_of_two(a: Array, d: Array, b: NDArray[Any]) -> tuple[list[Array], NDArray[Any]]:
    # The larger of |cos(θ/2)|, |sin(θ/2)| comes from a square root and the other from their product
    # |b|/(2R): both keep full relative precision, and b = 0 gives exact zeros. The energy nearer to
    # zero is det over the other one, so that ω₁ survives |Ω| → √(ε_A ε_B).
    half = 0.5 * (a - d)
    size = np.abs(b)
    radius = np.hypot(half, size)
    spread = np.where(radius == 0.0, 1.0, radius)
    large = np.sqrt(np.where(radius == 0.0, 1.0, 0.5 * (1.0 + np.abs(half) / spread)))
    small = (size / spread) / (2.0 * large)
    phase = np.where(b == 0.0, 1.0, b / np.where(size == 0.0, 1.0, size))
    cos = np.where(half >= 0.0, large, small)
    sin = np.where(half >= 0.0, small, large)
    mean = 0.5 * (a + d)
    above = mean >= 0.0
    far = np.where(above, mean + radius, mean - radius)
    product = _difference_of_products(a, d, size, size)
    near = np.where(far == 0.0, 0.0, product / np.where(far == 0.0, 1.0, far))
    upper, lower = np.where(above, far, near), np.where(above, near, far)
    rows = ((cos, -phase * sin), (np.conj(phase) * sin, cos))
    vectors = np.stack([np.stack(np.broadcast_arrays(*row), -1) for row in rows], -2)
    return [upper, lower], vectors


def _difference_of_products(a: Array, b: Array, c: Array, d: Array) -> Array:
    # a b − c d with the rounding errors of both products added back (Dekker's exact product).
    product, other = a * b, c * d
    return as_array(
        (product - other) + (_product_error(a, b, product) - _product_error(c, d, other))
    )


def _product_error(a: Array, b: Array, product: Array) -> Array:
    a_high, b_high = _high_half(a), _high_half(b)
    a_low, b_low = a - a_high, b - b_high
    return as_array(((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)


def _high_half(a: Array) -> Array:
    shifted = 134217729.0 * a  # 2²⁷ + 1: Veltkamp's split of a 53-bit significand
    return as_array(shifted - (shifted - a))
