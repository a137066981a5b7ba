r"""Draw the critical heat current of the two-qubit entanglement engine.

``python tools/critical_current.py`` writes docs/figures/critical-current.svg: the concurrence of
the local machine as a function of its heat current, while the hot reservoir is heated, at several
exchange strengths and cold temperatures; and the heat current beside its critical value.

At resonance the local equation of two qubits under flip-flop exchange g closes on the excitations
n_A, n_B and the coherence ⟨01|ρ|10⟩ = ±i y. With populations that decay at A = 2 Γ_h (2 n̄_h + 1)
and B = 2 Γ_c (2 n̄_c + 1) towards r_h = n̄_h/(2 n̄_h + 1) and r_c,

.. math:: J = 2 g y = \frac{4 g^2 A B (r_h - r_c)}{(A + B)(A B + 4 g^2)}, \quad
    n_A = r_h - J/A, \quad n_B = r_c + J/B,

and ρ is an X state with p_11 = n_A n_B − y², p_00 = (1 − n_A)(1 − n_B) − y². So

.. math:: C = 2 \max(0, y - \sqrt{p_{00} p_{11}}) = \max(0, (Q - Q_c)/(\varepsilon g)), \quad
    Q = \varepsilon J, \quad Q_c = 2 \varepsilon g \sqrt{p_{00} p_{11}}.

The critical heat current of a sweep is where Q = Q_c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import brentq

import entherm as et
from entherm import zoo
from entherm.plotting import INK, PAGE, PALETTE, panel_letter, printed

FIGURE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "critical-current.svg"

NAME = "khandelwal_2020"
EXCHANGE, COLD = 0.010, 0.20
EXCHANGES = (0.004, 0.007, 0.010, 0.014)
COLDS = (0.15, 0.18, 0.20, 0.23)
HOTTEST = 7.0

Cases = Sequence[tuple[str, float, float]]


@dataclass(frozen=True)
class Engine:
    """Two resonant qubits between bosonic reservoirs, in closed form; see the module.

    Attributes
    ----------
    gap, exchange, hot_rate, cold_rate, hot, cold : float
        ε, g, Γ_h, Γ_c, T_h, T_c.
    """

    gap: float
    exchange: float
    hot_rate: float
    cold_rate: float
    hot: float
    cold: float

    @property
    def flow(self) -> float:
        """J, quanta per time from hot to cold."""
        A, B = self._decays
        g2, r_h, r_c = self.exchange**2, *self._targets
        return float(4.0 * g2 * A * B * (r_h - r_c) / ((A + B) * (A * B + 4.0 * g2)))

    @property
    def current(self) -> float:
        """Heat current Q."""
        return self.gap * self.flow

    @property
    def critical(self) -> float:
        """Critical heat current Q_c of this state."""
        (A, B), (r_h, r_c), J = self._decays, self._targets, self.flow
        n_A, n_B, y = r_h - J / A, r_c + J / B, 0.5 * J / self.exchange
        both, none = n_A * n_B - y**2, (1.0 - n_A) * (1.0 - n_B) - y**2
        return float(2.0 * self.gap * self.exchange * np.sqrt(both * none))

    @property
    def _quanta(self) -> tuple[float, float]:
        n_h, n_c = 1.0 / np.expm1(self.gap / np.array([self.hot, self.cold]))
        return float(n_h), float(n_c)

    @property
    def _decays(self) -> tuple[float, float]:
        n_h, n_c = self._quanta
        return 2.0 * self.hot_rate * (2.0 * n_h + 1.0), 2.0 * self.cold_rate * (2.0 * n_c + 1.0)

    @property
    def _targets(self) -> tuple[float, float]:
        n_h, n_c = self._quanta
        return n_h / (2.0 * n_h + 1.0), n_c / (2.0 * n_c + 1.0)


def engine(exchange: float, cold: float, hot: float) -> Engine:
    """Return the machine of the zoo in closed form, at other values of three parameters."""
    p = zoo.machine(NAME).parameters
    return Engine(
        gap=float(p["qubits.A"]),
        exchange=exchange,
        hot_rate=float(p["reservoirs.hot.couplings.A.rate"]),
        cold_rate=float(p["reservoirs.cold.couplings.B.rate"]),
        hot=hot,
        cold=cold,
    )


def critical_point(exchange: float, cold: float) -> tuple[float, float]:
    """Temperature of the hot reservoir and heat current at which entanglement sets in."""

    def excess(hot: float) -> float:
        at = engine(exchange, cold, hot)
        return at.current - at.critical

    hot = brentq(excess, 1.001 * cold, HOTTEST, xtol=1e-14, rtol=1e-14)
    return float(hot), engine(exchange, cold, hot).current


def sweep(
    exchange: float, cold: float, points: int = 200
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hot temperature, heat current and concurrence of the machine itself."""
    hot = np.linspace(cold, HOTTEST, points)
    changed: dict[str, Any] = {
        "exchange.A-B.strength": exchange,
        "reservoirs.cold.temperature": cold,
        "reservoirs.hot.temperature": hot,
    }
    state = et.steady_state(zoo.machine(NAME).replace(changed), zoo.entry(NAME).equation)
    C, Q = state.observe(et.concurrence("A", "B"), et.heat("hot"))
    return hot, Q, C


