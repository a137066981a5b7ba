"""Pictures of datasets: what is drawn is what is there, and the words say the rest.

Oracles: the dataset itself, read back from the Axes; SciPy's interpolation for contours; the
renderer, which says where each text came to lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy.interpolate import RegularGridInterpolator
from xarray.backends import BackendArray
from xarray.core import indexing

import entherm as et
from entherm.plotting import INK, save
from entherm.sweeps.pictures import lines_of, map_of

T_A, T_B, T_C = (f"reservoirs.{name}.temperature" for name in ("RA", "RB", "RC"))
# The pictures without their ticks and layout, which take nine tenths of the time.
a_map, some_lines = map_of.__wrapped__, lines_of.__wrapped__
FLAGS = {
    "flag_values": np.arange(-1, 3, dtype=np.int8),
    "flag_meanings": "not_computed valid frequency_not_positive not_unique",
}


def words(long_name: str, units: str = "1", symbol: str = "") -> dict[str, str]:
    return {"long_name": long_name, "units": units} | ({"symbol": symbol} if symbol else {})


def swept(hot: Any = None, cold: Any = None, units: str = "1") -> xr.Dataset:
    """The paper's two qubits: C, what R_C changes of it, and two heat currents."""
    hot = np.linspace(0.0, 20.0, 41) if hot is None else np.asarray(hot)
    cold = np.linspace(0.0, 14.0, 29) if cold is None else np.asarray(cold)
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=hot[:, None], T_B=hot[:, None], T_C=cold)
    state, rest = et.steady_state(machine), et.steady_state(machine.without("RC"))
    C, Q_C, Q_A = state.observe(et.concurrence("A", "B"), et.heat("RC"), et.heat("RA"))
    C_AB = rest.observe(et.concurrence("A", "B"))[0][:, 0]
    both, power = (T_A, T_C), "W" if units != "1" else "1"
    return xr.Dataset(
        {
            "concurrence": (both, C, words("concurrence, A-B")),
            "concurrence_without_RC": (T_A, C_AB, words("concurrence, A-B without RC")),
            "delta_concurrence_RC": (both, C - C_AB[:, None], words("change by RC")),
            "heat_RC": (both, Q_C, words("heat current, RC", power)),
            "heat_RA": (both, Q_A, words("heat current, RA", power)),
            "reason": (both, np.zeros(C.shape, np.int8), {"long_name": "why"} | FLAGS),
        },
        {
            T_A: (T_A, hot, words("temperature of RA", units, r"T_{\mathrm{RA}}")),
            T_B: (T_A, hot, words("temperature of RB", units, r"T_{\mathrm{RB}}")),
            T_C: (T_C, cold, words("temperature of RC", units, r"T_{\mathrm{RC}}")),
        },
    )


def with_gaps(data: xr.Dataset, unfinished: bool = True) -> xr.Dataset:
    data = data.copy(deep=True)
    codes = data.reason.values.copy()
    codes[:3, :2], codes[5, 5] = 1, 2
    if unfinished:
        codes[-4:, -3:] = -1
    data["reason"] = data.reason.dims, codes, data.reason.attrs
    for name in ("concurrence", "heat_RC"):
        data[name] = data[name].where(codes == 0)
    return data


def three_axes() -> xr.Dataset:
    data = swept()
    gamma = xr.DataArray([0.1, 35000.0, 2e5], dims="dephasing.A", name="dephasing.A")
    gamma.attrs |= words("dephasing of A", "1/s", r"\gamma_{\mathrm{A}}")
    factor = xr.DataArray([1.0, 0.5, 0.25], {"dephasing.A": gamma})
    made = data.assign({n: data[n] * factor for n in ("concurrence", "heat_RC")})
    return made.transpose("dephasing.A", ...)


def mesh(figure: Figure) -> Any:
    return figure.axes[0].collections[0]


