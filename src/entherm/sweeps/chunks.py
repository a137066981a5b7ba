"""A sweep cut into blocks: each is computed at once, written by one task, and noted when done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod

import numpy as np

from entherm.equations import Equation, Global
from entherm.errors import ParameterError
from entherm.machine import Machine

# Points of a chunk of a machine of four levels: a twentieth of a second in one thread, 16 MiB for
# each number of a point. The arrays of the plan, which grow with the faces of the block, are small.
CHUNK_POINTS = 1 << 21
# A general equation solves d² unknowns at every point, where rates have closed forms.
DEARER = 16
LARGEST_CHUNK = 10_000_000
# What is made of matrices takes from a microsecond to a millisecond a point; so it gets fewer, too.
CHUNK_BYTES = 1 << 25


@dataclass(frozen=True)
class Chunks:
    """Blocks of a shape, in the order of their first points; those at the ends may be smaller.

    Attributes
    ----------
    shape : tuple of int
        Of all points.
    block : tuple of int
        Of one chunk.

    Examples
    --------
    >>> chunks = Chunks((3, 5), (2, 5))
    >>> len(chunks), chunks[1]
    (2, (slice(2, 3, None), slice(0, 5, None)))
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many along each axis."""
        return tuple(-(-n // b) for n, b in zip(self.shape, self.block, strict=True))

    def __len__(self) -> int:
        return prod(self.counts)

    def place(self, chunk: int) -> tuple[int, ...]:
        """Return the chunk's place along each axis.

        Examples
        --------
        >>> Chunks((3, 5), (2, 2)).place(4)
        (1, 1)
        """
        return tuple(map(int, np.unravel_index(chunk, self.counts)))

    def __getitem__(self, chunk: int) -> tuple[slice, ...]:
        """Where its points are."""
        rows = zip(self.place(chunk), self.block, self.shape, strict=True)
        return tuple(slice(k * b, min((k + 1) * b, n)) for k, b, n in rows)

    def points(self, chunk: int) -> int:
        """How many points it has."""
        return prod(s.stop - s.start for s in self[chunk])


def chunk_points(machine: Machine, equation: Equation, footprint: int) -> int:
    """Return how many points a chunk should have, by what a point costs.

    Parameters
    ----------
    machine : Machine
    equation : Equation
    footprint : int
        Bytes that all columns of a point take while they are computed.

    Examples
    --------
    >>> from entherm import Redfield, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> chunk_points(m, Global(), 16), chunk_points(m, Redfield(), 16)
    (2097152, 131072)
    >>> chunk_points(m, Global(), 2048)
    16384
    """
    levels = prod(machine.dimensions)
    # Measured: seconds in one thread from 4 to 4096 levels; from 64 on sectors make it cheaper.
    points = max(CHUNK_POINTS * min(1.0, 4.0 / levels) ** 4, 2048.0 / levels)
    dearer = 1 if isinstance(equation, Global) else DEARER
    return max(1, int(min(points / dearer, CHUNK_BYTES / footprint)))


def chunked(shape: tuple[int, ...], points: int, whole: Collection[int] = ()) -> Chunks:
    """Cut a shape into blocks of about so many points, as near to cubes as it allows.

    A cube has the smallest faces: what depends on some axes only is computed the fewest times, and
    a slice in any direction reads the fewest blocks.

    Parameters
    ----------
    shape : tuple of int
    points : int
        At most so many in a block.
    whole : collection of int
        Axes that are not cut.

    Raises
    ------
    ParameterError
        If the axes that are not cut alone have more than 10⁷ points.

    Examples
    --------
    >>> chunked((1000, 1000, 1000), 2_000_000).block
    (125, 125, 125)
    >>> chunked((1000, 7), 2_000).block
    (250, 7)
    >>> chunked((1000, 1000), 2_000, whole=[1]).block
    (2, 1000)
    """
    uncut = prod(shape[k] for k in whole)
    if uncut > LARGEST_CHUNK:
        rule, remedy = f"keep at most {LARGEST_CHUNK} points together", "shorten that axis"
        raise ParameterError("reduce", rule, f"{uncut} along the axes that it reads whole", remedy)
    block = [n if k in whole else 1 for k, n in enumerate(shape)]
    room = max(1, points // uncut)
    free = sorted((k for k in range(len(shape)) if k not in whole), key=lambda k: shape[k])
    for done, k in enumerate(free):
        edge = int(room ** (1.0 / (len(free) - done)) + 1e-9)
        pieces = -(-shape[k] // max(1, min(edge, shape[k])))
        block[k] = -(-shape[k] // pieces)
        room = max(1, room // block[k])
    return Chunks(shape, tuple(block))