def entanglement(ax: Axes, cases: Cases, title: str) -> None:
    """Concurrence against heat current, and where it sets in."""
    for colour, (label, exchange, cold) in zip(PALETTE, cases, strict=False):
        _, Q, C = sweep(exchange, cold)
        ax.plot(1e3 * Q, C, color=colour, label=label)
        ax.axvline(1e3 * critical_point(exchange, cold)[1], ymax=0.3, color=colour, ls=":", lw=0.9)
    ax.set(xlabel=r"heat current $Q$ ($10^{-3}\,\varepsilon^2$)", xlim=(0.0, None))
    ax.legend(title=title, title_fontsize=8.0, loc="upper right", ncols=2, columnspacing=1.2)


def currents(ax: Axes, cases: Cases) -> None:
    """Heat current and its critical value against the temperature of the hot reservoir."""
    for colour, (_, exchange, cold) in zip(PALETTE, cases, strict=False):
        hot, Q, _ = sweep(exchange, cold)
        ax.plot(hot, 1e3 * Q, color=colour)
        critical = [1e3 * engine(exchange, cold, T).critical for T in hot]
        ax.plot(hot, critical, color=colour, ls="--")
        T, Q_c = critical_point(exchange, cold)
        ax.plot(T, 1e3 * Q_c, "o", ms=3.5, color=colour)
    ax.plot([], [], color=INK, label=r"$Q$")
    ax.plot([], [], color=INK, ls="--", label=r"$Q_c$")
    ax.set(xlabel=r"hot temperature $T_h$ ($\varepsilon$)", ylabel=r"$10^{-3}\,\varepsilon^2$")
    ax.set(xlim=(0.0, HOTTEST), ylim=(0.0, None))
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))


@printed
def critical_figure() -> Figure:
    """Concurrence against heat current, twice; heat current and critical heat current."""
    figure = Figure(figsize=(PAGE, 2.5), layout="constrained")
    axes = figure.subplots(1, 3)
    by_exchange = [(f"${1e3 * g:.0f}$", g, COLD) for g in EXCHANGES]
    by_cold = [(f"${T:.2f}$", EXCHANGE, T) for T in COLDS]
    entanglement(axes[0], by_exchange, r"$g$ ($10^{-3}\,\varepsilon$)")
    entanglement(axes[1], by_cold, r"$T_c$ ($\varepsilon$)")
    currents(axes[2], by_exchange)
    axes[0].set_ylabel("concurrence")
    for ax in axes[:2]:
        ax.set_ylim(-0.004, 0.12)
    for ax, letter in zip(axes, "abc", strict=True):
        panel_letter(ax, letter)
    return figure


def main() -> None:
    """Write the figure."""
    FIGURE.parent.mkdir(exist_ok=True)
    # Letters as outlines: the page is read where these fonts are not.
    with rc_context({"svg.hashsalt": NAME, "svg.fonttype": "path"}):
        critical_figure().savefig(FIGURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
