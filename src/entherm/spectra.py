"""Shapes of a reservoir's spectral density: how strongly it acts at which frequency.

A coupling is a rate Γ at a reference frequency, and the shape f carries it to every other one:

    Γ_kl(ω) = c_kl(ω) g_k g_l f(ω),    f(ω_ref) = 1.

`Flat` is the paper's; `Ohmic` a resistor or a line with a cut-off; `Lorentzian` a reservoir seen
through a resonator; `Tabulated` whatever was measured. **Γ(ω) is what QuTiP's environments call
J(ω)**: the power spectrum is S(ω) = 2 Γ(ω) (n̄(ω) + 1). Γ(ω) is odd, so f is asked for ω >= 0 only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.checks import mapping_of, real_numbers, require_known
from entherm.elementary import exponential
from entherm.errors import ParameterError
from entherm.parameters import Array, as_array, broadcast_shape, parameter, require

CUT_SHAPES = ("exponential", "drude")


@dataclass(frozen=True, init=False, eq=False)
class Spectrum(ABC):
    """The shape f of a spectral density: the base of `Flat`, `Ohmic`, `Lorentzian`, `Tabulated`."""

    kind: ClassVar[str]  # the word for it in a machine file
    _numbers: ClassVar[tuple[str, ...]] = ()  # may vary over a sweep; None where not given
    _fixed: ClassVar[tuple[str, ...]] = ()  # the constructor's other arguments

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The numbers that may vary over a sweep, by local name, frozen."""
        given = {name: getattr(self, name) for name in self._numbers}
        return MappingProxyType({name: value for name, value in given.items() if value is not None})

    @property
    def structure(self) -> tuple[Any, ...]:
        """What is no parameter: the kind, the shape of the cut-off, a table."""
        return self.kind, *((k, as_array(getattr(self, k)).tolist()) for k in self._fixed)

    def replace(self, values: Mapping[str, ArrayLike]) -> Spectrum:
        """Return the same kind of spectrum with some of its `parameters` changed.

        Examples
        --------
        >>> float(Ohmic(reference=10.0).replace({"reference": 5.0}).density(10.0))
        2.0
        """
        for name in mapping_of(values, "spectrum", "give {'cutoff': 50.0}"):
            require_known("spectrum", name, self.parameters)
        return _built(type(self), {**self._arguments(), **values})

    def density(self, omega: ArrayLike) -> Array:
        """Return f(ω) for ω >= 0, inside a table; `omega` broadcasts with the parameters.

        Examples
        --------
        >>> Ohmic(reference=10.0).density([5.0, 10.0])
        array([0.5, 1. ])
        """
        omega = real_numbers(omega, "omega")
        require(omega >= 0, omega, "omega", "be >= 0", "the density is odd, ask for |ω|")
        return as_array(self._density(omega))

    @property
    def somewhere(self) -> float:
        """A frequency at which f is known."""
        return 1.0

    def covers(self, omega: Array) -> NDArray[np.bool_]:
        """Where f(ω) is known; a table ends somewhere."""
        return np.ones(omega.shape, bool)

    @abstractmethod
    def _density(self, omega: Array) -> Array: ...

    @property
    @abstractmethod
    def slope(self) -> Array:
        """Return lim f(ω)/ω as ω → 0, which makes S(0) = 2 Γ T lim f(ω)/ω; inf or 0 included."""

    @property
    def features(self) -> tuple[Array, ...]:
        """Frequencies >= 0 where the shape has structure; a quadrature is split there."""
        return ()

    def _arguments(self) -> dict[str, Any]:
        return {**self.parameters, **{name: getattr(self, name) for name in self._fixed}}

    def _freeze(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)
        broadcast_shape(self.parameters)

    def __reduce__(self) -> tuple[Any, ...]:  # NumPy's own pickles come back writeable
        return _built, (type(self), self._arguments())


@dataclass(frozen=True, init=False, eq=False)
class Flat(Spectrum):
    """The same rate at every frequency, f = 1, as in the paper; no finite S(0), no Lamb shift.

    Examples
    --------
    >>> Flat().density([0.0, 3.0])
    array([1., 1.])
    """

    kind: ClassVar[str] = "flat"

    def _density(self, omega: Array) -> Array:
        return np.ones_like(omega)

    @property
    def slope(self) -> Array:
        """Infinite, as f(0) = 1."""
        return as_array(np.inf)