def cells(figure: Figure) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.ma.filled(mesh(figure).get_array(), np.nan)
    return found


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_a_map_shows_the_numbers_over_the_axes_as_given() -> None:
    data = swept()
    figure = a_map(data, "concurrence")
    np.testing.assert_array_equal(cells(figure), data.concurrence.values.T)
    ax = figure.axes[0]
    assert ax.get_xlabel() == r"$T_{\mathrm{RA}} = T_{\mathrm{RB}}$"
    assert ax.get_ylabel() == r"$T_{\mathrm{RC}}$"
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.0, 20.0), (0.0, 14.0))
    corners = mesh(figure).get_coordinates()
    np.testing.assert_allclose(0.5 * (corners[0, 1:, 0] + corners[0, :-1, 0]), data[T_A])
    turned = a_map(data, "concurrence", x=T_C)
    np.testing.assert_array_equal(cells(turned), data.concurrence.values)
    assert turned.axes[0].get_ylabel() == ax.get_xlabel()


def test_signs_choose_the_colours() -> None:
    data = swept()
    change = mesh(a_map(data, "delta_concurrence_RC"))
    largest = float(abs(data.delta_concurrence_RC).max())
    assert (change.get_cmap().name, change.get_clim()) == ("PRGn", (-largest, largest))
    negative = data.assign(heat_RC=-abs(data.heat_RC) - 0.1)
    below = mesh(a_map(negative, "heat_RC"))
    assert below.get_cmap().name == "viridis_r"
    assert below.get_clim() == (float(negative.heat_RC.min()), 0.0)
    # The rounding of zero is no sign.
    rounded = data.assign(concurrence=data.concurrence - 1e-18)
    assert mesh(a_map(rounded, "concurrence")).get_cmap().name == "viridis"
    # A constant has a scale that shows how large it is.
    constant = data.assign(concurrence=0 * data.concurrence + 0.3)
    assert mesh(a_map(constant, "concurrence")).get_clim() == (0.0, 0.3)
    zero = data.assign(concurrence=0 * data.concurrence)
    assert mesh(a_map(zero, "concurrence")).get_clim() == (0.0, 1.0)


def test_what_has_no_value_is_grey_and_told() -> None:
    data = with_gaps(swept())
    figure = a_map(data, "concurrence")
    shown = cells(figure)
    np.testing.assert_array_equal(np.isnan(shown), data.reason.values.T != 0)
    assert figure.axes[0].get_facecolor()[:3] == (0.86, 0.86, 0.86)
    told = " ".join("\n".join(legend(figure)).split())
    expected = (
        "not computed yet (12 points), frequency not positive (6 points), not unique (1 point)"
    )
    assert told == f"no value: {expected}"
    # What has a value everywhere needs no words.
    assert legend(a_map(data, "heat_RA")) == []


def test_the_reason_of_the_same_state_is_told() -> None:
    data = with_gaps(swept(), unfinished=False)
    other = np.full(data.reason.shape, 2, np.int8)
    data["reason_without_RC"] = data.reason.dims, other, FLAGS
    C = data.concurrence.where(data.reason != data.reason).values
    C[20, 20] = 0.1
    data["concurrence_without_RC"] = data.reason.dims, C
    told = legend(a_map(data, "concurrence_without_RC"))
    assert told == [f"no value: not unique ({other.size - 1} points)"]
    own = " ".join(legend(a_map(data, "concurrence"))[0].split())
    assert own == "no value: frequency not positive (6 points), not unique (1 point)"


def test_infinite_and_unexplained_points_are_told() -> None:
    values = np.arange(20.0).reshape(4, 5)
    values[0, 0], values[1, 1] = np.inf, np.nan
    data = xr.Dataset({"S": (("a", "b"), values)}, {"a": range(4), "b": range(5)})
    figure = a_map(data, "S")
    assert legend(figure) == ["no value: not defined (1 point), infinite (1 point)"]
    assert mesh(figure).get_clim() == (0.0, 19.0)
    figure.canvas.draw()


