"""Figs. 1–7 of the paper: their numbers, their landmarks, their pictures.

Oracles: `entherm.paper.closed_form` and `entherm.paper.equations`, which share no code with the
library, at points drawn from each dataset; the digits and the features that the paper's text names.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from entherm.paper import circuit_data, closed_form
from entherm.paper import equations as eq
from entherm.paper.equations import Parameters
from entherm.paper.figures import FIGURES
from entherm.plotting import save

RNG = np.random.default_rng(20)
# Both routes add and multiply a few dozen doubles of order one.
ROUNDING = 1e-14


@pytest.fixture(scope="module")
def data() -> dict[str, xr.Dataset]:
    return {name: figure.compute() for name, figure in FIGURES.items()}


def sampled(rows: xr.DataArray, count: int = 25) -> Iterator[tuple[dict[str, float], float]]:
    """Some points of a labelled array: coordinates and value."""
    for flat in RNG.choice(rows.size, count, replace=False):
        where = dict(zip(rows.dims, np.unravel_index(flat, rows.shape), strict=True))
        at = {str(d): rows[d].values[i] for d, i in where.items()}
        yield at, float(rows.values.reshape(-1)[flat])


def resonant(Omega: float, T: float, T_C: float) -> Parameters:
    return Parameters(20.0, 20.0, Omega, T_A=T, T_B=T, T_C=T_C)


def detuned(T_A: float, detuning: float, T_C: float) -> Parameters:
    half = detuning / 2
    return Parameters(20.0 + half, 20.0 - half, 6.0, T_A=T_A, T_B=8.0, T_C=T_C)


def without(p: Parameters) -> Parameters:
    return replace(p, Gamma_CA=0.0, Gamma_CB=0.0)


def circuit(T: float, T_C: float, Omega: float, Gamma: float, gamma: float) -> Parameters:
    return Parameters(1.0, 1.0, Omega, T, T, T_C, Gamma, Gamma, Gamma, Gamma, gamma)


class TestNumbers:
    """Against `closed_form_concurrence` and `closed_form_heat_currents`."""

    def test_fig2(self, data: dict[str, xr.Dataset]) -> None:
        fig2 = data["fig2"]
        for at, found in sampled(fig2.C_ABC):
            p = resonant(10.0, at["T"], at["T_C"])
            assert found == pytest.approx(closed_form.closed_form_concurrence(p), abs=ROUNDING)
            bare = closed_form.closed_form_concurrence(without(p))
            gain = float(fig2.delta_C.sel(at))
            assert gain == pytest.approx(found - bare, abs=ROUNDING)

    def test_fig3(self, data: dict[str, xr.Dataset]) -> None:
        for at, current in sampled(data["fig3"].Q_C):
            p = resonant(6.0, at["T"], at["T_C"])
            # Currents are differences of flows that reach a few hundred Γ².
            expected = closed_form.closed_form_heat_currents(p)["RC"]
            assert current == pytest.approx(expected, abs=100 * ROUNDING)
            found = float(data["fig3"].C_ABC.sel(at))
            assert found == pytest.approx(closed_form.closed_form_concurrence(p), abs=ROUNDING)

    def test_fig4(self, data: dict[str, xr.Dataset]) -> None:
        """Against `equations.eq_19_effective_temperatures`."""
        for at, T_eff in sampled(data["fig4"].T_eff_1):
            expected = eq.eq_19_effective_temperatures(detuned(at["T_A"], at["detuning"], 1.0))
            both = (T_eff, float(data["fig4"].T_eff_2.sel(at)))
            assert both == pytest.approx(tuple(expected), rel=ROUNDING)

    def test_fig5(self, data: dict[str, xr.Dataset]) -> None:
        fig5 = data["fig5"]
        for at, found in sampled(fig5.C_ABC):
            detuning = float(fig5.detuning.sel(T_A=at["T_A"]))
            p = detuned(at["T_A"], detuning, at["T_C"])
            assert found == pytest.approx(closed_form.closed_form_concurrence(p), abs=ROUNDING)
            expected = closed_form.closed_form_heat_currents(p)["RC"]
            assert float(fig5.Q_C.sel(at)) == pytest.approx(expected, abs=100 * ROUNDING)

    def test_fig7_map(self, data: dict[str, xr.Dataset]) -> None:
        for at, found in sampled(data["fig7"].C_ABC):
            p = circuit(at["T"], at["T_C"], 0.7, 0.01, 3.5e-5)
            assert found == pytest.approx(closed_form.closed_form_concurrence(p), abs=ROUNDING)
            bare = closed_form.closed_form_concurrence(without(p))
            if bare > 1e-3:  # below, ROUNDING in C is no longer ROUNDING in the ratio
                relative = float(data["fig7"].relative_gain.sel(at))
                assert relative == pytest.approx((found - bare) / bare, abs=1e3 * ROUNDING)

    def test_fig7_optima(self, data: dict[str, xr.Dataset]) -> None:
        """The optimum is the closed form's value there, and no point of a fine grid beats it."""
        fig7 = data["fig7"]
        T = np.linspace(0.02, 1.5, 75)
        for at, best in sampled(fig7.C_neq, 6):
            gamma = float(fig7.gamma.sel(convention=at["convention"]))
            rest = (at["Omega"], at["Gamma"], gamma)
            p = circuit(float(fig7.T_neq.sel(at)), float(fig7.T_C_neq.sel(at)), *rest)
            assert best == pytest.approx(closed_form.closed_form_concurrence(p), abs=ROUNDING)
            grid = [closed_form.closed_form_concurrence(circuit(t, 0.0, *rest)) for t in T]
            assert 0.0 <= best - max(grid) < 1e-3
            for kind, machine in (
                (circuit_data.EQUILIBRIA[0], lambda t, r=rest: circuit(t, t, *r)),
                (circuit_data.EQUILIBRIA[1], lambda t, r=rest: without(circuit(t, 1.0, *r))),
            ):
                equal = float(fig7.C_eq.sel(at).sel(equilibrium=kind))
                grid = [closed_form.closed_form_concurrence(machine(t)) for t in T]
                assert -ROUNDING <= equal - max(grid) < 1e-3


