"""Rungs of a ladder: levels by excitation number, and what every reservoir does between two.

Where H_S conserves the excitations and every coupling changes them by one at most, jumps lead from
one rung to the next or stay on it. Else all levels are one rung, and nothing below changes.
Amplitudes are dense blocks, made one operator at a time in buffers that serve every pair of rungs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import VECTOR_ERROR, Levels
from entherm.jumps import DARK_TOLERANCE, Drive
from entherm.machine import Machine
from entherm.many.ladder_numbers import ladder_numbers
from entherm.many.sector_operators import BlockEntries, block_entries
from entherm.operators import Operator, is_hermitian
from entherm.parameters import Array, as_array
from entherm.reservoirs import Reservoir

Site = tuple[tuple[int, ...], bytes]


@dataclass(frozen=True, eq=False)
class Rung:
    """Levels of one excitation number, or all of them.

    Attributes
    ----------
    levels : ndarray of int
        Their labels, sector by sector.
    sectors : tuple of int
        Their sectors, positions in ``Levels.blocks``.
    energies, errors : ndarray
        Of each level; the error is that of its components.
    """

    levels: NDArray[np.intp]
    sectors: tuple[int, ...]
    energies: Array
    errors: Array

    def __len__(self) -> int:
        return len(self.levels)


@dataclass(frozen=True, eq=False)
class Touch:
    """One coupling of a reservoir: its operator and its amplitude at this point."""

    key: Site
    sites: tuple[int, ...]
    local: Operator
    amplitude: float


@dataclass(frozen=True, eq=False)
class Bath:
    """A reservoir at one point.

    Attributes
    ----------
    drive : Drive
        Its spectrum; without elements.
    touches : tuple of Touch
    factor : ndarray, shape (touches, modes)
        Of the correlation: mode m acts through Σ_k factor[k, m] g_k X_k.
    """

    drive: Drive
    touches: tuple[Touch, ...]
    factor: Array

    @property
    def name(self) -> str:
        """The reservoir's."""
        return self.drive.bath.name

    @cached_property
    def reach(self) -> float:
        """Σ |g_k|, which an error of eigenvectors is multiplied by."""
        return sum(abs(t.amplitude) for t in self.touches)

    @cached_property
    def rounding(self) -> float:
        """What an amplitude of the largest possible terms is known to."""
        sizes = (abs(t.amplitude) * float(np.linalg.norm(t.local, 2)) for t in self.touches)
        return DARK_TOLERANCE * sum(sizes)


@dataclass(frozen=True, eq=False)
class Mode:
    """One jump operator of a reservoir between two rungs.

    Attributes
    ----------
    bath : Bath
    block : ndarray, shape (lower, upper)
        ⟨j|V|i⟩ up to `scale`; a buffer that is overwritten by the next one.
    scale : float
    """

    bath: Bath
    block: NDArray[Any]
    scale: float

    def strengths(self, rows: slice, lower: Rung, upper: Rung) -> Array:
        """|⟨j|V|i⟩|² of some rows; exactly zero where the amplitude is rounding error."""
        size = np.abs(self.block[rows])
        size *= abs(self.scale)
        errors = upper.errors + lower.errors[rows, None]
        errors *= self.bath.reach
        errors += self.bath.rounding
        lit = size > errors
        np.square(size, out=size)
        size *= lit
        return as_array(size)


def baths_of(machine: Machine) -> tuple[Bath, ...]:
    """Return every reservoir of a machine of a single point.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [len(bath.touches) for bath in baths_of(two_qubit_machine(20.0, 20.0, 10.0))]
    [1, 1, 2]
    """
    found = []
    for bath in machine.reservoirs:
        assert isinstance(bath, Reservoir)
        touches = []
        for name, coupling in bath.couplings.items():
            sites, local = machine.coupling_operator(bath, name)
            key = sites, local.tobytes()
            touches.append(Touch(key, sites, local, float(coupling.amplitude)))
        drive = Drive(bath, is_hermitian(touches[0].local), (), ())
        factor = np.asarray(bath.correlated.factor(np.zeros(())), float)
        found.append(Bath(drive, tuple(touches), factor))
    return tuple(found)


def rungs_of(machine: Machine, levels: Levels) -> list[Rung]:
    """Return the levels rung by rung, from the top; all as one where they have no such order.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> [rung.levels.tolist() for rung in rungs_of(m, diagonalise(m))]
    [[0], [1, 2], [3]]
    """
    number = ladder_numbers(machine, levels.places[0])
    of_block = np.array([number[block.members[0]] for block in levels.blocks])
    found = []
    for value in np.unique(of_block)[::-1]:
        sectors = tuple(np.flatnonzero(of_block == value).tolist())
        labels = np.concatenate([np.array(levels.blocks[k].levels) for k in sectors])
        errors = np.concatenate([_errors(levels, k) for k in sectors])
        found.append(Rung(labels, sectors, levels.stacked[labels], errors))
    return found


def _errors(levels: Levels, sector: int) -> Array:
    """`Levels.errors` of one sector, whose energies descend."""
    block = levels.blocks[sector]
    if len(block.members) <= 2:
        return np.zeros(len(block.members))
    energies = levels.stacked[block.first : block.first + len(block.members)][::-1]
    tolerance = float(levels.tolerance)
    places = np.arange(len(energies))
    below = np.searchsorted(energies, energies - tolerance, side="left") - 1
    above = np.searchsorted(energies, energies + tolerance, side="right")
    down = np.where(below >= 0, energies - energies[np.maximum(below, 0)], np.inf)
    top = len(energies) - 1
    up = np.where(above <= top, energies[np.minimum(above, top)] - energies[places], np.inf)
    return np.asarray(VECTOR_ERROR * (energies[-1] - energies[0]) / np.minimum(down, up))[::-1]


