"""What a machine is made of besides reservoirs: qubits, exchange between them, dephasing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import ParameterError
from entherm.parameters import Array, parameter, require

# Products of two energies, and their splitting into halves, must not overflow.
LARGEST_ENERGY = 1e150


@dataclass(frozen=True, init=False, eq=False)
class Qubit:
    """A two-level system with gap ε > 0 between |0⟩ and |1⟩ (Eq. (1) of [Man]).

    Parameters
    ----------
    name : str
        e.g. ``"A"``.
    gap : array_like
        ε, > 0.

    Examples
    --------
    >>> float(Qubit("A", 20.0).gap)
    20.0
    """

    name: str
    gap: Array

    def __init__(self, name: str, gap: ArrayLike) -> None:
        path = f"qubits.{name}"
        gap = parameter(gap, path)
        require(gap > 0, gap, path, "be > 0", "relabel |0> and |1>: the excited state is |1>")
        require(gap < LARGEST_ENERGY, gap, path, f"be < {LARGEST_ENERGY:g}", "use a larger unit")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "gap", gap)


@dataclass(frozen=True, init=False, eq=False)
class Exchange:
    """Excitation exchange Ω (σ₊ ⊗ σ₋ + σ₋ ⊗ σ₊) between two subsystems (Eq. (2) of [Man]).

    The sign of Ω is physical as soon as a reservoir is common to both: Ω → −Ω is a phase π on one
    of its couplings.

    Examples
    --------
    >>> Exchange(("A", "B"), 10.0).name
    'A-B'
    """

    between: tuple[str, str]
    strength: Array

    def __init__(self, between: tuple[str, str], strength: ArrayLike) -> None:
        object.__setattr__(self, "between", tuple(between))
        path = f"exchange.{self.name}.strength"
        value = parameter(strength, path)
        small = np.abs(value) < LARGEST_ENERGY
        require(small, value, path, f"be < {LARGEST_ENERGY:g} in size", "use a larger unit")
        object.__setattr__(self, "strength", value)

    @property
    def name(self) -> str:
        """The pair as it stands in parameter paths, e.g. ``"A-B"``."""
        return "-".join(self.between)


def exchange(first: str, second: str, strength: ArrayLike) -> Exchange:
    """Return the exchange interaction of strength Ω between two subsystems.

    Examples
    --------
    >>> float(exchange("A", "B", -0.7).strength)
    -0.7
    """
    return Exchange((first, second), strength)


@dataclass(frozen=True, init=False, eq=False)
class Dephasing:
    """Pure dephasing γ (σ_z ρ σ_z − ρ) of one qubit (Eq. (21) of [Man]).

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
        value = np.asarray(value)
        value.setflags(write=False)
        object.__setattr__(self, "rate", value)
