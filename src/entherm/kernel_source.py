"""The source of a kernel: recorded operations as one loop over the points, for Numba to read.

Inputs that vary along some of the loops are stacked by the loops that they vary along, one array
each; those that vary along all are as large as the results, and are gathered block by block into
a buffer. Either way the vectoriser has few base addresses to check for overlap, more of which it
is not willing to do at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entherm.elementary import (
    COEFFICIENTS,
    HIGHEST,
    LN2_HIGH,
    LN2_LOW,
    LOG2_E,
    LOWEST,
    SHIFTER,
)
from entherm.recording import Recorded, Recording

# Points gathered at once: ten inputs of 8 KiB stay in a second-level cache.
BLOCK_POINTS = 1024

_SYMBOLS: dict[Any, str] = {
    np.add: "({} + {})",
    np.subtract: "({} - {})",
    np.multiply: "({} * {})",
    np.divide: "({} / {})",
    np.negative: "(-{})",
    np.reciprocal: "(1.0 / {})",
    np.absolute: "abs({})",
    np.sqrt: "sqrt({})",
    np.square: "({0} * {0})",
    np.maximum: "({1} if {0} < {1} else {0})",  # a NaN of the first stays
    np.minimum: "({1} if {0} > {1} else {0})",
    np.sign: "(1.0 if {0} > 0.0 else (-1.0 if {0} < 0.0 else 0.0))",
    np.copysign: "copysign({}, {})",
    np.exp: "exponential({})",
    np.expm1: "exponential_less_one({})",
    np.where: "({1} if {0} else {2})",
    np.isnan: "({0} != {0})",
    np.isinf: "(abs({}) == inf)",
    np.isfinite: "(abs({}) < inf)",
    np.less: "({} < {})",
    np.less_equal: "({} <= {})",
    np.greater: "({} > {})",
    np.greater_equal: "({} >= {})",
    np.equal: "({} == {})",
    np.not_equal: "({} != {})",
    **dict.fromkeys((np.logical_and, np.bitwise_and), "({} & {})"),
    **dict.fromkeys((np.logical_or, np.bitwise_or), "({} | {})"),
    **dict.fromkeys((np.logical_not, np.invert), "(not {})"),
}

# `entherm.elementary` once more, as Numba reads it: the same operations in the same order.
_EXPONENTIALS = f"""
@intrinsic
def power_of_two(context, shifted):
    def code(context, builder, signature, arguments):
        whole = ir.IntType(64)
        bits = builder.add(builder.bitcast(arguments[0], whole), whole(1023))
        return builder.bitcast(builder.shl(bits, whole(52)), ir.DoubleType())

    return float64(float64), code


@numba.njit(error_model="numpy")
def reduced(y):
    y = {HIGHEST!r} if y > {HIGHEST!r} else y
    y = {LOWEST!r} if y < {LOWEST!r} else y
    k = (y * {LOG2_E!r} + {SHIFTER!r}) - {SHIFTER!r}
    r = (y - k * {LN2_HIGH!r}) - k * {LN2_LOW!r}
    p = {COEFFICIENTS[0]!r} * r + {COEFFICIENTS[1]!r}
{"".join(f"    p = p * r + {c!r}{chr(10)}" for c in COEFFICIENTS[2:])}\
    p = (p * r) * r + r
    s = 0.5 * k + {SHIFTER!r}
    return power_of_two(s), power_of_two((k - (s - {SHIFTER!r})) + {SHIFTER!r}), p


@numba.njit(error_model="numpy")
def exponential(y):
    half, rest, p = reduced(y)
    return (half + half * p) * rest


@numba.njit(error_model="numpy")
def exponential_less_one(y):
    half, rest, p = reduced(y)
    return (half * rest - 1.0) + (half * p) * rest

