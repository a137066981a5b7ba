"""Run one formula over many points: NumPy in cache-sized chunks, or compiled straight-line code.

The point stage is a function of a reader: it asks for the arrays of the plan through `read(array)`
and combines what it gets with NumPy's ufuncs. Here are two readers.

- `in_chunks` hands it slices. No temporary is larger than the cache, and what varies along one
  axis only is computed on that axis.
- `compiled` hands it recorded scalars, writes what they record as straight-line code, and has
  Numba compile it, without fast-math and with NumPy's division: the same operations in the same
  order, hence the same bits. What does not vary along all axes is computed by NumPy beforehand, on
  its own axes. Kernels are kept in the process and on disk.

Alternatives measured are in docs/benchmarks.md.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from entherm.parameters import Array

Reader = Callable[[Array], Any]
PointStage = Callable[[Reader], Sequence[Any]]
Engine = Literal["numpy", "compiled"]

# 16 k float64 are 128 KiB: a handful of temporaries stays in a second-level cache.
CHUNK_POINTS = 1 << 14

# Compiling takes about as long as NumPy takes for this many points.
COMPILE_POINTS = 20_000_000


def run(
    stage: PointStage, shape: tuple[int, ...], outputs: int, engine: Engine | None
) -> list[Array]:
    """Evaluate a point stage on every point of `shape`.

    Parameters
    ----------
    stage : callable
        Maps a reader to `outputs` values.
    shape : tuple of int
        Broadcast shape of all arrays that the stage reads.
    outputs : int
        How many values the stage returns.
    engine : {"numpy", "compiled"}, optional
        Left out: compiled from `COMPILE_POINTS` points on, where compiling pays, else NumPy.

    Returns
    -------
    list of ndarray, each of shape `shape`
        Freshly allocated.

    Examples
    --------
    >>> a, b = np.arange(3.0)[:, None], np.arange(2.0)
    >>> run(lambda read: [np.sqrt(read(a) * read(b))], (3, 2), 1, "numpy")[0][2, 1] ** 2
    np.float64(2.0000000000000004)
    """
    results = [np.empty(shape) for _ in range(outputs)]
    chosen = engine or ("compiled" if prod(shape) >= COMPILE_POINTS else "numpy")
    if chosen == "compiled" and shape:
        compiled(stage, shape, results)
    else:
        in_chunks(stage, shape, results)
    return results


def in_chunks(stage: PointStage, shape: tuple[int, ...], results: list[Array]) -> None:
    """Fill `results` chunk by chunk with NumPy, on every core."""

    def fill(index: tuple[slice, ...]) -> None:
        with np.errstate(all="ignore"):
            for result, value in zip(results, stage(_chunk_reader(index)), strict=True):
                result[index] = value

    pieces = list(_chunks(shape))
    if len(pieces) == 1:
        fill(pieces[0])
        return
    with ThreadPoolExecutor(_cores()) as pool:
        for _ in pool.map(fill, pieces):
            pass


def _chunk_reader(index: tuple[slice, ...]) -> Reader:
    def read(array: Array) -> Array:
        own = index[len(index) - array.ndim :] if array.ndim else ()
        sizes = array.shape
        return array[
            tuple(slice(None) if n == 1 else piece for n, piece in zip(sizes, own, strict=True))
        ]

    return read


def _chunks(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Blocks of at most `CHUNK_POINTS` points, whole along the last axes."""
    if prod(shape) <= CHUNK_POINTS or not shape:
        yield tuple(slice(0, n) for n in shape)
        return
    inner = prod(shape[1:])
    step = max(1, CHUNK_POINTS // inner)
    for start in range(0, shape[0], step):
        head = slice(start, min(start + step, shape[0]))
        if step * inner <= CHUNK_POINTS:
            yield (head, *(slice(0, n) for n in shape[1:]))
        else:
            for tail in _chunks(shape[1:]):
                yield (head, *tail)


# Recording -------------------------------------------------------------------------------------

_SYMBOLS = {
    np.add: "({} + {})",
    np.subtract: "({} - {})",
    np.multiply: "({} * {})",
    np.divide: "({} / {})",
    np.negative: "(-{})",
    np.absolute: "abs({})",
    np.sqrt: "sqrt({})",
    np.maximum: "({1} if {0} < {1} else {0})",  # keeps NaN, as NumPy does
}


@dataclass(eq=False)
class Recorded(NDArrayOperatorsMixin):
    """A scalar that remembers how it was made: a ufunc of others, or an array to be read."""

    program: Program
    operation: np.ufunc | None
    operands: tuple[Any, ...]
    axes: frozenset[int]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **_: Any) -> Any:
        if method != "__call__" or ufunc not in _SYMBOLS:
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
        key = (ufunc, *(id(x) if isinstance(x, Recorded) else x for x in operands))
        if key not in self.known:
            axes = frozenset[int]().union(*(x.axes for x in operands if isinstance(x, Recorded)))
            self.known[key] = Recorded(self, ufunc, operands, axes)
        return self.known[key]


def _evaluate(node: Recorded, memo: dict[int, Array]) -> Array:
    """Compute a recorded value with NumPy, on its own axes."""
    if id(node) not in memo:
        if node.operation is None:
            memo[id(node)] = node.operands[0]
        else:
            values = [_evaluate(x, memo) if isinstance(x, Recorded) else x for x in node.operands]
            memo[id(node)] = np.asarray(node.operation(*values))
    return memo[id(node)]


