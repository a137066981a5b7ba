"""Levels of H_S with static labels, and the Bohr frequencies between them.

A level is labelled by its sector (what H_S mixes, by symmetry: the excitation number where it is
conserved) and its index there, from the most excited sector down and from the highest energy of a
sector down: for two qubits λ₁, λ₂, λ₃, λ₄ as in the paper. Labels do not move when levels of
different sectors cross along an axis, so the structure of the rate equation does not either;
energies are sorted only where they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.composition import HamiltonianTerm, hamiltonian_blocks
from entherm.machine import Machine, require_machine
from entherm.operators import bare_states, spelled_state
from entherm.parameters import Array, as_array, chosen, room, stands_in
from entherm.symmetry import sectors
from entherm.tracing import as_stand_in

# Two Bohr frequencies are one group when they differ by less than this fraction of ‖H‖: far above
# the rounding of an eigenvalue (1e-16 ‖H‖), far below any rate that a secular approximation admits.
FREQUENCY_TOLERANCE = 1e-9

# LAPACK's eigenvectors carry an absolute error of 1e-16 per component; below this one is zero.
COMPONENT_TOLERANCE = 1e-13

# Above, the global equation always goes sector by sector and point by point; from 13 levels on it
# does where points are few (`entherm.many.sector_plan.goes_by_sectors`).
# Measured: a point of 32 levels takes 20 ms there; all at once 0.8 s and 0.1 ms a point. With 64
# levels it is 25 ms against 3.4 s and 1 ms, and with 256 the other way is no longer one.
MANY_LEVELS = 32

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
    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Number of each bare state's sector, and its position among the members there."""
        block, place = (np.empty(len(self.states), np.intp) for _ in range(2))
        for k, sector in enumerate(self.blocks):
            members = np.array(sector.members)
            block[members], place[members] = k, np.arange(len(members))
        return block, place

    @cached_property
    def vectors(self) -> dict[tuple[int, int], NDArray[Any]]:
        """Component of bare state `b` in level `i`, keyed (b, i), within its sector."""
        return {
            (b, i): block.vectors[..., row, column]
            for block in self.blocks
            for column, i in enumerate(block.levels)
            for row, b in enumerate(block.members)
        }

    @property
    def plain(self) -> bool:
        """Whether the energies are numbers of a single point."""
        return not any(stands_in(e) or e.ndim for e in self.energies)

    @cached_property
    def stacked(self) -> Array:
        """Energies, shape (..., n)."""
        if self.plain:
            return np.array(self.energies)
        return as_array(np.stack(np.broadcast_arrays(*self.energies), -1))

    @cached_property
    def norm(self) -> Array:
        """‖H‖, the largest |E|."""
        if len(self) > MANY_LEVELS and self.plain:
            return as_array(np.abs(self.stacked).max())
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
        shape = (*self.norm.shape, len(self), len(self))
        matrix: NDArray[Any] = room(shape, kind, *(block.vectors for block in self.blocks))
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
    return _levels(machine, machine.terms, machine.sectors)


def bare_levels(machine: Machine) -> Levels:
    """Return the levels of the subsystems without their interactions, as states of the whole.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [float(e) for e in bare_levels(two_qubit_machine(20.0, 16.0, 10.0)).energies]
    [36.0, 20.0, 16.0, 0.0]
    """
    single = [t for t in machine.terms if len(t.sites) == 1]
    labels = sectors(machine.dimensions, [(t.sites, t.operator) for t in single])
    return _levels(machine, single, labels)


def _levels(machine: Machine, terms: Sequence[HamiltonianTerm], labels: tuple[int, ...]) -> Levels:
    energies: list[Array] = []
    blocks: list[Sector] = []
    several = len(labels) > MANY_LEVELS
    for members, part in hamiltonian_blocks(machine.dimensions, terms, labels):
        values, vectors = _eigenpairs_in_place(part) if several else _eigenpairs(part)
        blocks.append(Sector(members, len(energies), vectors))
        energies += values
    classes = tuple(machine.classes[block.members[0]] for block in blocks for _ in block.members)
    return Levels(bare_states(machine.dimensions), tuple(blocks), tuple(energies), classes)


def _eigenpairs_in_place(block: NDArray[Any]) -> tuple[list[Array], NDArray[Any]]:
    """`_eigenpairs` of one large block of a single point, which is overwritten."""
    if block.ndim > 2 or len(block) <= 2 or stands_in(block):
        return _eigenpairs(block)
    from scipy.linalg import eigh

    mean = np.trace(block).real / len(block)
    block[np.diag_indices(len(block))] -= mean
    # A Hermitian matrix is the conjugate of its transpose, which is in the order LAPACK works in.
    values, components = eigh(
        block.T, driver="evd", overwrite_a=True, check_finite=False, lower=True
    )
    found = np.ascontiguousarray(components[:, ::-1])
    if np.iscomplexobj(found):
        np.conjugate(found, out=found)
    for row in found:
        row[np.abs(row) < COMPONENT_TOLERANCE] = 0.0
    values = (values + mean)[::-1]
    return [values[k, ...] for k in range(len(values))], found


def _eigenpairs(block: NDArray[Any]) -> tuple[list[Array], NDArray[Any]]:
    """Eigenvalues (highest first) and vectors [..., member, level] of a block (..., m, m)."""
    size = block.shape[-1]
    if size == 1:
        return [block[..., 0, 0].real], np.ones((1, 1))
    traced = as_stand_in(block)
    if traced is not None:
        return traced.algebra.eigenpairs(traced, _solved)  # type: ignore[no-any-return]
    return _solved(block)


def _solved(block: NDArray[Any]) -> tuple[list[Array], NDArray[Any]]:
    size = block.shape[-1]
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
    # hypot, without a library call that would keep a compiled loop from being vectorised.
    large, small = np.maximum(np.abs(half), size), np.minimum(np.abs(half), size)
    same = large == 0.0
    ratio = small / chosen(same, 1.0, large)
    radius = large * np.sqrt(1.0 + ratio * ratio)
    spread = chosen(same, 1.0, radius)
    large = np.sqrt(chosen(same, 1.0, 0.5 * (1.0 + np.abs(half) / spread)))
    small = size / (2.0 * large * spread)
    phase = np.where(b < 0.0, -1.0, 1.0)
    if np.iscomplexobj(b):
        phase = np.where(b == 0.0, 1.0, b / np.where(size == 0.0, 1.0, size))
    cos = np.where(half >= 0.0, large, small)
    sin = np.where(half >= 0.0, small, large)
    mean = 0.5 * (a + d)
    above = mean >= 0.0
    far = chosen(above, mean + radius, mean - radius)
    product = _difference_of_products(a, d, size, size)
    zero = far == 0.0
    near = chosen(zero, 0.0, product / chosen(zero, 1.0, far))
    upper, lower = chosen(above, far, near), chosen(above, near, far)
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
