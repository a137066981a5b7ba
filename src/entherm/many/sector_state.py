"""A state of many levels at one point: populations by sector, and what follows without ρ.

The state is diagonal between the levels, but for small blocks of levels that coincide. Reduced
states and expectation values of a few subsystems are sums over the entries of an operator, each
of which needs two rows of the vectors of one sector; no matrix of the whole machine is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.operators import Operator, embedded_entries
from entherm.parameters import Array

# Rows of vectors that are gathered at once, in elements: 2²¹ float64 are 16 MiB.
GATHERED = 1 << 21


@dataclass(frozen=True, eq=False)
class Multiplet:
    """Levels of one class that coincide, and ρ between them.

    Attributes
    ----------
    levels : ndarray of int, shape (g,)
    rho : ndarray, shape (g, g)
    """

    levels: NDArray[np.intp]
    rho: NDArray[Any]


@dataclass(frozen=True, eq=False)
class SectorState:
    """A solved machine of a single point, as observables see it.

    Attributes
    ----------
    levels : Levels
    dimensions : tuple of int
        Of the subsystems.
    populations : ndarray, shape (n,)
        By label.
    multiplets : tuple of Multiplet
    currents : mapping
        Heat by source, and quanta keyed (``"quanta"``, reservoir); none where it is not known.
    """

    levels: Levels
    dimensions: tuple[int, ...]
    populations: Array
    multiplets: tuple[Multiplet, ...]
    currents: dict[str | tuple[str, str], float]

    def read(self, array: Array) -> Array:
        """Arrays of a single point are what they are."""
        return array

    def population(self, level: int) -> float:
        """Population of a level."""
        return float(self.populations[level])

    def coherence(self, a: int, b: int) -> tuple[float, float] | None:
        """Real and imaginary part of ⟨a|ρ|b⟩."""
        for block in self.multiplets:
            rows, columns = np.flatnonzero(block.levels == a), np.flatnonzero(block.levels == b)
            if rows.size and columns.size:
                value = complex(block.rho[rows[0], columns[0]])
                return value.real, value.imag
        return None

    def heat(self, source: str) -> float:
        """Heat current out of a source; NaN where it is not known."""
        return self.currents.get(source, np.nan)

    def quanta(self, source: str) -> float:
        """Quanta per time out of a reservoir; NaN where they are not known."""
        return self.currents.get(("quanta", source), np.nan)

    @cached_property
    def bare_populations(self) -> Array:
        """⟨b|ρ|b⟩ of every bare state."""
        found = np.empty(len(self.levels))
        for block in self.levels.blocks:
            own = self.populations[block.first : block.first + len(block.members)]
            members = np.array(block.members)
            step = max(1, GATHERED // len(members))
            for start in range(0, len(members), step):
                part = slice(start, start + step)
                found[members[part]] = np.abs(block.vectors[part]) ** 2 @ own
        for rows, mixed in self._beside:
            found[rows] += np.sum((mixed[0] @ mixed[1]) * mixed[0].conj(), 1).real
        return found

    @cached_property
    def _beside(self) -> list[tuple[NDArray[np.intp], tuple[NDArray[Any], NDArray[Any]]]]:
        """Of each multiplet: bare states, their components in its levels, ρ without diagonal."""
        found = []
        for multiplet in self.multiplets:
            sectors = {self.levels.sectors[k] for k in multiplet.levels.tolist()}
            blocks = [self.levels.blocks[k] for k in sorted(sectors)]
            rows = np.concatenate([np.array(b.members) for b in blocks])
            vectors = np.zeros((len(rows), len(multiplet.levels)), multiplet.rho.dtype)
            start = 0
            for block in blocks:
                stop = start + len(block.members)
                for column, level in enumerate(multiplet.levels.tolist()):
                    if level in block.levels:
                        vectors[start:stop, column] = block.vectors[:, level - block.first]
                start = stop
            rest = multiplet.rho - np.diag(np.diag(multiplet.rho))
            found.append((rows, (vectors, rest)))
        return found

    def trace_with(self, sites: tuple[int, ...], local: Operator) -> complex:
        """Tr(ρ O) of an operator on a few subsystems.

        Parameters
        ----------
        sites : tuple of int
            Positions of the subsystems, in the order that `local` is written in.
        local : ndarray, shape (m, m)
        """
        rows, columns, values = embedded_entries(self.dimensions, sites, local)
        same = rows == columns
        total = complex(np.sum(values[same] * self.bare_populations[rows[same]]))
        for bra, ket, value in self._by_sector(columns[~same], rows[~same], values[~same]):
            total += complex(np.sum(value * np.einsum("el,el->e", bra, ket)))
        for own, (vectors, rho) in self._beside:
            place = np.full(len(self.levels), -1)
            place[own] = np.arange(len(own))
            a, b = place[columns], place[rows]
            inside = (a >= 0) & (b >= 0) & ~same
            turned = vectors[a[inside]] @ rho
            total += complex(np.sum(values[inside] * np.sum(turned * vectors[b[inside]].conj(), 1)))
        return total

    def _by_sector(self, bras: NDArray[np.intp], kets: NDArray[np.intp], values: Any) -> Any:
        """Rows of vectors, weighted by populations and plain, of entries within one sector."""
        block, place = self.levels.places
        together = block[bras] == block[kets]
        bras, kets, values = bras[together], kets[together], values[together]
        for k in np.unique(block[bras]).tolist():
            sector = self.levels.blocks[k]
            own = self.populations[sector.first : sector.first + len(sector.members)]
            here = np.flatnonzero(block[bras] == k)
            step = max(1, GATHERED // len(own))
            for start in range(0, len(here), step):
                some = here[start : start + step]
                bra, ket = (sector.vectors[place[rows[some]]] for rows in (bras, kets))
                yield bra * own, ket.conj(), values[some]

    def reduced(self, sites: tuple[int, ...]) -> NDArray[Any]:
        """Density matrix of a few subsystems, the rest being traced out."""
        size = prod(self.dimensions[s] for s in sites)
        rho = np.zeros((size, size), complex)
        for a in range(size):
            for b in range(a, size):
                unit = np.zeros((size, size))
                unit[b, a] = 1.0
                rho[a, b] = self.trace_with(sites, unit)
                rho[b, a] = np.conj(rho[a, b])
        return rho

    @property
    def density_matrix(self) -> NDArray[np.complex128]:
        """ρ in the bare basis."""
        rho = np.zeros((len(self.levels), len(self.levels)), complex)
        for block in self.levels.blocks:
            own = self.populations[block.first : block.first + len(block.members)]
            rows = np.array(block.members)
            rho[rows[:, None], rows] = (block.vectors * own) @ block.vectors.conj().T
        for rows, (vectors, rest) in self._beside:
            rho[rows[:, None], rows] += vectors @ rest @ vectors.conj().T
        return rho

    @property
    def entropy(self) -> float:
        """Von Neumann entropy; NaN where there is no state."""
        if not np.all(np.isfinite(self.populations)):
            return np.nan
        weights = self.populations.copy()
        for block in self.multiplets:
            weights[block.levels] = np.maximum(np.linalg.eigvalsh(block.rho), 0.0)
        known = weights[weights > 0.0]
        return float(-(known * np.log(known)).sum())
