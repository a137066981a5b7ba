"""Run one formula over many points: NumPy in cache-sized chunks, or compiled straight-line code.

Three ways, with the same numbers to the last bit:

- few points, or a stage that cannot be recorded: the stage itself, on slices;
- NumPy: the recorded operations one after another on chunks that stay in the cache, in buffers
  that are reused as soon as a value has been read for the last time;
- compiled: the recorded operations as one loop (`entherm.compiled`).

Alternatives measured are in docs/benchmarks.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from entherm.compiled import compiled
from entherm.parameters import Array
from entherm.recording import Operation, PointStage, Reader, Recorded, Recording, record

Engine = Literal["numpy", "compiled", "jax"]

# 64 k float64 are 512 KiB: ten or so buffers are live at once and stay in a last-level cache, and
# Python's 1 µs an operation is spread over enough points. Smaller chunks are slower, measured.
CHUNK_POINTS = 1 << 16

# Operations on numbers: below, NumPy (half a nanosecond each) is done before Numba is imported;
# above, compiling pays from the second call on. Five million points of the paper's map.
COMPILE_WORK = 2.5e8


def run(
    stage: PointStage, shape: tuple[int, ...], outputs: int, engine: Engine | None
) -> list[Array]:
    """Evaluate a recordable point stage on every point of `shape`.

    Parameters
    ----------
    stage : callable
        Maps a reader to `outputs` values.
    shape : tuple of int
        Broadcast shape of all arrays that the stage reads.
    outputs : int
        How many values the stage returns.
    engine : {"numpy", "compiled"}, optional
        Left out: compiled from `COMPILE_WORK` operations on, where compiling pays, else NumPy.

    Returns
    -------
    list of ndarray, each of shape `shape`
        Freshly allocated.

    Examples
    --------
    >>> a, b = np.arange(3.0)[:, None], np.arange(2.0)
    >>> run(lambda read: [np.sqrt(read(a) * read(b))], (3, 2), 1, None)[0].round(3)[2]
    array([0.   , 1.414])
    """
    points = prod(shape)
    if points <= 1 or (engine != "compiled" and points <= CHUNK_POINTS):
        return run_directly(stage, shape, outputs)
    results = [np.empty(shape) for _ in range(outputs)]
    recording = record(stage, shape)
    work = points * len(recording.operations)
    chosen = engine or ("compiled" if work >= COMPILE_WORK else "numpy")
    if chosen == "compiled":
        compiled(recording, results, cores())
    else:
        _in_chunks(recording, results)
    return results


def run_directly(
    stage: PointStage, shape: tuple[int, ...], outputs: int, points: int = CHUNK_POINTS
) -> list[Array]:
    """Evaluate any point stage on slices of at most `points` points.

    Examples
    --------
    >>> run_directly(lambda read: [read(np.arange(2.0)) + 1.0], (2,), 1)
    [array([1., 2.])]
    """
    results = [np.empty(shape) for _ in range(outputs)]
    for index in _chunks(shape, points):
        with np.errstate(all="ignore"):
            for result, value in zip(results, stage(_reader(index)), strict=True):
                result[index] = value
    return results


# How many threads a kernel may take, where somebody else shares out the processors.
_SHARE: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Let kernels take so many threads, within the block only.

    Examples
    --------
    >>> with at_most(1):
    ...     cores()
    1
    """
    token = _SHARE.set(threads)
    try:
        yield
    finally:
        _SHARE.reset(token)


def cores() -> int:
    """Processors that kernels may use: all of this process, or its share in `at_most`."""
    every = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(every or 1, _SHARE.get() or every or 1)


def _reader(index: tuple[slice, ...]) -> Reader:
    def read(array: Array) -> Array:
        own = index[len(index) - array.ndim :] if array.ndim else ()
        return array[
            tuple(slice(None) if n == 1 else s for n, s in zip(array.shape, own, strict=True))
        ]

    return read


