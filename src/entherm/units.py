"""Physical units ↔ ħ = k_B = 1: "1 GHz", "15 mK", "0.035 /us" in, GHz, mK, 1/s, µs and W out.

A file (or a program) is either *dimensionless*, all numbers in one unit with ħ = k_B = 1, or
*physical*. Inside a physical one, the unit of everything is the angular frequency **10⁹ rad/s**: of
gaps and exchange strengths (energies over ħ), of rates, and of temperatures (k_B T/ħ); times are in
nanoseconds. Which 2π goes where is decided by the unit that a quantity is written in, never by what
it stands for:

* Hz follows the file's word: under ``frequency = "cyclic"``, 1 GHz means ω = 2π·10⁹/s; under
  ``"angular"`` it means ω = 10⁹/s, as in papers that write ω and say "GHz".
* rad/s and 1/s never take 2π, nor do T₁ and T₂.
* An energy (eV, J, or K as k_B T) is divided by ħ. A temperature is in K and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import ParameterError
from entherm.parameters import Array, parameter

if TYPE_CHECKING:
    from pint import UnitRegistry

Convention = Literal["dimensionless", "cyclic", "angular"]

# Exact by definition: SI Brochure, 9th edition (2019), table 1.
PLANCK = 6.62607015e-34  # J s
BOLTZMANN = 1.380649e-23  # J/K
ELEMENTARY_CHARGE = 1.602176634e-19  # C
HBAR = PLANCK / (2.0 * math.pi)
INTERNAL = 1e9  # rad/s, the internal unit; near 1 for what circuits do

# The cycle and the radian are dimensions here, unlike in the SI, so that Hz, rad/s and 1/s stay
# three things: which of them takes 2π is the whole question. Nothing else is defined, so nothing
# else is understood; and the full registry of pint would take 0.2 s more to load.
_DEFINITIONS = f"""
atto- = 1e-18 = a-
femto- = 1e-15 = f-
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = µ- = μ- = u-
milli- = 1e-3 = m-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
second = [time] = s
cycle = [cycle]
radian = [angle] = rad
hertz = cycle / second = Hz
kelvin = [temperature] = K
joule = [energy] = J
watt = joule / second = W
electron_volt = {ELEMENTARY_CHARGE!r} joule = eV
"""
_HERTZ, _RADIAN, _PER_SECOND = "cycle / second", "radian / second", "1 / second"

_FACTOR = r"[^\W\d_]+(?:(?:\^|\*\*)-?\d)?"
_QUANTITY = re.compile(
    r"\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
    rf"(?P<unit>(?:1?\s*/)?\s*{_FACTOR}(?:\s*[*/]\s*{_FACTOR})*)\s*"
)


@dataclass(frozen=True)
class Scale:
    """How one kind of quantity is read and printed.

    Attributes
    ----------
    noun : str
        What it is: ``"temperature"``.
    unit : str
        What it is printed in; empty if it is a bare number.
    size : float
        One `unit`, in internal units.
    accepted : mapping of str to float
        SI unit to its size in internal units. Empty: bare numbers only.
    remedy : str
        What to write instead of something that is not accepted.

    Examples
    --------
    >>> scale = Units("cyclic").temperature
    >>> scale.parse("48 mK", "T"), scale.unit
    (array(6.28), 'mK')
    >>> float(scale.show(scale.parse("48 mK", "T")))
    48.0
    """

    noun: str
    unit: str
    size: float
    accepted: Mapping[str, float]
    remedy: str

    def parse(self, value: object, path: str) -> Array:
        """Return a quantity, or a list of them, in internal units.

        Parameters
        ----------
        value : str, float, or nested lists of either
            ``"15 mK"``, or a bare number where there are no units.
        path : str
            The parameter's name, for the error.

        Returns
        -------
        ndarray
            Read-only, with the shape of the lists.

        Raises
        ------
        ParameterError
            For a number without the unit it needs or a unit where there are none, an unknown unit,
            one of the wrong dimension, NaN and infinity, and an empty list.

        Examples
        --------
        >>> DIMENSIONLESS.rate.parse([1, 2.5], "Gamma_A")
        array([1. , 2.5])
        >>> Units("angular").frequency.parse("2 GHz", "qubits.A")
        array(2.)
        """
        return parameter(self._leaves(value, path), path)

    def show(self, value: ArrayLike) -> Array:
        """Return internal `value` as a number of `unit`, for display.

        Examples
        --------
        >>> float(Units("cyclic").frequency.show(2 * np.pi)), Units("cyclic").frequency.unit
        (1.0, 'GHz')
        """
        return np.asarray(np.asarray(value, dtype=np.float64) / self.size)

    def _leaves(self, value: object, path: str) -> Any:  # floats, nested as the lists are
        if value == []:
            raise ParameterError(path, f"be a {self.noun} or a list of them", "[]", "give a value")
        if isinstance(value, list):
            return [self._leaves(item, path) for item in value]
        return self._quantity(value, path) if self.accepted else self._number(value, path)

    def _number(self, value: object, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            # Only who wrote a unit need be told of units.
            with_unit = isinstance(value, str) and _QUANTITY.fullmatch(value)
            remedy = self.remedy if with_unit or self.noun == "number" else _BARE
            raise ParameterError(path, "be a bare number", repr(value), remedy)
        try:
            return float(value)
        except OverflowError:
            return math.inf

    def _quantity(self, value: object, path: str) -> float:
        match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ParameterError(path, f"be a {self.noun} with its unit", repr(value), self.remedy)
        size, dimension = _in_si(match["unit"])
        if dimension not in self.accepted:
            raise ParameterError(path, f"be a {self.noun}", f"{value!r} ({dimension})", self.remedy)
        return float(match["number"]) * size * self.accepted[dimension]


@dataclass(frozen=True)
class Units:
    r"""The units of a machine: none (ħ = k_B = 1), or physical ones with the meaning of Hz.

    .. math:: h / k_B = 47.99243\ \mathrm{mK/GHz}, \qquad
        \hbar / k_B = 7.638233\ \mathrm{mK} / (10^9\ \mathrm{rad/s})

    Parameters
    ----------
    convention : {"dimensionless", "cyclic", "angular"}
        Under ``"cyclic"``, 1 GHz means ω = 2π·10⁹/s; under ``"angular"``, ω = 10⁹/s.

    Raises
    ------
    ParameterError
        For another word.

    Examples
    --------
    >>> units = Units("cyclic")
    >>> float(units.temperature.show(units.frequency.parse("1 GHz", "qubits.A")))  # mK
    47.99243
    >>> float(units.rate.parse("0.035 /us", "dephasing.A"))  # no 2π
    3.5e-05
    """

    convention: Convention = "dimensionless"

    def __post_init__(self) -> None:
        known = ("dimensionless", "cyclic", "angular")
        if str(self.convention) not in known:
            raise ParameterError(
                "units.frequency",
                "be 'cyclic' or 'angular'",
                repr(self.convention),
                "under 'cyclic', 1 GHz means ω = 2π·1e9/s; under 'angular', ω = 1e9/s",
            )

    @cached_property
    def frequency(self) -> Scale:
        """Gaps and exchange strengths: printed in GHz, under the file's meaning of Hz."""
        return self._scale(
            "frequency or energy",
            "GHz",
            self._cycles | {"joule": 1.0 / (HBAR * INTERNAL), "kelvin": _KELVIN},
            "write e.g. '1 GHz', '6.28 rad/ns', '4.1 ueV' or '48 mK'",
        )

    @cached_property
    def rate(self) -> Scale:
        """Couplings Γ and dephasing γ: printed in 1/s."""
        return self._scale(
            "rate", "1/s", self._cycles, "write e.g. '0.035 /us', '35 kHz' or '2e5 rad/s'"
        )

    @cached_property
    def temperature(self) -> Scale:
        """Temperatures: printed in mK."""
        return self._scale(
            "temperature",
            "mK",
            {"kelvin": _KELVIN},
            "write e.g. '15 mK' (1 GHz cyclic is 47.99 mK, 1e9 rad/s is 7.638 mK)",
        )

    @cached_property
    def time(self) -> Scale:
        """T₁ and T₂: printed in µs."""
        return self._scale("time", "us", {"second": INTERNAL}, "write e.g. '28 us'")

    @cached_property
    def power(self) -> Scale:
        """Heat currents, ħ·(10⁹ rad/s)² each: printed in W."""
        return self._scale(
            "power", "W", {"joule / second": 1.0 / (HBAR * INTERNAL**2)}, "write e.g. '1 aW'"
        )

    @property
    def _cycles(self) -> dict[str, float]:
        hertz = 2.0 * math.pi if self.convention == "cyclic" else 1.0
        return {
            _HERTZ: hertz / INTERNAL,
            _RADIAN: 1.0 / INTERNAL,
            _PER_SECOND: 1.0 / INTERNAL,
        }

    def _scale(self, noun: str, unit: str, accepted: Mapping[str, float], remedy: str) -> Scale:
        if self.convention == "dimensionless":
            return Scale(noun, "", 1.0, {}, _NO_UNITS)
        in_si, dimension = _PRINTED[unit]
        return Scale(noun, unit, in_si * accepted[dimension], accepted, remedy)


