"""Stand-ins made of recorded scalars: any array of a plan, as straight-line arithmetic.

The batch is gone: an array of the plan has one recorded scalar for each of its entries at a
point, and a matrix product is its sums and products. What NumPy does by iteration, the
diagonalisation of a small real symmetric matrix, is done by a fixed number of Jacobi rotations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.algebra import MOVES, REDUCTIONS, Algebra
from entherm.recording import PREDICATES, Program, Recorded

Objects = NDArray[np.object_]

# Quadratic convergence: after so many sweeps over a matrix of a size, what is left is rounding.
SWEEPS = {2: 1, 3: 5, 4: 6}


class NotRecordableError(Exception):
    """Something in the plan that is no straight-line arithmetic."""


class Scalars(Algebra):
    """Arrays of recorded scalars.

    Attributes
    ----------
    program : Program
    guards : list of (value, bool)
        What must hold at a point for the recording to be its own.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.guards: list[tuple[Any, bool]] = []
        self.tables: dict[tuple[int, ...], Callable[[Any], Any]] = {}

    def kept(self, value: Any) -> Objects:
        """As an array of objects, also of no dimension."""
        if isinstance(value, np.ndarray) and value.dtype == object:
            return value
        if isinstance(value, np.ndarray):
            return value.astype(object)
        boxed = np.empty((), object)
        boxed[()] = value
        return boxed

    def extent(self, value: Any) -> tuple[int, ...]:
        """Return the shape of the points that a value varies over."""
        nodes = [x for x in self.kept(value).reshape(-1) if isinstance(x, Recorded)]
        axes = frozenset[int]().union(*(node.axes for node in nodes))
        return tuple(n if k in axes else 1 for k, n in enumerate(self.program.shape))

    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Objects:
        """Record a ufunc entry by entry; a matrix product as its sums."""
        if ufunc is np.matmul:
            return self.kept(np.matmul(*(self._plain(x) for x in operands)))
        if ufunc.nout != 1:
            raise NotRecordableError(ufunc.__name__)
        return self._each(ufunc, *operands)

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Record what is arithmetic; move entries about as NumPy does."""
        if function is np.where and len(args) == 3:
            return self._each(np.where, *args)
        if function in REDUCTIONS:
            return self._reduced(REDUCTIONS[function], *args, **kwargs)
        if function is np.ptp:
            high, low = (self._reduced(f, *args, **kwargs) for f in (np.maximum, np.minimum))
            return self._each(np.subtract, high, low)
        if function is np.linalg.eigh:
            return self._eigenpairs(args[0])
        if function in MOVES:
            return function(*args, **kwargs)
        if function is np.interp:
            return self._each(self._interpolation(*args[1:]), args[0])
        raise NotRecordableError(function.__name__)

    def _interpolation(self, *table: Any) -> Callable[[Any], Any]:
        """One function for each table, so that what it gives is recorded once."""
        places = tuple(map(id, table))
        return self.tables.setdefault(places, lambda x: np.interp(x, *table))

    def put(self, value: Objects, index: Any, entry: Any) -> Objects:
        """Return a copy with some entries replaced."""
        changed = value.copy()
        changed[index] = entry
        return changed

    def matters(self, array: Any) -> bool:
        """Whether it is recorded: a term that is 0 at some points costs less than a guard."""
        entries = self.kept(array.value).reshape(-1)
        return any(isinstance(x, Recorded) or x != 0.0 for x in entries)

    def guard(self, mask: Any, expected: bool) -> None:
        """Keep what was found."""
        node = self._truth(self.kept(mask)[()])
        if isinstance(node, Recorded):
            self.guards.append((node, expected))

    def _truth(self, node: Any) -> Any:
        """A number as true or false."""
        if not isinstance(node, Recorded):
            return bool(node)
        known = node.operation in PREDICATES
        return node if known else self.program.apply(np.not_equal, (node, 0.0))

    def _each(self, operation: Any, *operands: Any) -> Objects:
        for x in operands:
            if np.iscomplexobj(x):
                raise NotRecordableError("complex numbers")
        boxed = [self.kept(x) for x in operands]

        def apply(*entries: Any) -> Any:
            return self.program.apply(operation, entries)

        with np.errstate(all="ignore"):
            return self.kept(np.frompyfunc(apply, len(operands), 1)(*boxed))

    def _plain(self, operand: Any) -> Objects:
        if np.iscomplexobj(operand):
            raise NotRecordableError("complex numbers")
        return self.kept(operand)

    def _reduced(self, ufunc: Any, value: Any, axis: Any = None, keepdims: bool = False) -> Objects:
        entries = self.kept(value)
        if ufunc in (np.logical_or, np.logical_and):
            entries = self.kept(np.frompyfunc(self._truth, 1, 1)(entries))
        if axis is None:
            return reduce(lambda a, b: self._each(ufunc, a, b), entries.reshape(-1))
        rows = np.moveaxis(entries, axis, 0)
        total = self.kept(reduce(lambda a, b: self._each(ufunc, a, b), list(rows)))
        return np.expand_dims(total, axis) if keepdims else total

    def _eigenpairs(self, matrix: Objects) -> tuple[Objects, Objects]:
        """Ascending eigenvalues and vectors of a real symmetric matrix, by Jacobi's rotations."""
        size = matrix.shape[-1]
        if matrix.ndim != 2 or size not in SWEEPS:
            raise NotRecordableError(f"eigenvectors of a matrix of shape {matrix.shape}")
        a = matrix.copy()
        v = self.kept(np.eye(size))
        for p, q in [*combinations(range(size), 2)] * SWEEPS[size]:
            self._rotate(a, v, p, q)
        # A bubble sort is a network: no comparison depends on another's outcome.
        values = [a[k, k] for k in range(size)]
        for end in range(size - 1, 0, -1):
            for k in range(end):
                swap = values[k] > values[k + 1]
                values[k], values[k + 1] = self._sorted(swap, values[k], values[k + 1])
                for row in range(size):
                    v[row, k], v[row, k + 1] = self._sorted(swap, v[row, k], v[row, k + 1])
        return self.kept(np.array(values, object)), v

    def _sorted(self, swap: Any, first: Any, second: Any) -> tuple[Any, Any]:
        apply = self.program.apply
        return apply(np.where, (swap, second, first)), apply(np.where, (swap, first, second))

    def _rotate(self, a: Objects, v: Objects, p: int, q: int) -> None:
        """One rotation that makes a_pq vanish; its upper triangle alone is kept."""
        apply = self.program.apply
        off, half = a[p, q], 0.5 * (a[q, q] - a[p, p])
        # tan of the smaller angle, off / (|half| + √(half² + off²)), without dividing by zero.
        size = np.sqrt(half * half + off * off)
        denominator = abs(half) + size
        flat = apply(np.equal, (denominator, 0.0))
        ratio = off / apply(np.where, (flat, 1.0, denominator))
        tangent = apply(np.where, (half < 0.0, -ratio, ratio))
        cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
        sine = tangent * cosine
        a[p, p] = a[p, p] - tangent * off
        a[q, q] = a[q, q] + tangent * off
        a[p, q] = a[q, p] = 0.0
        for k in range(a.shape[0]):
            if k not in (p, q):
                x, y = a[k, p], a[k, q]
                a[k, p] = a[p, k] = cosine * x - sine * y
                a[k, q] = a[q, k] = sine * x + cosine * y
            x, y = v[k, p], v[k, q]
            v[k, p], v[k, q] = cosine * x - sine * y, sine * x + cosine * y
