"""A reservoir that now and then replaces its subsystem by a thermal one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from entherm.checks import require_name
from entherm.occupation import gibbs
from entherm.parameters import Array, parameter, require
from entherm.subsystems import Subsystem


@dataclass(frozen=True, init=False, eq=False, repr=False)
class ResetReservoir:
    r"""Resets one subsystem at a rate p: ρ̇ = p (τ ⊗ Tr_k ρ − ρ), τ thermal in its bare levels.

    Parameters
    ----------
    name : str
    on : str
        The subsystem.
    rate : array_like
        p >= 0, per time.
    temperature : array_like
        T >= 0 of τ = exp(−H_k/T)/Z.

    References
    ----------
    N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. Lett. 105, 130401 (2010).

    Examples
    --------
    >>> ResetReservoir("hot", on="A", rate=0.1, temperature=2.0).path
    'reservoirs.hot'
    """

    name: str
    on: str
    rate: Array
    temperature: Array

    def __init__(self, name: str, on: str, rate: ArrayLike, temperature: ArrayLike) -> None:
        require_name(name, "reservoirs")
        require_name(on, f"reservoirs.{name}.on")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "on", on)
        for key, value in (("rate", rate), ("temperature", temperature)):
            path = f"reservoirs.{name}.{key}"
            found = parameter(value, path)
            require(found >= 0, found, path, "be >= 0", "0 is allowed")
            object.__setattr__(self, key, found)

    def __repr__(self) -> str:
        return f"ResetReservoir({self.name!r} on {self.on})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ResetReservoir, (self.name, self.on, self.rate, self.temperature)

    @property
    def path(self) -> str:
        """Where its parameters are."""
        return f"reservoirs.{self.name}"

    @property
    def parameters(self) -> dict[str, Array]:
        """By path below its own."""
        return {"rate": self.rate, "temperature": self.temperature}

    @property
    def structure(self) -> tuple[str, str]:
        """What is no number."""
        return self.name, self.on

    def rebuilt(self, values: Mapping[str, Array]) -> ResetReservoir:
        """Return the same reservoir with other numbers."""
        return ResetReservoir(self.name, self.on, values["rate"], values["temperature"])

    def probabilities(self, subsystem: Subsystem) -> tuple[Array, ...]:
        """Return the populations of τ, highest level first.

        Examples
        --------
        >>> from entherm.subsystems import Qubit
        >>> bath = ResetReservoir("hot", on="A", rate=0.1, temperature=0.0)
        >>> [float(p) for p in bath.probabilities(Qubit("A", 1.0))]
        [0.0, 1.0]
        """
        return gibbs(subsystem.energies, self.temperature)