class TestLandmarks:
    def test_no_gain_at_equal_temperatures(self, data: dict[str, xr.Dataset]) -> None:
        fig2 = data["fig2"]
        common = np.intersect1d(fig2["T"].values, fig2["T_C"].values)
        assert common.size > 100
        diagonal = [float(fig2.delta_C.sel(T=t, T_C=t)) for t in common]
        assert np.abs(diagonal).max() < ROUNDING

    def test_gain_has_the_sign_of_the_temperature_difference(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        fig2 = data["fig2"]
        colder = fig2["T_C"] < fig2["T"]
        assert float(fig2.delta_C.where(colder, 0.0).min()) > -ROUNDING
        assert float(fig2.delta_C.where(~colder, 0.0).max()) < ROUNDING

    def test_common_reservoir_beats_every_temperature_without_it(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        fig2 = data["fig2"]
        assert float(fig2.C_ABC_curve.max()) > 1.4 * float(fig2.C_AB.max())
        peaks = fig2["T"].values[fig2.C_ABC_curve.values.argmax(-1)]
        assert (peaks > float(fig2["T"][int(fig2.C_AB.values.argmax())]) + 1.0).all()

    def test_peaks_do_not_move_to_larger_T_with_colder_R_C(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        """The paper's sentence, read as a trend among the curves with R_C, does not hold."""
        for name, rows in (("fig2", "C_ABC_curve"), ("fig3", "C_ABC")):
            values = data[name][rows].values
            assert (np.diff(data[name]["T"].values[values.argmax(-1)]) >= 0).all()

    @pytest.mark.parametrize(("name", "rows"), [("fig2", "C_ABC_curve"), ("fig3", "C_ABC")])
    def test_lost_entanglement_is_recovered_and_ends_in_view(
        self, data: dict[str, xr.Dataset], name: str, rows: str
    ) -> None:
        fig = data[name]
        lost = fig["T"].values[np.flatnonzero(fig.C_AB.values)[-1] + 1]
        Omega = json.loads(fig.attrs["machine_parameters"])["exchange.A-B.strength"]
        assert lost == pytest.approx(Omega / math.asinh(1.0), abs=0.051)  # one step of the grid
        assert (fig[rows].sel(T=lost) > 0.0).all()
        assert (fig[rows].isel(T=-1) == 0.0).all()

    def test_current_changes_sign_at_equal_temperatures(self, data: dict[str, xr.Dataset]) -> None:
        fig3 = data["fig3"]
        assert float(np.abs(fig3.Q_crossing).max()) < 100 * ROUNDING
        for T_C in fig3["T_C"].values:
            Q = fig3.Q_C.sel(T_C=T_C)
            assert (Q.where(fig3["T"] < T_C, 1.0) > 0.0).all()
            assert (Q.where(fig3["T"] > T_C, -1.0) < 0.0).all()

    def test_thermalisation_points_to_the_digits_of_the_paper(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        fig4 = data["fig4"]
        assert fig4.detuning_thermal.values.round(2).tolist() == [0.95, 1.43, 1.86, 2.08]
        crossings = np.diff(np.sign(fig4.T_eff_1 - fig4.T_eff_2), axis=-1) != 0
        assert crossings.sum(-1).tolist() == [1, 1, 1, 1]

    def test_effective_temperatures_lie_between_the_reservoirs(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        for rows in (data["fig4"].T_eff_1, data["fig4"].T_eff_2):
            assert ((rows > rows["T_A"]) & (rows < 8.0)).all()

    def test_reversal_is_the_bound_is_the_effective_temperature(
        self, data: dict[str, xr.Dataset]
    ) -> None:
        fig5 = data["fig5"]
        # Both functions are known to about 1e-14 and have slopes of order 0.01 there.
        assert np.allclose(fig5.T_C_reversal, fig5.T_eff, atol=1e-9)
        assert np.allclose(fig5.T_C_bound, fig5.T_eff, atol=1e-9)

    def test_gain_goes_with_absorbed_heat(self, data: dict[str, xr.Dataset]) -> None:
        fig5 = data["fig5"]
        assert ((fig5.C_ABC > fig5.C_AB) == (fig5.Q_C < 0.0)).all()
        assert (fig5.C_ABC.diff("T_C") <= ROUNDING).all()
        assert (fig5.C_ABC.isel(T_C=-1) == 0.0).all()

    def test_circuit_gains_when_R_C_is_colder(self, data: dict[str, xr.Dataset]) -> None:
        fig7 = data["fig7"]
        best = fig7.delta_C.where(fig7.delta_C == fig7.delta_C.max(), drop=True)
        assert float(best["T_C"][0]) < float(best["T"][0])
        assert np.isnan(fig7.relative_gain.where(fig7.C_AB == 0.0)).all()
        assert (fig7.C_ABC.isel(T=-1) == 0.0).all()
        assert (fig7.C_ABC.isel(T_C=-1) == 0.0).all()

    def test_difference_peaks_and_ratio_does_not(self, data: dict[str, xr.Dataset]) -> None:
        fig7 = data["fig7"]
        Omega = fig7.Omega.values
        for kind in fig7.equilibrium.values:
            for convention in fig7.convention.values:
                at = {"equilibrium": kind, "convention": convention}
                peaks = Omega[fig7.difference.sel(at).values.argmax(-1)]
                strong, weak = peaks
                assert Omega[0] < strong < weak < Omega[-1]
                for row in fig7.ratio.sel(at).values:
                    assert (np.diff(row[np.isfinite(row)]) < 0.0).all()

    def test_masked_ratio(self, data: dict[str, xr.Dataset]) -> None:
        fig7 = data["fig7"]
        assert (np.isnan(fig7.ratio) == (fig7.C_eq == 0.0)).all()
        masked = fig7.Omega.values[
            np.isnan(fig7.ratio.isel(equilibrium=1, convention=0, Gamma=1).values)
        ]
        assert masked.max() == pytest.approx(0.80)
        assert np.isfinite(fig7.ratio.isel(equilibrium=0)).all()

    def test_optima_are_inside_the_range(self, data: dict[str, xr.Dataset]) -> None:
        fig7 = data["fig7"]
        assert float(fig7.T_neq.min()) > 0.05
        assert float(fig7.T_neq.max()) < 0.5
        assert float(fig7.T_C_neq.max()) < 0.05


class TestFiles:
    @pytest.mark.parametrize("name", FIGURES)
    def test_netcdf_keeps_everything(
        self, data: dict[str, xr.Dataset], name: str, tmp_path: Path
    ) -> None:
        data[name].to_netcdf(tmp_path / "figure.nc", engine="h5netcdf")
        with xr.open_dataset(tmp_path / "figure.nc", engine="h5netcdf") as back:
            xr.testing.assert_identical(back.load(), data[name])

    @pytest.mark.parametrize("name", FIGURES)
    def test_provenance_and_labels(self, data: dict[str, xr.Dataset], name: str) -> None:
        attributes = data[name].attrs
        assert {"machine_parameters", "equation", "entherm_version", "machine_hash"} <= set(
            attributes
        )
        for rows in data[name].variables.values():
            assert {"long_name", "units"} <= set(rows.attrs)

    @pytest.mark.parametrize("name", FIGURES)
    @pytest.mark.parametrize("suffix", ["png", "pdf"])
    def test_pictures(
        self, data: dict[str, xr.Dataset], name: str, suffix: str, tmp_path: Path
    ) -> None:
        """Fig. 1, Fig. 2, Fig. 3, Fig. 4, Fig. 5, Fig. 6, Fig. 7: print width, fonts, no dates."""
        figure = FIGURES[name].draw(data[name])
        assert figure.get_figwidth() <= 7.0
        save(figure, tmp_path / f"{name}.{suffix}")
        written = (tmp_path / f"{name}.{suffix}").read_bytes()
        if suffix == "pdf":
            assert b"/Type3" not in written  # TrueType outlines, which a printer can edit
            assert b"CreationDate" not in written

    @pytest.mark.parametrize("name", FIGURES)
    def test_captions(self, name: str) -> None:
        figure = FIGURES[name]
        assert figure.name == name
        assert figure.title
        assert len(figure.caption) > 100

    def test_importing_is_light(self) -> None:
        code = (
            "import sys, entherm.paper.figures\n"
            "heavy = {'matplotlib', 'xarray', 'scipy'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
