"""Where the chunks of a sweep go: into memory, into a store, or into reductions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.many.sector_memory import require_room
from entherm.sweeps.identity import identity_of
from entherm.sweeps.labelled import dataset
from entherm.sweeps.ledger import Entry, Ledger, LedgerWriter, StoreError
from entherm.sweeps.progress import Progress, Report
from entherm.sweeps.store import cannot_write, chunks_of, finished, locked, prepare
from entherm.sweeps.task import Task
from entherm.sweeps.zarr_files import Target, finish, frame

if TYPE_CHECKING:
    import xarray as xr

# Does jobs, in whatever order, in whichever process.
Results = Generator[tuple[int, Any], None, None]
Pool = Callable[[Callable[[int], Any], Iterable[int]], Results]
# Attributes of the whole: figures of validity among them, which take a moment.
About = Callable[[], Mapping[str, Any]]
Invalid = dict[str, dict[str, int]]
INVALID = "invalid_points"


def in_memory(task: Task, about: About, pool: Pool, report: Report) -> xr.Dataset:
    """Compute a sweep into arrays.

    Raises
    ------
    ParameterError
        If they would not fit.
    """
    shape = task.grid.shape
    needed = task.grid.points * (8 * len(task.columns) + len(task.reasons))
    remedy = 'give out="run.zarr" to keep the points on the disk, or reduce= to keep less of them'
    require_room(needed, f"{task.grid.points} points of {len(task.columns)} variables", remedy)
    values = {c.name: np.empty(shape) for c in task.columns}
    reasons = {name: np.empty(shape, np.int8) for name in task.reasons}
    invalid: Invalid = {}
    work = pool(task.compute, range(len(task.chunks)))
    with closing(counted(task, work, (), report)) as blocks:
        for chunk, block in blocks:
            index = task.chunks[chunk]
            for arrays, found in ((values, block.values), (reasons, block.reasons)):
                for name, array in arrays.items():
                    array[index] = found[name]
            add_invalid(invalid, block.invalid)
    told = {**about(), INVALID: spelled(invalid)}
    return dataset(task, told, values, reasons if task.on_invalid == "nan" else {})


@dataclass(frozen=True, eq=False)
class Written:
    """Compute a chunk and write it; tells how many of its points are invalid."""

    task: Task
    target: Target

    def __call__(self, chunk: int) -> Invalid:
        """Do one chunk."""
        block = self.task.compute(chunk)
        self.target.write(self.task.chunks[chunk], block)
        return block.invalid


def stored(task: Task, about: About, folder: Path, pool: Pool, report: Report) -> None:
    """Compute what is missing in a store; from the first chunk on if there is none yet.

    Raises
    ------
    StoreError
        If the folder is in use, holds something else, or cannot be written.
    """
    with locked(folder):
        ledger = prepare(
            folder, identity_of(task), task.chunks.block, lambda own: frame(own, task, about())
        )
        task = replace(task, chunks=chunks_of(ledger, task.grid.shape))
        ledger = finished(folder, task)
        invalid: Invalid = {}
        for entry in ledger.entries.values():
            add_invalid(invalid, entry.invalid)
        require_valid(task, folder, invalid)
        missing = [chunk for chunk in range(len(task.chunks)) if chunk not in ledger.entries]
        work = pool(Written(task, Target(str(folder))), missing)
        with (
            _opened(ledger) as writer,
            closing(counted(task, work, ledger.entries, report)) as chunks,
        ):
            for chunk, found in chunks:
                try:
                    writer.add(Entry(chunk, found))
                except OSError as error:
                    raise cannot_write(folder, error) from None
                add_invalid(invalid, found)
        finish(folder, {INVALID: spelled(invalid)})


def require_valid(task: Task, folder: Path, invalid: Invalid) -> None:
    """Refuse to go on with points that are marked, where none may be.

    Raises
    ------
    StoreError
        Says how many there are, and why.
    """
    if task.on_invalid == "raise" and invalid:
        reasons = next(iter(invalid.values()))
        told = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in reasons.items())
        remedy = "go on with on_invalid='nan', or sweep into another folder"
        raise StoreError(f"{folder} holds points without a steady state ({told}): {remedy}.")


def _opened(ledger: Ledger) -> LedgerWriter:
    try:
        return LedgerWriter(ledger)
    except OSError as error:
        raise cannot_write(ledger.path, error) from None


def counted(task: Task, work: Results, done: Iterable[int], report: Report) -> Results:
    """Pass results on, and tell how far the sweep is; ends the work when it is closed.

    Parameters
    ----------
    task : Task
    work : generator of (chunk, result)
    done : iterable of int
        Chunks that were finished before.
    report : callable
    """
    begun = time.monotonic()
    before, now = sum(map(task.chunks.points, done)), 0
    report(Progress(task.grid.points, before, now, 0.0))
    with closing(work):
        for chunk, result in work:
            yield chunk, result
            now += task.chunks.points(chunk)
            report(Progress(task.grid.points, before, now, time.monotonic() - begun))


def spelled(invalid: Invalid) -> str:
    """Return counts as JSON, the same in whatever order the chunks came.

    Examples
    --------
    >>> spelled({"reason": {"not_unique": 1, "no_state": 2}})
    '{"reason": {"no_state": 2, "not_unique": 1}}'
    """
    return json.dumps(invalid, sort_keys=True)


def add_invalid(total: Invalid, found: Invalid) -> None:
    """Add counts of invalid points to others.

    Examples
    --------
    >>> total = {"reason": {"not_unique": 1}}
    >>> add_invalid(total, {"reason": {"not_unique": 2}})
    >>> total
    {'reason': {'not_unique': 3}}
    """
    for name, counts in found.items():
        own = total.setdefault(name, {})
        for reason, count in counts.items():
            own[reason] = own.get(reason, 0) + count
