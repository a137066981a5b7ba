"""Jump operators as matrices between reference levels, ready for any rule of interference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.equations import Equation
from entherm.jumps import Amplitudes, Drive, Drives, Transition, bohr_frequency
from entherm.lamb_shift import Way, lamb_shift
from entherm.parameters import Array, as_array

Weights = Callable[[Array], Array]

_SIGNS = {"down": as_array(1.0), "up": as_array(-1.0)}


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
    back = {(j, i): as_array(-omega) for (i, j), omega in known.items()}
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
        terms = [as_array(w[..., k, m] * c[t]) for k, c in enumerate(couplings) if t in c]
        found[t] = as_array(sum(terms))
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
    values = [as_array(e) for e in entries.values()]
    shape = np.broadcast_shapes(*(e.shape for e in values)) if values else ()
    kind = np.result_type(float, *values) if values else float
    matrix = np.full((*shape, len(levels), len(levels)), fill, kind)
    for (i, j), entry in entries.items():
        matrix[..., j, i] = entry
    return matrix
