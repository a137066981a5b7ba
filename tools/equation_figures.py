"""Draw the figures of docs/equations.md.

``python tools/equation_figures.py`` writes three PNG files into docs/figures; the numbers are those
of equation_data.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from equation_data import (
    APPROACH,
    EQUATIONS,
    JOINED,
    approach,
    case,
    columns,
    deviations,
    heat_currents,
    machine,
    random_pairs,
    rate_study,
    reach,
    scales,
    stored,
    width,
)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import entherm as et
from entherm.plotting import INK, PAGE, PALETTE, panel_letter, printed, save

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = PALETTE
# One colour, dash and marker for each equation, the same in all figures.
LINES: dict[str, dict[str, Any]] = {
    "Global": {"color": BLUE, "ls": "-", "marker": "s"},
    "Redfield": {"color": GREEN, "ls": "-", "marker": "o", "lw": 2.0},
    "Redfield, explicit shift": {"color": SKY, "ls": "-", "marker": "v"},
    "UniversalLindblad": {"color": PURPLE, "ls": "--", "marker": "D"},
    "Local": {"color": ORANGE, "ls": "-", "marker": "^"},
    "Unified": {"color": VERMILION, "ls": "-.", "marker": "X"},
}
FIVE = ("Global", "Redfield", "UniversalLindblad", "Local", "Unified")
REFEREE = {"ls": "none", "marker": "o", "mfc": "none", "mec": INK, "ms": 4.5, "mew": 0.9}


# ---- figure 1: against the exchange ------------------------------------------------------------

CASES = {
    "equal_own": "own reservoirs,\nequal gaps",
    "unequal_own": "own reservoirs,\nunequal gaps",
    "equal_common": "common reservoir,\nequal gaps",
    "unequal_common": "common reservoir,\nunequal gaps",
}


def exchange_column(axes: list[Axes], name: str) -> None:
    """Current, its deviation and, beside a common reservoir, concurrence of one case."""
    m, points = case(name)
    x = points["exchange"] / points["width"]
    fine = np.geomspace(points["exchange"][0], points["exchange"][-1], 121)
    smooth = case(name, fine)[0]
    over = fine / width(smooth)
    rate, exact = points["rate"][0], points["heat"][0]
    for label in FIVE:
        equation, look = EQUATIONS[label], LINES[label]
        line = {k: v for k, v in look.items() if k != "marker"}
        state = et.steady_state(smooth, equation)
        d = np.abs(deviations(m, exact, equation))
        seam = np.flatnonzero(np.diff(_joined_mask(m).astype(int))) if label == "Unified" else []
        axes[0].plot(over, state.heat_currents["RA"] / rate, **line)
        for part in np.split(np.arange(len(x)), np.asarray(seam, int) + 1):
            axes[1].plot(x[part], d[part], **line, marker=look["marker"], ms=3.0, mew=0.0)
        if "common" in name:
            axes[2].plot(over, state.concurrence("A", "B"), **line)
    axes[0].plot(x, exact / rate, **REFEREE)
    if "common" in name:
        axes[2].plot(x, points["concurrence"], **REFEREE)
    axes[1].fill_between(x, 1e-9, points["error"] / np.abs(exact), color="0.85", lw=0)


def _joined_mask(m: et.Machine) -> np.ndarray:
    """Where Unified joins the middle levels: there it is not Global."""
    unified, globally = (
        et.steady_state(m, equation).heat_currents["RA"]
        for equation in (EQUATIONS["Unified"], EQUATIONS["Global"])
    )
    return np.abs(unified / globally - 1.0) > 1e-9


@printed
def exchange_figure() -> Figure:
    """Who is right where: columns are cases, rows are current, deviation, concurrence."""
    figure = Figure(figsize=(PAGE, 5.6), layout="constrained")
    axes = figure.subplots(3, 4, sharex=True, height_ratios=[1.0, 1.25, 1.0])
    for column, (name, title) in enumerate(CASES.items()):
        exchange_column(list(axes[:, column]), name)
        axes[0, column].set_title(title, fontsize=9.0)
        axes[0, column].set_xscale("log")
        axes[1, column].set(yscale="log", ylim=(3e-6, 300.0))
        axes[0, column].set_ylim(0.0, 0.068 if "own" in name else 0.5)
        for ax in axes[: 3 if "common" in name else 2, column]:
            ax.axvline(1.0, color="0.75", lw=0.6, zorder=0)
        if column % 2:
            for row in range(3):
                axes[row, column].tick_params(labelleft=False)
    axes[1, 2].tick_params(labelleft=False)
    for column, letter in enumerate("abcd"):
        panel_letter(axes[0, column], letter)
        bottom = axes[2 if column > 1 else 1, column]
        bottom.set_xlabel(r"$\Omega/\kappa$")
        bottom.tick_params(labelbottom=True)
        bottom.set_xticks([0.1, 1.0, 10.0], ["0.1", "1", "10"])
    axes[2, 2].set(ylim=(-0.008, 0.2), ylabel="concurrence")
    axes[2, 3].set(ylim=(-0.008, 0.2))
    axes[0, 0].set_ylabel(r"$Q_A/\Gamma$")
    axes[1, 0].set_ylabel("relative deviation from HEOM")
    for empty in axes[2, :2]:
        empty.set_axis_off()
    handles = [Line2D([], [], ms=3.0, mew=0.0, label=label, **LINES[label]) for label in FIVE]
    handles += [
        Line2D([], [], label="HEOM", **REFEREE),
        Line2D([], [], color="0.85", lw=5.0, label="HEOM's own error"),
    ]
    words = axes[2, 0].legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.75))
    words.set_in_layout(False)
    return figure


# ---- figure 2: against the rate ----------------------------------------------------------------


@printed
def rate_figure() -> Figure:
    """Deviations as the rate falls: full markers too large, open ones too small."""
    figure = Figure(figsize=(PAGE, 3.6), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    titles = {"own": "own reservoirs", "common": "own reservoirs and a common one"}
    for ax, (model, title), letter in zip(axes, titles.items(), "ab", strict=True):
        study = rate_study(model)
        x = study["rate"]
        ax.fill_between(x, 1e-9, study["error"] / np.abs(study["exact"]), color="0.85", lw=0)
        for label, q in study["equations"].items():
            look = dict(LINES[label]) | {"lw": 1.1}
            d = q / study["exact"] - 1.0
            marker = look.pop("marker")
            ax.plot(x, np.abs(d), **look)
            for sign, fill in ((d > 0, look["color"]), (d < 0, "white")):
                ax.plot(
                    x[sign], np.abs(d[sign]), ls="none", marker=marker, ms=4.0, mew=0.8,
                    mec=look["color"], mfc=fill,
                )  # fmt: skip
        for p, start, where in ((1, 6e-5, 3e-3), (2, 3.5e-1, 2.6e-2)):
            guide = where * np.array([1.0, 4.0])
            ax.plot(guide, start * (guide / where) ** p, color="0.45", lw=0.8, zorder=0)
            ax.annotate(
                rf"$\propto\Gamma^{p}$" if p > 1 else r"$\propto\Gamma$",
                (guide[1], start * 4.0**p), color="0.35", ha="left" if p == 1 else "right",
                va="center", xytext=(3 if p == 1 else -3, 0), textcoords="offset points",
            )  # fmt: skip
        ax.set(xscale="log", yscale="log", ylim=(5e-6, 10.0), xlabel=r"$\Gamma/\varepsilon$")
        ax.set_title(title, fontsize=9.0)
        panel_letter(ax, letter)
    axes[0].set_ylabel(r"$|Q_A/Q_A^\mathrm{HEOM}-1|$")
    handles = [
        Line2D([], [], ms=4.0, label=label, **(look | {"lw": 1.1})) for label, look in LINES.items()
    ]
    grey = Line2D([], [], color="0.85", lw=5.0, label="HEOM's own error")
    figure.legend(handles=[*handles, grey], loc="outside lower center", ncols=4)
    return figure


# ---- figure 3: one level or two ----------------------------------------------------------------


def approach_panel(ax: Axes, kind: str) -> None:
    """Errors of both equations against the distance over the width, for three T/distance."""
    over = np.geomspace(0.5, 200.0, 41)
    shades = {0.5: 0.6, 0.1: 0.8, 0.02: 1.0}
    for split, alpha in shades.items():
        m, cost = approach(kind, split, over)
        ax.plot(over, cost["apart"], color=BLUE, alpha=alpha)
        ax.plot(over, cost["joined"], color=VERMILION, ls="-.", alpha=alpha)
        excess = np.log(split / reach(*scales(m)))
        here = float(np.exp(np.interp(0.0, excess, np.log(over))))
        level = np.exp(np.interp(np.log(here), np.log(over), np.log(cost["apart"])))
        ax.plot(here, level, marker="|", color=INK, ms=9.0, mew=1.2, zorder=5)
        x, low = over[-1], cost["joined"][-1]
        ax.annotate(
            rf"${0.55 / split:.3g}$", (x, low), xytext=(3, 0), textcoords="offset points",
            va="center", color=VERMILION, alpha=alpha, fontsize=8.0, annotation_clip=False,
        )  # fmt: skip
    points = columns(stored("heom_scan.json")["against_rate"][kind]["points"])
    m = machine((1.0, 1.0), points["exchange"], APPROACH[kind], points["rate"])
    exact, size = points["heat"], np.abs(points["heat"]).max(0)
    for equation, colour in ((et.Global(), BLUE), (JOINED, VERMILION)):
        error = np.abs(heat_currents(et.steady_state(m, equation)) - exact).max(0) / size
        look = REFEREE | {"mec": colour}
        ax.plot(2 * points["exchange"] / points["width"], error, **look)
    ax.axvline(6.0, color="0.6", lw=0.8, ls=":", zorder=0)
    ax.set(xscale="log", yscale="log", xlim=(0.5, 200.0), ylim=(1e-5, 30.0))
    ax.set_xlabel(r"distance of levels / $\kappa$")


def random_panel(ax: Axes) -> None:
    """Which of both is nearer to Redfield, over temperature and distance."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("who", [VERMILION, "0.88", BLUE])
    for kind, marker in (("own", "o"), ("common", "s")):
        found = random_pairs(kind, 900)
        x, y = found["theta"] / found["width"], found["split"] / found["width"]
        better = np.log10(found["joined"] / found["apart"])
        order = np.argsort(np.abs(better))
        ax.scatter(
            x[order], y[order], c=better[order], cmap=shades, vmin=-1.5, vmax=1.5, s=5.0,
            marker=marker, lw=0,
        )  # fmt: skip
    x = np.array([1.0, 1e4])
    ax.plot(x, reach(1.0, x), color=INK, lw=1.2)
    ax.axhline(6.0, color="0.4", lw=0.8, ls=":")
    m = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    kappa, theta = scales(m)
    ax.plot(theta / kappa, 20.0 / kappa, marker="*", color=INK, ms=8.0, mew=0)
    ax.set(xscale="log", yscale="log", xlim=(0.6, 1e4), ylim=(0.1, 300.0))
    ax.set(xlabel=r"$\theta/\kappa$", ylabel=r"distance of levels / $\kappa$")