"""


@dataclass(frozen=True)
class Group:
    """Inputs that vary along the same loops."""

    loops: tuple[int, ...]
    members: tuple[Recorded, ...]


def groups_of(recording: Recording, loops: Sequence[tuple[int, ...]]) -> tuple[list[Group], Group]:
    """Return the groups of inputs that are stacked, and that of those along all loops.

    Parameters
    ----------
    recording : Recording
    loops : sequence of tuple of int
        The axes that each loop runs over.

    Examples
    --------
    >>> from entherm.recording import record
    >>> a, b = np.arange(3.0)[:, None], np.arange(2.0)
    >>> recording = record(lambda read: [read(a) * read(a) + read(b)], (3, 2))
    >>> [group.loops for group in groups_of(recording, [(0,), (1,)])[0]]
    [(0,), (1,)]
    """
    members: dict[tuple[int, ...], list[Recorded]] = {}
    for node in recording.inputs:
        own = tuple(k for k, axes in enumerate(loops) if axes[0] in node.axes)
        members.setdefault(own, []).append(node)
    every = tuple(range(len(loops)))
    whole = Group(every, tuple(members.pop(every, [])))
    return [Group(own, tuple(nodes)) for own, nodes in members.items()], whole


def kernel_source(recording: Recording, groups: Sequence[Group], whole: Group) -> str:
    """Return the module that defines ``kernel(a0, b0, ..., x0, ..., w0, ..., y0, ...)``.

    Loop k runs from a_k to b_k; x_g are stacked groups, w_k inputs and y_k outputs along all loops.

    Examples
    --------
    >>> from entherm.recording import record
    >>> a = np.arange(3.0)
    >>> recording = record(lambda read: [read(a) + 1.0], (3,))
    >>> print(kernel_source(recording, *groups_of(recording, [(0,)])).splitlines()[-1].strip())
    y0[i0] = t0
    """
    depth = len(whole.loops)
    index = ", ".join(f"i{k}" for k in range(depth))
    names: dict[Recorded, str] = {}
    body: dict[int, list[str]] = {level: [] for level in range(-1, depth)}

    def load(node: Recorded, name: str, place: str, level: int) -> None:
        names[node] = name
        truth = " != 0.0" if recording.inputs[node].dtype == bool else ""
        body[level].append(f"{name} = {place}{truth}")

    for g, group in enumerate(groups):
        for k, node in enumerate(group.members):
            place = ", ".join([str(k), *(f"i{loop}" for loop in group.loops)])
            load(node, f"x{g}_{k}", f"x{g}[{place}]", max(group.loops, default=-1))
    for k, node in enumerate(whole.members):
        load(node, f"v{k}", f"block[{k}, j]", depth - 1)

    def spelled(value: Any) -> str:
        return names[value] if isinstance(value, Recorded) else _number(value)

    for number, node in enumerate(recording.operations):
        names[node] = f"t{number}"
        expression = _SYMBOLS[node.operation].format(*map(spelled, node.operands))
        body[depth - 1].append(f"t{number} = {expression}")
    body[depth - 1] += [f"y{k}[{index}] = {spelled(y)}" for k, y in enumerate(recording.outputs)]
    exponentials = {np.exp, np.expm1} & {node.operation for node in recording.operations}
    return "\n".join(
        [
            *_HEADER,
            *(_EXPONENTIALS.splitlines() if exponentials else ["", ""]),
            '@numba.njit(cache=True, nogil=True, error_model="numpy")',
            f"def kernel({', '.join(_arguments(recording, groups, whole))}):",
            *_indented(1, _loops(body, whole)),
            "",
        ]
    )


_HEADER = (
    "from math import copysign, inf, nan, sqrt",
    "",
    "import numba",
    "import numpy as np",
    "from llvmlite import ir",
    "from numba import float64",
    "from numba.extending import intrinsic",
    "",
    f"POINTS = np.uint64({BLOCK_POINTS})",
    "",
)


def _arguments(recording: Recording, groups: Sequence[Group], whole: Group) -> list[str]:
    return [
        *(f"a{k}, b{k}" for k in whole.loops),
        *(f"x{g}" for g in range(len(groups))),
        *(f"w{k}" for k in range(len(whole.members))),
        *(f"y{k}" for k in range(len(recording.outputs))),
    ]


def _loops(body: dict[int, list[str]], whole: Group) -> list[str]:
    """Nest what is done in each loop, the innermost one in blocks where inputs are gathered."""
    last = whole.loops[-1]
    inner = [f"for i{last} in range(a{last}, b{last}):", *_indented(1, body[last])]
    if whole.members:
        outer = "".join(f"i{k}, " for k in whole.loops[:-1])
        inner = [f"for first in range(a{last}, b{last}, POINTS):"]
        inner += [f"    count = min(POINTS, b{last} - first)"]
        for k in range(len(whole.members)):
            inner += ["    for j in range(count):"]
            inner += [f"        block[{k}, j] = w{k}[{outer}first + j]"]
        inner += ["    for j in range(count):", f"        i{last} = first + j"]
        inner += _indented(2, body[last])
    for level in reversed(whole.loops[:-1]):
        head = f"for i{level} in range(a{level}, b{level}):"
        inner = [head, *_indented(1, [*body[level], *inner])]
    block = f"block = np.empty(({len(whole.members)}, {BLOCK_POINTS}))"
    return [*body[-1], *([block] if whole.members else []), *inner]


def _indented(levels: int, lines: Sequence[str]) -> list[str]:
    return ["    " * levels + line for line in lines]


def _number(value: float | bool) -> str:
    return repr(value) if isinstance(value, bool) else repr(float(value))
