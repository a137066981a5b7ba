r"""Master equations: which transitions interfere, at which frequency, and what energy is heat.

Every equation here has one form. A reservoir drives transitions t = (i → j) between reference
levels with amplitudes a_t = ⟨j|V|i⟩, and

.. math:: \mathcal{L}[\rho] = \sum_{t, t'} a_t a^*_{t'} \Big( w_{tt'}\,
    |j\rangle\langle i| \rho |i'\rangle\langle j'|
    - k_{tt'}\, |i'\rangle\langle j'|j\rangle\langle i|\,\rho
    - k^*_{t't}\, \rho\, |i'\rangle\langle j'|j\rangle\langle i| \Big)

with S_t = 2 (n̄ + 1) f at the frequency of the transition (docs/physics.md §4). An equation is a
choice of three things:

| equation | reference levels | w, k | heat counts |
| --- | --- | --- | --- |
| `Global` | of H_S | S_t, ½ S_t where ω_t = ω_t' | H_S |
| `Unified` | of H_S, near energies made equal | S_t, ½ S_t where ω_t = ω_t' | their energies |
| `Local` | bare, near energies made equal | S_t, ½ S_t where ω_t = ω_t' | H_S or bare |
| `Redfield` | of H_S | ½ (S_t + S_t'), ½ S_t | H_S |
| `UniversalLindblad` | of H_S | √(S_t S_t'), ½ √(S_t S_t') | H_S |
| `Reset` | bare | thermal states put in place of a subsystem | H_S or bare |

The rules are values; the generator that follows is assembled in `entherm.liouvillian`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from entherm.checks import items_of, require_choice, require_kind
from entherm.errors import ParameterError

Reference = Literal["total", "clustered", "bare"]
Interference = Literal["equal", "arithmetic", "geometric"]
DephasingRule = Literal["as_written", "secular"]
LambShift = Literal["absorbed", "explicit"]
HeatRule = Literal["total", "bare"]
Clustering = Literal["sweep", "point"]

# Levels are clustered where gap² < c κ θ: docs/equations.md has the figure that chooses c.
CLUSTER_THRESHOLD = 0.5


class Equation:
    """A master equation; see the module for what each one chooses.

    Attributes
    ----------
    reference : {"total", "clustered", "bare"}
        Whose levels the jumps connect: of H_S, of H_S with near energies made equal, or of the
        bare Hamiltonian with near energies made equal.
    interference : {"equal", "arithmetic", "geometric"}
        Which pairs of transitions interfere: those of equal frequency, or all, with the arithmetic
        or geometric mean of their spectra.
    heat : {"total", "bare"}
        Which energy is counted as heat: that of H_S (clustered where the reference is), or the
        reference energies.
    """

    reference: ClassVar[Reference]
    interference: ClassVar[Interference] = "equal"
    heat: HeatRule = "total"
    lamb_shift: LambShift = "absorbed"

    @property
    def name(self) -> str:
        """The class's name."""
        return type(self).__name__

    def _choose(self, field: str, *choices: str) -> None:
        require_choice(getattr(self, field), field, choices)

    def _require_threshold(self, value: object) -> None:
        number = isinstance(value, int | float | np.integer | np.float64)
        if not number or isinstance(value, bool) or not 0.0 <= value <= 1e100:  # type: ignore[operator]
            rule, remedy = "be a finite number >= 0", "0.5 is the default, 0 joins nothing"
            raise ParameterError("threshold", rule, repr(value), remedy)


@dataclass(frozen=True)
class Global(Equation):
    """The global secular equation: transitions interfere where their Bohr frequencies are equal.

    Equal means to 1e-9 ‖H‖. Valid where every gap between different Bohr frequencies is large
    against the widths; obeys both laws; the Gibbs state of H_S at equal temperatures.

    Parameters
    ----------
    dephasing : {"as_written", "secular"}
        Eq. (21) as printed does not commute with H_S and mixes λ₂, λ₃ through their coherence;
        ``"secular"`` applies the same rule to it as to the reservoirs.
    lamb_shift : {"absorbed", "explicit"}
        Whether ε and Ω are the dressed values that a spectroscopist reads, or bare ones to which
        the reservoirs' shift is added (not on a flat spectrum, where it is undefined).

    References
    ----------
    [Man] Eqs. (7), (8), (9), (10), (12), (13), (14), (21).

    Examples
    --------
    >>> Global().dephasing
    'as_written'
    """

    reference: ClassVar[Reference] = "total"
    dephasing: DephasingRule = "as_written"
    lamb_shift: LambShift = "absorbed"

    def __post_init__(self) -> None:
        self._choose("dephasing", "as_written", "secular")
        self._choose("lamb_shift", "absorbed", "explicit")


@dataclass(frozen=True)
class Unified(Equation):
    r"""The unified equation: levels too near to be told apart are treated as one.

    The dissipator is the global one of a clustered Hamiltonian, whose near energies are made
    equal; the unitary part keeps H_S. Heat is counted with the clustered Hamiltonian, for which
    both laws are exact. Levels of one class are joined where

    .. math:: (E_a - E_b)^2 < c\, \kappa_{ab}\, \theta, \qquad \theta = \min(T, \omega)

    with κ half the sum of their exit rates: where what the secular approximation neglects, κ/gap,
    exceeds what clustering does, the change gap/θ of the spectra over the gap.

    Parameters
    ----------
    threshold : float
        c; at θ = 72 κ the default joins what is closer than 6 widths.
    clustering : {"point", "sweep"}
        One for each point, with a seam where it changes, which `validity` draws; or one for all
        points, of the pairs that are near anywhere.
    lamb_shift : {"absorbed", "explicit"}
        As in `Global`.
    joined : tuple of (int, int), optional
        Pairs of levels, by static label, to be joined whatever their distance; left out, by the
        threshold.

    References
    ----------
    A. Trushechkin, Phys. Rev. A 103, 062226 (2021).

    Examples
    --------
    >>> Unified().threshold
    0.5
    """

    reference: ClassVar[Reference] = "clustered"
    threshold: float = CLUSTER_THRESHOLD
    clustering: Clustering = "point"
    lamb_shift: LambShift = "absorbed"
    joined: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        self._require_threshold(self.threshold)
        self._choose("clustering", "sweep", "point")
        self._choose("lamb_shift", "absorbed", "explicit")


