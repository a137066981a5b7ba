"""What two qubits of a solved machine are good for: CHSH, steering, teleportation, discord."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entherm.machine import Machine
from entherm.observables import Observable
from entherm.pair_measures import PairObservable
from entherm.parameters import Array
from entherm.resources.discord import discord_of
from entherm.resources.nonlocality import (
    chsh_of,
    chsh_of_sizes,
    require_settings,
    steering_of,
    steering_of_sizes,
    x_state_sizes,
)
from entherm.resources.teleportation import (
    fidelity_of_fraction,
    teleportation_fidelity_of,
    x_state_fraction,
)


class PairResource(PairObservable):
    """A function of populations and sizes of the coherences of an X state."""

    def of_x_state(
        self,
        populations: Sequence[Callable[[], Any]],
        inner: tuple[Any, Any],
        outer: tuple[Any, Any] | None,
    ) -> Any:
        """Return it of the sizes of the coherences."""
        outside = 0.0 if outer is None else _size(*outer)
        return self.of_sizes([p() for p in populations], _size(*inner), outside)

    @abstractmethod
    def of_sizes(self, populations: Sequence[Any], inner: Any, outer: Any) -> Any:
        """Return it of four populations, |η₂₃| and |η₁₄|."""


def _size(re: Any, im: Any = None) -> Any:
    return np.absolute(re) if im is None else np.sqrt(re * re + im * im)


class CHSH(PairResource):
    """Largest CHSH value of a pair."""

    def of_sizes(self, populations: Sequence[Any], inner: Any, outer: Any) -> Any:
        """Return B of the singular values of T."""
        return chsh_of_sizes(*x_state_sizes(populations, inner, outer))

    def of_matrix(self, rho: Array) -> Array:
        """Return B of density matrices."""
        return chsh_of(rho)


@dataclass(frozen=True)
class Steering(PairResource):
    """Steering of a pair, with two or three settings a side."""

    settings: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_settings(self.settings)

    def of_sizes(self, populations: Sequence[Any], inner: Any, outer: Any) -> Any:
        """Return S of the singular values of T."""
        sizes = x_state_sizes(populations, inner, outer)
        return steering_of_sizes(*sizes, self.settings)

    def of_matrix(self, rho: Array) -> Array:
        """Return S of density matrices."""
        return steering_of(rho, self.settings)

    @property
    def label(self) -> str:
        """e.g. ``steering by 3 settings A-B``."""
        return f"steering by {self.settings} settings {self.first}-{self.second}"


class TeleportationFidelity(PairResource):
    """Fidelity of the standard teleportation through a pair."""

    def of_sizes(self, populations: Sequence[Any], inner: Any, outer: Any) -> Any:
        """Return F of the fully entangled fraction."""
        return fidelity_of_fraction(x_state_fraction(populations, inner, outer))

    def of_matrix(self, rho: Array) -> Array:
        """Return F of density matrices."""
        return teleportation_fidelity_of(rho)

    @property
    def label(self) -> str:
        """e.g. ``teleportation fidelity A-B``."""
        return f"teleportation fidelity {self.first}-{self.second}"


class Discord(PairObservable):
    """Quantum discord of a pair, the second one measured, in bits."""

    def by_x_form(self, machine: Machine) -> bool:
        """Never: the minimum over measurements has no formula for all X states."""
        del machine
        return False

    def of_x_state(
        self,
        populations: Sequence[Callable[[], Any]],
        inner: tuple[Any, Any],
        outer: tuple[Any, Any] | None,
    ) -> Any:
        """Not asked for."""
        raise NotImplementedError

    def of_matrix(self, rho: Array) -> Array:
        """Return the discord of density matrices."""
        return discord_of(rho)


def chsh(first: str, second: str) -> Observable:
    r"""Observable: largest CHSH value of two qubits, 2 √2 at most; above 2 no local model has it.

    See `entherm.resources.nonlocality.chsh_of`.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0))
    >>> round(float(s.observe(chsh("A", "B"))[0]), 4)
    1.5393
    """
    return CHSH(first, second)


def steering(first: str, second: str, settings: int = 3) -> Observable:
    """Observable: steering of two qubits with two or three settings a side, 0 to 1.

    See `entherm.resources.nonlocality.steering_of`.

    Examples
    --------
    >>> steering("A", "B").label
    'steering by 3 settings A-B'
    """
    return Steering(first, second, settings)


def teleportation_fidelity(first: str, second: str) -> Observable:
    """Observable: mean fidelity of teleporting a qubit through two; 2/3 needs no entanglement.

    See `entherm.resources.teleportation.teleportation_fidelity_of`.

    Examples
    --------
    >>> teleportation_fidelity("A", "B").label
    'teleportation fidelity A-B'
    """
    return TeleportationFidelity(first, second)


def discord(first: str, second: str) -> Observable:
    """Observable: quantum discord of two qubits in bits, by a measurement of the second.

    See `entherm.resources.discord.discord_of`. It is found by a search, some 0.5 ms a point, and
    not through JAX.

    Examples
    --------
    >>> discord("A", "B").label
    'discord A-B'
    """
    return Discord(first, second)