class Amplitudes:
    """Jump amplitudes of all reservoirs between rungs, one operator at a time."""

    def __init__(self, machine: Machine, levels: Levels, rungs: list[Rung]) -> None:
        self.machine, self.levels, self.rungs = machine, levels, rungs
        self.baths = baths_of(machine)
        self._entries: dict[Site, dict[tuple[int, int], BlockEntries]] = {}
        for touch in (t for bath in self.baths for t in bath.touches):
            if touch.key not in self._entries:
                found = block_entries(levels, machine.dimensions, touch.sites, touch.local)
                self._entries[touch.key] = dict(found)
        self._buffers: dict[object, NDArray[Any]] = {}
        vectors = [block.vectors for block in levels.blocks]
        locals_ = [t.local for bath in self.baths for t in bath.touches]
        self.kind = np.result_type(float, *vectors, *locals_)

    @cached_property
    def largest(self) -> int:
        """Elements of the largest block."""
        if self.stays or len(self.rungs) == 1:
            return max(len(rung) for rung in self.rungs) ** 2
        return max(len(a) * len(b) for a, b in pairwise(self.rungs))

    @cached_property
    def stays(self) -> bool:
        """Whether some operator leads from a rung to itself."""
        rung = {sector: k for k, own in enumerate(self.rungs) for sector in own.sectors}
        return any(rung[a] == rung[b] for entries in self._entries.values() for a, b in entries)

    def between(self, lower: Rung, upper: Rung) -> Iterator[Mode]:
        """Yield every mode with an element from `upper` to `lower`, which may be the same rung."""
        several: dict[tuple[str, int], Bath] = {}
        for key, entries in self._entries.items():
            pairs = [(a, b) for a in lower.sectors for b in upper.sectors if (a, b) in entries]
            if not pairs:
                continue
            block = self._product(entries, pairs, lower, upper)
            for bath in self.baths:
                for k, touch in enumerate(bath.touches):
                    if touch.key != key:
                        continue
                    if len(bath.touches) == 1:
                        yield Mode(bath, block, touch.amplitude * float(bath.factor[0, 0]))
                        continue
                    for m in range(bath.factor.shape[1]):
                        weight = touch.amplitude * float(bath.factor[k, m])
                        self._add(bath, m, block, weight, (bath.name, m) not in several)
                        several[bath.name, m] = bath
        for (name, m), bath in several.items():
            yield Mode(bath, self._buffer((name, m), (len(lower), len(upper))), 1.0)

    def elements(
        self, bath: Bath, into: NDArray[np.intp], source: NDArray[np.intp]
    ) -> NDArray[Any]:
        """⟨into|V_m|source⟩ of every mode m of a reservoir and k pairs of levels, (modes, k)."""
        block = np.array(self.levels.sectors)
        total = np.zeros((bath.factor.shape[1], len(into)), self.kind)
        count = len(self.levels.blocks)
        code = block[into] * count + block[source]
        for pair in np.unique(code).tolist():
            own = np.flatnonzero(code == pair)
            first, second = (self.levels.blocks[k] for k in divmod(pair, count))
            for touch, factor in zip(bath.touches, bath.factor, strict=True):
                entries = self._entries[touch.key].get(divmod(pair, count))
                if entries is not None:
                    left = first.vectors[entries.rows][:, into[own] - first.first].conj()
                    right = second.vectors[entries.columns][:, source[own] - second.first]
                    terms = np.einsum("ek,e,ek->k", left, entries.values, right)
                    total[:, own] += factor[:, None] * (touch.amplitude * terms)
        total[np.abs(total) <= bath.rounding] = 0.0
        return total

    def _product(
        self,
        entries: dict[tuple[int, int], BlockEntries],
        pairs: list[tuple[int, int]],
        lower: Rung,
        upper: Rung,
    ) -> NDArray[Any]:
        block = self._buffer("product", (len(lower), len(upper)))
        vectors = self.levels.blocks
        if len(lower.sectors) * len(upper.sectors) > 1:
            block[...] = 0.0
        down = dict(zip(lower.sectors, _starts(self.levels, lower), strict=True))
        across = dict(zip(upper.sectors, _starts(self.levels, upper), strict=True))
        for a, b in pairs:
            rows = slice(down[a], down[a] + len(vectors[a].members))
            columns = slice(across[b], across[b] + len(vectors[b].members))
            entries[a, b].between(vectors[a].vectors, vectors[b].vectors, block[rows, columns])
        return block

    def _add(self, bath: Bath, m: int, block: NDArray[Any], weight: float, first: bool) -> None:
        total = self._buffer((bath.name, m), block.shape)
        for rows in chunks(*block.shape):
            if first:
                np.multiply(block[rows], weight, out=total[rows])
            else:
                total[rows] += block[rows] * weight

    def _buffer(self, key: object, shape: tuple[int, int]) -> NDArray[Any]:
        if key not in self._buffers:
            self._buffers[key] = np.empty(self.largest, self.kind)
        return self._buffers[key][: shape[0] * shape[1]].reshape(shape)


def _starts(levels: Levels, rung: Rung) -> list[int]:
    sizes = [len(levels.blocks[k].members) for k in rung.sectors]
    return [sum(sizes[:k]) for k in range(len(sizes))]


# Elements that are worked on together: 128 KiB of float64, of which a cache holds several.
CHUNK = 1 << 14


def chunks(rows: int, columns: int) -> Iterator[slice]:
    """Runs of rows of a matrix that stay in the cache.

    Examples
    --------
    >>> list(chunks(3, 16384))
    [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    step = max(1, CHUNK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
