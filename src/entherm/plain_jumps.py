"""Jumps that act whatever the frequencies: dephasing (Eq. (21) of [Man]), resets, collisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.errors import ParameterError
from entherm.frame import Frame
from entherm.machine import Machine
from entherm.occupation import bose_einstein
from entherm.operators import adjoint, embedded
from entherm.parameters import Array, as_array, present
from entherm.rate_equation import dephasing_operator
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir


@dataclass(frozen=True, eq=False)
class PlainJump:
    """A jump operator that acts whatever the frequencies: rate · (L ρ L† − ½ {L†L, ρ}).

    Attributes
    ----------
    operator : ndarray, shape (..., n, n)
        Between reference levels.
    rate : ndarray
    """

    operator: NDArray[Any]
    rate: Array


def in_frame(frame: Frame, operator: NDArray[Any]) -> NDArray[Any]:
    """Return an operator of the bare basis between reference levels.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> frame = frame_of(two_qubit_machine(20.0, 20.0, 10.0), Global())
    >>> abs(in_frame(frame, np.eye(4))[1]).round(12)
    array([0., 1., 0., 0.])
    """
    vectors = frame.levels.matrix
    return as_array(adjoint(vectors) @ operator @ vectors)


def plain_jumps(frame: Frame) -> Iterator[tuple[str, PlainJump]]:
    """Yield what acts whatever the frequencies: dephasing (Eq. (21) of [Man]), and resets.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> [name for name, _ in plain_jumps(frame_of(two_qubit_machine(1, 1, 0.5, gamma=1), Global()))]
    ['dephasing', 'dephasing']
    """
    machine = frame.machine
    for name, dephasing in machine.dephasing.items():
        if present(dephasing.rate):
            operator = in_frame(frame, dephasing_operator(machine, name))
            yield "dephasing", PlainJump(operator, dephasing.rate)
    for bath in machine.reservoirs:
        if isinstance(bath, ResetReservoir):
            site = machine.site(bath.on)
            populations = bath.probabilities(machine.subsystems[site])
            yield from _resets(frame, bath.name, site, bath.rate, populations)
        elif frame.equation.name == "Reset":
            site, rate, populations = collision(machine, bath)
            yield from _resets(frame, bath.name, site, rate, populations)


def quanta_of_collisions(frame: Frame) -> dict[str, NDArray[Any]]:
    """Return M with Tr(M ρ) the quanta that each reservoir of `Reset` gives: p (τ₁ − |1⟩⟨1|).

    Examples
    --------
    >>> from entherm import Reset, two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0).without("RC")
    >>> np.diag(quanta_of_collisions(frame_of(m, Reset()))["RA"])
    array([-2., -2.,  0.,  0.])
    """
    machine, found = frame.machine, {}
    for bath in machine.reservoirs:
        if isinstance(bath, Reservoir):
            site, rate, (up, _) = collision(machine, bath)
            excited = in_frame(frame, embedded(machine.dimensions, (site,), np.diag([1.0, 0.0])))
            given = up[..., None, None] * np.eye(excited.shape[-1]) - excited
            found[bath.name] = as_array(rate[..., None, None] * given)
    return found


def collision(machine: Machine, bath: Reservoir) -> tuple[int, Array, tuple[Array, ...]]:
    """Return the site, p = 2 Γ (2 n̄ + 1) and τ by which `Reset` stands for a thermal reservoir.

    Raises
    ------
    ParameterError
        For what has no such p: several subsystems, more than two levels, fermions.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0)
    >>> float(collision(m, m.reservoir("RA"))[1])
    2.0
    """
    names = tuple(bath.couplings)
    site = machine.names.index(names[0]) if names[0] in machine.names else -1
    plain = bath.statistics == "bose" and not bath.has_chemical_potential
    if len(names) > 1 or site < 0 or machine.dimensions[site] != 2 or not plain:
        raise ParameterError(
            "equation",
            "be another one than Reset(), which takes bosonic reservoirs of one qubit",
            f"Reset() with reservoir '{bath.name}'",
            "a reset rate p = 2 Gamma (2 n + 1) is defined for one qubit; give ResetReservoir(...)",
        )
    excited, ground = machine.subsystems[site].energies
    gap = excited - ground
    filling = (
        bath.occupation if bath.occupation is not None else bose_einstein(gap, bath._temperature)
    )
    strength = np.abs(machine.coupling_operator(bath, names[0])[1][1, 0]) ** 2
    rate = 2.0 * bath.couplings[names[0]].rate * strength * bath.spectrum.density(gap)
    up = as_array(filling / (2.0 * filling + 1.0))
    return site, as_array(rate * (2.0 * filling + 1.0)), (up, as_array(1.0 - up))


def _require_bare(machine: Machine, name: str, site: int) -> None:
    """Refuse to reset what a field dresses: τ is thermal in the subsystem's own levels."""
    dressed = [i for i in machine.interactions if i.between == (machine.names[site],)]
    if dressed:
        raise ParameterError(
            f"reservoirs.{name}",
            "reset a subsystem without a field of its own",
            dressed[0].path,
            "put the field into the gap or the levels, from which the thermal state is made",
        )


def _resets(
    frame: Frame, name: str, site: int, rate: Array, populations: tuple[Array, ...]
) -> Iterator[tuple[str, PlainJump]]:
    """P (τ ⊗ Tr_k ρ − ρ) = Σ p τ_n (|n⟩⟨m| ρ |m⟩⟨n| − ½ {|m⟩⟨m|, ρ}) over n, m."""
    _require_bare(frame.machine, name, site)
    dimensions = frame.machine.dimensions
    size = dimensions[site]
    for n, population in enumerate(populations):
        for m in range(size):
            local = np.zeros((size, size))
            local[n, m] = 1.0
            operator = in_frame(frame, embedded(dimensions, (site,), local))
            yield name, PlainJump(operator, as_array(rate * population))
