"""Record a point stage once: a graph of ufuncs without repetitions, each on its own axes.

The point stage is a function of a reader: it asks for the arrays of the plan through `read(array)`
and combines what it gets with NumPy's ufuncs. `Program.read` hands it recorded scalars. What comes
out is split into operations that vary along every axis, to be done once a point, and values that
do not, which NumPy computes beforehand on their own axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from entherm.elementary import exponential, exponential_less_one
from entherm.parameters import Array

Reader = Callable[[Array], Any]
PointStage = Callable[[Reader], Sequence[Any]]

# np.where, which is no ufunc, stands for the choice between two values.
Operation = Callable[..., Any]

# What gives true or false.
PREDICATES: frozenset[Operation | None] = frozenset(
    {
        *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
        *(np.isnan, np.isinf, np.isfinite, np.logical_and, np.logical_or, np.logical_not),
        *(np.bitwise_and, np.bitwise_or, np.invert),
    }
)

# What a compiled kernel can do; anything else is left to NumPy, before it.
IN_KERNELS: frozenset[Operation | None] = PREDICATES | {
    *(np.add, np.subtract, np.multiply, np.divide, np.negative, np.reciprocal),
    *(np.absolute, np.sqrt, np.square, np.maximum, np.minimum, np.sign, np.copysign),
    *(np.exp, np.expm1, np.where),
}


# Exponentials that have the same bits in every engine.
_OWN: dict[Operation, Operation] = {np.exp: exponential, np.expm1: exponential_less_one}


@dataclass(eq=False)
class Recorded(NDArrayOperatorsMixin):
    """A scalar that remembers how it was made: by a function of others, or an array to be read."""

    program: Program
    operation: Operation | None
    operands: tuple[Any, ...]
    axes: frozenset[int]
    undefined: bool = False  # whether a NaN was put in somewhere on the way

    # The mixin makes == an operation; a node is itself and nothing else.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **_: Any) -> Any:
        if method != "__call__":
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

    def argument(self, shape: tuple[int, ...]) -> Recorded:
        """Record an array of some shape that is given when the program is run."""
        first = len(self.shape) - len(shape)
        axes = frozenset(first + k for k, n in enumerate(shape) if n > 1)
        return Recorded(self, None, (), axes)

    def apply(self, operation: Operation, inputs: tuple[Any, ...]) -> Any:
        """Record one operation, or find it again; what is known beforehand is not recorded."""
        operands = tuple(x if isinstance(x, Recorded) else _constant(x) for x in inputs)
        if not any(isinstance(x, Recorded) for x in operands):
            return _constant(_applied(operation, operands))
        simple = _simplified(operation, operands)
        if simple is not None:
            return simple
        # As text, in which 0.0, −0.0 and False differ.
        key = (operation, *(id(x) if isinstance(x, Recorded) else repr(x) for x in operands))
        if key not in self.known:
            axes = frozenset[int]().union(*(x.axes for x in operands if isinstance(x, Recorded)))
            undefined = any(
                x.undefined if isinstance(x, Recorded) else np.isnan(x) for x in operands
            )
            self.known[key] = Recorded(self, operation, operands, axes, undefined)
        return self.known[key]


def _constant(value: Any) -> float | bool:
    return bool(value) if isinstance(value, bool | np.bool_) else float(value)


def _applied(operation: Operation, operands: Sequence[Any]) -> Any:
    with np.errstate(all="ignore"):
        return _OWN.get(operation, operation)(*operands)


def _simplified(operation: Operation, operands: tuple[Any, ...]) -> Any:
    """What an operation comes to without being done, as a constant makes it; None if it must be.

    Exact, so that the bits stay the same; a constant 0 is structure, and 0 x is 0.
    """
    first, last = operands[0], operands[-1]
    if operation in (np.conjugate, np.positive) or (operation is np.subtract and last == 0.0):
        return first
    if operation is np.isnan:
        return None if first.undefined else False
    if operation is np.power:
        root = last == 0.5 and first.program.apply(np.sqrt, (first,))
        return first * first if last == 2.0 else root or None
    if operation is np.where:
        known = isinstance(first, bool) or operands[1] is last
        return (operands[1] if first is True else last) if known else None
    constant, other = (first, last) if isinstance(last, Recorded) else (last, first)
    if operation not in _NEUTRAL or isinstance(constant, Recorded):
        return None
    return other if constant == _NEUTRAL[operation] else _ABSORBING.get((operation, constant))


_NEUTRAL: dict[Operation, float | bool] = {
    **{np.add: 0.0, np.multiply: 1.0},
    **{np.bitwise_and: True, np.logical_and: True, np.bitwise_or: False, np.logical_or: False},
}
_ABSORBING: dict[tuple[Operation, float | bool], float | bool] = {
    (np.multiply, 0.0): 0.0,
    **{(np.bitwise_and, False): False, (np.logical_and, False): False},
    **{(np.bitwise_or, True): True, (np.logical_or, True): True},
}


def evaluate(
    nodes: Iterable[Recorded], given: Mapping[Recorded, Array] = MappingProxyType({})
) -> dict[Recorded, Array]:
    """Compute recorded values with NumPy, each on its own axes, from what arguments stand for."""
    wanted = list(nodes)
    known: dict[Recorded, Array] = dict(given)
    with np.errstate(all="ignore"):
        for node in in_order(wanted, lambda _: True):
            if node.operation is None:
                known[node] = given[node] if node in given else node.operands[0]
            else:
                values = [known[x] if isinstance(x, Recorded) else x for x in node.operands]
                known[node] = np.asarray(_applied(node.operation, values))
    return {node: known[node] for node in wanted}


def in_order(outputs: Iterable[Any], opens: Callable[[Recorded], bool]) -> list[Recorded]:
    """What `outputs` are made of, each after its operands; operands of what `opens` only."""
    found: dict[Recorded, bool] = {}
    stack = [(y, False) for y in reversed([*outputs]) if isinstance(y, Recorded)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found[node] = True
        elif node not in found and opens(node):
            stack.append((node, True))
            stack += [(x, False) for x in reversed(node.operands) if isinstance(x, Recorded)]
        else:
            found.setdefault(node, True)
    return list(found)


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
    return recording(stage(Program(shape).read), shape)


def recording(
    outputs: Sequence[Any],
    shape: tuple[int, ...],
    given: Mapping[Recorded, Array] = MappingProxyType({}),
) -> Recording:
    """Split what makes `outputs` into what is done once a point and what is computed before.

    Examples
    --------
    >>> x = Program((2,)).read(np.array([4.0, 9.0]))
    >>> [node.operation.__name__ for node in recording([np.sqrt(x) + 1.0], (2,)).operations]
    ['sqrt', 'add']
    """
    whole = frozenset(k for k, n in enumerate(shape) if n > 1)

    def once_a_point(node: Recorded) -> bool:
        return node.operation in IN_KERNELS and node.axes == whole

    nodes = in_order(outputs, once_a_point)
    operations = tuple(node for node in nodes if once_a_point(node))
    inputs = evaluate((node for node in nodes if not once_a_point(node)), given)
    return Recording(shape, tuple(outputs), operations, inputs)