@dataclass(frozen=True, init=False, eq=False)
class Ohmic(Spectrum):
    r"""A power of the frequency with a cut-off: a resistor, a line, phonons.

    .. math:: f(\omega) = \left(\frac{\omega}{\omega_\mathrm{ref}}\right)^{s}
        \frac{c(\omega)}{c(\omega_\mathrm{ref})}, \quad
        c(\omega) = e^{-\omega/\omega_c} \;\text{or}\; \frac{1}{1 + (\omega/\omega_c)^2}.

    Parameters
    ----------
    reference, cutoff, exponent : array_like, shape (...)
        ω_ref > 0, where a coupling is the rate Γ; ω_c > 0, without which c = 1; s in (0, 10].
    shape : {"exponential", "drude"}
        Which c; "drude" needs its ω_c, and the exponential ω_ref <= 500 ω_c.

    Examples
    --------
    >>> Ohmic(reference=10.0, cutoff=10.0, shape="drude").density([0.0, 10.0, 20.0])
    array([0. , 1. , 0.8])
    """

    kind: ClassVar[str] = "ohmic"
    _numbers: ClassVar[tuple[str, ...]] = ("reference", "cutoff", "exponent")
    _fixed: ClassVar[tuple[str, ...]] = ("shape",)
    reference: Array
    exponent: Array
    shape: str
    cutoff: Array | None = None

    def __init__(
        self,
        reference: ArrayLike,
        cutoff: ArrayLike | None = None,
        exponent: ArrayLike = 1.0,
        shape: str = "exponential",
    ) -> None:
        require_known("shape", shape, CUT_SHAPES)
        if cutoff is None and shape == "drude":
            raise ParameterError("cutoff", "be given with shape 'drude'", "None", "give ω_c")
        numbers = _positive(reference=reference, cutoff=cutoff, exponent=exponent)
        self._freeze(**numbers, shape=shape)
        require(self.exponent <= 10.0, self.exponent, "exponent", "be <= 10", "1 is Ohmic")
        if self.cutoff is not None and shape == "exponential":
            # exp(ω_ref / ω_c) normalises, and must not near the end of float64.
            ratio = as_array(self.reference / self.cutoff)
            remedy = "give the rate at a frequency that the cut-off has left"
            require(ratio <= 500.0, ratio, "reference", "be <= 500 in units of the cutoff", remedy)

    def _density(self, omega: Array) -> Array:
        with np.errstate(over="ignore"):
            ratio = omega / self.reference
            power = as_array(ratio**self.exponent)
            if self.cutoff is None:
                return power
            if self.shape == "exponential":
                cut = exponential((self.reference - omega) / self.cutoff)
                # 0 where the cut-off has killed a power that overflows.
                return as_array(np.where(cut == 0.0, 0.0, power) * cut)
            # As a square, because (ω/ω_ref)^s and (ω/ω_c)² overflow long before their ratio does.
            root = np.hypot(1.0, self.reference / self.cutoff) / np.hypot(1.0, omega / self.cutoff)
            return as_array((ratio ** (0.5 * self.exponent) * root) ** 2)

    @property
    def slope(self) -> Array:
        """c(0) / (c(ω_ref) ω_ref) for s = 1; infinite below, 0 above."""
        ohmic = 1.0 / self.reference
        if self.cutoff is not None:
            ratio = self.reference / self.cutoff
            ohmic = ohmic * (exponential(ratio) if self.shape == "exponential" else 1.0 + ratio**2)
        other = np.where(self.exponent < 1.0, np.inf, 0.0)
        return as_array(np.where(self.exponent == 1.0, ohmic, other))

    @property
    def features(self) -> tuple[Array, ...]:
        """The cut-off, where there is one."""
        return () if self.cutoff is None else (self.cutoff,)


@dataclass(frozen=True, init=False, eq=False)
class Lorentzian(Spectrum):
    r"""A reservoir seen through a resonator: the response of a damped harmonic mode.

    .. math:: f(\omega) = \frac{L(\omega)}{L(\omega_\mathrm{ref})}, \quad
        L(\omega) = \frac{\omega\, w}{(\omega^2 - \omega_0^2)^2 + \omega^2 w^2}.

    Near the centre it is the usual Lorentzian (w/2)² / ((ω − ω₀)² + (w/2)²) of full width w at half
    maximum. Unlike that one L is odd and vanishes at ω = 0, as a spectral density must.

    Parameters
    ----------
    centre, width : array_like, shape (...)
        ω₀ > 0, and w >= 1e-12 ω₀.
    reference : array_like, shape (...), optional
        ω_ref > 0, where a coupling is the rate Γ. If left out: the centre, wherever that goes.

    Examples
    --------
    >>> Lorentzian(centre=10.0, width=0.1).density([9.95, 10.0]).round(3)
    array([0.501, 1.   ])
    """

    kind: ClassVar[str] = "lorentzian"
    _numbers: ClassVar[tuple[str, ...]] = ("centre", "width", "reference")
    centre: Array
    width: Array
    reference: Array | None = None

    def __init__(
        self, centre: ArrayLike, width: ArrayLike, reference: ArrayLike | None = None
    ) -> None:
        self._freeze(**_positive(centre=centre, width=width, reference=reference))
        # Of a narrower line, ω − ω₀ would be known no better than the width.
        ratio, rule = as_array(self.width / self.centre), "be >= 1e-12 in units of the centre"
        require(ratio >= 1e-12, ratio, "width", rule, "no float64 frequency would hit the line")

    @property
    def _at(self) -> Array:
        return self.centre if self.reference is None else self.reference

    def _density(self, omega: Array) -> Array:
        with np.errstate(over="ignore"):
            ratio = self._resonance(self._at) / self._resonance(omega)
        return as_array(omega / self._at * ratio)

    def _resonance(self, omega: Array) -> Array:
        # ((ω² − ω₀²)² + ω² w²) / ω₀⁴; factored, so that nothing cancels near the centre.
        detuning = (omega - self.centre) / self.centre * ((omega + self.centre) / self.centre)
        return as_array(detuning**2 + (omega / self.centre * (self.width / self.centre)) ** 2)

    @property
    def slope(self) -> Array:
        """L'(0) / L(ω_ref)."""
        return as_array(self._resonance(self._at) / self._at)

    @property
    def features(self) -> tuple[Array, ...]:
        """The centre, and one width to either side of it (folded at 0 for a wide line)."""
        return np.abs(self.centre - self.width), self.centre, self.centre + self.width


def _positive(**values: ArrayLike | None) -> dict[str, Array]:
    optional = ("cutoff", "reference") if "centre" in values else ("cutoff",)
    given = {k: v for k, v in values.items() if v is not None or k not in optional}
    numbers = {k: parameter(v, k) for k, v in given.items()}  # type: ignore[arg-type]
    for name, number in numbers.items():
        inside = (number > 1e-150) & (number < 1e150)
        require(inside, number, name, "be > 0, in 1e-150..1e150", "use another unit")
    return numbers


def _built(kind: type[Spectrum], arguments: dict[str, Any]) -> Spectrum:
    return kind(**arguments)
