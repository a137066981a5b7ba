"""A sweep of which only reductions are kept: merged block by block, saved on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from entherm.checks import require_known
from entherm.errors import ParameterError
from entherm.many.sector_memory import require_room
from entherm.sweeps.identity import identity_of
from entherm.sweeps.labelled import coordinates
from entherm.sweeps.ledger import StoreError
from entherm.sweeps.progress import Report
from entherm.sweeps.reductions import Reduction, State, bytes_kept
from entherm.sweeps.results import (
    INVALID,
    About,
    Invalid,
    Pool,
    Results,
    add_invalid,
    counted,
    require_valid,
    spelled,
)
from entherm.sweeps.store import cannot_write, chunks_of, locked, prepare
from entherm.sweeps.task import Task
from entherm.sweeps.zarr_files import write_reduced

if TYPE_CHECKING:
    import xarray as xr

SAVED = "reduced.npz"
# Seconds of work that an interruption may cost.
SAVED_EVERY = 2.0
CHECKED = 8  # bytes of the checksum at the end of what is saved


# Dask takes ten milliseconds for a task, whatever is in it: so many chunks go into one, of sweeps
# that have so many times more of them, so that nobody is without work at the end.
TOGETHER, TASKS = 4, 64


@dataclass(frozen=True, eq=False)
class Several:
    """Do a job for some neighbouring chunks, one after another."""

    job: Callable[[int], Any]
    chunks: range
    size: int

    def __len__(self) -> int:
        return len(range(0, len(self.chunks), self.size))

    def of(self, task: int) -> range:
        """Return the chunks of a task."""
        return self.chunks[task * self.size : (task + 1) * self.size]

    def __call__(self, task: int) -> list[Any]:
        """Do one task."""
        return [self.job(chunk) for chunk in self.of(task)]


def together(pool: Pool, job: Callable[[int], Any], chunks: range) -> Results:
    """Have chunks done several at a time; yields them one by one.

    Examples
    --------
    >>> from entherm.sweeps.workers import here
    >>> [*together(here, abs, range(3))]
    [(0, 0), (1, 1), (2, 2)]
    """
    several = Several(job, chunks, max(1, min(TOGETHER, len(chunks) // TASKS)))
    with closing(pool(several, range(len(several)))) as work:
        for task, results in work:
            yield from zip(several.of(task), results, strict=True)


@dataclass(frozen=True, eq=False)
class Reduced:
    """Compute a chunk and reduce it: what a worker sends back is small."""

    task: Task
    reductions: Mapping[str, Reduction]

    def __call__(self, chunk: int) -> tuple[dict[str, State], Invalid]:
        """Do one chunk."""
        block = self.task.compute(chunk)
        index = self.task.chunks[chunk]
        parts = {
            name: one.of_block(one.frame(self.task.grid), block.values, index)
            for name, one in self.reductions.items()
        }
        return parts, block.invalid


@dataclass(eq=False)
class Merged:
    """What is known so far: the first `chunks` chunks, in order.

    Results that come early wait for their turn.
    """

    task: Task
    reductions: Mapping[str, Reduction]
    totals: dict[str, State]
    invalid: Invalid = field(default_factory=dict)
    chunks: int = 0
    early: dict[int, tuple[dict[str, State], Invalid]] = field(default_factory=dict)

    def take(self, chunk: int, result: tuple[dict[str, State], Invalid]) -> None:
        """Take the result of a chunk."""
        self.early[chunk] = result
        while self.chunks in self.early:
            parts, invalid = self.early.pop(self.chunks)
            index = self.task.chunks[self.chunks]
            for name, one in self.reductions.items():
                one.take(one.frame(self.task.grid), self.totals[name], parts[name], index)
            add_invalid(self.invalid, invalid)
            self.chunks += 1

    def save(self, folder: Path) -> None:
        """Write what is known, whole or not at all."""
        arrays: dict[str, Any] = {
            f"{name}/{key}": array
            for name, state in self.totals.items()
            for key, array in state.items()
        }
        meta = json.dumps({"chunks": self.chunks, "invalid": self.invalid})
        stream = BytesIO()
        np.savez(stream, allow_pickle=False, meta=np.array(meta), **arrays)
        content = stream.getbuffer()
        temporary = folder / f"{SAVED}.new"
        try:
            temporary.write_bytes(content)
            with temporary.open("ab") as file:
                file.write(_checksum(content))
            temporary.replace(folder / SAVED)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise cannot_write(folder, error) from None

    def load(self, folder: Path) -> None:
        """Go on from what was saved, if anything was."""
        path = folder / SAVED
        if not path.exists():
            return
        remedy = "bring back a copy, or delete it and every chunk is computed again"
        try:
            whole = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path} cannot be read ({error.strerror}): {remedy}.") from None
        content, check = memoryview(whole)[:-CHECKED], whole[-CHECKED:]
        if _checksum(content) != check:
            told = "does not fit its checksum: it was damaged or edited"
            raise StoreError(f"{path} {told}; {remedy}.")
        with np.load(BytesIO(content)) as saved:
            meta = json.loads(str(saved["meta"]))
            for name, state in self.totals.items():
                for key, array in state.items():
                    array[...] = saved[f"{name}/{key}"]
        self.chunks, self.invalid = meta["chunks"], meta["invalid"]


def _checksum(content: memoryview) -> bytes:
    return f"{crc32(content):08x}".encode()


def require_columns(reductions: Mapping[str, Reduction], task: Task) -> None:
    """Refuse a reduction of what the sweep does not compute, or along no axis of it.

    Raises
    ------
    UnknownNameError
        For either; suggests the nearest.
    ParameterError
        For two variables of one name, and if what they keep would not fit into memory.
    """
    names = [column.name for column in task.columns]
    for one in reductions.values():
        for name in one.columns:
            require_known("reduce", name, names)
        one.frame(task.grid)
    _require_names(reductions, task)
    remedy = "take them over more axes, or give out= without reduce="
    require_room(2 * bytes_kept(reductions.values(), task.grid), "what the reductions keep", remedy)


def _require_names(reductions: Mapping[str, Reduction], task: Task) -> None:
    """Refuse reductions of which one would take the place of a variable of another, or of an axis.

    Their variables are made once at one point, which has all their names.
    """
    point = task.grid.first
    taken = {*point.names, *(parameter.name for parameter in point.swept)}
    attributes = {c.name: c.attributes for c in task.columns}
    for name, one in reductions.items():
        frame = one.frame(point)
        made = one.finish(name, frame, one.empty(frame), attributes[one.of])
        own = {*made}.union(*({*dims} - {*frame.names} for dims, *_ in made.values()))
        if twice := sorted(own & taken):
            rule, remedy = "make variables with names of their own", "give a mapping from names"
            raise ParameterError("reduce", rule, f"{twice[0]!r} twice", remedy)
        taken |= own


def begin(task: Task, reductions: Mapping[str, Reduction]) -> Merged:
    """Return what is known before the first chunk."""
    totals = {name: one.empty(one.frame(task.grid)) for name, one in reductions.items()}
    return Merged(task, reductions, totals)


def in_memory(
    task: Task,
    about: About,
    reductions: Mapping[str, Reduction],
    pool: Pool,
    report: Report,
) -> xr.Dataset:
    """Compute a sweep and keep its reductions alone."""
    merged = begin(task, reductions)
    _work(merged, pool, report, None)
    return _dataset(merged, about())


def stored(
    task: Task,
    about: About,
    reductions: Mapping[str, Reduction],
    folder: Path,
    pool: Pool,
    report: Report,
) -> None:
    """Compute a sweep, and keep its reductions in a store that is resumed where it was left.

    Raises
    ------
    StoreError
        If the folder is in use, holds something else, or cannot be written.
    """
    words = {name: one.words() for name, one in reductions.items()}
    with locked(folder):
        ledger = prepare(folder, identity_of(task, words), task.chunks.block, lambda _: None)
        task = replace(task, chunks=chunks_of(ledger, task.grid.shape))
        merged = begin(task, reductions)
        merged.load(folder)
        require_valid(task, folder, merged.invalid)
        _work(merged, pool, report, folder)
        write_reduced(folder, _dataset(merged, about()))


def _work(merged: Merged, pool: Pool, report: Report, folder: Path | None) -> None:
    task, first = merged.task, merged.chunks
    work = together(pool, Reduced(task, merged.reductions), range(first, len(task.chunks)))
    saved = time.monotonic()
    try:
        with closing(counted(task, work, range(first), report)) as results:
            for chunk, result in results:
                merged.take(chunk, result)
                if folder is not None and time.monotonic() - saved > SAVED_EVERY:
                    merged.save(folder)
                    saved = time.monotonic()
    finally:
        if folder is not None and merged.chunks > first:
            merged.save(folder)


def _dataset(merged: Merged, about: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    task = merged.task
    attributes = {c.name: c.attributes for c in task.columns}
    data: dict[str, Any] = {}
    for name, one in merged.reductions.items():
        frame, total = one.frame(task.grid), merged.totals[name]
        data |= one.finish(name, frame, total, attributes[one.of])
    kept = {name for dims, *_ in data.values() for name in dims}
    coords = {name: row for name, row in coordinates(task.grid).items() if row[0] in kept}
    words = {name: one.words() for name, one in merged.reductions.items()}
    told = {**about, "reductions": json.dumps(words), INVALID: spelled(merged.invalid)}
    found = xr.Dataset(data, coords, told)
    return found.set_coords([name for name in data if data[name][0] == (name,)])