@printed
def threshold_figure() -> Figure:
    """Errors of two levels kept apart and joined; where each is better."""
    figure = Figure(figsize=(PAGE, 3.1), layout="constrained")
    axes = figure.subplots(1, 3, width_ratios=[1.0, 1.0, 1.15])
    for ax, kind, letter in zip(axes, APPROACH, "ab", strict=False):
        approach_panel(ax, kind)
        panel_letter(ax, letter)
    axes[1].tick_params(labelleft=False)
    axes[0].set_title("own reservoirs", fontsize=9.0)
    axes[1].set_title("own and a common, cold one", fontsize=9.0)
    axes[2].set_title("random machines", fontsize=9.0)
    axes[0].set_ylabel("error of the currents")
    random_panel(axes[2])
    panel_letter(axes[2], "c")
    handles = [
        Line2D([], [], color=BLUE, label="kept apart (Global)"),
        Line2D([], [], color=VERMILION, ls="-.", label=r"joined, with $T/$distance"),
        Line2D([], [], label="the same from HEOM", **REFEREE),
        Line2D([], [], color="0.5", ls=":", lw=0.8, label=r"6 $\kappa$"),
        Line2D([], [], color=INK, lw=1.2, label=r"Unified joins below"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)
    return figure


DRAWN = {
    "equations-exchange.png": exchange_figure,
    "equations-rate.png": rate_figure,
    "equations-threshold.png": threshold_figure,
}


def main() -> None:
    """Draw all."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    for name, make in DRAWN.items():
        save(make(), FIGURES / name)
        print(f"{name}: {(FIGURES / name).stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
