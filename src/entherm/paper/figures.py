"""Figs. 1–7 of the paper: each as data, as a picture drawn from that data, and in words.

The paper's captions leave most axis ranges open. Ours are chosen so that every feature that its
text names lies inside; each caption says which, and what could not be decided from the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from entherm.paper import circuit_data, figure_data, figure_pictures

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the paper.

    Attributes
    ----------
    name : str
        ``"fig2"``, the stem of its files.
    title : str
        A few words.
    caption : str
        What is drawn, with which parameters and ranges, and what is seen.
    compute : callable
        Returns its Dataset, all panels in one.
    draw : callable
        Turns that Dataset, and nothing else, into a Figure.

    Examples
    --------
    >>> figure = FIGURES["fig1"]
    >>> bool(figure.draw(figure.compute()).get_figwidth() < 3.4)
    True
    """

    name: str
    title: str
    caption: str
    compute: Callable[[], xr.Dataset]
    draw: Callable[[xr.Dataset], Figure]


_FIG1 = (
    "The machine. Circles are the qubits with their gaps, the double line is the exchange Ω. Each "
    "qubit has a reservoir of its own, R_A and R_B; R_C acts on both through one jump operator, "
    "with rates Γ_C^(A) and Γ_C^(B). Drawn from the machine itself by entherm.plotting.draw."
)
_FIG2 = (
    "Concurrence with and without the common reservoir, for T_A = T_B = T; Γ_A = Γ_B = Γ_C^(A) = "
    "Γ_C^(B) = Γ, ε_A = ε_B = 20Γ, Ω = 10Γ. (a) Gain ΔC = C_ABC − C_AB. The dashed line, vermilion "
    "(the paper's red), is T_C = T; the black line under it is the contour ΔC = 0 found in the "
    "data. Grey: no entanglement with R_C or without. The gain is largest (0.112) where C_AB just "
    "vanishes, at T = Ω/asinh 1 = 11.35Γ. (b) C without R_C (dashed) and with R_C at four T_C; "
    "arrows point to T = T_C, where both are equal. Colder R_C raises the maximum, from 0.093 "
    "without it to 0.136. All these maxima lie at larger T (8.0–9.5Γ) than the one without R_C "
    "(6.1Γ), but among themselves the colder ones lie at slightly smaller T. Ranges (our choice): "
    "T to 20Γ, so that all entanglement, which ends at 18.9Γ, is inside; T_C to 14Γ, beyond the "
    "11.35Γ above which R_C leaves none."
)
_FIG3 = (
    "(a) Heat current out of R_C and (b) concurrence, against T = T_A = T_B at four T_C; Ω = 6Γ, "
    "ε_A = ε_B = 20Γ, all rates Γ. Dashed, vermilion (the paper's red): concurrence without R_C. "
    "Arrows mark T = T_C: there the current changes from heat released (positive) to heat "
    "absorbed, and the concurrences cross. The inset enlarges the sign change, which for T_C = 2Γ "
    "(a current of 8·10⁻⁵ Γ² at small T) is still too small to see. Ranges (our choice): T to 14Γ, "
    "past the end of all entanglement at 12.9Γ; without R_C it ends at 6.8Γ, so what R_C recovers "
    "is in view."
)
_FIG4 = (
    "Effective temperatures of the two transition frequencies without R_C, Eq. (19), from the "
    "rates, against the detuning Δε = ε_A − ε_B; T_B = 8Γ, T_A as given, Ω = 6Γ, mean gap 20Γ, "
    "rates Γ. Solid: ω₁; dashed, vermilion (the paper's red): ω₂. The circle is the root of their "
    "difference: Δε = 0.947, 1.425, 1.860 and 2.077Γ, the paper's 0.95, 1.43, 1.86 and 2.08, where "
    "the qubits have one temperature, T_eff = 6.74, 6.50, 6.37 and 6.33Γ. Range (our choice): Δε "
    "from 0 to 4Γ, about twice the largest root."
)
_FIG5 = (
    "Heat current out of R_C (top) and concurrence (bottom) against T_C, at the four "
    "thermalisation points of Fig. 4; T_B = 8Γ, Ω = 6Γ, mean gap 20Γ, all rates Γ. The detunings "
    "are the roots themselves; the paper's rounded ones move the crossings apart by about 10⁻⁴ Γ. "
    "Dashed: zero current. Dotted, vermilion (the paper's red): concurrence without R_C. Arrows "
    "mark the root of the current, which agrees to 10⁻⁹ with T_eff and with the T_C at which R_C "
    "leaves the concurrence unchanged; below it R_C absorbs heat and the concurrence is higher. "
    "Range (our choice): T_C from 0 to 10Γ, so that the plateau at low T_C and the loss of all "
    "entanglement just above T_eff are both inside."
)
_FIG6 = (
    "The same machine as a circuit: two fluxonium qubits exchange excitations through a resonator "
    "far from resonance, noise of controlled strength makes the reservoirs, and a noise source "
    "that reaches both qubits is the common one. Dashed rings are pure dephasing; the numbers are "
    "those of Fig. 7(a). Drawn from the machine by entherm.plotting.draw with these words as "
    "labels."
)
_FIG7 = (
    "The circuit: ε_A = ε_B = 1 GHz; frequencies, rates and temperatures in this one unit. γ is "
    "taken as printed, its MHz in the same unit as all other frequencies: only under this reading "
    "does cyclic or angular cancel from C. Machine files take γ as a rate, without 2π; with cyclic "
    "frequencies γ/Γ is then 2π times smaller, and the largest C at Γ = 0.1 MHz, Ω = 0.7 GHz is "
    "0.217, not 0.114. (a) Concurrence for Ω = 0.7 GHz, all rates 10 MHz, γ = 0.035 MHz in Eq. "
    "(21); grey: none. Dashed, vermilion (the paper's red): T_C = T. (b) Gain ΔC (colours), lines "
    "of the relative gain ΔC/C_AB; hatched: entangled only with R_C, where the relative gain is "
    "infinite (it is masked where C_AB = 0); grey: not entangled either way. The paper calls ΔC, "
    "which it defined as a difference, a relative improvement; so both are shown. (c)–(f) Largest "
    "concurrence with T and T_C free, C_neq, against the largest in equilibrium, C_eq, as a ratio "
    "(c, d) and as a difference (e, f); orange, dashed: all rates 10 MHz; blue: 0.1 MHz. The paper "
    "leaves open what equilibrium is: wide lines take R_C at T_C = T, thin ones leave it out; in "
    "(c, d) the thin 10 MHz curve lies under the wide one, all but near Ω = 1 GHz. Its γ = 1/T₂ − "
    "1/(2T₁) is the decay rate of a coherence, which under its Eq. (21) is 2γ: left panels take γ "
    "= 0.035 MHz as printed, right ones half. Where C_eq = 0 the ratio is masked: thin blue in "
    "(c), below Ω = 0.81 GHz. In every reading the ratio only falls with Ω; it is the difference "
    "that has the peak of which the text speaks, at larger Ω for weaker coupling. "
    "Ranges (our choice): T to 1.5 and T_C to 1.2 GHz, past the end "
    "of all entanglement at 1.23 and 0.86; Ω from 0.05 to 0.95 GHz, inside the 1 GHz at which ω₁ "
    "vanishes; ratios to 100. The maxima are sought for T from 0.01 to 1.5 GHz and T_C from 0 to "
    "1.2 GHz, and always lie at T between 0.07 and 0.41 GHz and at the cold end of T_C."
)

FIGURES: Mapping[str, PaperFigure] = MappingProxyType(
    {
        name: PaperFigure(name, title, caption, compute, getattr(figure_pictures, name))
        for name, title, caption, compute in (
            ("fig1", "The machine", _FIG1, figure_data.fig1),
            ("fig2", "Gain of concurrence from a common reservoir", _FIG2, figure_data.fig2),
            ("fig3", "Heat current and concurrence at equal T_A, T_B", _FIG3, figure_data.fig3),
            ("fig4", "Effective temperatures and thermalisation", _FIG4, figure_data.fig4),
            ("fig5", "Heat current and concurrence out of equilibrium", _FIG5, figure_data.fig5),
            ("fig6", "The machine as a circuit", _FIG6, circuit_data.fig6),
            ("fig7", "The circuit with dephasing", _FIG7, circuit_data.fig7),
        )
    }
)
