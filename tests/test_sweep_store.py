"""A store is right, says what it is, goes on where it was left, and refuses what does not fit.

Oracles: the same sweep in memory, which touches no file; a hash of the folder, where nothing may
change; and a function among the observables that counts how often it is called.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import xarray as xr
import zarr

import entherm as et
from entherm.observables import Observable
from entherm.spectra import Spectrum
from entherm.sweeps import reduced
from entherm.sweeps.functions import spelled_function
from entherm.sweeps.ledger import Entry, Ledger, LedgerWriter, StoreError

COLD, HOT, STRENGTH = (
    "reservoirs.RC.temperature",
    "reservoirs.RA.temperature",
    "exchange.A-B.strength",
)
MACHINE = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
# From 20 on, the lower energy of one excitation is not above the ground state.
AXES = {COLD: [1.0, 2.0, 3.0, 4.0], STRENGTH: [5.0, 10.0, 25.0]}
OBSERVABLES = (et.with_and_without("RC"), et.heat("RC"))
# Of two values of each axis, by their first points.
CHUNKS = [(1.0, 5.0), (1.0, 25.0), (3.0, 5.0), (3.0, 25.0)]


class Calls:
    """Counts the chunks that it is called for, by their first point."""

    def __init__(self) -> None:
        self.chunks: list[tuple[float, ...]] = []

    def observable(self) -> Callable[[et.SteadyState], Any]:
        chunks = self.chunks

        def squared(state: et.SteadyState) -> Any:
            known = state.machine.parameters
            chunks.append(tuple(float(known[path].flat[0]) for path in (COLD, STRENGTH)))
            return state.concurrence("A", "B") ** 2

        return squared


def swept(out: Path | None, observables: Any = OBSERVABLES, **options: Any) -> xr.Dataset:
    """A sweep of four chunks."""
    options = {"on_invalid": "nan", "chunk_points": 4, "axes": AXES, "machine": MACHINE} | options
    machine, axes = options.pop("machine"), options.pop("axes")
    return et.sweep(machine, axes, observables, out=out, **options)


def interrupted(out: Path, after: int, observables: Any = OBSERVABLES, **options: Any) -> None:
    """A sweep that is stopped when so many chunks are done."""
    left = iter(range(after + 1))

    def stop(_: object) -> None:
        if next(left) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(out, observables, progress=stop, **options)


def fingerprint(folder: Path) -> str:
    """Of every file's name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def same(store: xr.Dataset, memory: xr.Dataset) -> None:
    """Bit for bit in every array, and in all attributes but the store's own."""
    told = {k: v for k, v in store.attrs.items() if k != "entherm_status"}
    assert told == memory.attrs
    assert {*store.variables} == {*memory.variables}
    for name, row in memory.variables.items():
        assert store[name].dtype == row.dtype
        assert store[name].values.tobytes() == row.values.tobytes(), name
        assert store[name].dims == row.dims
        assert {k: np.asarray(v).tolist() for k, v in store[name].attrs.items()} == {
            k: np.asarray(v).tolist() for k, v in row.attrs.items()
        }
    assert {*store.coords} == {*memory.coords}