@pytest.mark.parametrize("descending", [False, True])
def test_log_spaced_axes_are_logarithmic(descending: bool) -> None:
    data = swept(np.geomspace(0.1, 30.0, 25), np.geomspace(0.5, 6.0, 20), "mK")
    if descending:
        data = data.sortby(T_A, ascending=False)
    figure = map_of(data, "concurrence")
    ax = figure.axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(cells(figure), data.concurrence.values.T)
    edges = mesh(figure).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(np.sqrt(edges[1:] * edges[:-1]), data[T_A])
    assert ax.get_xlim() == (float(data[T_A].min()), float(data[T_A].max()))
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0.1", "1", "10"]
    assert ax.get_ylabel() == r"$T_{\mathrm{RC}}$ (mK)"
    bar = figure.axes[1]
    assert bar.get_ylabel() == "concurrence, A-B"


def test_uneven_axes_meet_half_way() -> None:
    data = swept([0.0, 1.0, 5.0, 20.0], [0.0, 3.0, 4.0])
    figure = a_map(data, "concurrence")
    assert figure.axes[0].get_xscale() == "linear"
    edges = mesh(figure).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges[1:-1], [0.5, 3.0, 12.5])


@pytest.mark.parametrize("grid", ["even", "log"])
def test_contours_lie_on_their_level(grid: str) -> None:
    """SciPy's linear interpolation along the edges of cells, on which the vertices lie."""
    ends = (np.geomspace(0.1, 30.0, 40), np.geomspace(0.5, 14.0, 30)) if grid == "log" else ()
    data = swept(*ends)
    figure = a_map(data, "delta_concurrence_RC", contours={"heat_RC": 0, "heat_RA": [0.5, 1]})
    assert legend(figure) == ["heat current, RC = 0", "heat current, RA = 0.5, 1"]
    drawn = figure.axes[0].collections[1:3]
    for lines, name, levels in zip(drawn, ("heat_RC", "heat_RA"), ([0], [0.5, 1]), strict=True):
        field = RegularGridInterpolator(
            (data[T_A].values, data[T_C].values), data[name].values, bounds_error=False
        )
        for path, level in zip(lines.get_paths(), levels, strict=True):
            points = path.vertices[np.isfinite(path.vertices).all(1)]
            assert len(points) > 10
            # What clabel cuts out of a line ends between two vertices, on a chord.
            exact = np.isclose(field(points), level, rtol=0, atol=1e-10)
            assert exact.sum() >= len(points) - 2 * (len(levels) > 1)
    # Of the second several levels, each with its number on it.
    assert {text.get_text() for text in figure.axes[0].texts} == {"0.5", "1"}


def test_a_level_that_is_nowhere_is_told() -> None:
    figure = a_map(swept(units="mK"), "concurrence", contours={"heat_RC": 1e9})
    assert legend(figure) == [r"heat current, RC = $10^{9}$ W (nowhere)"]


def test_a_contour_of_what_one_axis_does_not_change_is_a_straight_line() -> None:
    data = swept()
    figure = a_map(data, "concurrence", contours={"concurrence_without_RC": 0.05})
    (path,) = figure.axes[0].collections[1].get_paths()
    x = path.vertices[:, 0]
    without = np.interp(x, data[T_A], data.concurrence_without_RC)
    np.testing.assert_allclose(without, 0.05, atol=1e-12)


def test_other_axes_are_fixed_at_their_nearest_point_and_told() -> None:
    data = three_axes()
    figure = a_map(data, "concurrence", at={"dephasing.A": 30000.0})
    at = data.concurrence.isel({"dephasing.A": 1})
    np.testing.assert_array_equal(cells(figure), at.values.T)
    told = figure.get_suptitle()
    assert told == r"$\gamma_{\mathrm{A}}$ = $3.5\times10^{4}$ 1/s"
    # A single point needs no `at`, but is told as well; words where there is no symbol.
    one = data.isel({"dephasing.A": [2]})
    del one["dephasing.A"].attrs["symbol"]
    title = a_map(one, "concurrence").get_suptitle()
    assert title == r"dephasing of A = $2\times10^{5}$ 1/s"
    texts = a_map(fixed_words(), "my_$v", at={"equation": "global"})
    assert texts.get_suptitle() == "equation = global"
    by = some_lines(fixed_words(), "my_$v", by="equation", at={"p.q": 2})
    assert (by.get_suptitle(), legend(by)) == ("p.q = 2", ["local", "global"])
    assert by.legends[0].get_title().get_text() == "equation"


