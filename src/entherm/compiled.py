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
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.kernel_source import groups_of, kernel_source
from entherm.recording import Recording


def compiled(recording: Recording, results: Sequence[NDArray[Any]], cores: int) -> None:
    """Fill `results`, each of shape `recording.shape`, on `cores` threads."""
    loops = _merged_axes(recording)
    sizes = tuple(prod(recording.shape[k] for k in axes) for axes in loops)
    groups, whole = groups_of(recording, loops)
    kernel = _kernel(kernel_source(recording, groups, whole))
    arrays: list[NDArray[Any]] = []
    for group in groups:
        own = tuple(sizes[k] for k in group.loops)
        parts = [recording.inputs[node].reshape(own) for node in group.members]
        arrays.append(np.stack(parts, dtype=float))
    arrays += [recording.inputs[node].reshape(sizes) for node in whole.members]
    arrays += [r.reshape(sizes) for r in results]
    split = int(np.argmax(sizes))

    def fill(low: int, high: int) -> None:
        bounds = [(low, high) if k == split else (0, n) for k, n in enumerate(sizes)]
        # Unsigned, so that no index is tried for being negative: twice as fast.
        kernel(*(np.uint64(x) for pair in bounds for x in pair), *arrays)

    fill(0, 0)  # compiles, once, before the threads start
    # Many short runs, so that a thread that is held up leaves little for the others to wait for.
    edges = np.linspace(0, sizes[split], 16 * cores + 1).astype(int)
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
