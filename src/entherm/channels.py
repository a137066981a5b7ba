"""Jump operators as matrices between reference levels, ready for any rule of interference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.frame import Frame
from entherm.jumps import Amplitudes, Drive, Drives, Transition, bohr_frequency
from entherm.lamb_shift import Way, lamb_shift
from entherm.machine import Machine
from entherm.occupation import bose_einstein
from entherm.operators import embedded
from entherm.parameters import Array
from entherm.rate_equation import dephasing_operator
from entherm.reservoirs import Reservoir
from entherm.reset_reservoir import ResetReservoir

Weights = Callable[[Array], Array]

_SIGNS = {"down": np.asarray(1.0), "up": np.asarray(-1.0)}


@dataclass(frozen=True, eq=False)
class Channel:
    """What a reservoir does through one operator: S or S† of a rotating-wave coupling, or X.

    All matrices are indexed [..., to, from].

    Attributes
    ----------
    modes : tuple of ndarray
        Jump operators without their spectrum.
    pairs : tuple of (ndarray, ndarray)
        Σ_k c_kl g_k X_k and g_l X_l, whose product with the spectrum is Γ_kl in full.
    omega : ndarray
        E_from − E_to; NaN where nothing is driven.
    spectrum, shift : ndarray
        S(ω) and λ(ω); 0 where nothing is driven.
    quanta : ndarray
        What the reservoir gives at such a transition: −1 (it takes one), +1, or 0 at ω = 0.
    """

    modes: tuple[NDArray[Any], ...]
    pairs: tuple[tuple[NDArray[Any], NDArray[Any]], ...]
    omega: Array
    spectrum: Array
    shift: Array
    quanta: Array


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


def channels(drive: Drive, driven: Drives, equation: Equation) -> Iterator[Channel]:
    """Yield the channels of one thermal reservoir.

    Examples
    --------
    >>> from entherm import Global, diagonalise, two_qubit_machine
    >>> from entherm.jumps import drives
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> driven = drives(m, diagonalise(m))
    >>> len(list(channels(driven.by_name["RC"], driven, Global())))
    2
    """
    known = {t: bohr_frequency(driven.groups, t) for t in _every(drive.couplings)}
    spectra = {t: drive.spectrum(omega) for t, omega in known.items()}
    if drive.hermitian:
        yield _channel(drive, driven.levels, equation, "both", known, _first(spectra))
        return
    yield _channel(drive, driven.levels, equation, "down", known, _first(spectra))
    up = {(j, i): s[1] for (i, j), s in spectra.items()}
    back = {(j, i): np.asarray(-omega) for (i, j), omega in known.items()}
    yield _channel(drive, driven.levels, equation, "up", back, up)


def _first(spectra: dict[Transition, tuple[Array, Array]]) -> dict[Transition, Array]:
    return {t: pair[0] for t, pair in spectra.items()}


def _every(mappings: tuple[Amplitudes, ...]) -> list[Transition]:
    return sorted({t for mapping in mappings for t in mapping})


def _channel(
    drive: Drive,
    levels: Levels,
    equation: Equation,
    way: Way,
    omega: dict[Transition, Array],
    spectrum: dict[Transition, Array],
) -> Channel:
    def matrix(amplitudes: Amplitudes) -> NDArray[Any]:
        return matrix_of(levels, amplitudes, 0.0)

    modes = tuple(matrix(_turned(mode, way)) for mode in drive.modes)
    frequency = matrix_of(levels, omega, np.nan)
    # What is dark has no spectrum either, so that an undefined one does not reach the generator.
    lit = np.any(np.broadcast_arrays(False, *(m != 0.0 for m in modes)), axis=0)
    strength = np.where(lit, matrix_of(levels, spectrum, 0.0), 0.0)
    shift = np.zeros((1, 1))
    if equation.lamb_shift == "explicit":
        shift = np.where(lit, matrix_of(levels, lamb_shift(drive, omega, way), 0.0), 0.0)
    sign = np.sign(np.nan_to_num(frequency)) if way == "both" else _SIGNS[way]
    pairs = tuple((m, m) for m in modes)
    correlated, count = drive.bath.correlated, range(len(drive.couplings))
    if not correlated.constant:
        pairs = tuple(
            (
                matrix(_correlated(drive, way, omega, correlated.matrix, m)),
                matrix(_turned(drive.couplings[m], way)),
            )
            for m in count
        )
        if equation.interference == "geometric":
            roots = (_correlated(drive, way, omega, correlated.root, m) for m in count)
            modes = tuple(map(matrix, roots))
    return Channel(modes, pairs, frequency, strength, shift, -sign)


def _correlated(
    drive: Drive, way: Way, omega: dict[Transition, Array], weights: Weights, m: int
) -> Amplitudes:
    """Σ_k w_km(ω) g_k X_k of each transition, with a matrix w that depends on its frequency."""
    found: Amplitudes = {}
    couplings = [_turned(c, way) for c in drive.couplings]
    for t, frequency in omega.items():
        w = weights(frequency)
        terms = [np.asarray(w[..., k, m] * c[t]) for k, c in enumerate(couplings) if t in c]
        found[t] = np.asarray(sum(terms))
    return found


def _turned(amplitudes: Amplitudes, way: Way) -> Amplitudes:
    if way != "up":
        return amplitudes
    return {(j, i): np.conj(a) for (i, j), a in amplitudes.items()}


def matrix_of(levels: Levels, entries: Any, fill: float) -> NDArray[Any]:
    """Stack entries (from, to) into a matrix [..., to, from].

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> matrix_of(levels, {(0, 1): np.asarray(3.0)}, 0.0)[1]
    array([3., 0., 0., 0.])
    """
    values = [np.asarray(e) for e in entries.values()]
    shape = np.broadcast_shapes(*(e.shape for e in values)) if values else ()
    kind = np.result_type(float, *values) if values else float
    matrix = np.full((*shape, len(levels), len(levels)), fill, kind)
    for (i, j), entry in entries.items():
        matrix[..., j, i] = entry
    return matrix


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
    return np.asarray(np.swapaxes(vectors, -1, -2).conj() @ operator @ vectors)


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
        if np.any(dephasing.rate):
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
            found[bath.name] = np.asarray(rate[..., None, None] * given)
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
    up = np.asarray(filling / (2.0 * filling + 1.0))
    return site, np.asarray(rate * (2.0 * filling + 1.0)), (up, np.asarray(1.0 - up))


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
            yield name, PlainJump(operator, np.asarray(rate * population))