def test_linked_parameters_name_their_axis() -> None:
    data = swept()
    data[T_B] = T_A, data[T_A].values[::-1] / 2.0, data[T_B].attrs
    figure = a_map(data, "concurrence", x=T_C, y=T_B)
    np.testing.assert_array_equal(cells(figure), data.concurrence.values)
    assert figure.axes[0].get_ylabel() == r"$T_{\mathrm{RB}}$"
    assert figure.axes[0].get_ylim() == (0.0, 10.0)
    curve = some_lines(data, "concurrence", at={T_B: 9.9})
    row = data.concurrence.isel({T_A: int(abs(data[T_B].values - 9.9).argmin())})
    np.testing.assert_array_equal(curve.axes[0].lines[0].get_ydata(), row)
    assert curve.get_suptitle() == r"$T_{\mathrm{RB}}$ = 10"
    family = some_lines(data.isel({T_A: [1, 5]}), "concurrence", x=T_C, by=T_B)
    values = data[T_B].values[[1, 5]]
    assert legend(family) == [rf"$T_{{\mathrm{{RB}}}}$ = {v:.4g}" for v in values]
    # What is equal along the axis is equal at each of its points, above a picture and beside it.
    both = r"$T_{\mathrm{RA}} = T_{\mathrm{RB}}$"
    assert some_lines(swept(), "concurrence", at={T_A: 2.0}).get_suptitle() == f"{both} = 2"
    family = some_lines(swept().isel({T_A: [2, 4]}), "concurrence", x=T_C, by=T_A)
    assert legend(family) == [f"{both} = 1", f"{both} = 2"]


