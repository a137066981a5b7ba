r"""The derivative of a generator by a reservoir's temperature or chemical potential.

A generator knows T and μ of a reservoir through its spectra S(ω) alone, so its derivative is the
same assembly with

.. math:: \frac{\partial \ln S}{\partial T} = \frac{\omega - \mu}{T^2}\, \eta, \qquad
    \frac{\partial \ln S}{\partial \mu} = \frac{\eta}{T}

with η = n̄ of an emission and n̄ + 1 of an absorption (bosons), or −F and 1 − F (fermions), and
S(0) = 2 T lim f/ω of a Hermitian coupling. Frequencies, vectors and clusters stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isqrt
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entherm.channels import Lines, channels, lifted
from entherm.checks import require_known
from entherm.elimination import sum_of
from entherm.equations import Equation
from entherm.errors import NotDifferentiableError, ParameterError
from entherm.frame import Frame
from entherm.interference import Element, Strengths, strengths
from entherm.jumps import Drives, drives
from entherm.liouvillian import Generator
from entherm.machine import Machine
from entherm.occupation import fermi_dirac, thermal_factors
from entherm.parameters import Array, as_array
from entherm.plain_jumps import collision, plain_jumps
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir
from entherm.sides import Sides, jump_action

Quantity = Literal["temperature", "chemical_potential"]


class Control(NamedTuple):
    """What is varied: a temperature or a chemical potential of one reservoir."""

    reservoir: str
    quantity: Quantity

    @property
    def path(self) -> str:
        """As in `Machine.replace`."""
        return f"reservoirs.{self.reservoir}.{self.quantity}"


def controls_of(machine: Machine, quantity: Quantity | None = None) -> tuple[Control, ...]:
    """Return every control that a machine has: temperatures, then chemical potentials.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [c.path for c in controls_of(two_qubit_machine(1, 1, 0.5).without("RC"))]
    ['reservoirs.RA.temperature', 'reservoirs.RB.temperature']
    """
    wanted: tuple[Quantity, ...] = ("temperature", "chemical_potential")
    return tuple(
        Control(bath.name, word)
        for word in (wanted if quantity is None else (quantity,))
        for bath in machine.reservoirs
        if word in bath.parameters
    )


def require_temperature(machine: Machine, name: str) -> Control:
    """Return the control that is a reservoir's temperature, or say that it has none.

    Raises
    ------
    ParameterError
        For a reservoir that is known by its occupation.
    UnknownNameError
        For one that is not there.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_temperature(two_qubit_machine(1, 1, 0.5), "RC").path
    'reservoirs.RC.temperature'
    """
    require_known("reservoir", name, [bath.name for bath in machine.reservoirs])
    bath = machine.reservoir(name)
    if "temperature" not in bath.parameters:
        path, got = f"reservoirs.{name}", "an occupation"
        remedy = "an occupation is the same number for every mode, which no temperature gives"
        raise ParameterError(path, "have a temperature", got, remedy)
    return Control(name, "temperature")


def require_differentiable(equation: Equation) -> None:
    """Refuse a rule whose dependence on temperature is more than that of its spectra.

    Raises
    ------
    ParameterError
        For an explicit Lamb shift.

    Examples
    --------
    >>> from entherm import Global
    >>> require_differentiable(Global())
    """
    if equation.lamb_shift == "explicit":
        raise ParameterError(
            "equation",
            "have lamb_shift='absorbed' where it is differentiated by a temperature",
            f"{equation.name}(lamb_shift='explicit')",
            "the derivative of an explicit shift is a principal value that is not implemented",
        )


def generator_derivatives(whole: Generator, controls: Iterable[Control]) -> Iterator[Generator]:
    """Yield the derivative of a generator by each control, as a generator of one reservoir.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0)
    >>> from entherm.liouvillian import generator
    >>> (slope,) = generator_derivatives(generator(m, Global()), controls_of(m)[:1])
    >>> bool(np.allclose(slope.part("RA")[:4].sum(0), 0.0)), bool(np.any(slope.part("RB")))
    (True, False)
    """
    frame = whole.frame
    driven = None if whole.frame.equation.name == "Reset" else drives(frame.machine, frame.levels)
    for control in controls:
        bath = frame.machine.reservoir(control.reservoir)
        flows: dict[str, tuple[Strengths, ...]] = {}
        plain: dict[str, NDArray[Any]] = {}
        if isinstance(bath, Reservoir) and driven is not None:
            flows[bath.name] = _flow_slopes(whole, driven, bath, control.quantity)
        else:
            plain[bath.name] = _plain_slope(frame, whole.elements, bath)
        yield replace(whole, flows=flows, plain=plain, quanta={})


def _flow_slopes(
    whole: Generator, driven: Drives, bath: Reservoir, quantity: Quantity
) -> tuple[Strengths, ...]:
    """Derivative of what a thermal reservoir does, channel by channel."""
    equation, axes = whole.frame.equation, len(whole.frame.machine.shape)
    drive = driven.by_name[bath.name]
    found = []
    for channel in channels(drive, driven, equation):
        lines = channel.lines
        relative, slope = spectrum_slopes(bath, lines, quantity, axes, hermitian=drive.hermitian)
        if equation.interference != "geometric":
            # Every other rule is linear in S.
            found.append(strengths(replace(lines, spectrum=slope), equation, whole.elements, axes))
            continue
        _require_root(bath, lines, drive.hermitian)
        own = strengths(lines, equation, whole.elements, axes)
        mean = 0.5 * (relative[own.pairs.left] + relative[own.pairs.right])
        found.append(replace(own, dissipative=own.dissipative * mean))
    return tuple(found)


def spectrum_slopes(
    bath: Reservoir, lines: Lines, quantity: Quantity, axes: int, *, hermitian: bool
) -> tuple[Array, Array]:
    """Return ∂ ln S and ∂S of the transitions of a channel, shape (transitions, ...).

    Bosons at T = 0 have neither: n̄ vanishes to all orders there.

    Examples
    --------
    >>> from entherm import Global, Machine, Qubit, diagonalise
    >>> bath = Reservoir("R", 2.0, {"A": 1.0})
    >>> m = Machine([Qubit("A", 3.0)], [], [bath])
    >>> driven = drives(m, diagonalise(m))
    >>> _, up = channels(driven.by_name["R"], driven, Global())
    >>> slope = spectrum_slopes(bath, up.lines, "temperature", 0, hermitian=False)[1]
    >>> bool(np.isclose(slope[0], 2.0 * 0.75 * np.exp(1.5) / np.expm1(1.5) ** 2))
    True
    """
    spectrum, omega, quanta = (
        lifted(v, 1, axes) for v in (lines.spectrum, lines.omega, lines.quanta)
    )
    energy = -quanta * omega
    weight, height = _weights(bath, energy, quanta > 0.0)
    temperature = bath._temperature
    with np.errstate(all="ignore"):
        relative = weight / temperature
        if quantity == "temperature":
            relative = relative * (height / temperature)
    # Where n̄ is 0 so is its derivative, however cold: e^{-x} goes faster than any power of x.
    relative = np.where((weight == 0.0) | (spectrum == 0.0), 0.0, relative)
    edge = (height == 0.0) & (temperature == 0.0) & (weight != 0.0)
    if quantity == "chemical_potential":
        _require_no_step(bath, edge & (spectrum != 0.0))
    # A step at its own edge stays at 1/2, however warm.
    relative = np.where(edge, 0.0, relative)
    slope = spectrum * relative
    if hermitian and np.any(omega == 0.0):
        steep = as_array(bath.spectrum.slope, float)
        at_zero = 2.0 * np.where(np.isinf(steep), 0.0, steep) * (quantity == "temperature")
        with np.errstate(all="ignore"):
            relative = np.where(omega == 0.0, np.where(at_zero > 0, 1.0 / temperature, 0), relative)
        slope = np.where(omega == 0.0, at_zero, slope)
    return as_array(relative), as_array(slope)


def _weights(bath: Reservoir, energy: Array, absorbs: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return η of each transition, and how far its quanta are above the chemical potential."""
    temperature = bath._temperature
    if bath.statistics == "fermi":
        height = as_array(energy - bath.chemical_potential)
        full, empty = fermi_dirac(height, temperature), fermi_dirac(-height, temperature)
        return np.where(absorbs, empty, -full), height
    # Where there is no mode S is 0 or NaN already, and any number serves.
    height = np.where(bath.has_modes(energy), energy - bath.chemical_potential, 1.0)
    above, filling = thermal_factors(height, temperature)
    return np.where(absorbs, above, filling), height