@pytest.fixture(scope="module")
def memory() -> xr.Dataset:
    return swept(None)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store, for copies."""
    folder = tmp_path_factory.mktemp("kept") / "run.zarr"
    swept(folder)
    return folder


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "run.zarr"))


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """Two chunks of four."""
    interrupted(tmp_path / "half.zarr", 2)
    return tmp_path / "half.zarr"


# What others read


def test_plain_xarray_and_zarr_read_what_is_in_memory(store: Path, memory: xr.Dataset) -> None:
    plain = xr.open_zarr(store)
    same(plain, memory)
    assert plain.attrs["entherm_status"] == "finished"
    assert json.loads(plain.attrs["invalid_points"]) == {
        "reason": {"frequency_not_positive": 4},
        "reason_without_RC": {"frequency_not_positive": 4},
    }
    assert [*plain.data_vars] == [*memory.data_vars]
    group = zarr.open_group(store, mode="r")
    assert {name for name, _ in group.members()} == {*memory.variables}
    assert plain.coords[COLD].attrs == {
        "long_name": "temperature of RC",
        "units": "1",
        "symbol": r"T_{\mathrm{RC}}",
        "path": COLD,
    }
    assert plain.heat_RC.attrs == {"long_name": "heat current, RC", "units": "1"}
    heat = group["heat_RC"]
    assert isinstance(heat, zarr.Array)
    np.testing.assert_array_equal(heat[...], memory.heat_RC)
    assert heat.metadata.dimension_names == (COLD, STRENGTH)  # type: ignore[union-attr]
    same(et.open_sweep(store), memory)


def test_codes_of_reasons_follow_the_cf_conventions(store: Path) -> None:
    reason = xr.open_zarr(store).reason_without_RC
    words = dict(
        zip(reason.attrs["flag_values"], reason.attrs["flag_meanings"].split(), strict=True)
    )
    assert words[-1] == "not_computed"
    assert {words[int(code)] for code in np.unique(reason)} == {"valid", "frequency_not_positive"}
    assert reason.attrs["long_name"] == "why there is no steady state without RC"
    assert reason.dtype == np.int8


def test_what_is_not_computed_is_nan_and_says_so(half: Path, memory: xr.Dataset) -> None:
    plain = xr.open_zarr(half)
    assert plain.attrs["entherm_status"] == "unfinished"
    done, rest = plain.isel({COLD: slice(2)}), plain.isel({COLD: slice(2, None)})
    np.testing.assert_array_equal(done.heat_RC, memory.heat_RC[:2])
    assert np.all(np.isnan(rest.heat_RC))
    assert np.all(rest.reason == -1)
    assert np.all(done.reason == memory.reason[:2])
    assert np.all(et.open_sweep(half).reason == plain.reason)


def test_names_with_spaces_dots_and_slashes(tmp_path: Path) -> None:
    machine = et.Machine(
        subsystems=[et.Qubit("q.1 a", 20.0), et.Qubit("q/2", 20.0)],
        interactions=[et.exchange("q.1 a", "q/2", 10.0)],
        reservoirs=[
            et.Reservoir("R. x", temperature=5.0, couplings={"q.1 a": 1.0}),
            et.Reservoir("R/y", temperature=5.0, couplings={"q/2": 1.0}),
            et.Reservoir("cold one.v2", temperature=1.0, couplings={"q.1 a": 1.0, "q/2": 1.0}),
        ],
    )
    axes = {
        ("reservoirs.R. x.temperature", "reservoirs.R/y.temperature"): [3.0, 4.0, 5.0],
        "reservoirs.cold one.v2.temperature": [1.0, 2.0],
        "gaps": {"qubits.q.1 a": [19.0, 20.0], "qubits.q/2": [21.0, 20.0]},
    }
    observables = [et.with_and_without("cold one.v2"), et.heat("R/y")]
    options = {"machine": machine, "axes": axes, "chunk_points": 5}
    memory = swept(None, observables, **options)
    swept(tmp_path / "run.zarr", observables, **options)
    plain = xr.open_zarr(tmp_path / "run.zarr")
    same(plain, memory)
    linked = plain.coords["reservoirs.R_y.temperature"]
    assert linked.dims == ("reservoirs.R._x.temperature",)
    assert linked.attrs["path"] == "reservoirs.R/y.temperature"
    assert linked.attrs["long_name"] == "temperature of R/y"
    assert linked.attrs["units"] == "1"
    assert et.machine_of(plain).parameters["qubits.q/2"].tolist() == [21.0, 20.0]
    plain.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as back:
        same(back.assign_attrs(memory.attrs), memory)
        assert back.attrs == plain.attrs
    with pytest.raises(et.ParameterError, match="without spaces and slashes"):
        swept(None, axes={"a/b": {COLD: [1.0]}})
    with pytest.raises(et.ParameterError, match="letters, digits and _"):
        swept(None, {"zarr.json": et.heat("RC")})


@pytest.mark.parametrize("where", ["memory", "store"])
def test_netcdf_reads_back_equal(
    where: str, store: Path, memory: xr.Dataset, tmp_path: Path
) -> None:
    made = memory if where == "memory" else xr.open_zarr(store)
    made.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as back:
        xr.testing.assert_identical(back.compute(), made.compute())
        same(back, memory)
        assert back.attrs == made.attrs


# Going on


@pytest.mark.parametrize("after", range(len(CHUNKS) + 1))
def test_each_chunk_is_computed_once(after: int, tmp_path: Path, memory: xr.Dataset) -> None:
    calls = Calls()
    observables = [*OBSERVABLES, calls.observable()]
    interrupted(tmp_path / "run.zarr", after, observables)
    assert len(calls.chunks) == after
    swept(tmp_path / "run.zarr", observables)
    assert calls.chunks == CHUNKS
    same(xr.open_zarr(tmp_path / "run.zarr").drop_vars("squared"), memory)


def test_a_finished_store_computes_and_writes_nothing(store: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    heard = []
    swept(store, progress=heard.append)
    assert [(moment.done, moment.now) for moment in heard] == [(12, 0)]
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before


@pytest.mark.parametrize(
    "other",
    [{"chunk_points": 1}, {"chunk_points": 100}, {"workers": 1}],
    ids=" ".join,
)
def test_another_way_to_the_same_numbers_goes_on(
    other: dict[str, Any], half: Path, memory: xr.Dataset
) -> None:
    heard: list[Any] = []
    swept(half, progress=heard.append, **other)
    assert heard[0].before == 6
    same(xr.open_zarr(half), memory)


def test_marking_goes_on_where_refusing_stopped(tmp_path: Path, memory: xr.Dataset) -> None:
    with pytest.raises(et.EnthermError, match=r"on_invalid='nan'"):
        swept(tmp_path / "run.zarr", on_invalid="raise")
    swept(tmp_path / "run.zarr")
    same(xr.open_zarr(tmp_path / "run.zarr"), memory)


def test_marked_points_are_not_passed_on_as_valid(store: Path) -> None:
    with pytest.raises(et.StoreError, match=r"without a steady state \(.*on_invalid='nan'"):
        swept(store, on_invalid="raise")


def test_linked_axes_are_cut_as_the_arrays_are(tmp_path: Path) -> None:
    """Dask finds one way to cut a dimension, and NetCDF is written chunk by chunk."""
    pair = ("reservoirs.RA.temperature", "reservoirs.RB.temperature")
    axes = {pair: [1.0, 2.0, 3.0, 4.0, 5.0], "reservoirs.RC.temperature": [1.0, 2.0, 3.0]}
    machine = et.two_qubit_machine(20.0, 20.0, 10.0)
    found = et.sweep(machine, axes, "concurrence", out=tmp_path / "run.zarr", chunk_points=4)
    assert found.chunks[pair[0]] == (2, 2, 1)
    assert xr.open_zarr(tmp_path / "run.zarr").chunks == found.chunks
    found.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), found.load())


# What is damaged


def lines(store: Path) -> list[bytes]:
    return (store / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def checked(value: dict[str, Any]) -> bytes:
    text = json.dumps(value)
    return f"{text} {crc32(text.encode()):08x}\n".encode()


LEDGERS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "empty": (lambda rows: [], r"ledger.jsonl must begin with what the sweep is.*copy"),
    "first line cut": (lambda rows: [rows[0][:50]], r"must begin with what the sweep is.*copy"),
    "first line edited": (
        lambda rows: [rows[0].replace(b'"order"', b'"Order"'), *rows[1:]],
        r"ledger.jsonl:1: its checksum does not fit.*another folder",
    ),
    "first line gone": (lambda rows: rows[1:], "must begin with what the sweep is"),
    "middle line edited": (
        lambda rows: [*rows[:2], rows[2].replace(b'"chunk": 1', b'"chunk": 2'), *rows[3:]],
        r"ledger.jsonl:3: its checksum does not fit.*delete this line",
    ),
    "middle line cut": (
        lambda rows: [*rows[:2], rows[2][:9] + b"\n", *rows[3:]],
        r"ledger.jsonl:3: its checksum does not fit",
    ),
    "chunk out of range": (
        lambda rows: [*rows, checked({"chunk": 4, "invalid": {}})],
        r"ledger.jsonl:6 names chunk 4, and there are 4, from 0 on: delete the line",
    ),
    "chunk below range": (
        lambda rows: [*rows, checked({"chunk": -1, "invalid": {}})],
        r"ledger.jsonl:6 names no chunk: delete the line",
    ),
    "chunk twice": (lambda rows: [*rows, rows[2]], r"ledger.jsonl:6 names chunk 1 again"),
    "first line twice": (lambda rows: [*rows, rows[0]], r"ledger.jsonl:6 names no chunk"),
    "another format": (
        lambda rows: [checked({"ledger": 2, "what": "else"}), *rows[1:]],
        r"must have the format 1, has 2: read it with the version of entherm that wrote it",
    ),
}


@pytest.mark.parametrize("damage", LEDGERS)
def test_a_damaged_ledger_is_refused_and_left_as_it_is(damage: str, store: Path) -> None:
    change, told = LEDGERS[damage]
    (store / "ledger.jsonl").write_bytes(b"".join(change(lines(store))))
    before = fingerprint(store)
    with pytest.raises(StoreError, match=told):
        swept(store)
    if damage != "chunk out of range":  # how many there are, only the sweep knows
        with pytest.raises(StoreError, match=told):
            et.open_sweep(store)
    assert fingerprint(store) == before


def test_a_lost_ledger_is_refused(store: Path) -> None:
    (store / "ledger.jsonl").unlink()
    before = fingerprint(store)
    with pytest.raises(StoreError, match=r"holds something, but no ledger of a sweep: bring its"):
        swept(store)
    with pytest.raises(StoreError, match=r"ledger.jsonl cannot be read"):
        et.open_sweep(store)
    assert fingerprint(store) == before


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_cut_off_costs_its_chunk(
    cut: int, tmp_path: Path, memory: xr.Dataset
) -> None:
    calls, store = Calls(), tmp_path / "run.zarr"
    observables = [*OBSERVABLES, calls.observable()]
    swept(store, observables)
    whole = lines(store)
    (store / "ledger.jsonl").write_bytes(b"".join(whole)[:-cut])
    calls.chunks.clear()
    swept(store, observables)
    assert calls.chunks == CHUNKS[-1:]
    assert lines(store) == whole
    same(xr.open_zarr(store).drop_vars("squared"), memory)


@pytest.mark.parametrize("damage", ["deleted", "emptied"])
@pytest.mark.parametrize("name", ["heat_RC", "reason"])
def test_a_lost_chunk_is_refused_and_can_be_computed_again(
    damage: str, name: str, store: Path, memory: xr.Dataset
) -> None:
    file = store / name / "c" / "1" / "0"
    if damage == "deleted":
        file.unlink()
    else:
        file.write_bytes(b"")
    before = fingerprint(store)
    told = rf"Chunk 2 is in the ledger as finished, and \S*{name}/c/1/0 is missing or empty: bring"
    with pytest.raises(StoreError, match=told):
        swept(store)
    with pytest.raises(StoreError, match=told):
        et.open_sweep(store)
    assert fingerprint(store) == before
    (store / "ledger.jsonl").write_bytes(
        b"".join(row for row in lines(store) if b'"chunk": 2' not in row)
    )
    swept(store)
    same(xr.open_zarr(store), memory)


def test_a_damaged_chunk_is_an_error_to_whoever_reads_it(store: Path) -> None:
    file = store / "heat_RC" / "c" / "1" / "0"
    content = bytearray(file.read_bytes())
    for place in range(len(content)):
        file.write_bytes(bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]]))
        with pytest.raises(ValueError, match="checksum"):
            _ = xr.open_zarr(store, chunks=None).heat_RC.values


@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_lost_metadata_are_named(damage: str, store: Path) -> None:
    file = store / "zarr.json"
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[:100])
    before = fingerprint(store)
    for call in (swept, et.open_sweep):
        with pytest.raises(StoreError, match=r"zarr.json is missing or damaged.*copy"):
            call(store)
    assert fingerprint(store) == before


# Another sweep


def brighter(state: et.SteadyState) -> Any:
    return 2.0 * state.concurrence("A", "B")


def scaled(factor: float) -> Callable[[et.SteadyState], Any]:
    return lambda state: factor * state.concurrence("A", "B")


ANOTHER: dict[str, tuple[dict[str, Any], str]] = {
    "machine": (
        {"machine": MACHINE.replace({"reservoirs.RB.temperature": 7.0})},
        r"parameter reservoirs.RB.temperature: 5.0 in the store, 7.0 asked",
    ),
    "parts": (
        {"machine": et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, gamma=0.1)},
        r"parameter dephasing",
    ),
    "ends": (
        {"axes": AXES | {COLD: [1.0, 2.0, 3.0, 4.5]}},
        rf"axis {COLD}: 4 values from 1 to 4 in the store, 4 values from 1 to 4.5 asked",
    ),
    "inner values": (
        {"axes": AXES | {COLD: [1.0, 2.0, 3.5, 4.0]}},
        rf"axis {COLD}: 4 values from 1 to 4 \(digest \w+\) in the store, 4 .*digest \w+\) asked",
    ),
    "number": (
        {"axes": AXES | {COLD: [1.0, 4.0]}},
        r"4 values from 1 to 4 in the store, 2 values from 1 to 4 asked",
    ),
    "order": (
        {"axes": dict(reversed(AXES.items()))},
        rf"order of the axes: {COLD}, {STRENGTH} in the store, {STRENGTH}, {COLD} asked",
    ),
    "another axis": (
        {"axes": {HOT: [1.0, 2.0, 3.0, 4.0], STRENGTH: AXES[STRENGTH]}},
        rf"axis {HOT}: none in the store, 4 values from 1 to 4 asked",
    ),
    "linked": (
        {"axes": {(COLD, HOT): AXES[COLD], STRENGTH: AXES[STRENGTH]}},
        rf"axis {HOT}: none in the store, 4 values from 1 to 4 asked",
    ),
    "observables": (
        {"observables": [*OBSERVABLES, et.heat("RA")]},
        r"column heat_RA: none in the store, heat RA asked",
    ),
    "equation": (
        {"equation": et.Local()},
        r"equation: Global\(.*\) in the store, Local\(.*\) asked",
    ),
    "initial": (
        {"initial": np.eye(4) / 4},
        r"initial state: none in the store, digest \w+ asked",
    ),
    "engine": ({"engine": "numpy"}, r"engine: as entherm chooses in the store, numpy asked"),
    "reductions": (
        {"reduce": et.Maximum("concurrence")},
        r"reduction concurrence_maximum: none in the store, Maximum",
    ),
}


@pytest.mark.parametrize("change", ANOTHER)
def test_another_sweep_is_refused_with_what_differs(change: str, store: Path) -> None:
    options, told = ANOTHER[change]
    before = fingerprint(store)
    with pytest.raises(StoreError, match=rf"run.zarr holds another sweep \(.*{told}.*\): sweep"):
        swept(store, **options)
    assert fingerprint(store) == before


def test_another_function_of_the_same_name_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    swept(store, {"mine": brighter})
    swept(store, {"mine": brighter})
    for other in (scaled(2.0), np.vectorize(brighter)):
        with pytest.raises(StoreError, match=r"column mine: function brighter \(digest \w+\) in"):
            swept(store, {"mine": other})


def test_functions_are_told_apart_by_what_they_compute() -> None:
    texts = {spelled_function(scaled(factor)) for factor in (2.0, 3.0)}
    assert len(texts) == 2
    assert spelled_function(scaled(2.0)) == spelled_function(scaled(2.0))
    made: dict[str, Any] = {}
    for factor in (2, 3):
        # Without a source that could be read.
        exec(f"def f(state): return {factor} * state", made)
        texts.add(spelled_function(made["f"]))
    assert len(texts) == 4
    pair = [lambda state: 2.0 * state, lambda state: 3.0 * state]  # of one line
    assert spelled_function(pair[0]) != spelled_function(pair[1])
    calls = Calls()
    before = spelled_function(calls.observable())
    calls.chunks.append((1.0,))
    assert spelled_function(calls.observable()) == before


@dataclass(frozen=True)
class Level(Observable):
    """An observable of one's own, whose label does not tell all."""

    number: int
    label = "level"  # type: ignore[assignment]

    def prepare(self, machine: et.Machine, levels: object) -> object:  # type: ignore[override]
        del machine, levels
        return lambda point: [point.population(self.number)]