class Watched(BackendArray):
    """An array that is computed where it is read, and counts how much that was."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.dtype, self.read = shape, np.dtype(float), 0

    def __getitem__(self, key: Any) -> Any:
        support = indexing.IndexingSupport.OUTER
        return indexing.explicit_indexing_adapter(key, self.shape, support, self._at)

    def _at(self, key: Any) -> Any:
        index = np.ix_(
            *(np.atleast_1d(np.arange(n)[k]) for n, k in zip(self.shape, key, strict=True))
        )
        found = sum(i * 10.0 ** (-3 * n) for n, i in enumerate(index))
        self.read += found.size
        kept = [n for n, k in enumerate(key) if isinstance(k, int | np.integer)]
        return np.squeeze(found, axis=tuple(kept))


def test_only_what_is_drawn_is_read() -> None:
    array = Watched((30, 5000, 7000))
    data = xr.Dataset(
        {"v": xr.Variable(("a", "b", "c"), indexing.LazilyIndexedArray(array))},
        {"a": np.arange(30.0), "b": np.arange(5000.0), "c": np.arange(7000.0)},
    )
    figure = a_map(data, "v", at={"a": 3})
    assert array.read == 1000 * 1167
    assert legend(figure) == ["drawn: one point in 5 along b, one in 6 along c"]
    b, c = np.arange(0, 5000, 5), np.arange(0, 7000, 6)
    np.testing.assert_allclose(cells(figure), 3 + b * 1e-3 + c[:, None] * 1e-6, rtol=1e-12)
    array.read = 0
    some_lines(data, "v", x="c", at={"a": 3, "b": 4})
    assert array.read == 7000


def test_a_large_map_makes_a_small_file(tmp_path: Any) -> None:
    values = np.random.default_rng(4).normal(size=(300, 300))
    data = xr.Dataset({"v": (("a", "b"), values)}, {"a": range(300), "b": range(300)})
    save(map_of(data, "v"), tmp_path / "map.pdf")
    # 90 000 vector cells would take some 60 bytes each.
    assert (tmp_path / "map.pdf").stat().st_size < 1.5e6
    assert b"/Subtype /Image" in (tmp_path / "map.pdf").read_bytes()


def test_curves_are_the_rows_and_gaps_stay_gaps() -> None:
    data = with_gaps(swept(), unfinished=False)
    figure = some_lines(data, "concurrence", "heat_RC", x=T_A, by=T_C, at=None)
    assert len(figure.axes) == 3  # two panels and, for 29 curves, a colour bar
    for ax, name in zip(figure.axes[:2], ("concurrence", "heat_RC"), strict=True):
        curves = [line for line in ax.lines if len(line.get_xdata()) == data.sizes[T_A]]
        table = np.array([line.get_ydata() for line in curves])
        np.testing.assert_array_equal(table, data[name].values.T)
        np.testing.assert_array_equal(curves[0].get_xdata(), data[T_A])
    assert figure.axes[2].get_ylabel() == r"$T_{\mathrm{RC}}$"
    assert legend(figure) == [
        "no value: frequency not positive (12 points)",
        "no value: not unique (2 points)",
    ]


def test_a_point_between_two_gaps_is_a_dot() -> None:
    values = np.array([np.nan, 1.0, np.nan, 2.0, 3.0, np.nan, 4.0])
    figure = some_lines(xr.Dataset({"v": ("t", values)}, {"t": range(7)}), "v")
    line = figure.axes[0].lines[0]
    assert (line.get_marker(), line.get_markevery()) == (".", [1, 6])


def test_a_family_is_labelled_by_its_values() -> None:
    data = swept(units="mK").sel({T_C: [1.0, 2.0, 5.0]})
    figure = some_lines(data, "concurrence", "concurrence_without_RC", "heat_RC", by=T_C)
    top, bottom = figure.axes
    assert legend(figure) == [rf"$T_{{\mathrm{{RC}}}}$ = {v} mK" for v in (1, 2, 5)]
    colours = [line.get_color() for line in figure.legends[0].get_lines()]
    assert [line.get_color() for line in top.lines[:3]] == colours
    # What the family does not change is one curve.
    np.testing.assert_array_equal(top.lines[3].get_ydata(), data.concurrence_without_RC)
    dashes = [text.get_text() for text in top.get_legend().get_texts()]
    assert dashes == ["concurrence, A-B", "concurrence, A-B without RC"]
    assert (top.get_ylabel(), bottom.get_ylabel()) == ("concurrence, A-B", "heat current, RC (W)")
    assert bottom.get_xlabel() == r"$T_{\mathrm{RA}} = T_{\mathrm{RB}}$ (mK)"
    assert top.get_xlabel() == ""


def test_kinds_and_units_have_panels() -> None:
    data = swept().isel({T_C: 3})
    figure = some_lines(data, "heat_RC", "concurrence", "heat_RA")
    assert [ax.get_ylabel() for ax in figure.axes] == ["heat current", "concurrence, A-B"]
    currents = figure.axes[0]
    drawn = {line.get_label(): line for line in currents.lines}
    shown = [text.get_text() for text in currents.get_legend().get_texts()]
    assert shown == ["heat current, RC", "heat current, RA"]
    curves = [line for line in drawn.values() if len(line.get_xdata()) == 41]
    np.testing.assert_array_equal(curves[0].get_ydata(), data.heat_RC)
    np.testing.assert_array_equal(curves[1].get_ydata(), data.heat_RA)
    assert len({(line.get_color(), line.get_linestyle()) for line in curves}) == 2
    assert figure.axes[1].lines[0].get_color() == INK


def test_a_constant_looks_like_one() -> None:
    noisy = 0.2 + 1e-15 * np.random.default_rng(3).normal(size=30)
    figure = some_lines(xr.Dataset({"v": ("t", noisy)}, {"t": np.geomspace(1.0, 1e4, 30)}), "v")
    low, high = figure.axes[0].get_ylim()
    assert high - low > 0.1
    assert figure.axes[0].get_xscale() == "log"


def fixed_words() -> xr.Dataset:
    """Names and words that mathtext would stumble over, and no attributes."""
    values = np.random.default_rng(2).normal(size=(4, 3, 2)) + 10.0
    axes = {"a$b_c": np.arange(4.0), "p.q": [1.0, 2.0, 4.0], "equation": ["local", "global"]}
    made = xr.Dataset({"my_$v": ((*axes,), values)}, axes)
    made["my_$v"].attrs["long_name"] = "cost in $, of a"
    return made


def long_words() -> xr.Dataset:
    """As reductions call what they find."""
    made = three_axes()
    told = "exchange of A and B at the maximum of concurrence, A-B without RC"
    made["concurrence"].attrs["long_name"] = made["heat_RC"].attrs["long_name"] = told
    return made


GALLERY = {
    "map": lambda: map_of(swept(), "delta_concurrence_RC", contours={"heat_RC": 0}),
    "gaps": lambda: map_of(with_gaps(swept()), "concurrence", contours={"heat_RC": [0, 1]}),
    "units": lambda: map_of(
        swept(np.geomspace(0.1, 30.0, 25), np.geomspace(0.5, 6.0, 20), "mK") * 1.0, "concurrence"
    ),
    "three": lambda: map_of(three_axes(), "heat_RC", x=T_C, at={"dephasing.A": 0.1}),
    "family": lambda: lines_of(
        swept(units="mK").isel({T_C: slice(0, 24, 3)}),
        *("concurrence", "concurrence_without_RC", "heat_RC", "heat_RA"),
    ),
    "bar": lambda: lines_of(swept(), "concurrence", "heat_RC", by=T_C),
    "words": lambda: map_of(fixed_words(), "my_$v", at={"equation": "global"}),
    "texts": lambda: lines_of(fixed_words(), "my_$v", by="equation", at={"p.q": 2}),
    "long": lambda: lines_of(
        swept().isel({T_C: [0, 5]}).drop_attrs(), "concurrence", "concurrence_without_RC"
    ),
    "long map": lambda: map_of(long_words(), "concurrence", at={"dephasing.A": 0.1}),
    "long curves": lambda: lines_of(
        long_words().isel({"dephasing.A": 0}), "concurrence", at={T_C: 1.0}
    ),
}


@pytest.mark.parametrize("name", GALLERY)
def test_nothing_is_cut_off(name: str) -> None:
    figure = GALLERY[name]()
    box, frame = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 > -0.01
    assert box.y0 > -0.01
    assert box.x1 < frame[0] + 0.01
    assert box.y1 < frame[1] + 0.01


def test_what_is_fixed_stands_clear_of_what_the_curves_are() -> None:
    data = three_axes().isel({T_C: [0, 5]})
    figure = lines_of(data, "concurrence", "concurrence_without_RC", at={"dephasing.A": 0.1})
    figure.canvas.draw()
    (title,) = figure.texts
    above, below = title.get_window_extent(), figure.axes[0].get_legend().get_window_extent()
    assert "gamma" in title.get_text()
    assert above.y0 >= below.y1


def test_unknown_names_are_asked_back() -> None:
    data = swept()
    with pytest.raises(et.UnknownNameError, match=r"'name' .*did you mean 'concurrence'"):
        a_map(data, "concurence")
    with pytest.raises(et.UnknownNameError, match=r"'contours' .*did you mean 'heat_RC'"):
        a_map(data, "concurrence", contours={"heat_Rc": 0})
    with pytest.raises(et.UnknownNameError, match=rf"'x' .*did you mean '{T_C}'"):
        a_map(data, "concurrence", x="reservoirs.RC.temperatur")
    with pytest.raises(et.UnknownNameError, match=r"'names' .*did you mean 'heat_RA'"):
        some_lines(data, "heat_RA", "heatRA", at={T_C: 1.0})
    with pytest.raises(et.UnknownNameError, match=rf"'at' .*did you mean '{T_C}'"):
        some_lines(data, "heat_RA", at={"reservoirs.RC.temperatures": 1.0})
    with pytest.raises(et.UnknownNameError, match=r"'at.equation' .*did you mean 'global'"):
        a_map(fixed_words(), "my_$v", at={"equation": "globale"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "'at' must fix every axis but dephasing.A and .*RA.* no value of .*RC.temperature"),
        ({"x": T_A, "at": {T_A: 1.0}}, "'at' must fix what is not drawn"),
        ({"x": T_A, "y": T_A}, "'y' must be an axis of its own"),
        ({"x": T_A, "y": T_B}, "'y' must be an axis of its own"),
        ({"at": {T_A: 1.0, T_C: 1.0}}, "'name' must have two axes of more than one point"),
        ({"at": {"dephasing.A": 3e5}}, "'at.dephasing.A' must lie on the axis, from 0.1 to 200000"),
        ({"at": {"dephasing.A": float("nan")}}, "must lie on the axis"),
        ({"at": {"dephasing.A": "low"}}, "'at.dephasing.A' must be a value of the axis"),
        ({"at": [1.0]}, "'at' must be a mapping"),
        ({"at": {"dephasing.A": 1.0}, "contours": "heat_RC"}, "'contours' must be a mapping"),
        ({"at": {"dephasing.A": 1.0}, "contours": {"heat_RC": []}}, "'contours.heat_RC' must be a"),
        ({"at": {"dephasing.A": 1.0}, "contours": {"heat_RC": [0, np.nan]}}, "finite number"),
    ],
)
def test_maps_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(et.ParameterError, match=message):
        a_map(three_axes(), "concurrence", **options)


def test_axes_that_turn_back_are_refused_with_the_remedy() -> None:
    data = swept([0.0, 2.0, 1.0], [1.0, 2.0, 3.0])
    with pytest.raises(et.ParameterError, match=rf"use dataset.sortby\('{T_A}'\)"):
        a_map(data, "concurrence")
    a_map(data.sortby(T_A), "concurrence")
    twice = swept([0.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    with pytest.raises(et.ParameterError, match=r"repeated values: use dataset.drop_duplicates"):
        some_lines(twice, "concurrence", by=T_C)
    some_lines(twice.drop_duplicates(T_A), "concurrence", by=T_C)
    with pytest.raises(et.ParameterError, match="'x' must be an axis of numbers, got 'equation'"):
        a_map(fixed_words(), "my_$v", x="equation", y="p.q", at={"a$b_c": 1.0})
    with pytest.raises(et.ParameterError, match="at least two points"):
        a_map(data.isel({T_A: [0]}), "concurrence", x=T_A)


def test_what_has_no_value_at_all_is_refused() -> None:
    data = with_gaps(swept()).isel({T_A: slice(0, 3), T_C: slice(0, 2)})
    with pytest.raises(et.ParameterError, match=r"\(frequency not positive: 6\): sweep where"):
        a_map(data, "concurrence")
    unfinished = with_gaps(swept()).isel({T_A: slice(-4, None), T_C: slice(-3, None)})
    with pytest.raises(et.ParameterError, match=r"\(not computed yet: 12\): finish the sweep"):
        some_lines(unfinished, "concurrence")


def test_lines_refuse() -> None:
    data = three_axes()
    with pytest.raises(et.ParameterError, match="'names' must name at least one variable"):
        some_lines(data)
    with pytest.raises(et.ParameterError, match=r"'at' must fix every axis but .* no value of"):
        some_lines(data, "concurrence")
    with pytest.raises(et.ParameterError, match=r"'name.*' must be a quantity, got the codes"):
        some_lines(data, "reason")
    with pytest.raises(et.ParameterError, match="have an axis of more than one point"):
        some_lines(data, "concurrence", at={T_A: 1.0, T_C: 1.0, "dephasing.A": 1.0})
    seven = xr.Dataset({f"v{k}": ("t", [0.0, 1.0], {"units": str(k)}) for k in range(2, 9)})
    with pytest.raises(et.ParameterError, match="'names' must be of at most 6 kinds, got 7"):
        some_lines(seven, *map(str, seven))


def test_a_dataset_is_left_as_it_was() -> None:
    data = with_gaps(swept())
    before = data.copy(deep=True)
    a_map(data, "concurrence", contours={"heat_RC": 0}, x=T_C)
    some_lines(data, "concurrence", x=T_A)
    xr.testing.assert_identical(data, before)
