"""What a sweep takes as axes, observables and reductions, and how it refuses the rest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

import entherm as et
from entherm.machine_file import reads
from entherm.observables import Population

RA, RB, RC = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))
OMEGA = "exchange.A-B.strength"
MACHINE = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
PHYSICAL = reads(
    """
[units]
frequency = "cyclic"
[qubits]
A = "5 GHz"
[reservoirs.R]
temperature = "60 mK"
couplings = { A = "0.2 /ns" }
"""
)
T = "reservoirs.R.temperature"


def swept(axes: object, observables: object = "heat RC", **options: object) -> xr.Dataset:
    return et.sweep(MACHINE, axes, observables, **options)


# --- axes that are taken --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        range(1, 4),
        np.array([1, 2, 3]),
        np.linspace(1.0, 3.0, 3),
        np.array([3.0, 2.0, 1.0])[::-1],
        xr.DataArray([1.0, 2.0, 3.0], dims="T"),
        xr.DataArray([1.0, 2.0, 3.0], dims="T").to_series(),
        et.Span(1, 3, 3),
    ],
    ids=lambda v: type(v).__name__,
)
def test_values_may_come_in_any_row(values: object) -> None:
    found = swept({RC: values})
    assert found[RC].dtype == np.float64
    assert found[RC].values.tolist() == [1.0, 2.0, 3.0]
    assert np.array_equal(found.heat_RC.values, swept({RC: [1.0, 2.0, 3.0]}).heat_RC.values)


@pytest.mark.parametrize(
    "values",
    [
        ["20 mK", "0.1 K"],
        ("20 mK", "100mK"),
        np.array(["20 mK", "0.1 K"]),
        xr.DataArray(["20 mK", "0.1 K"]),
        et.Span("0.02 K", "100 mK", 2),
    ],
    ids=lambda v: type(v).__name__,
)
def test_quantities_may_come_in_any_row(values: object) -> None:
    found = et.sweep(PHYSICAL, {T: values}, "population 1")
    assert found[T].values.tolist() == [20.0, 100.0]
    assert found[T].attrs == {
        "long_name": "temperature of R",
        "units": "mK",
        "path": T,
        "symbol": found[T].attrs["symbol"],
    }


def test_a_coordinate_is_spelled_in_fifteen_digits() -> None:
    """What survives the conversion; the machine is given the number that is shown."""
    found = et.sweep(PHYSICAL, {T: et.Span("10 mK", "30 mK", 7)}, "population 1")
    assert found[T].values.tolist() == [float(f"{10.0 + 20.0 * k / 6.0:.15g}") for k in range(7)]
    size = PHYSICAL.units.temperature.size
    for k, shown in enumerate(found[T].values):
        state = et.steady_state(PHYSICAL.machine.replace({T: shown * size}))
        assert found.population_1.values[k] == float(state.observe(Population(0))[0])


def test_linked_parameters_share_a_dimension() -> None:
    """The same values, or others: oracle, the machine at each pair of them."""
    same = swept({(RA, RB): [2.0, 5.0], RC: [1.0, 3.0, 4.0]})
    assert same.heat_RC.dims == (RA, RC)
    assert same[RB].dims == (RA,)
    other = swept({"T": {RA: [2.0, 5.0], RB: [3.0, 4.0]}, RC: [1.0, 3.0, 4.0]})
    assert other.heat_RC.dims == ("T", RC)
    assert other["T"].values.tolist() == other[RA].values.tolist() == [2.0, 5.0]
    assert other[RB].values.tolist() == [3.0, 4.0]
    for found in (same, other):
        for k in range(2):
            pair = {name: float(found[name][k]) for name in (RA, RB)}
            state = et.steady_state(MACHINE.replace(pair | {RC: [1.0, 3.0, 4.0]}))
            assert found.heat_RC.values[k] == pytest.approx(state.heat_currents["RC"], abs=1e-13)


def test_short_paths_mean_the_full_ones() -> None:
    found = swept({"reservoirs.RC.couplings.A": [0.5, 1.0]})
    assert found.heat_RC.dims == ("reservoirs.RC.couplings.A.rate",)


def test_one_value_is_an_axis() -> None:
    assert swept({RC: [2.0], RA: [3.0]}).heat_RC.shape == (1, 1)


# --- axes that are refused ------------------------------------------------------------------------

V = [1.0, 2.0]
AXES = [
    ({"reservoirs.RCC.temperature": V}, "did you mean 'reservoirs.RC.temperature'?"),
    ({3: V}, "must name a parameter, got 3: give its path"),
    ({"reservoirs.RC.couplings.A": V, "reservoirs.RC.couplings.A.rate": V}, "rate' twice"),
    ({(RC, RC): V}, "name each parameter once"),
    ({(RC, RA): V, RA: V}, f"got '{RA}' twice"),
    ({"T": {RC: V}, RC: V}, f"got '{RC}' twice"),
    ({}, "must name at least one parameter"),
    ({(): V}, "parameter"),
    ({"T": {}}, "must name a parameter"),
    ([RC], "must be a mapping from parameters to values"),
    ({RC: []}, "must have at least one value"),
    ({RC: [1.0, np.nan]}, "must be finite, got nan (element 1 of 2)"),
    ({RC: [np.inf]}, "must be finite, got inf"),
    ({RC: [1j]}, "must be a real number"),
    ({RC: [[1.0, 2.0]]}, "row of values along its axis, got an array of shape (1, 2)"),
    ({RC: 1.0}, "row of values along its axis"),
    ({RC: [1.0, [2.0]]}, "must be a rectangular array"),
    ({RC: ["1 mK"]}, "write the number alone, or say what Hz means"),
    ({RC: ["1"]}, "write a number without quotes"),
    ({RC: "1 mK"}, "must be a list"),
    ({RC: [True]}, "must be a real number"),
    ({RC: np.ones(2, np.float32)}, "must be float64"),
    ({RC: (x for x in V)}, "must be a real number or an array of them"),
    ({"T": {RC: V, RA: [1.0, 2.0, 3.0]}}, f"must have as many values as {RC}, 2, got 3"),
    ({"reason": {RC: V}}, "'reason'"),
    ({"": {RC: V}}, "must be called by a name"),
    ({"T/K": {RC: V}}, "'T/K'"),
    ({"qubits.B": {"qubits.A": V}}, "called after a parameter that does not vary along it"),
    ({"heat_RC": {RC: V}}, "must not be called as an axis is"),
    ({RC: [-1.0, 1.0]}, "must be >= 0, got -1.0"),
    ({"qubits.A": [0.0, 1.0]}, "must be > 0, got 0.0"),
]


@pytest.mark.parametrize(("axes", "told"), AXES, ids=[told for _, told in AXES])
def test_bad_axes_are_refused_in_a_sentence(axes: object, told: str) -> None:
    with pytest.raises(et.ParameterError, match=re.escape(told)) as error:
        swept(axes)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0, 2.0], "must be a temperature with its unit, got 1.0: write e.g. '15 mK'"),
        (np.array([1.0, 2.0]), "must be a temperature with its unit, got 1.0"),
        (["1"], "must be a temperature with its unit"),
        (["1 GHz"], "must be a temperature, got '1 GHz'"),
        (et.Span(1.0, 2.0, 3), "must be a temperature with its unit"),
        (["1 mK", 2], "must be a temperature with its unit, got 2"),
        ([], "be a temperature or a list of them"),
        ("1 mK", "must be a list"),
        (["-1 mK"], "must be >= 0"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_bad_quantities_are_refused(values: object, told: str) -> None:
    with pytest.raises(et.ParameterError, match=re.escape(told)):
        et.sweep(PHYSICAL, {T: values}, "population 1")


def test_a_machine_that_has_axes_already() -> None:
    with pytest.raises(et.ParameterError, match="must be one number in a machine that is swept"):
        et.sweep(MACHINE.replace({"qubits.A": [20.0, 21.0]}), {RC: V}, "heat RC")


# --- observables ----------------------------------------------------------------------------------


def lost(state: et.SteadyState) -> float:
    return 0.0


OBSERVABLES = [
    (None, "observables"),
    ([], "must name at least one"),
    ({}, "must name at least one"),
    (lambda state: 1.0, "give a mapping, {'name': function}"),
    ("concurence", "did you mean 'concurrence'?"),
    ("heat RD", "did you mean 'RC'?"),
    (et.heat("RX"), "got 'RX'"),
    (et.concurrence("A", "X"), "must be one of A, B, got 'X'"),
    ([3], "must be observables, words, or functions of a steady state, got 3"),
    ({"a/b": "concurrence"}, "'a/b'"),
    ({"": "concurrence"}, "observables"),
    ({"reason": "concurrence"}, "must not be called reason"),
    ({"reason_x": "concurrence"}, "must not be called reason"),
    ({RC: "concurrence"}, "observables"),
    (["concurrence", {}], "must be observables, words, or functions"),
    (et.WithAndWithout("RX"), "must be one of RA, RB, RC, got 'RX'"),
    (et.with_and_without("RC", "heat RC"), "got 'RC'"),
    ({"f": lambda state: np.ones(7)}, "'f' must return a real number for every point, shape (2,)"),
    ({"f": lambda state: state.populations}, "must return a real number for every point"),
    ({"f": lambda state: 1j}, "got complex128: reduce other axes in the function"),
    ({"f": lambda state: "x"}, "must return a real number"),
    ({"f": lambda state: None}, "must return a real number"),
    ({"f": lambda state: [[1.0], [1.0, 2.0]]}, "must return a real number"),
]


@pytest.mark.parametrize(
    ("observables", "told"), OBSERVABLES, ids=[told for _, told in OBSERVABLES]
)
def test_bad_observables_are_refused_in_a_sentence(observables: object, told: str) -> None:
    with pytest.raises(et.ParameterError, match=re.escape(told)):
        swept({RC: V}, observables)


def test_two_things_of_one_name() -> None:
    def named(factor: float) -> Callable[[et.SteadyState], float]:
        def own(state: et.SteadyState) -> float:
            return factor

        return own

    with pytest.raises(et.ParameterError, match="have a name of its own"):
        swept({RC: V}, [named(1.0), lost, lambda_named("own")])
    assert [*swept({RC: V}, ["heat RC", et.heat("RC"), lost])] == ["heat_RC", "lost"]


def lambda_named(name: str) -> Callable[[et.SteadyState], float]:
    def found(state: et.SteadyState) -> float:
        return 2.0

    found.__name__ = name
    return found


# --- reductions and the rest ----------------------------------------------------------------------

REDUCTIONS: list[tuple[Callable[[], object], str]] = [
    (list, "must be reductions"),
    (lambda: "x", "must be reductions"),
    (lambda: [3], "must be reductions"),
    (lambda: et.Maximum, "must be reductions"),
    (lambda: [et.Maximum("heat_RC"), et.Maximum("heat_RC", over=RC)], "heat_RC_maximum twice"),
    (lambda: et.Maximum("heat_RA"), "did you mean 'heat_RC'?"),
    (lambda: et.Maximum("heat_RC", over="x"), "must be one of"),
    (lambda: et.Maximum("heat_RC", over=3), "give a dimension"),
    (lambda: et.Maximum("heat_RC", where=et.Within("heat", above=0.0)), "got 'heat'"),
    (lambda: et.Maximum("heat_RC", where=3), "give e.g. entherm.Within"),
    (lambda: et.Maximum("heat_RC", where=["x"]), "must be conditions"),
    (lambda: et.Within("heat_RC", above=1.0, below=1.0), "below a larger one"),
    (lambda: et.Within("heat_RC", above=np.nan), "must not be NaN"),
    (lambda: et.Within("heat_RC", above="1"), "must be real numbers"),
    (lambda: et.Fraction("heat_RC"), "give above=0.0, or below="),
    (lambda: et.Fraction("heat_RC", above=1.0, below=0.0), "below a larger one"),
    (lambda: et.Contour("heat_RC", along="x"), f"must be one of {RC}, got 'x'"),
    (lambda: et.Contour("heat_RC", along=RC, over=RC), "be left out of a contour"),
    (lambda: et.Contour("heat_RC", along=RC, level=np.nan), "must be finite"),
    (lambda: et.Contour("heat_RC", along=RC, level="a"), "must be a real number"),
    (lambda: et.Histogram("heat_RC", edges=[1.0, 0.0]), "two or more ascending numbers"),
    (lambda: et.Histogram("heat_RC", edges=[0.0]), "two or more ascending numbers"),
    (lambda: et.Histogram("heat_RC", edges=[0.0, 0.0, 1.0]), "two or more ascending numbers"),
    (lambda: et.Histogram("heat_RC", edges=[0.0, np.inf]), "must be finite"),
    (lambda: {"a/b": et.Maximum("heat_RC")}, "got 'a/b': write 'a_b'"),
    (
        lambda: {"m": et.Mean("heat_RC"), "m_points": et.Maximum("heat_RC")},
        "names of their own, got 'm_points' twice",
    ),
    (
        lambda: {"h_bin": et.Maximum("heat_RC"), "h": et.Histogram("heat_RC", edges=[0, 1])},
        "got 'h_bin' twice",
    ),
]


@pytest.mark.parametrize(("make", "told"), REDUCTIONS, ids=[told for _, told in REDUCTIONS])
def test_bad_reductions_are_refused_in_a_sentence(make: Callable[[], object], told: str) -> None:
    with pytest.raises(et.ParameterError, match=re.escape(told)):
        swept({RC: V}, reduce=make())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on_invalid": "mark"}, "must be 'raise' or 'nan'"),
        ({"engine": "fast"}, "must be 'numpy' or 'compiled' or 'jax'"),
        ({"equation": "Global"}, "must be an equation"),
        ({"chunk_points": 0}, "must be a whole number >= 1, got 0"),
        ({"chunk_points": 1.5}, "must be a whole number >= 1"),
        ({"workers": 0}, "must be a whole number >= 1, got 0"),
        ({"workers": True}, "must be a whole number >= 1"),
        ({"workers": 2, "client": object()}, "must not be given beside a client"),
        ({"client": 3}, "must be a client of a Dask cluster"),
        ({"progress": True}, "must be a function, got True"),
        ({"initial": [1.0, 0.0]}, "must be a ket of length 4"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_other_arguments_are_refused(options: dict[str, object], told: str) -> None:
    with pytest.raises(et.ParameterError, match=re.escape(told)):
        swept({RC: V}, **options)


@pytest.mark.parametrize(
    ("name", "observables", "reduce"),
    [
        ("heat_RC", "heat RC", None),
        ("reason_without_RC", et.with_and_without("RC"), None),
        ("heat_RC_maximum", "heat RC", et.Maximum("heat_RC", over=RC)),
        ("heat_RC_histogram_bin", "heat RC", et.Histogram("heat_RC", over=RC, edges=[0, 1])),
    ],
)
def test_an_axis_that_is_called_as_a_result(name: str, observables: object, reduce: object) -> None:
    with pytest.raises(et.ParameterError, match=f"got '{name}'"):
        swept({name: {OMEGA: V}, RC: V}, observables, reduce=reduce)


@pytest.mark.parametrize("machine", [3, "machine.toml", None])
def test_what_is_no_machine(machine: object) -> None:
    with pytest.raises(et.ParameterError, match=r"read a file with entherm\.read"):
        et.sweep(machine, {RC: V}, "heat RC")


def test_what_does_not_fit_is_refused_at_once() -> None:
    """10¹² points in memory, and what reductions would keep of them; within five seconds."""
    axes = {RC: et.Span(1.0, 2.0, 1_000_000), RA: et.Span(1.0, 2.0, 1_000_000)}
    begun = time.monotonic()
    with pytest.raises(et.ParameterError, match=r'give out="run\.zarr" to keep the points'):
        swept(axes)
    with pytest.raises(et.ParameterError, match="take them over more axes"):
        swept(axes | {OMEGA: [1.0, 2.0]}, reduce=et.Mean("heat_RC", over=OMEGA))
    long = {RC: et.Span(1.0, 2.0, 20_000_000), RA: V}
    with pytest.raises(et.ParameterError, match="shorten that axis"):
        swept(long, reduce=et.Contour("heat_RC", along=RC))
    assert time.monotonic() - begun < 5.0
