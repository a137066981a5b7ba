"""What a store holds in the format of Zarr, for other software to read: arrays and attributes."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entherm.sweeps.interrupts import uninterrupted
from entherm.sweeps.labelled import NOT_COMPUTED, coordinates, reason_attributes
from entherm.sweeps.ledger import StoreError
from entherm.sweeps.store import cannot_write
from entherm.sweeps.task import Block, Task

if TYPE_CHECKING:
    import xarray as xr
    import zarr

STATUS = "entherm_status"
UNFINISHED, FINISHED = "unfinished", "finished"
# Of the format of Zarr: what the group and all its arrays are.
METADATA = "zarr.json"


@dataclass(frozen=True)
class Target:
    """Where a task writes its chunk.

    Attributes
    ----------
    folder : str
        The store, on a disk that all workers see.
    """

    folder: str

    def write(self, index: tuple[slice, ...], block: Block) -> None:
        """Write all arrays of one chunk.

        Raises
        ------
        StoreError
            If the disk is full, the folder is gone or read-only.
        """
        import zarr

        try:
            with uninterrupted():
                for name, values in {**block.values, **block.reasons}.items():
                    array = zarr.open_array(self.folder, path=name, mode="r+")
                    # Of the array, not of `zarr.config`, which threads of one worker share.
                    whole = array.with_config({"write_empty_chunks": True})
                    whole[index] = np.ascontiguousarray(values)
        except (OSError, KeyError, ValueError) as error:
            raise cannot_write(self.folder, error) from None


def frame(folder: Path, task: Task, about: Mapping[str, Any]) -> None:
    """Write everything of a sweep but its numbers."""
    import xarray as xr
    import zarr

    coords = xr.Dataset(coords=coordinates(task.grid), attrs={**about, STATUS: UNFINISHED})
    with _quietly():
        # Linked coordinates are cut as the arrays are: else Dask finds no common chunks.
        cut = dict(zip(task.grid.names, task.chunks.block, strict=True))
        encoding = {name: {"chunks": (cut[row.dims[0]],)} for name, row in coords.coords.items()}
        coords.to_zarr(folder, mode="a", consolidated=False, zarr_format=3, encoding=encoding)
        group = zarr.open_group(folder, mode="r+", use_consolidated=False)
        for column in task.columns:
            _array(group, task, column.name, "float64", np.nan, column.attributes)
        for name, without in task.reasons.items():
            meanings = reason_attributes(without)
            meanings["flag_values"] = meanings["flag_values"].tolist()
            _array(group, task, name, "int8", NOT_COMPUTED, meanings)
        zarr.consolidate_metadata(folder)
    names = [*map(str, coords.variables), *(c.name for c in task.columns), *task.reasons]
    _tell(folder, {}, names)


def _array(
    group: zarr.Group, task: Task, name: str, dtype: str, fill: float, about: dict[str, Any]
) -> None:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    group.create_array(
        name,
        shape=task.chunks.shape,
        chunks=task.chunks.block,
        dtype=dtype,
        fill_value=fill,
        # A chunk that was damaged on the disk is an error to whoever reads it, not a number.
        compressors=[ZstdCodec(level=1), Crc32cCodec()],
        dimension_names=task.grid.names,
        attributes=about,
    )


def finish(folder: Path, about: Mapping[str, Any]) -> None:
    """Note in the store itself that every chunk is there, and what is known of all.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        _tell(folder, {**about, STATUS: FINISHED}, ())
    except (FileNotFoundError, KeyError, ValueError):
        raise unreadable(folder) from None
    except OSError as error:
        raise cannot_write(folder, error) from None


def unreadable(folder: Path) -> StoreError:
    """Say that the metadata of Zarr are missing or damaged.

    Examples
    --------
    >>> print(unreadable(Path("run.zarr")))
    run.zarr/zarr.json is missing or damaged, and says what is in the store: bring the file back \
from a copy, or sweep into another folder.
    """
    told = "is missing or damaged, and says what is in the store"
    remedy = "bring the file back from a copy, or sweep into another folder"
    return StoreError(f"{folder / METADATA} {told}: {remedy}.")


def _tell(folder: Path, told: Mapping[str, Any], order: Iterable[str]) -> None:
    """Put attributes and an order of the variables into the metadata, whole or not at all.

    Zarr itself would sort the variables, and take two steps to change an attribute: what is
    consolidated is gone after the first.
    """
    path = folder / METADATA
    before = path.read_bytes()
    about = json.loads(before)
    about["attributes"] |= told
    known = about["consolidated_metadata"]["metadata"]
    about["consolidated_metadata"]["metadata"] = {name: known[name] for name in order} | known
    after = json.dumps(about, indent=2).encode()
    if after != before:
        temporary = folder / f"{METADATA}.new"
        temporary.write_bytes(after)
        temporary.replace(path)


@contextmanager
def _quietly() -> Iterator[None]:
    # Zarr warns of consolidated metadata, which its version 3 does not specify yet: without it
    # whoever opens a store lists the folder, and stumbles over the ledger, as it does here.
    with uninterrupted(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Cc]onsolidated metadata.*")
        warnings.filterwarnings("ignore", message=".*is not recognized as a component.*")
        yield


def write_reduced(folder: Path, found: xr.Dataset) -> None:
    """Write the dataset of a reduced sweep, also where what was there is damaged.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        with _quietly():
            # What is overwritten is not finished until all of it is.
            begun = found.assign_attrs({STATUS: UNFINISHED})
            (folder / METADATA).unlink(missing_ok=True)
            for name in map(str, found.variables):
                shutil.rmtree(folder / name, ignore_errors=True)
            begun.to_zarr(folder, mode="a", consolidated=True, zarr_format=3)
    except OSError as error:
        raise cannot_write(folder, error) from None
    finish(folder, {})
