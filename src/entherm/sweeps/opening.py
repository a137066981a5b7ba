"""A store of a sweep, opened again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from entherm.sweeps.accessor import register
from entherm.sweeps.ledger import StoreError, read
from entherm.sweeps.store import chunks_of, folder_of, require_files
from entherm.sweeps.zarr_files import FINISHED, STATUS, unreadable

if TYPE_CHECKING:
    import xarray as xr


def open_sweep(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open the store of a sweep; its numbers are read from the disk when they are used.

    Plain ``xarray.open_zarr`` gives the same dataset. Here the ledger is looked at, too. What is
    not computed yet is NaN, and -1 in ``reason``; the attribute ``entherm_status`` is
    ``"finished"`` when nothing is missing.

    Parameters
    ----------
    path : path-like
        As it was given to `sweep` as `out`.

    Returns
    -------
    xarray.Dataset
        With the accessor ``.entherm``: ``.map``, ``.lines``, ``.machine``, ``.to_csv``.

    Raises
    ------
    StoreError
        If there is no store or no result in it yet, if its ledger was edited, or if files of
        what is finished are missing.

    Examples
    --------
    >>> import tempfile
    >>> from entherm import sweep, two_qubit_machine
    >>> machine = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     axes = {"reservoirs.RC.temperature": [1.0, 3.0]}
    ...     _ = sweep(machine, axes, "concurrence", out=f"{folder}/run.zarr")
    ...     open_sweep(f"{folder}/run.zarr").concurrence.values.round(4)
    array([0.0993, 0.0981])
    """
    import xarray as xr

    folder = folder_of(path)
    if not folder.is_dir():
        raise StoreError(f"{Path(path)} is not there: see what it is called, or sweep into it.")
    ledger = read(folder)
    reduced = bool(ledger.identity["reductions"])
    told = "is not finished, and shows its reductions when it is"
    unfinished = StoreError(f"{Path(path)} {told}: make the same call of sweep again.")
    register()
    try:
        found: xr.Dataset = xr.open_zarr(folder, consolidated=True)
        shape = tuple(found.sizes[name] for name in ledger.identity["order"]) if not reduced else ()
    except (FileNotFoundError, KeyError, ValueError):
        raise (unfinished if reduced else unreadable(folder)) from None
    if reduced and found.attrs.get(STATUS) != FINISHED:
        raise unfinished
    if not reduced:
        require_files(folder, map(str, found.data_vars), chunks_of(ledger, shape), ledger)
    return found