def calling(helper: Callable[[Any], Any]) -> Any:
    """An object that is called, and asks a method of its own."""

    class Called:
        def __call__(self, state: et.SteadyState) -> Any:
            return self.helper(state)

        @property
        def helper(self) -> Any:
            return self._helper

    Called._helper = staticmethod(helper)  # type: ignore[attr-defined]
    return Called()


def test_observables_of_ones_own_are_told_apart_by_what_they_compute(tmp_path: Path) -> None:
    with pytest.raises(et.ParameterError, match="have a name of its own, got 'level'"):
        swept(None, [Level(0), Level(1)])
    store = tmp_path / "run.zarr"
    kept = swept(store, Level(0))
    assert np.array_equal(kept.level, swept(None, "population 1").population_1, equal_nan=True)
    swept(store, Level(0))
    with pytest.raises(StoreError, match=r"column level: level \(digest \w+\) in the store"):
        swept(store, Level(1))
    assert spelled_function(calling(brighter)) == spelled_function(calling(brighter))
    assert spelled_function(calling(brighter)) != spelled_function(calling(scaled(3.0)))


def growing(power: float) -> Spectrum:
    """A spectrum of one's own; its formula is no parameter."""

    class Growing(Spectrum):
        kind = "growing"
        slope = 0.0  # type: ignore[assignment]

        def _density(self, omega: Any) -> Any:
            return omega**power

    return Growing()