# Compiling -------------------------------------------------------------------------------------


def compiled(stage: PointStage, shape: tuple[int, ...], results: list[Array]) -> None:
    """Record the stage, compile it (or find it compiled), and fill `results` on every core."""
    outputs = stage(Program(shape).read)
    whole = frozenset(k for k, n in enumerate(shape) if n > 1)
    operations, inputs = _split(outputs, whole)
    blocks = _merged_axes(whole, [node.axes for node in inputs])
    sizes = tuple(prod(shape[k] for k in block) for block in blocks)
    groups, stacks = _stacked(inputs, blocks, sizes, len(shape))
    kernel = _kernel(_source(operations, groups, outputs, len(blocks)))
    flat = [r.reshape(sizes) for r in results]
    split = int(np.argmax(sizes))

    def fill(low: int, high: int) -> None:
        bounds = [(low, high) if k == split else (0, n) for k, n in enumerate(sizes)]
        kernel(*(x for pair in bounds for x in pair), *stacks, *flat)

    fill(0, 0)  # compiles, once, before the threads start
    edges = np.linspace(0, sizes[split], 4 * _cores() + 1).astype(int)
    with ThreadPoolExecutor(_cores()) as pool:
        for _ in pool.map(fill, edges[:-1], edges[1:]):
            pass


def _split(outputs: Sequence[Any], whole: frozenset[int]) -> tuple[list[Recorded], list[Recorded]]:
    """Operations that vary along every axis, in order, and the values they start from."""
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


def _merged_axes(whole: frozenset[int], used: Sequence[frozenset[int]]) -> list[tuple[int, ...]]:
    """Runs of neighbouring axes that every input has all or none of: one loop each."""
    blocks: list[tuple[int, ...]] = []
    for axis in sorted(whole):
        if blocks and all((axis in axes) == (blocks[-1][-1] in axes) for axes in used):
            blocks[-1] += (axis,)
        else:
            blocks.append((axis,))
    return blocks


@dataclass(frozen=True)
class _Group:
    """Inputs that vary along the same loops, stacked into one array: one base address each keeps
    the vectoriser's run-time overlap checks few."""

    loops: tuple[int, ...]
    members: tuple[int, ...]


def _stacked(
    inputs: Sequence[Recorded], blocks: Sequence[tuple[int, ...]], sizes: tuple[int, ...], ndim: int
) -> tuple[list[_Group], list[Array]]:
    by_loops: dict[tuple[int, ...], list[Recorded]] = {}
    for node in inputs:
        loops = tuple(k for k, block in enumerate(blocks) if block[0] in node.axes)
        by_loops.setdefault(loops, []).append(node)
    memo: dict[int, Array] = {}
    stacks = []
    with np.errstate(all="ignore"):
        for loops, nodes in by_loops.items():
            stack = np.empty((len(nodes), *(sizes[k] for k in loops)))
            for k, node in enumerate(nodes):
                stack[k] = _evaluate(node, memo).reshape(stack.shape[1:])
            stacks.append(stack)
    return [_Group(k, tuple(map(id, nodes))) for k, nodes in by_loops.items()], stacks


def _source(
    operations: Sequence[Recorded], groups: Sequence[_Group], outputs: Sequence[Any], depth: int
) -> str:
    names: dict[int, str] = {}
    loads: dict[int, list[str]] = {level: [] for level in range(-1, depth)}
    for g, group in enumerate(groups):
        for k, member in enumerate(group.members):
            names[member] = f"x{g}_{k}"
            place = ", ".join([str(k), *(f"i{loop}" for loop in group.loops)])
            loads[max(group.loops, default=-1)].append(f"x{g}_{k} = x{g}[{place}]")

    def spelled(value: Any) -> str:
        return names[id(value)] if isinstance(value, Recorded) else repr(float(value))

    for number, node in enumerate(operations):
        names[id(node)] = f"t{number}"
        expression = _SYMBOLS[node.operation].format(*map(spelled, node.operands))  # type: ignore[index]
        loads[depth - 1].append(f"t{number} = {expression}")
    index = ", ".join(f"i{k}" for k in range(depth))
    loads[depth - 1] += [f"y{k}[{index}] = {spelled(y)}" for k, y in enumerate(outputs)]
    arguments = [f"a{k}, b{k}" for k in range(depth)]
    arguments += [f"x{g}" for g in range(len(groups))] + [f"y{k}" for k in range(len(outputs))]
    lines = [
        "from math import sqrt",
        "",
        "import numba",
        "",
        "",
        '@numba.njit(cache=True, nogil=True, error_model="numpy")',
        f"def kernel({', '.join(arguments)}):",
        *(f"    {line}" for line in loads[-1]),
    ]
    for level in range(depth):
        lines.append("    " * (level + 1) + f"for i{level} in range(a{level}, b{level}):")
        lines += ["    " * (level + 2) + line for line in loads[level]]
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=256)
def _kernel(source: str) -> Callable[..., None]:
    """Import generated source from the kernel cache, where Numba keeps its machine code too."""
    name = "kernel_" + hashlib.sha256(source.encode()).hexdigest()[:16]
    path = _cache_directory() / f"{name}.py"
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w") as file:
            file.write(source)
        Path(temporary).replace(path)
    spec = importlib.util.spec_from_file_location(f"entherm_{name}", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"cannot import the generated kernel {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.kernel  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    directory = Path(base) / "entherm" / "kernels"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        return Path(tempfile.mkdtemp(prefix="entherm-kernels-"))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
