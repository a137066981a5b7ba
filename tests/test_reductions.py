"""Reductions against NumPy on the whole array, however it is cut, and through real sweeps."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from math import fsum, inf

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import entherm as et
from entherm.sweeps.axes import Axis, Grid, Swept
from entherm.sweeps.chunks import Chunks
from entherm.sweeps.reductions import Reduction, State, bytes_kept
from entherm.units import DIMENSIONLESS

NAMES = ("x", "y", "z")
ABOUT = {"long_name": "f", "units": "1"}
EDGES = [-1.0, -0.5, 0.0, 0.1, 0.5, 2.0]


def grid_for(shape: tuple[int, ...]) -> Grid:
    """Axes of descending, uneven values."""
    rows = [np.cumsum(1.0 / (1.0 + np.arange(n)))[::-1] for n in shape]
    return Grid(
        tuple(
            Axis(name, (Swept(name, row, DIMENSIONLESS.temperature, name, ""),))
            for name, row in zip(NAMES, rows, strict=False)
        )
    )


def reduced(
    one: Reduction, values: dict[str, np.ndarray], block: tuple[int, ...], seed: int = 0
) -> dict[str, np.ndarray]:
    """Reduce by blocks of that shape: computed in any order, merged in theirs."""
    grid = grid_for(values["f"].shape)
    frame = one.frame(grid)
    whole = one.whole(grid)
    cut = tuple(
        n if k in whole else b for k, (n, b) in enumerate(zip(grid.shape, block, strict=True))
    )
    chunks = Chunks(grid.shape, cut)
    parts: dict[int, State] = {}
    for chunk in np.random.default_rng(seed).permutation(len(chunks)):
        index = chunks[int(chunk)]
        parts[int(chunk)] = one.of_block(frame, {k: v[index] for k, v in values.items()}, index)
    total = one.empty(frame)
    for chunk in range(len(chunks)):
        one.take(frame, total, parts[chunk], chunks[chunk])
    return {name: data for name, (_, data, _) in one.finish(one.name, frame, total, ABOUT).items()}


# Ties, both zeros, edges of the histogram, the largest numbers, infinities and NaN.
SPECIAL = [*EDGES, -0.0, 0.25, -3.0, 7.0, np.nan, inf, -inf, 5e-324, 1e300]
NUMBERS = st.one_of(st.sampled_from(SPECIAL), st.floats(-2.0, 2.0))
OVERS = [over for k in range(4) for over in combinations(NAMES, k)]
WHERE = [(), (et.Within("g", above=0.0),), (et.Within("g", above=-1.0), et.Within("f", below=1.0))]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, np.ndarray], tuple[int, ...], tuple[str, ...]]:
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    values = {k: draw(arrays.arrays(np.float64, shape, elements=NUMBERS)) for k in ("f", "g")}
    block = tuple(draw(st.integers(1, n)) for n in shape)
    over = tuple(n for n in NAMES[: len(shape)] if draw(st.booleans()))
    return values, block, over


def held(x: float, above: float, below: float) -> bool:
    """Strictly between; an end that is infinite asks nothing, NaN holds nowhere."""
    low, high = above == -inf or x > above, below == inf or x < below
    return bool(low and high and not np.isnan(x))


def looked_at(values: dict[str, np.ndarray], where: tuple[et.Within, ...]) -> np.ndarray:
    """NaN where a condition does not hold, written by hand."""
    found = values["f"].copy()
    for condition in where:
        column = values[condition.of]
        holds = [held(x, condition.above, condition.below) for x in column.flat]
        found[~np.reshape(holds, column.shape)] = np.nan
    return found


def rows_of(values: np.ndarray, over: tuple[str, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
    """One row for every point of what is kept, in the order of the points."""
    axes = [NAMES.index(name) for name in over] or [*range(values.ndim)]
    kept = [k for k in range(values.ndim) if k not in axes]
    moved = np.transpose(values, [*kept, *axes])
    shape = tuple(values.shape[k] for k in kept)
    return moved.reshape(int(np.prod(shape)), -1), shape


def bits(found: dict[str, np.ndarray]) -> dict[str, bytes]:
    return {name: np.asarray(data).tobytes() for name, data in found.items()}


@given(cases(), st.sampled_from(WHERE), st.integers(0, 9))
def test_extrema_are_numpys(case, where, seed: int) -> None:
    """Oracle: a loop over every row, which keeps the first of equal ones."""
    values, block, over = case
    seen = looked_at(values, where)
    rows, shape = rows_of(seen, over)
    places = np.meshgrid(*(a.parameters[0].shown for a in grid_for(seen.shape).axes), indexing="ij")
    for kind, better in ((et.Maximum, np.greater), (et.Minimum, np.less)):
        one = kind("f", over=over, where=where)
        found = reduced(one, values, block, seed)
        assert bits(found) == bits(reduced(one, values, values["f"].shape))
        for k, row in enumerate(rows):
            best = None
            for j, value in enumerate(row):
                if not np.isnan(value) and (best is None or better(value, row[best])):
                    best = j
            spot = np.unravel_index(k, shape) if shape else ()
            got = found[one.name][spot]
            assert np.isnan(got) if best is None else got == row[best]
            for axis, name in enumerate(NAMES[: seen.ndim]):
                if over and name not in over:
                    assert f"{one.name}_at_{name}" not in found
                    continue
                where_it_is = found[f"{one.name}_at_{name}"][spot]
                expected = np.nan if best is None else rows_of(places[axis], over)[0][k][best]
                assert np.array_equal(where_it_is, expected, equal_nan=True)


@given(cases(), st.sampled_from(WHERE), st.integers(0, 9))
def test_histograms_are_numpys(case, where, seed: int) -> None:
    """Oracle: `numpy.histogram` of every row; outside and without a value by comparison."""
    values, block, over = case
    rows, shape = rows_of(looked_at(values, where), over)
    for edges in (EDGES, np.linspace(-1.0, 1.0, 9).tolist()):
        one = et.Histogram("f", over=over, where=where, edges=edges)
        found = reduced(one, values, block, seed)
        assert bits(found) == bits(reduced(one, values, values["f"].shape))
        for k, row in enumerate(rows):
            spot = np.unravel_index(k, shape) if shape else ()
            inside = row[(row >= edges[0]) & (row <= edges[-1])]
            counts = np.histogram(inside, np.array(edges))[0]
            assert np.array_equal(found[one.name][spot], counts)
            assert found[f"{one.name}_below"][spot] == np.count_nonzero(row < edges[0])
            assert found[f"{one.name}_above"][spot] == np.count_nonzero(row > edges[-1])
            assert found[f"{one.name}_unknown"][spot] == np.count_nonzero(np.isnan(row))


@given(cases(), st.sampled_from(WHERE), st.integers(0, 9))
def test_fractions_are_counted(case, where, seed: int) -> None:
    values, block, over = case
    rows, shape = rows_of(looked_at(values, where), over)
    for above, below in ((0.0, inf), (-inf, 0.1), (-0.5, 0.5)):
        one = et.Fraction("f", over=over, where=where, above=above, below=below)
        found = reduced(one, values, block, seed)
        assert bits(found) == bits(reduced(one, values, values["f"].shape))
        for k, row in enumerate(rows):
            spot = np.unravel_index(k, shape) if shape else ()
            known = row[~np.isnan(row)]
            assert found[f"{one.name}_points"][spot] == known.size
            if known.size:
                share = sum(held(value, above, below) for value in known) / known.size
                assert found[one.name][spot] == share
            else:
                assert np.isnan(found[one.name][spot])


@given(cases(), st.sampled_from(WHERE), st.integers(0, 9))
def test_means_are_exact_sums(case, where, seed: int) -> None:
    """Oracle: `math.fsum`; to 1e-15 of the mean size. The order of arrival changes no bit."""
    values, block, over = case
    rows, shape = rows_of(looked_at(values, where), over)
    one = et.Mean("f", over=over, where=where)
    found = reduced(one, values, block, seed)
    assert bits(found) == bits(reduced(one, values, block, seed + 1))
    for k, row in enumerate(rows):
        spot = np.unravel_index(k, shape) if shape else ()
        known = row[~np.isnan(row)]
        assert found[f"{one.name}_points"][spot] == known.size
        got = found[one.name][spot]
        if not known.size or {inf, -inf} <= {*known}:
            assert np.isnan(got)
        elif np.isinf(known).any():
            assert got == known[np.isinf(known)][0]
        else:
            size = fsum(map(abs, known)) / known.size
            assert abs(got - fsum(known) / known.size) <= 1e-15 * size


def test_a_mean_of_many_blocks_keeps_what_rounding_drops() -> None:
    """A million numbers of both signs in blocks of ten: to 1e-15 of the mean size."""
    x = np.random.default_rng(5).normal(size=(1000, 1000)) * np.logspace(0, 6, 1000)
    one = et.Mean("f", over=("x", "y"))
    found = reduced(one, {"f": x}, (100, 10))
    size = fsum(map(abs, x.ravel())) / x.size
    assert abs(float(found["f_mean"]) - fsum(x.ravel()) / x.size) <= 1e-15 * size
    along = reduced(et.Mean("f", over="x"), {"f": x}, (7, 500))["f_mean"]
    for k in (0, 500, 999):
        size = fsum(map(abs, x[:, k])) / 1000
        assert abs(along[k] - fsum(x[:, k]) / 1000) <= 1e-15 * size


@given(cases(), st.sampled_from([0.0, 0.1, -0.5]), st.integers(0, 9))
def test_contours_are_a_loop(case, level: float, seed: int) -> None:
    """Oracle: a loop over neighbours, with the straight line between them."""
    values, block, _ = case
    seen = values["f"]
    for axis, name in enumerate(NAMES[: seen.ndim]):
        one = et.Contour("f", along=name, level=level)
        found = reduced(one, values, block, seed)
        assert bits(found) == bits(reduced(one, values, seen.shape))
        x = grid_for(seen.shape).axes[axis].parameters[0].shown
        moved = np.moveaxis(seen, axis, -1)
        for spot in np.ndindex(moved.shape[:-1]):
            places = []
            for k, (low, high) in enumerate(zip(moved[spot], moved[spot][1:], strict=False)):
                if np.isnan(low) or np.isnan(high) or (low > level) == (high > level):
                    continue
                finite = np.isfinite(low) and np.isfinite(high)
                part = (level - low) / (high - low) if finite else 0.5
                places.append(x[k] + part * (x[k + 1] - x[k]))
            assert found[f"{one.name}_crossings"][spot] == len(places)
            for key, place in ((one.name, 0), (f"{one.name}_last", -1)):
                expected = places[place] if places else np.nan
                assert np.array_equal(found[key][spot], expected, equal_nan=True)


# --- through sweeps -------------------------------------------------------------------------------

RA, RB, RC = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))
OMEGA = "exchange.A-B.strength"
MACHINE = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
AXES = {(RA, RB): np.linspace(0.5, 12.0, 9), RC: np.linspace(0.3, 9.0, 7), OMEGA: [3.0, 12.0, 25.0]}
ALL = [
    et.Maximum("concurrence"),
    et.Minimum("heat_RC", over=RC, where=et.Within("concurrence", above=0.0)),
    et.Mean("heat_RC", over=(RA, OMEGA)),
    et.Fraction("concurrence", above=0.0, over=(RA, RC)),
    et.Histogram("heat_RC", edges=np.linspace(-1.0, 1.0, 11)),
    et.Contour("delta_concurrence_RC", along=RC),
]
ASKED = ["heat RC", et.with_and_without("RC")]


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    return et.sweep(MACHINE, AXES, ASKED, on_invalid="nan")


@pytest.mark.parametrize("points", [1, 20, 50, 1000])
def test_a_reduced_sweep_is_its_sweep_reduced(whole: xr.Dataset, points: int) -> None:
    """Oracle: NumPy on the dataset that keeps every point; a third of the points is invalid."""
    found = et.sweep(MACHINE, AXES, ASKED, on_invalid="nan", reduce=ALL, chunk_points=points)
    C, heat = whole.concurrence.values, whole.heat_RC.values
    assert float(found.concurrence_maximum) == np.nanmax(C)
    i, j, k = np.unravel_index(np.nanargmax(C), C.shape)
    assert float(found[f"concurrence_maximum_at_{RA}"]) == AXES[RA, RB][i]
    assert float(found[f"concurrence_maximum_at_{RB}"]) == AXES[RA, RB][i]
    assert float(found[f"concurrence_maximum_at_{RC}"]) == AXES[RC][j]
    assert float(found[f"concurrence_maximum_at_{OMEGA}"]) == AXES[OMEGA][k]
    lowest = np.where(C > 0.0, heat, np.inf).min(axis=1)
    expected = np.where(np.isinf(lowest), np.nan, lowest)
    assert np.array_equal(found.heat_RC_minimum.values, expected, equal_nan=True)
    assert found.heat_RC_minimum.dims == (RA, OMEGA)
    assert found[RB].dims == (RA,)
    assert np.allclose(found.heat_RC_mean, np.nanmean(heat, axis=(0, 2)), rtol=1e-13, atol=0.0)
    share = (
        np.count_nonzero(C > 0.0, axis=(0, 1))
        / np.count_nonzero(~np.isnan(C), axis=(0, 1))[:2].max()
    )
    assert np.array_equal(found.concurrence_fraction.values[:2], share[:2])
    assert np.isnan(found.concurrence_fraction.values[2])
    known = heat[~np.isnan(heat)]
    assert np.array_equal(found.heat_RC_histogram, np.histogram(known, ALL[4].edges)[0])
    total = sum(int(found[f"heat_RC_histogram{x}"].sum()) for x in ("", "_below", "_above"))
    assert total == known.size
    assert int(found.heat_RC_histogram_unknown) == heat.size - known.size
    assert found.entherm.invalid["reason"] == {"frequency_not_positive": 63}


def test_the_cut_changes_no_bit_of_a_reduced_sweep() -> None:
    """But of the mean, whose sums over a block round by its shape: that to 1e-14."""
    one = et.sweep(MACHINE, AXES, ASKED, on_invalid="nan", reduce=ALL)
    for points in (20, 50):
        other = et.sweep(MACHINE, AXES, ASKED, on_invalid="nan", reduce=ALL, chunk_points=points)
        assert [*one.variables] == [*other.variables]
        for name in one.variables:
            if name == "heat_RC_mean":
                assert np.allclose(one[name], other[name], rtol=1e-14, atol=0.0)
            else:
                assert one[name].values.tobytes() == other[name].values.tobytes(), name


def test_names_of_ones_own() -> None:
    """Two of a kind, told apart by a mapping."""
    found = et.sweep(
        MACHINE,
        AXES,
        ASKED,
        on_invalid="nan",
        reduce={"best": et.Maximum("concurrence"), "best_by_T": et.Maximum("concurrence", over=RC)},
    )
    assert found.best.ndim == 0
    assert float(found.best) == float(found.best_by_T.max())
    assert f"best_at_{RC}" in found


def test_what_is_kept_does_not_grow_with_the_points() -> None:
    """A state of a reduction over all axes has the same size for 10² and 10¹² points."""
    few, many = (
        replace(g, axes=g.axes)
        for g in (grid_for((10, 10)), Grid(tuple(_long(n) for n in ("x", "y"))))
    )
    every: list[Reduction] = [
        et.Maximum("f"),
        et.Minimum("f"),
        et.Mean("f"),
        et.Fraction("f", above=0.0),
        et.Histogram("f", edges=EDGES),
    ]
    assert bytes_kept(every, few) == bytes_kept(every, many) < 1000
    over = [replace(one, over="y") for one in every]
    assert bytes_kept(over, many) == bytes_kept(every, many) * len(many.axes[0])
    for one, grid in product(every, (few, many)):
        assert one.empty(one.frame(grid)).keys()


def _long(name: str) -> Axis:
    row = np.broadcast_to(np.float64(1.0), (1_000_000,))
    return Axis(name, (Swept(name, row, DIMENSIONLESS.temperature, name, ""),))
