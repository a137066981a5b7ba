"""Record a point stage once: a graph of ufuncs without repetitions, each on its own axes.

The point stage is a function of a reader: it asks for the arrays of the plan through `read(array)`
and combines what it gets with NumPy's ufuncs. `Program.read` hands it recorded scalars. What comes
out is split into operations that vary along every axis, to be done once a point, and values that
do not, which NumPy computes beforehand on their own axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from entherm.parameters import Array

Reader = Callable[[Array], Any]
PointStage = Callable[[Reader], Sequence[Any]]

RECORDABLE = frozenset(
    {
        *(np.add, np.subtract, np.multiply, np.divide),
        *(np.negative, np.absolute, np.sqrt, np.maximum),
    }
)


@dataclass(eq=False)
class Recorded(NDArrayOperatorsMixin):
    """A scalar that remembers how it was made: a ufunc of others, or an array to be read."""

    program: Program
    operation: np.ufunc | None
    operands: tuple[Any, ...]
    axes: frozenset[int]

    # The mixin makes == an operation; a node is itself and nothing else.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **_: Any) -> Any:
        if method != "__call__" or ufunc not in RECORDABLE:
            return NotImplemented
        return self.program.apply(ufunc, inputs)


@dataclass(eq=False)
class Program:
    """What a point stage does to one point, as a graph without repetitions.

    Attributes
    ----------
    shape : tuple of int
        Broadcast shape of the points.
    """

    shape: tuple[int, ...]
    known: dict[tuple[Any, ...], Recorded] = field(default_factory=dict)

    def read(self, array: Array) -> Recorded:
        """Record the reading of `array`."""
        key = ("read", id(array))
        if key not in self.known:
            first = len(self.shape) - array.ndim
            axes = frozenset(first + k for k, n in enumerate(array.shape) if n > 1)
            self.known[key] = Recorded(self, None, (array,), axes)
        return self.known[key]

    def apply(self, ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Recorded:
        """Record one operation, or find it again."""
        operands = tuple(x if isinstance(x, Recorded) else float(x) for x in inputs)
        if ufunc is np.multiply and 1.0 in operands:  # exact, so the bits stay the same
            return operands[1] if operands[0] == 1.0 else operands[0]  # type: ignore[return-value]
        key = (ufunc, *(id(x) if isinstance(x, Recorded) else x for x in operands))
        if key not in self.known:
            axes = frozenset[int]().union(*(x.axes for x in operands if isinstance(x, Recorded)))
            self.known[key] = Recorded(self, ufunc, operands, axes)
        return self.known[key]


def evaluate(node: Recorded, memo: dict[int, Array]) -> Array:
    """Compute a recorded value with NumPy, on its own axes."""
    if id(node) not in memo:
        if node.operation is None:
            memo[id(node)] = node.operands[0]
        else:
            values = [evaluate(x, memo) if isinstance(x, Recorded) else x for x in node.operands]
            memo[id(node)] = np.asarray(node.operation(*values))
    return memo[id(node)]


@dataclass(frozen=True, eq=False)
class Recording:
    """What one point stage does to every point of a shape.

    Attributes
    ----------
    shape : tuple of int
        Broadcast shape of the points.
    outputs : tuple
        Recorded values, or constants.
    operations : tuple of Recorded
        Those that vary along every axis, in order.
    inputs : dict of Recorded to ndarray
        Values that they start from, computed on their own axes.
    """

    shape: tuple[int, ...]
    outputs: tuple[Any, ...]
    operations: tuple[Recorded, ...]
    inputs: dict[Recorded, Array]


def record(stage: PointStage, shape: tuple[int, ...]) -> Recording:
    """Record a point stage and compute what does not vary along all axes of `shape`.

    Examples
    --------
    >>> a, b = np.arange(3.0)[:, None], np.arange(2.0)
    >>> recording = record(lambda read: [read(a) * read(a) + read(b)], (3, 2))
    >>> len(recording.operations), [v.shape for v in recording.inputs.values()]
    (1, [(3, 1), (2,)])
    """
    outputs = tuple(stage(Program(shape).read))
    operations, inputs = _split_by_axes(outputs, _varying(shape))
    memo: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        values = {node: evaluate(node, memo) for node in inputs}
    return Recording(shape, outputs, tuple(operations), values)


def _varying(shape: tuple[int, ...]) -> frozenset[int]:
    return frozenset(k for k, n in enumerate(shape) if n > 1)


def _split_by_axes(
    outputs: Sequence[Any], whole: frozenset[int]
) -> tuple[list[Recorded], list[Recorded]]:

    operations: dict[int, Recorded] = {}
    inputs: dict[int, Recorded] = {}

    def visit(node: Any) -> None:
        if not isinstance(node, Recorded) or id(node) in operations or id(node) in inputs:
            return
        if node.operation is None or node.axes != whole:
            inputs[id(node)] = node
            return
        for operand in node.operands:
            visit(operand)
        operations[id(node)] = node

    for output in outputs:
        visit(output)
    return list(operations.values()), list(inputs.values())
