"""Pure dephasing, Eq. (21) of [Man]: what γ means there, and from T₁ and T₂."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.couplings import LARGEST_RATE
from entherm.errors import ParameterError
from entherm.parameters import Array, as_array, parameter, require


@dataclass(frozen=True, init=False, eq=False)
class Dephasing:
    """Pure dephasing γ (σ_z ρ σ_z − ρ) of one qubit (Eq. (21) of [Man]).

    Of a larger subsystem, γ (z ρ z − ½ {z², ρ}) with z = 2 n − (d − 1).

    Under Eq. (21) as printed the coherence of a single qubit decays at **2 γ**, while the paper
    then sets γ = 1/T₂ − 1/(2 T₁), which is the decay rate itself. A `rate` is the γ of Eq. (21),
    literally; `T1` and `T2` give the γ = (1/T₂ − 1/(2 T₁)) / 2 whose coherence really decays so.

    Parameters
    ----------
    rate : array_like, optional
        γ >= 0 of Eq. (21).
    T1, T2 : array_like, optional
        Relaxation and Ramsey times, T2 <= 2 T1; both or neither.

    Raises
    ------
    ParameterError
        For a negative rate, T2 > 2 T1, or both ways of giving it.

    Examples
    --------
    >>> float(Dephasing(T1=10.0, T2=10.0).rate)
    0.025
    """

    rate: Array

    def __init__(
        self,
        rate: ArrayLike | None = None,
        *,
        T1: ArrayLike | None = None,
        T2: ArrayLike | None = None,
    ) -> None:
        if rate is not None and T1 is None and T2 is None:
            value = parameter(rate, "rate")
            require(value >= 0, value, "rate", "be >= 0", "give the gamma of Eq. (21)")
            require(
                value <= LARGEST_RATE, value, "rate", f"be <= {LARGEST_RATE:g}", "check its unit"
            )
        elif rate is None and T1 is not None and T2 is not None:
            relaxation, ramsey = parameter(T1, "T1"), parameter(T2, "T2")
            require(relaxation > 0, relaxation, "T1", "be > 0", "give a time")
            require(ramsey > 0, ramsey, "T2", "be > 0", "give a time")
            with np.errstate(over="ignore", invalid="ignore"):
                value = 0.5 * (1.0 / ramsey - 0.5 / relaxation)
            require(np.isfinite(value), ramsey, "T2", "have a finite inverse", "check its unit")
            require(value >= 0, ramsey, "T2", "be <= 2 T1", "check which time is which")
        else:
            raise ParameterError(
                "dephasing",
                "be given as a rate, or as T1 and T2",
                f"rate={rate!r}, T1={T1!r}, T2={T2!r}",
                "give Dephasing(rate=...) or Dephasing(T1=..., T2=...)",
            )
        value = as_array(value)
        value.setflags(write=False)
        object.__setattr__(self, "rate", value)

    def __reduce__(self) -> tuple[Any, ...]:  # NumPy's own pickles come back writeable
        return Dephasing, (self.rate,)
