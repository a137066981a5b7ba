"""A sweep on disk: a Zarr store that other software reads, a ledger, and a lock.

One chunk of an array is one file, written by one task, first under another name; what is in the
ledger is complete. A store is the same whoever worked on it, and however often it was interrupted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entherm.errors import ParameterError
from entherm.sweeps.chunks import Chunks
from entherm.sweeps.identity import differences
from entherm.sweeps.ledger import NAME, Ledger, StoreError, begin, read
from entherm.sweeps.task import Task

LOCK = "sweep.lock"
# There while a store is being made: what it holds then may be thrown away.
UNMADE = "sweep.unmade"


def cannot_write(folder: str | Path, error: Exception) -> StoreError:
    """Say why a store is not written, and that nothing is lost.

    Examples
    --------
    >>> print(cannot_write("run.zarr", OSError(28, "No space left on device")))
    run.zarr cannot be written (No space left on device): what is finished is kept; make room, or \
see to the folder's rights, and make the same call again.
    """
    why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return StoreError(
        f"{folder} cannot be written ({why}): what is finished is kept; make room, or see to the "
        "folder's rights, and make the same call again."
    )


def folder_of(out: object) -> Path:
    """Return the folder that a store is to have.

    Raises
    ------
    ParameterError
        For what is no path of this machine, or does not end in ``.zarr``.

    Examples
    --------
    >>> folder_of("run.zarr").name
    'run.zarr'
    """
    if not isinstance(out, str | os.PathLike):
        rule, remedy = "be a path", 'give text such as "run.zarr"'
        raise ParameterError("out", rule, repr(out), remedy)
    text = os.fsdecode(out)
    if "\0" in text:
        raise ParameterError("out", "be a path", repr(text), "leave the null character out")
    if "://" in text:
        rule, remedy = "be a folder", "sweep into a disk that all workers share, and copy it"
        raise ParameterError("out", rule, repr(text), remedy)
    if Path(text).suffix != ".zarr":
        remedy = f"write {Path(text).stem or 'run'}.zarr; export it afterwards to NetCDF or CSV"
        raise ParameterError("out", "end in .zarr", repr(text), remedy)
    return Path(text).absolute()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a store for oneself; it is free again when the process ends, however it ends.

    Raises
    ------
    StoreError
        If another run has it, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_own(folder)
        lock = FileLock(folder / LOCK, timeout=0.0)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"{folder} is in use by another run: wait for it, or sweep into another folder."
        ) from None
    except (FileExistsError, NotADirectoryError):
        told = "is a file, or is to lie in one, and must be a folder"
        raise StoreError(f"{folder} {told}: move the file, or give another name.") from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        yield
    finally:
        lock.release()


def _require_own(folder: Path) -> set[str]:
    """Return what is in a folder, and refuse one that is no store."""
    found = {entry.name for entry in folder.iterdir()} - {LOCK}
    if found and NAME not in found and UNMADE not in found:
        told = "holds something, but no ledger of a sweep"
        remedy = f"bring its {NAME} back from a copy, or sweep into another folder"
        raise StoreError(f"{folder} {told}: {remedy}.")
    return found


def prepare(
    folder: Path,
    identity: Mapping[str, Any],
    block: tuple[int, ...],
    make: Callable[[Path], None],
) -> Ledger:
    """Make a store, or return the ledger of one of the same sweep; under `locked`.

    Parameters
    ----------
    folder : Path
    identity : mapping
        Of the sweep.
    block : tuple of int
        Shape of a chunk, of a store that is made.
    make : callable
        Writes all of it but the ledger, which comes last.

    Returns
    -------
    Ledger

    Raises
    ------
    StoreError
        For a folder of something else, another sweep (says what differs), and an edited ledger.
    """
    found = _require_own(folder)
    if NAME in found:
        ledger = read(folder)
        require_same(ledger, identity)
        (folder / UNMADE).unlink(missing_ok=True)
        return ledger
    try:
        (folder / UNMADE).touch()
        for name in found - {UNMADE}:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        make(folder)
        ledger = begin(folder, identity, block)
        (folder / UNMADE).unlink()
    except OSError as error:
        raise cannot_write(folder, error) from None
    return ledger


def require_same(ledger: Ledger, identity: Mapping[str, Any]) -> None:
    """Refuse the ledger of another sweep, and say what differs.

    Raises
    ------
    StoreError
        Names what it is.
    """
    if unlike := [*differences(ledger.identity, identity)]:
        told = "; ".join(unlike[:6]) + (f"; and {len(unlike) - 6} more" if unlike[6:] else "")
        raise StoreError(
            f"{ledger.path.parent} holds another sweep ({told}): sweep into another folder, or ask "
            "for the same again."
        )


def finished(folder: Path, task: Task) -> Ledger:
    """Return what is finished, which is all there, and tidy up what interrupted tasks left.

    Raises
    ------
    StoreError
        If one of them is not in the folder.
    """
    ledger = read(folder, len(task.chunks))
    names = [*(c.name for c in task.columns), *task.reasons]
    require_files(folder, names, task.chunks, ledger)
    try:
        for left in (p for name in names for p in (folder / name).rglob("*.partial")):
            left.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return ledger


def require_files(folder: Path, names: Iterable[str], chunks: Chunks, ledger: Ledger) -> None:
    """Refuse a store that has lost what its ledger says is finished: Zarr would read NaN there.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Variables.
    chunks : Chunks
    ledger : Ledger

    Raises
    ------
    StoreError
        Names the first.
    """
    keys = {chunk: "/".join(map(str, chunks.place(chunk))) for chunk in ledger.entries}
    for name in names:
        for chunk, key in keys.items():
            file = folder / name / "c" / key
            if not file.is_file() or not file.stat().st_size:
                told = f"is in the ledger as finished, and {file} is missing or empty"
                remedy = f"delete its line of {NAME}, and it is computed again"
                raise StoreError(f"Chunk {chunk} {told}: bring the file back, or {remedy}.")


def chunks_of(ledger: Ledger, shape: tuple[int, ...]) -> Chunks:
    """Return the chunks of a store that exists: they stay as they were cut.

    Examples
    --------
    >>> chunks_of(Ledger(Path("x"), {}, (2,), {}, 0), (5,)).counts
    (3,)
    """
    return Chunks(shape, ledger.block)
