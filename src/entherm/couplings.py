"""How a reservoir touches one subsystem: through which operator, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import ParameterError
from entherm.operators import Operator, operator_matrix
from entherm.parameters import Array, as_array, parameter, require, steep_root

SMALLEST_RATE, LARGEST_RATE = 1e-250, 1e100


@dataclass(frozen=True, init=False, eq=False)
class Coupling:
    """How a reservoir touches one subsystem: a rate with a sign, or a signed amplitude.

    Parameters
    ----------
    rate : array_like, optional
        Γ >= 0, the paper's rate.
    sign : int
        +1 or −1; only the relative sign of two couplings of one reservoir is physical.
    amplitude : array_like, optional
        g, with Γ = g². The coordinate in which the state is differentiable at Γ = 0.
    operator : str or array_like
        ``"lowering"`` (the rotating-wave coupling of Eq. (4) of [Man]), ``"x"`` (σ_x), another
        word of `entherm.operators.named_operator`, or a matrix, highest level first.

    Raises
    ------
    ParameterError
        For a negative rate, a sign other than ±1, or both a rate and an amplitude.

    Examples
    --------
    >>> float(Coupling(rate=4.0, sign=-1).amplitude)
    -2.0
    """

    rate: Array
    sign: int
    amplitude: Array
    by_amplitude: bool
    operator: str | Operator

    def __init__(
        self,
        rate: ArrayLike | None = None,
        sign: int = 1,
        *,
        amplitude: ArrayLike | None = None,
        operator: str | ArrayLike = "lowering",
    ) -> None:
        _require_sign(sign)
        by_amplitude = rate is None
        if rate is not None and amplitude is None:
            rate = parameter(rate, "rate")
            require(rate >= 0, rate, "rate", "be >= 0", "a sign goes into sign=-1")
            _require_representable(rate, "rate")
            amplitude = as_array(sign * steep_root(rate))
        elif amplitude is not None and rate is None:
            if _is_complex(amplitude):
                raise ParameterError(
                    "amplitude",
                    "be real",
                    repr(amplitude),
                    "a complex coupling is a chiral line, which needs its cascaded Hamiltonian; "
                    "a phase of pi is a negative amplitude",
                )
            # The sign is part of a signed amplitude, so that both spellings are one value.
            amplitude = as_array(sign * parameter(amplitude, "amplitude"))
            sign = 1
            with np.errstate(over="ignore"):
                rate = as_array(amplitude**2)
            _require_representable(rate, "amplitude")
        else:
            raise ParameterError(
                "coupling",
                "have either a rate or an amplitude",
                f"rate={rate!r}, amplitude={amplitude!r}",
                "give Coupling(rate=...) or Coupling(amplitude=...)",
            )
        for name, value in (("rate", rate), ("amplitude", amplitude)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        known = operator if isinstance(operator, str) else operator_matrix(operator, "operator")
        object.__setattr__(self, "operator", known)
        object.__setattr__(self, "sign", int(sign))
        object.__setattr__(self, "by_amplitude", by_amplitude)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.parameters, self.sign, self.operator)

    @property
    def parameters(self) -> dict[str, Array]:
        """The rate or the amplitude, whichever it was made with."""
        return {"amplitude": self.amplitude} if self.by_amplitude else {"rate": self.rate}

    def rebuilt(self, values: dict[str, Array]) -> Coupling:
        """Return the same coupling with another rate or amplitude."""
        return _restored(values, self.sign, self.operator)


def _restored(values: dict[str, Array], sign: int, operator: str | Operator) -> Coupling:
    return Coupling(values.get("rate"), sign, amplitude=values.get("amplitude"), operator=operator)


def as_coupling(
    value: Coupling | ArrayLike, path: str, operator: str | ArrayLike = "lowering"
) -> Coupling:
    """Return a bare rate as a coupling through an operator, σ₋ if none is named.

    Examples
    --------
    >>> as_coupling(2.0, "reservoirs.RA.couplings.A").operator
    'lowering'
    """
    if isinstance(value, Coupling):
        return value
    try:
        return Coupling(rate=value, operator=operator)
    except ParameterError as error:
        raise error.at(path) from None


def _require_sign(sign: object) -> None:
    number = isinstance(sign, int | float | np.integer | np.floating)
    if not number or isinstance(sign, bool) or sign not in (1, -1):
        raise ParameterError("sign", "be +1 or -1", repr(sign), "give the sign alone")


def _is_complex(value: Any) -> bool:
    try:
        return np.iscomplexobj(value)
    except ValueError:
        return False


def _require_representable(rate: Array, path: str) -> None:
    # Sums of exits must stay clear of both ends of float64, where a product of n̄ and Γ would
    # overflow or the inverse of a sum would.
    inside = (rate == 0.0) | ((rate >= SMALLEST_RATE) & (rate <= LARGEST_RATE))
    rule = f"mean a rate of 0 or in [{SMALLEST_RATE:g}, {LARGEST_RATE:g}]"
    require(inside, rate, path, rule, "use another unit")