@dataclass(frozen=True)
class Local(Equation):
    """The local equation: jumps between bare levels, at bare frequencies.

    Valid where the interaction is weak against gaps and temperatures. Where one reservoir drives
    several near frequencies, of several subsystems or of one, they are paired by their widths.

    Parameters
    ----------
    threshold : float
        c of `Unified`, here for two bare frequencies that one reservoir drives.
    clustering, joined
        As in `Unified`; (i, j, k, m) for the transitions i → j and k → m.
    heat : {"total", "bare"}
        Tr(H_S D ρ) as in Eq. (18), which can break the second law; or Tr(H_0 D ρ) with the bare
        H_0, which cannot, and whose sum is what the interaction takes as ``"work"``.
    lamb_shift : {"absorbed", "explicit"}
        As in `Global`.

    References
    ----------
    A. Levy, R. Kosloff, EPL 107, 20004 (2014); G. De Chiara et al., New J. Phys. 20, 113024 (2018).

    Examples
    --------
    >>> Local().heat
    'total'
    """

    reference: ClassVar[Reference] = "bare"
    threshold: float = CLUSTER_THRESHOLD
    clustering: Clustering = "point"
    heat: HeatRule = "total"
    lamb_shift: LambShift = "absorbed"
    joined: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        self._require_threshold(self.threshold)
        self._choose("clustering", "sweep", "point")
        self._choose("heat", "total", "bare")
        self._choose("lamb_shift", "absorbed", "explicit")


@dataclass(frozen=True)
class Redfield(Equation):
    """The Bloch–Redfield equation: all transitions interfere, nothing is averaged.

    The most accurate at weak coupling whatever the gaps; its state may have negative populations
    of the order of the error, which `validity` reports.

    Parameters
    ----------
    lamb_shift : {"absorbed", "explicit"}
        As in `Global`; explicit brings the principal values of all matrix elements.

    References
    ----------
    H.-P. Breuer, F. Petruccione, The Theory of Open Quantum Systems (2002), Eq. (3.118) before
    its secular step.

    Examples
    --------
    >>> Redfield().interference
    'arithmetic'
    """

    reference: ClassVar[Reference] = "total"
    interference: ClassVar[Interference] = "arithmetic"
    lamb_shift: LambShift = "absorbed"

    def __post_init__(self) -> None:
        self._choose("lamb_shift", "absorbed", "explicit")


@dataclass(frozen=True)
class UniversalLindblad(Equation):
    """The universal Lindblad equation: one jump operator Σ √S(ω) X(ω) for each noise.

    Positive, and as accurate as Redfield up to the order of its error; leaks small currents at
    equilibrium, which `validity` reports, so that its local currents prove nothing below that.
    Its Lamb shift is taken as absorbed.

    References
    ----------
    F. Nathan, M. S. Rudner, Phys. Rev. B 102, 115109 (2020).

    Examples
    --------
    >>> UniversalLindblad().interference
    'geometric'
    """

    reference: ClassVar[Reference] = "total"
    interference: ClassVar[Interference] = "geometric"


@dataclass(frozen=True)
class Reset(Equation):
    """Collisions: every reservoir of one qubit puts a thermal qubit in its place, at a rate p.

    p = 2 Γ (2 n̄ + 1) at the bare gap, which makes populations decay as under `Local` and adds a
    dephasing of p/4 in the γ of Eq. (21). A `ResetReservoir` keeps its own p.

    Parameters
    ----------
    heat : {"total", "bare"}
        As in `Local`.

    References
    ----------
    N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. Lett. 105, 130401 (2010).

    Examples
    --------
    >>> Reset().reference
    'bare'
    """

    reference: ClassVar[Reference] = "bare"
    heat: HeatRule = "total"

    def __post_init__(self) -> None:
        self._choose("heat", "total", "bare")


def chosen_equation(equation: Equation | None) -> Equation:
    """Return the equation that is meant, `Global` if none is.

    Examples
    --------
    >>> chosen_equation(None).name
    'Global'
    """
    rule = Global() if equation is None else equation
    named = {kind.__name__.casefold(): kind.__name__ for kind in EQUATIONS}
    word = getattr(rule, "__name__", rule)
    meant = named.get(word.casefold(), "Global") if isinstance(word, str) else "Global"
    require_kind(rule, Equation, "equation", "be an equation", f"give e.g. {meant}()")
    return rule


def chosen_equations(equations: Iterable[Equation]) -> list[Equation]:
    """Return the equations that are meant, each once.

    Examples
    --------
    >>> chosen_equations([Local(), Local()])
    [Local(threshold=0.5, clustering='point', heat='total', lamb_shift='absorbed', joined=None)]
    """
    remedy = "give e.g. [Global(), Local()]"
    listed = items_of(equations, "equations", remedy)
    for rule in listed:
        require_kind(rule, Equation, "equations", "be equations", remedy)
    if not listed:
        raise ParameterError("equations", "name at least one", "none", remedy)
    return [*dict.fromkeys(listed)]


EQUATIONS: tuple[type[Equation], ...] = (
    Global,
    Unified,
    Redfield,
    UniversalLindblad,
    Local,
    Reset,
)