def test_spectra_of_ones_own_are_told_apart_by_their_formula(tmp_path: Path) -> None:
    def machine(power: float) -> et.Machine:
        bath = et.Reservoir("R", 1.0, {"A": 1.0}, spectrum=growing(power))
        return et.Machine([et.Qubit("A", 1.0)], reservoirs=[bath])

    axes = {"reservoirs.R.temperature": [1.0, 2.0]}
    for _ in range(2):
        et.sweep(machine(2.0), axes, "heat R", out=tmp_path / "run.zarr")
    with pytest.raises(StoreError, match=r"what joins them: digest \w+ in the store"):
        et.sweep(machine(3.0), axes, "heat R", out=tmp_path / "run.zarr")


def test_units_of_results_are_told_apart(tmp_path: Path) -> None:
    file = et.read(Path(__file__).parent.parent / "examples" / "circuit_qed.toml")
    axes = {"reservoirs.RC.correlation": [0.1, 0.5]}  # is the same in all units
    kept = et.sweep(file, axes, "heat RA", out=tmp_path / "run.zarr")
    assert kept.heat_RA.units == "W"
    with pytest.raises(StoreError, match=r"heat_RA: heat RA in W in the store, heat RA asked"):
        et.sweep(file.machine, axes, "heat RA", out=tmp_path / "run.zarr")


