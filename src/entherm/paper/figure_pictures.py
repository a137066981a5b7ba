"""Figs. 1–7 of the paper as pictures, each from its dataset alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from entherm.machine import Machine
from entherm.plotting import (
    COLUMN,
    CONTRAST,
    INK,
    PAGE,
    PALETTE,
    arrow,
    axis_label,
    curves,
    draw,
    drawing_size,
    graded,
    panel_letter,
    printed,
    signed_map,
    unsigned_map,
)
from entherm.two_qubit import two_qubit_machine

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SYMBOLS = {
    "A": "A",
    "B": "B",
    "RA": "$R_A$",
    "RB": "$R_B$",
    "RC": "$R_C$",
    "qubits.A": r"$\epsilon_A$",
    "qubits.B": r"$\epsilon_B$",
    "exchange.A-B.strength": r"$\Omega$",
    "reservoirs.RA.temperature": "$T_A$",
    "reservoirs.RB.temperature": "$T_B$",
    "reservoirs.RC.temperature": "$T_C$",
    "reservoirs.RA.couplings.A.rate": r"$\Gamma_A$",
    "reservoirs.RB.couplings.B.rate": r"$\Gamma_B$",
    "reservoirs.RC.couplings.A.rate": r"$\Gamma_C^{(A)}$",
    "reservoirs.RC.couplings.B.rate": r"$\Gamma_C^{(B)}$",
}
CIRCUIT_WORDS = {
    "A": "fluxonium A",
    "B": "fluxonium B",
    "A-B": "detuned resonator",
    "RA": "noise source A",
    "RB": "noise source B",
    "RC": "common noise source:",
    "reservoirs.RA.temperature": "$T_A$",
    "reservoirs.RB.temperature": "$T_B$",
    "reservoirs.RC.temperature": "$T_C$",
    "reservoirs.RA.couplings.A.rate": r"$\Gamma_A$ = 10 MHz",
    "reservoirs.RB.couplings.B.rate": r"$\Gamma_B$ = 10 MHz",
    "reservoirs.RC.couplings.A.rate": r"$\Gamma_C$ = 10 MHz",
    "reservoirs.RC.couplings.B.rate": r"$\Gamma_C$ = 10 MHz",
    "dephasing.A.rate": r"$\gamma$ = 0.035 MHz",
    "dephasing.B.rate": r"$\gamma$ = 0.035 MHz",
}


def _machine(data: xr.Dataset) -> Machine:
    return two_qubit_machine(1.0, 1.0, 0.5).replace(json.loads(data.attrs["machine_parameters"]))


def _schematic(machine: Machine, labels: dict[str, str], unit: str = "") -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=drawing_size(machine, labels, unit))
    draw(machine, figure.add_axes((0.0, 0.0, 1.0, 1.0)), labels=labels, unit=unit)
    return figure


@printed
def fig1(data: xr.Dataset) -> Figure:
    """Draw the model."""
    return _schematic(_machine(data), SYMBOLS)


@printed
def fig6(data: xr.Dataset) -> Figure:
    """Draw the circuit as the same machine in other words."""
    return _schematic(_machine(data), CIRCUIT_WORDS, "GHz")


def _page(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _equality(ax: Axes, data: xr.Dataset) -> None:
    """Mark T_C = T."""
    end = min(float(data["T"].max()), float(data["T_C"].max()))
    ax.plot([0.0, end], [0.0, end], color=CONTRAST, ls=(0, (4, 2)), lw=1.6)
    ax.set(xlim=(0, float(data["T"].max())), ylim=(0, float(data["T_C"].max())))


def _where_not_zero(C: xr.DataArray) -> xr.DataArray:
    return C.where(C > 0).assign_attrs(C.attrs)


def _gain_where_entangled(data: xr.Dataset) -> xr.DataArray:
    entangled = (data.C_ABC > 0) | (data.C_AB > 0) | (data["T"] == 0)
    gain: xr.DataArray = data.delta_C.where(entangled).assign_attrs(data.delta_C.attrs)
    return gain


@printed
def fig2(data: xr.Dataset) -> Figure:
    """Draw the map of the gain, and the curves of C."""
    figure = _page(PAGE, 2.7)
    left, right = figure.subplots(1, 2)
    gain = _gain_where_entangled(data)
    signed_map(gain, left, "T", "T_C")
    left.contour(data["T"], data["T_C"], gain, levels=[0.0], colors=INK, linewidths=2.4)
    _equality(left, data)
    left.text(17.0, 12.0, "$C=0$ with\nand without $R_C$", ha="center", va="center", fontsize=8)
    left.text(
        *(0.5, 0.9, "$T_C=T$"),
        fontsize=8,
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
    )
    panel_letter(left, "a")

    curves(data.C_ABC_curve, right, "T")
    right.plot(data["T"], data.C_AB, color=CONTRAST, lw=1.8, ls=(0, (5, 1.5)), label="no $R_C$")
    for T_C, C, colour in zip(
        data.T_C_curve.values, data.C_crossing.values, graded(data.T_C_curve.size), strict=True
    ):
        arrow(right, (T_C, C), (0, 14), color=colour)
    right.legend(loc="upper right", labelspacing=0.25)
    right.set(ylim=(0, 0.15), ylabel="$C$")
    panel_letter(right, "b")
    return figure


@printed
def fig3(data: xr.Dataset) -> Figure:
    """Draw current and concurrence against T."""
    figure = _page(COLUMN, 4.2)
    top, bottom = figure.subplots(2, 1, sharex=True)
    inset = top.inset_axes((0.13, 0.12, 0.47, 0.5))
    colours = graded(data["T_C"].size)
    for ax in (top, inset):
        curves(data.Q_C, ax, "T")
        ax.axhline(0.0, color="0.5", ls="--", lw=0.8, zorder=0)
    inset.set(xlim=(0, 8), ylim=(-0.6, 0.6), yticks=(-0.4, 0, 0.4), xlabel="", ylabel="")
    inset.tick_params(labelsize=7)
    curves(data.C_ABC, bottom, "T")
    bottom.plot(data["T"], data.C_AB, color=CONTRAST, lw=1.8, ls=(0, (5, 1.5)), label="no $R_C$")
    for T_C, C, colour in zip(data["T_C"].values, data.C_crossing.values, colours, strict=True):
        arrow(inset, (T_C, 0.0), (0, -12), color=colour)
        arrow(top, (T_C, 0.0), (0, 12), color=colour)
        arrow(bottom, (T_C, C), (0, 14), color=colour)
    bottom.legend(loc="upper right", labelspacing=0.2)
    top.set(xlabel="", ylim=(None, 1.5))
    bottom.set(ylim=(0, 0.06), ylabel="$C$")
    for ax, letter in ((top, "a"), (bottom, "b")):
        panel_letter(ax, letter)
    return figure


@printed
def fig4(data: xr.Dataset) -> Figure:
    """Draw both effective temperatures, and mark where they meet."""
    figure = _page(COLUMN, 3.3)
    panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    for ax, T_A, letter in zip(panels, data["T_A"].values, "abcd", strict=True):
        row = data.sel(T_A=T_A)
        curves(row.T_eff_1, ax, "detuning", color=PALETTE[0])
        curves(row.T_eff_2, ax, "detuning", color=CONTRAST, ls="--")
        point = (float(row.detuning_thermal), float(row.T_eff_thermal))
        ax.plot(*point, "o", ms=4, mfc="white", mec=INK, mew=1.0)
        arrow(ax, point, (0, -16), rf"$\Delta\epsilon={point[0]:.2f}\,\Gamma$")
        ax.set_title(rf"$T_A={T_A:g}\,\Gamma$", fontsize=8, pad=3)
        ax.label_outer()
        panel_letter(ax, letter)
    panels[0].legend(panels[0].lines[:2], [r"$T_{\rm eff}(\omega_1)$", r"$T_{\rm eff}(\omega_2)$"])
    return figure


@printed
def fig5(data: xr.Dataset) -> Figure:
    """Draw current and concurrence against T_C, and mark where the current reverses."""
    figure = _page(PAGE, 3.2)
    axes = figure.subplots(2, 4, sharex=True, sharey="row")
    for (top, bottom), T_A, letter in zip(axes.T, data["T_A"].values, "abcd", strict=True):
        row = data.sel(T_A=T_A)
        curves(row.Q_C, top, "T_C")
        top.axhline(0.0, color="0.5", ls="--", lw=0.8, zorder=0)
        curves(row.C_ABC, bottom, "T_C")
        bottom.axhline(float(row.C_AB), color=CONTRAST, ls=":", lw=1.8)
        reversal = float(row.T_C_reversal)
        arrow(top, (reversal, 0.0), (-8, 22), rf"${reversal:.2f}\,\Gamma$")
        arrow(bottom, (reversal, float(row.C_AB)), (8, 20))
        top.set_title(
            rf"$T_A={T_A:g}\,\Gamma$, $\Delta\epsilon={float(row.detuning):.2f}\,\Gamma$",
            fontsize=8,
            pad=3,
        )
        for ax in (top, bottom):
            ax.set_xticks(range(0, 11, 2))
            ax.label_outer()
        panel_letter(top, letter)
    axes[1, 0].set_ylim(bottom=-0.002)
    return figure


@printed
def fig7(data: xr.Dataset) -> Figure:
    """Draw the maps of the circuit, and its largest concurrence in all four readings."""
    figure = _page(PAGE, 6.9)
    axes = figure.subplots(3, 2)
    unsigned_map(_where_not_zero(data.C_ABC), axes[0, 0], "T", "T_C")
    _relative_gain(data, axes[0, 1])
    for ax, letter in zip(axes[0], "ab", strict=True):
        _equality(ax, data)
        panel_letter(ax, letter)
    for row, name in enumerate(("ratio", "difference"), start=1):
        for ax, convention in zip(axes[row], data.convention.values, strict=True):
            _improvement(data[name].sel(convention=convention), ax)
            gamma = float(data.gamma.sel(convention=convention)) * 1e3
            ax.set_title(rf"$\gamma$ = {gamma:g} MHz in Eq. (21)", fontsize=8, pad=3)
    for ax, letter in zip(axes[1:].ravel(), "cdef", strict=True):
        panel_letter(ax, letter)
    for ax in axes[1]:
        ax.set(yscale="log", ylim=(1.0, 100.0))
        ax.yaxis.set_major_formatter("{x:g}")
    highest = max(ax.get_ylim()[1] for ax in axes[2])
    for ax in axes[2]:
        ax.set_ylim(0.0, highest)
    axes[1, 1].legend(loc="upper right")
    return figure


def _relative_gain(data: xr.Dataset, ax: Axes) -> None:
    """The gain in colours, its ratio to C_AB as lines, hatched where there is no C_AB."""
    gain = _gain_where_entangled(data)
    signed_map(gain, ax, "T", "T_C")
    lines = ax.contour(
        data["T"],
        data["T_C"],
        data.relative_gain,
        levels=[-0.5, 0.1, 0.25, 1.0, 4.0],
        linestyles="-",
        colors=INK,
        linewidths=0.8,
    )
    ax.clabel(
        lines,
        fmt=lambda level: f"{100 * level:+.0f}%".replace("-", "−"),
        fontsize=7,
        manual=[(0.28, 0.17), (0.4, 0.17), (0.59, 0.17), (0.72, 0.17), (0.3, 0.49)],
    )
    only = (data.C_ABC > 0) & (data.C_AB == 0) & (data["T"] > 0)
    ax.contourf(
        data["T"],
        data["T_C"],
        only.astype(float),
        levels=[0.5, 1.5],
        colors="none",
        hatches=["///"],
    )


def _improvement(rows: xr.DataArray, ax: Axes) -> None:
    """Γ by colour and dashes as in the paper, the meaning of equilibrium by width."""
    strong, weak = rows.Gamma.values
    looks = {strong: (PALETTE[4], (0, (4, 1.5)), "10 MHz"), weak: (PALETTE[0], "-", "0.1 MHz")}
    equal, without = rows.equilibrium.values
    widths = {equal: (2.0, "$T_C=T$"), without: (0.9, "no $R_C$")}
    for Gamma, (colour, dashes, rate) in looks.items():
        for equilibrium, (width, words) in widths.items():
            one = rows.sel(Gamma=Gamma, equilibrium=equilibrium)
            label = rf"$\Gamma$ = {rate}, {words}"
            curves(one, ax, "Omega", color=colour, ls=dashes, lw=width, label=label)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylabel(axis_label(rows))