def _require_no_step(bath: Reservoir, edge: NDArray[np.bool_]) -> None:
    """Refuse the edge of a Fermi step at T = 0, which is vertical."""
    if np.any(edge):
        raise NotDifferentiableError(
            f"The state is no differentiable function of {bath.path}.chemical_potential where a "
            "transition lies at it and T = 0, for F is a step there: take a temperature above 0."
        )


def _require_root(bath: Reservoir, lines: Lines, hermitian: bool) -> None:
    """Refuse √S(0) at T = 0, which rises vertically."""
    lit = np.any(lines.modes != 0.0, axis=tuple(i for i in range(lines.modes.ndim) if i != 1))
    still = np.all(lines.omega == 0.0, axis=tuple(range(1, lines.omega.ndim)))
    steep = bath.spectrum.slope
    rises = np.any(lit & still) and np.any(np.isfinite(steep) & (steep > 0.0))
    if hermitian and rises and np.any(bath._temperature == 0.0):
        raise NotDifferentiableError(
            "The state under UniversalLindblad() is no differentiable function of "
            f"{bath.path}.temperature at 0, where it goes with sqrt(S(0)), that is with sqrt(T): "
            "take a temperature above 0, or Redfield()."
        )


def _plain_slope(
    frame: Frame, elements: tuple[Element, ...], bath: Reservoir | ResetReservoir
) -> NDArray[Any]:
    """Derivative of a reset, or of a collision, by its temperature.

    It is linear in the rates p τ_n with which each level is put in place.
    """
    jumps = [jump for name, jump in plain_jumps(frame) if name == bath.name]
    slopes = _placing_slopes(frame.machine, bath)
    size, sides = isqrt(len(jumps)), Sides(elements)
    terms = [
        jump_action(replace(jump, rate=slopes[k // size]), frame, sides)
        for k, jump in enumerate(jumps)
    ]
    return as_array(sum_of(terms))


def _placing_slopes(machine: Machine, bath: Reservoir | ResetReservoir) -> tuple[Array, ...]:
    """Return ∂(p τ_n)/∂T, highest level first."""
    if isinstance(bath, ResetReservoir):
        site = machine.subsystems[machine.site(bath.on)]
        populations = bath.probabilities(site)
        mean = sum(p * e for p, e in zip(populations, site.energies, strict=True))
        return tuple(
            as_array(bath.rate * _scaled(p, e - mean, bath.temperature))
            for p, e in zip(populations, site.energies, strict=True)
        )
    # p τ = 2 Γ |V|² f (n̄, n̄ + 1), both of which rise with n̄.
    site_number, rate, (up, _) = collision(machine, bath)
    gap = machine.subsystems[site_number].gap_above_ground
    above, _ = thermal_factors(gap, bath._temperature)
    rise = as_array(rate * above * _scaled(up, gap, bath._temperature))
    return rise, rise


def _scaled(weight: Array, energy: Array, temperature: Array) -> Array:
    """Return p E/T², and 0 where p vanishes or at T = 0: there p does so faster than any power."""
    none = (weight == 0.0) | (temperature == 0.0)
    safe = np.where(none, 1.0, temperature)
    return np.where(none, 0.0, weight * (energy / safe) / safe)
