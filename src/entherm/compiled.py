"""Compile a recorded point stage to straight-line machine code, and keep it.

The source is written once per structure, not per parameter value, and handed to Numba without
fast-math and with NumPy's division: the same operations in the same order as NumPy's, hence the
same bits. Kernels are kept in the process and, with their machine code, on disk.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from entherm.parameters import Array
from entherm.recording import Recorded, Recording

_SYMBOLS: dict[np.ufunc | None, str] = {
    np.add: "({} + {})",
    np.subtract: "({} - {})",
    np.multiply: "({} * {})",
    np.divide: "({} / {})",
    np.negative: "(-{})",
    np.absolute: "abs({})",
    np.sqrt: "sqrt({})",
    np.maximum: "({1} if {0} < {1} else {0})",  # keeps NaN, as NumPy does
}


def compiled(recording: Recording, results: list[Array], cores: int) -> None:
    """Fill `results`, each of shape `recording.shape`, on `cores` threads."""
    blocks = _merged_axes(recording)
    sizes = tuple(prod(recording.shape[k] for k in block) for block in blocks)
    groups, stacks = _stacked(recording, blocks, sizes)
    kernel = _kernel(_source(recording, groups, len(blocks)))
    flat = [r.reshape(sizes) for r in results]
    split = int(np.argmax(sizes))

    def fill(low: int, high: int) -> None:
        bounds = [(low, high) if k == split else (0, n) for k, n in enumerate(sizes)]
        # Unsigned, so that no index is tried for being negative: twice as fast.
        kernel(*(np.uint64(x) for pair in bounds for x in pair), *stacks, *flat)

    fill(0, 0)  # compiles, once, before the threads start
    edges = np.linspace(0, sizes[split], 4 * cores + 1).astype(int)
    with ThreadPoolExecutor(cores) as pool:
        for _ in pool.map(fill, edges[:-1], edges[1:]):
            pass


def _merged_axes(recording: Recording) -> list[tuple[int, ...]]:
    """Runs of neighbouring axes that every input has all or none of: one loop each."""
    blocks: list[tuple[int, ...]] = []
    for axis in (k for k, n in enumerate(recording.shape) if n > 1):
        if blocks and all(
            (axis in node.axes) == (blocks[-1][-1] in node.axes) for node in recording.inputs
        ):
            blocks[-1] += (axis,)
        else:
            blocks.append((axis,))
    return blocks


@dataclass(frozen=True)
class _Group:
    """Inputs that vary along the same loops, stacked into one array.

    One base address each keeps the vectoriser's run-time overlap checks few.
    """

    loops: tuple[int, ...]
    members: tuple[Recorded, ...]


def _stacked(
    recording: Recording, blocks: Sequence[tuple[int, ...]], sizes: tuple[int, ...]
) -> tuple[list[_Group], list[Array]]:
    by_loops: dict[tuple[int, ...], list[Recorded]] = {}
    for node in recording.inputs:
        loops = tuple(k for k, block in enumerate(blocks) if block[0] in node.axes)
        by_loops.setdefault(loops, []).append(node)
    stacks = []
    for loops, nodes in by_loops.items():
        stack = np.empty((len(nodes), *(sizes[k] for k in loops)))
        for k, node in enumerate(nodes):
            stack[k] = recording.inputs[node].reshape(stack.shape[1:])
        stacks.append(stack)
    return [_Group(loops, tuple(nodes)) for loops, nodes in by_loops.items()], stacks


def _source(recording: Recording, groups: Sequence[_Group], depth: int) -> str:
    names: dict[Recorded, str] = {}
    loads: dict[int, list[str]] = {level: [] for level in range(-1, depth)}
    for g, group in enumerate(groups):
        for k, member in enumerate(group.members):
            names[member] = f"x{g}_{k}"
            place = ", ".join([str(k), *(f"i{loop}" for loop in group.loops)])
            loads[max(group.loops, default=-1)].append(f"x{g}_{k} = x{g}[{place}]")

    def spelled(value: Any) -> str:
        return names[value] if isinstance(value, Recorded) else repr(float(value))

    for number, node in enumerate(recording.operations):
        names[node] = f"t{number}"
        expression = _SYMBOLS[node.operation].format(*map(spelled, node.operands))
        loads[depth - 1].append(f"t{number} = {expression}")
    index = ", ".join(f"i{k}" for k in range(depth))
    loads[depth - 1] += [f"y{k}[{index}] = {spelled(y)}" for k, y in enumerate(recording.outputs)]
    arguments = [f"a{k}, b{k}" for k in range(depth)]
    arguments += [f"x{g}" for g in range(len(groups))]
    arguments += [f"y{k}" for k in range(len(recording.outputs))]
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
    path = cache_directory() / f"{name}.py"
    if not path.exists() or path.read_text() != source:
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w") as file:
            file.write(source)
        Path(temporary).replace(path)
    spec = importlib.util.spec_from_file_location(f"entherm_{name}", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"cannot import the generated kernel {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where Numba looks when it loads machine code from disk
    spec.loader.exec_module(module)
    return module.kernel  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def cache_directory() -> Path:
    """Where kernels are kept: the user's cache, or a temporary folder where that is read-only."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    directory = Path(base) / "entherm" / "kernels"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        return Path(tempfile.mkdtemp(prefix="entherm-kernels-"))
