"""Reservoirs: what they touch, how strongly, how correlated, and how warm.

A reservoir is one thing, whether it touches one subsystem or ten. It acts on subsystem k through
an amplitude g_k, and what it does to two subsystems at once is set by a correlation c_kl:

    Γ_kl(ω) = c_kl(ω) g_k g_l f(ω),        f(ω_ref) = 1.

**Γ is the paper's**, half of the usual Lindblad rate: the dissipator is written
Γ [2 V ρ V† − {V† V, ρ}], so a transition of matrix element V goes down at 2 Γ |V|² (n̄ + 1) and up
at 2 Γ |V|² n̄, and a bare qubit at T = 0 has 1/T₁ = 2 Γ. The factor 2 enters here, in
`entherm.modes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from entherm.checks import mapping_of, require_known, require_name
from entherm.correlation import Correlation, TabulatedCorrelation, by_pairs
from entherm.couplings import Coupling, as_coupling
from entherm.errors import ParameterError
from entherm.modes import BelowZero, Modes, Statistics
from entherm.parameters import Array
from entherm.spectra import Spectrum


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Reservoir(Modes):
    r"""A reservoir that touches one or several subsystems (Eq. (4) of [Man]).

    Parameters
    ----------
    name : str
        e.g. ``"RC"``.
    temperature : array_like, optional
        T >= 0, in the unit of the gaps; fermions: of any sign. Either this or an occupation.
    couplings : mapping of str to rate or Coupling
        Which subsystems it touches, and how strongly; a bare number is a rate Γ through σ₋. An
        operator on several subsystems at once has a name such as ``"A-B"``.
    correlation : array_like, mapping or TabulatedCorrelation
        c in −1/(N−1) <= c <= 1 for N touched subsystems: Γ_kl = c g_k g_l for k ≠ l. The paper's
        common reservoir has c = 1, N separate ones of equal temperature would have c = 0. Or
        numbers by pair, the matrix c_kl itself, or a table over frequency.
    statistics : {"bose", "fermi"}
        Of its modes. A fermionic one touches one subsystem only.
    chemical_potential : array_like
        μ, for rotating-wave couplings.
    occupation : array_like, optional
        n of every mode instead of a temperature: synthesised noise. In [0, 1] for ``"fermi"``,
        inverted above 1/2.
    spectrum : Spectrum
        f(ω); flat if left out.
    delays : mapping of str to array_like, optional
        t_k of each subsystem along a line: c_kl → c_kl cos ω(t_k − t_l), and the exchange
        √(Γ_k Γ_l) sin ω\|t_k − t_l\| that the line brings is added to the Hamiltonian.
    below_zero : {"refuse", "dark"}
        What a rotating-wave coupling does on a transition of negative frequency, for which a
        bosonic reservoir has no mode: an error, or nothing.

    Raises
    ------
    ParameterError
        For a negative temperature, no coupling, or a correlation that is not positive semidefinite.

    References
    ----------
    [Man] Eqs. (4), (9), (12), (13), (14).

    Examples
    --------
    >>> rc = Reservoir(
    ...     "RC", temperature=1.0, couplings={"A": 1.0, "B": Coupling(rate=1.0, sign=-1)}
    ... )
    >>> float(rc.coupling("B").amplitude)
    -1.0
    """

    name: str
    couplings: Mapping[str, Coupling]
    correlated: Correlation

    def __init__(
        self,
        name: str,
        temperature: ArrayLike | None = None,
        couplings: Mapping[str, Coupling | ArrayLike] | None = None,
        correlation: ArrayLike | Mapping[str, ArrayLike] | TabulatedCorrelation | Correlation = 1.0,
        *,
        statistics: Statistics = "bose",
        chemical_potential: ArrayLike = 0.0,
        occupation: ArrayLike | None = None,
        spectrum: Spectrum | None = None,
        delays: Mapping[str, ArrayLike] | None = None,
        below_zero: BelowZero = "refuse",
    ) -> None:
        require_name(name, "reservoirs")
        where = f"reservoirs.{name}"
        empty = isinstance(couplings, dict | MappingProxyType) and not couplings
        if couplings is None or empty:
            raise ParameterError(
                f"{where}.couplings",
                "touch at least one subsystem",
                "none",
                "give couplings={'A': rate, ...} or leave the reservoir out",
            )
        given = mapping_of(couplings, f"{where}.couplings", "give couplings={'A': rate, ...}")
        frozen = {k: as_coupling(v, f"{where}.couplings.{k}") for k, v in given.items()}
        try:
            if not isinstance(correlation, Correlation):
                names = tuple(frozen)
                correlation = Correlation(names, by_pairs(names, correlation), delays)
        except ParameterError as error:
            raise error.at(f"{where}.{error.path}") from None
        for key, value in (
            ("name", name),
            ("couplings", MappingProxyType(frozen)),
            ("correlated", correlation),
        ):
            object.__setattr__(self, key, value)
        self._set_modes(
            where, temperature, occupation, statistics, chemical_potential, spectrum, below_zero
        )
        if statistics == "fermi" and len(frozen) > 1:
            raise ParameterError(
                f"{where}.couplings",
                "touch one subsystem, being fermionic",
                ", ".join(frozen),
                "a fermionic reservoir common to several qubits needs a Jordan-Wigner string, "
                "which is not implemented: give each its own, or use statistics='bose'",
            )

    def __repr__(self) -> str:
        return f"Reservoir({self.name!r} on {', '.join(self.couplings)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (
            (self.name, self.temperature, dict(self.couplings), self.correlated),
            {
                "statistics": self.statistics,
                "chemical_potential": self.chemical_potential,
                "occupation": self.occupation,
                "spectrum": self.spectrum,
                "below_zero": self.below_zero,
            },
        )

    @property
    def path(self) -> str:
        """Where its parameters are, e.g. ``reservoirs.RC``."""
        return f"reservoirs.{self.name}"

    @property
    def correlation(self) -> Any:
        """As it was given: a number, numbers by pair, or a table."""
        return self.correlated.between

    @property
    def parameters(self) -> dict[str, Array]:
        """By path below the reservoir's own, in the order of a machine file."""
        found: dict[str, Array] = {}
        if self.temperature is not None:
            found["temperature"] = self.temperature
        if self.occupation is not None:
            found["occupation"] = self.occupation
        if self.has_chemical_potential:
            found["chemical_potential"] = self.chemical_potential
        for name, coupling in self.couplings.items():
            found |= {f"couplings.{name}.{k}": v for k, v in coupling.parameters.items()}
        found |= {f"spectrum.{k}": v for k, v in self.spectrum.parameters.items()}
        return found | self.correlated.parameters

    @property
    def structure(self) -> tuple[Any, ...]:
        """What is no number: operators, signs, statistics, the kind of spectrum."""
        couplings = [
            (k, c.sign, c.operator if isinstance(c.operator, str) else c.operator.tolist())
            for k, c in self.couplings.items()
        ]
        modes = self.statistics, self.below_zero, self.spectrum.structure
        return self.name, couplings, modes, self.correlated.structure

    def rebuilt(self, values: Mapping[str, Array]) -> Reservoir:
        """Return the same reservoir with other numbers."""
        couplings = {
            k: c.rebuilt({p: values[f"couplings.{k}.{p}"] for p in c.parameters})
            for k, c in self.couplings.items()
        }
        shape = self.spectrum.parameters
        try:
            correlated = self.correlated.rebuilt(values)
            spectrum = self.spectrum.replace({k: values[f"spectrum.{k}"] for k in shape})
        except ParameterError as error:
            raise error.at(f"{self.path}.{error.path}") from None
        return Reservoir(
            self.name,
            values.get("temperature"),
            couplings,
            correlated,
            statistics=self.statistics,
            chemical_potential=values.get("chemical_potential", 0.0),
            occupation=values.get("occupation"),
            spectrum=spectrum,
            below_zero=self.below_zero,
        )

    def coupling(self, subsystem: str) -> Coupling:
        """Return the coupling to `subsystem`.

        Examples
        --------
        >>> float(Reservoir("RA", 1.0, {"A": 2.0}).coupling("A").rate)
        2.0
        """
        require_known(f"{self.path}.couplings", subsystem, self.couplings)
        return self.couplings[subsystem]


def _restored(values: tuple[Any, ...], options: dict[str, Any]) -> Reservoir:
    return Reservoir(*values, **options)