def _chunks(shape: tuple[int, ...], points: int) -> Iterator[tuple[slice, ...]]:
    """Blocks of at most `points` points, whole along the last axes."""
    if prod(shape) <= points or not shape:
        yield tuple(slice(0, n) for n in shape)
        return
    inner = prod(shape[1:])
    step = max(1, points // inner)
    for start in range(0, shape[0], step):
        head = slice(start, min(start + step, shape[0]))
        if step * inner <= points:
            yield (head, *(slice(0, n) for n in shape[1:]))
        else:
            for tail in _chunks(shape[1:], points):
                yield (head, *tail)


@dataclass(frozen=True, eq=False)
class _Schedule:
    """Recorded operations with a place for every value.

    Places are numbered: inputs, then constants, then buffers, then results.
    """

    inputs: tuple[Array, ...]
    constants: tuple[float, ...]
    buffers: int
    steps: tuple[tuple[Operation, tuple[int, ...], int], ...]
    copies: tuple[tuple[int, int], ...]


def _schedule(recording: Recording) -> _Schedule:
    """Assign places; a buffer is free again after its value has been read for the last time."""
    operations = recording.operations
    constants = tuple(
        dict.fromkeys(
            x
            for x in (*(x for node in operations for x in node.operands), *recording.outputs)
            if not isinstance(x, Recorded)
        )
    )
    place: dict[Any, int] = {node: k for k, node in enumerate(recording.inputs)}
    place |= {x: len(place) + k for k, x in enumerate(constants)}
    first = len(recording.inputs) + len(constants)
    uses = {x: k for k, node in enumerate(operations) for x in node.operands}
    # A buffer each, reused; results are written in place, so they never wait in a buffer.
    target = {y: k for k, y in reversed(list(enumerate(recording.outputs))) if y in operations}
    free: list[int] = []
    count = 0
    steps = []
    for k, node in enumerate(operations):
        operands = tuple(place[x] for x in node.operands)
        for x in set(node.operands):
            if isinstance(x, Recorded) and uses[x] == k and place[x] >= first:
                free.append(place[x])
        if node in target:
            place[node] = -1 - target[node]
        else:
            if not free:
                free.append(first + count)
                count += 1
            place[node] = free.pop()
        steps.append((node.operation, operands, place[node]))
    end = first + count
    resolved = tuple(
        (f, tuple(_resolved(p, end) for p in operands), _resolved(t, end))
        for f, operands, t in steps
        if f is not None
    )
    copies = tuple(
        (_resolved(place[y], end), end + k)
        for k, y in enumerate(recording.outputs)
        if target.get(y) != k
    )
    return _Schedule(tuple(recording.inputs.values()), constants, count, resolved, copies)


def _resolved(place: int, results: int) -> int:
    return place if place >= 0 else results - 1 - place


def _in_chunks(recording: Recording, results: list[Array]) -> None:
    """Fill `results` chunk by chunk with NumPy.

    In one thread: two spend what they gain on handing the interpreter's lock to and fro.
    """
    schedule = _schedule(recording)
    buffers = [np.empty(CHUNK_POINTS) for _ in range(schedule.buffers)]
    with np.errstate(all="ignore"):
        for index in _chunks(recording.shape, CHUNK_POINTS):
            _fill_chunk(schedule, index, buffers, results)


def _fill_chunk(
    schedule: _Schedule, index: tuple[slice, ...], buffers: list[Array], results: list[Array]
) -> None:
    shape = tuple(s.stop - s.start for s in index)
    points = prod(shape)
    places: list[Any] = [
        *map(_reader(index), schedule.inputs),
        *schedule.constants,
        *(b[:points].reshape(shape) for b in buffers),
        *(r[index] for r in results),
    ]
    for ufunc, operands, target in schedule.steps:
        ufunc(*(places[k] for k in operands), out=places[target])
    for source, target in schedule.copies:
        places[target][...] = places[source]