# Printed units are few and known: no need to wake pint for them.
_PRINTED = {
    "GHz": (1e9, _HERTZ),
    "1/s": (1.0, _PER_SECOND),
    "mK": (1e-3, "kelvin"),
    "us": (1e-6, "second"),
    "W": (1.0, "joule / second"),
}
_KELVIN = BOLTZMANN / (HBAR * INTERNAL)
_NO_UNITS = (
    'write the number alone, or say what Hz means: [units] frequency = "cyclic" or "angular"'
)
_BARE = "write a number without quotes, such as 1.5"
DIMENSIONLESS = Units()
NUMBER = Scale("number", "", 1.0, {}, "it has no unit, whatever the units of the rest")


def relaxation_time(rate: ArrayLike) -> Array:
    """Return the T₁ that a rate means: 1/T₁ = 2 Γ (a bare qubit at T = 0); ∞ for Γ = 0.

    Parameters
    ----------
    rate : array_like, shape (...)
        Γ >= 0, the paper's rate.

    Returns
    -------
    ndarray, shape (...)
        In the inverse unit of `rate`.

    Examples
    --------
    >>> units = Units("cyclic")
    >>> float(units.time.show(relaxation_time(units.rate.parse("0.5 /us", "Gamma"))))  # µs
    1.0
    """
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 / np.asarray(rate, dtype=np.float64))


@cache
def _registry() -> UnitRegistry[float]:
    from pint import UnitRegistry

    registry: UnitRegistry[float] = UnitRegistry(None)
    registry.load_definitions(_DEFINITIONS.strip().splitlines())
    return registry


@cache
def _in_si(unit: str) -> tuple[float, str]:
    """Return a unit's size and the name of the SI unit that it is a multiple of."""
    from pint.errors import PintError

    try:
        parsed = _registry().parse_units(f"1{unit}" if unit.startswith("/") else unit)
        quantity = _registry().Quantity(1.0, parsed).to_root_units()
    except PintError:
        return 1.0, "not a known unit"
    return float(quantity.magnitude), str(quantity.units)