# Where a store cannot be


def test_a_missing_parent_is_made(tmp_path: Path, memory: xr.Dataset) -> None:
    same(swept(tmp_path / "a" / "b" / "run.zarr"), memory)


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("run", r"must end in .zarr, got 'run': write run.zarr"),
        ("run.nc", r"write run.zarr; export it"),
        ("", "end in .zarr"),
        ("s3://bucket/run.zarr", r"must be a folder, got 's3://bucket/run.zarr'"),
        ("a\0b.zarr", "leave the null character out"),
        (7, "must be a path, got 7"),
    ],
)
def test_what_is_no_folder_of_a_store_is_refused(out: Any, told: str) -> None:
    with pytest.raises(et.ParameterError, match=told):
        swept(out)


def test_files_and_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file.zarr").write_text("mine")
    folder = tmp_path / "folder.zarr"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    before = fingerprint(tmp_path)
    for out in (tmp_path / "file.zarr", tmp_path / "file.zarr" / "run.zarr"):
        with pytest.raises(StoreError, match=r"must be a folder: move the file"):
            swept(out)
    with pytest.raises(StoreError, match=r"holds something, but no ledger"):
        swept(folder)
    assert fingerprint(tmp_path) == before


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of the superuser, who may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder(kept: Path, memory: xr.Dataset) -> None:
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        store = Path(shutil.copytree(kept, parent / "run.zarr"))
        (store / "sweep.lock").unlink()
        for path in (parent, *parent.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = fingerprint(parent)
        try:
            with nobody():
                for out in (store, parent / "other.zarr", parent / "a" / "b.zarr"):
                    with pytest.raises(StoreError, match=r"cannot be written \(Permission denied"):
                        swept(out)
                same(et.open_sweep(store), memory)
        finally:
            for path in (parent, *parent.rglob("*")):
                path.chmod(0o755)
        assert fingerprint(parent) == before


# A full disk


@contextlib.contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file may grow beyond: writing on is refused by the system, after a part was written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_ledger_that_cannot_grow(half: Path, memory: xr.Dataset) -> None:
    size = (half / "ledger.jsonl").stat().st_size
    with (
        files_up_to(size + 10),
        pytest.raises(StoreError, match=r"cannot be written \(File too large\): what is finished"),
    ):
        swept(half)
    assert (half / "ledger.jsonl").stat().st_size == size + 10  # a part of a line
    swept(half)
    same(xr.open_zarr(half), memory)


def test_a_part_of_a_line_is_not_taken_for_a_line(half: Path, memory: xr.Dataset) -> None:
    """Room comes back after a part was written: whoever went on would spoil the ledger."""
    size = (half / "ledger.jsonl").stat().st_size
    heard: list[Any] = []
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def make_room(moment: Any) -> None:
        heard.append(moment)
        if moment.now:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    with files_up_to(size + 10), pytest.raises(StoreError, match="File too large"):
        swept(half, progress=make_room)
    assert [moment.now for moment in heard] == [0]
    swept(half)
    same(xr.open_zarr(half), memory)


def test_a_ledger_on_a_full_disk() -> None:
    ledger = Ledger(Path("/dev/full"), {}, (1,), {}, 0)
    with LedgerWriter(ledger) as writer, pytest.raises(OSError, match="No space left"):
        writer.add(Entry(0, {}))


def test_files_that_cannot_be_written(tmp_path: Path, memory: xr.Dataset) -> None:
    store = tmp_path / "run.zarr"
    for size in (0, 10, 200, 1000, 3000):
        with files_up_to(size), pytest.raises(StoreError, match=r"File too large\): what is"):
            swept(store)
    swept(store)
    same(xr.open_zarr(store), memory)


FULL = """
from pathlib import Path
import numpy as np
import entherm as et
machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0)
rows = {"reservoirs.RC.temperature": np.linspace(1.0, 5.0, 301),
        "reservoirs.RA.temperature": np.linspace(1.0, 7.0, 303)}
def sweep(out):
    return et.sweep(machine, rows, ["concurrence", "heat RC"], out=out, chunk_points=10_000)
expected, filler = sweep("run.zarr"), Path("disk/filler")
for left in (4, 300, 700):
    filler.write_bytes(bytes((3072 - left) * 1024))
    try:
        sweep("disk/run.zarr")
    except et.EnthermError as error:
        print(type(error).__name__, error)
    filler.unlink()
found = sweep("disk/run.zarr")
assert found.identical(expected), "not the same"
"""


def test_a_full_disk(tmp_path: Path) -> None:
    """A disk of 3 MB: full when the store is made, with 4 kB left, and while it is written."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "full.py").write_text(FULL)
    mount = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=3m tmpfs disk && exec "$@"', "-"]
    if subprocess.run([*mount, "true"], cwd=tmp_path, capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a disk")
    command = [*mount, sys.executable, "full.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = "run.zarr cannot be written (No space left on device): what is finished is kept"
    assert [told in line for line in done.stdout.splitlines()] == [True] * 3


# Two at once


def test_a_second_run_is_refused_at_once_and_the_first_goes_on(
    tmp_path: Path, memory: xr.Dataset
) -> None:
    refused = []

    def second(_: object) -> None:
        with pytest.raises(StoreError, match=r"run.zarr is in use by another run: wait"):
            swept(tmp_path / "run.zarr")
        refused.append(True)

    swept(tmp_path / "run.zarr", progress=second)
    assert len(refused) == len(CHUNKS) + 1
    same(xr.open_zarr(tmp_path / "run.zarr"), memory)


# Reductions


KEPT = [
    et.Maximum("concurrence"),
    et.Mean("heat_RC"),
    et.Fraction("concurrence", above=0.05, over=COLD),
    et.Histogram("heat_RC", edges=[-1.0, 0.0, 1.0]),
]


def test_reductions_go_on_and_end_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reduced, "SAVED_EVERY", 0.0)
    expected, calls, store = swept(None, reduce=KEPT), Calls(), tmp_path / "run.zarr"
    observables = [*OBSERVABLES, calls.observable()]
    for _ in CHUNKS[1:]:
        interrupted(store, 1, observables, reduce=KEPT)
        with pytest.raises(StoreError, match=r"is not finished.*make the same call"):
            et.open_sweep(store)
    swept(store, observables, reduce=KEPT)
    assert calls.chunks == CHUNKS
    same(xr.open_zarr(store), expected)
    assert xr.open_zarr(store).attrs["entherm_status"] == "finished"
    swept(store, observables, reduce=KEPT)
    assert calls.chunks == CHUNKS


@pytest.mark.parametrize("damage", ["empty", "cut", "byte"])
def test_a_damaged_saved_state_is_refused(damage: str, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    interrupted(store, 2, reduce=KEPT)
    saved = store / "reduced.npz"
    content = saved.read_bytes()
    worse = {
        "empty": [b""],
        "cut": [content[:-1], content[: len(content) // 2]],
        "byte": [
            bytes([*content[:place], content[place] ^ 4, *content[place + 1 :]])
            for place in range(0, len(content), 97)
        ],
    }
    for other in worse[damage]:
        saved.write_bytes(other)
        before = fingerprint(store)
        with pytest.raises(StoreError, match=r"reduced.npz does not fit its checksum.*delete it"):
            swept(store, reduce=KEPT)
        assert fingerprint(store) == before
    saved.unlink()
    same(swept(store, reduce=KEPT), swept(None, reduce=KEPT))


def test_a_saved_state_that_cannot_be_written(tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    interrupted(store, 2, reduce=KEPT)
    before = fingerprint(store)
    with files_up_to(500), pytest.raises(StoreError, match=r"File too large\): what is finished"):
        swept(store, reduce=KEPT)
    assert fingerprint(store) == before
    same(swept(store, reduce=KEPT), swept(None, reduce=KEPT))


@pytest.mark.parametrize("name", ["zarr.json", "concurrence_maximum/zarr.json"])
def test_a_damaged_result_of_reductions_is_written_again(name: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"reduce": et.Maximum("concurrence")}
    store = tmp_path / "run.zarr"
    swept(store, **options)
    (store / name).write_text("{")
    calls = Calls()
    found = swept(store, progress=lambda moment: calls.chunks.append((moment.now,)), **options)
    assert calls.chunks == [(0,)]
    assert found.load().equals(swept(None, **options))


def test_a_reduced_store_is_not_finished_before_all_is_written(tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    swept(store, reduce=KEPT)
    sizes = sorted({path.stat().st_size for path in store.rglob("zarr.json")})
    for size in (sizes[-1] - 1, sizes[0] - 1):
        with files_up_to(size), pytest.raises(StoreError, match="File too large"):
            swept(store, reduce=KEPT)
        with pytest.raises(StoreError, match=r"is not finished.*make the same call"):
            et.open_sweep(store)
    same(swept(store, reduce=KEPT), swept(None, reduce=KEPT))


# Corners


@pytest.mark.parametrize(
    ("axes", "points"),
    [
        ({COLD: [2.0]}, 3),
        ({COLD: [2.0], STRENGTH: [5.0, 25.0]}, 1),
        ({COLD: [1.0, 2.0], STRENGTH: [25.0, 30.0]}, 3),
        (AXES, 1000),
        (AXES, 1),
        ({COLD: 2.0 + np.arange(7.0)}, 3),
    ],
    ids=["one point", "one value", "all invalid", "one chunk", "one point a chunk", "a rest"],
)
def test_corners(axes: dict[str, Any], points: int, tmp_path: Path) -> None:
    store = tmp_path / "run.zarr"
    interrupted(store, 0, axes=axes, chunk_points=points)
    swept(store, axes=axes, chunk_points=points)
    same(xr.open_zarr(store), swept(None, axes=axes, chunk_points=points))


def test_what_is_not_there_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"run.zarr is not there"):
        et.open_sweep(tmp_path / "run.zarr")
    (tmp_path / "run.zarr").mkdir()
    with pytest.raises(StoreError, match=r"ledger.jsonl cannot be read"):
        et.open_sweep(tmp_path / "run.zarr")
