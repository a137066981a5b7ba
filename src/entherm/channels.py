"""What a reservoir does through one operator, transition by transition, on the axes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.equations import Equation
from entherm.jumps import Amplitudes, Drive, Drives, Transition, bohr_frequency
from entherm.lamb_shift import Way, lamb_shift
from entherm.parameters import Array, as_array

Weights = Callable[[Array], Array]

_SIGNS = {"down": 1.0, "up": -1.0}


@dataclass(frozen=True, eq=False)
class Lines:
    """The transitions of a channel; the first axis counts them, or the operators and then them.

    Attributes
    ----------
    transitions : tuple of (int, int)
        From, to.
    modes : ndarray, shape (operators, transitions, ...)
        Amplitudes of the jump operators, without their spectrum.
    correlated, single : ndarray, shape (operators, transitions, ...)
        Σ_k c_kl g_k X_k and g_l X_l, whose product with the spectrum is Γ_kl in full.
    omega : ndarray, shape (transitions, ...)
        E_from − E_to.
    spectrum, shift : ndarray, shape (transitions, ...)
        S(ω) and λ(ω); 0 where nothing is driven.
    quanta : ndarray, shape (transitions, ...)
        What the reservoir gives at such a transition: −1 (it takes one), +1, or 0 at ω = 0.
    """

    transitions: tuple[Transition, ...]
    modes: NDArray[Any]
    correlated: NDArray[Any]
    single: NDArray[Any]
    omega: Array
    spectrum: Array
    shift: Array
    quanta: Array


@dataclass(frozen=True, eq=False)
class Channel:
    """What a reservoir does through one operator: S or S† of a rotating-wave coupling, or X.

    All matrices are indexed [..., to, from].

    Attributes
    ----------
    count : int
        Number of levels.
    lines : Lines
        The same, transition by transition.
    """

    count: int
    lines: Lines

    @cached_property
    def modes(self) -> tuple[NDArray[Any], ...]:
        """Jump operators without their spectrum."""
        return tuple(self._matrix(mode, 0.0) for mode in self.lines.modes)

    @cached_property
    def pairs(self) -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
        """Σ_k c_kl g_k X_k and g_l X_l, whose product with the spectrum is Γ_kl in full."""
        both = zip(self.lines.correlated, self.lines.single, strict=True)
        return tuple((self._matrix(a, 0.0), self._matrix(b, 0.0)) for a, b in both)

    @cached_property
    def omega(self) -> Array:
        """E_from − E_to; NaN where nothing is driven."""
        return self._matrix(self.lines.omega, np.nan)

    @cached_property
    def spectrum(self) -> Array:
        """S(ω); 0 where nothing is driven."""
        return self._matrix(self.lines.spectrum, 0.0)

    @cached_property
    def shift(self) -> Array:
        """λ(ω); 0 where nothing is driven."""
        return self._matrix(self.lines.shift, 0.0)

    def _matrix(self, entries: NDArray[Any], fill: float) -> NDArray[Any]:
        return matrix_of(self.count, dict(zip(self.lines.transitions, entries, strict=True)), fill)


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
    spectra = _spectra(drive, known)
    count = len(driven.levels)
    if not known:
        return
    if drive.hermitian:
        yield Channel(count, _lines(drive, equation, "both", known, _first(spectra)))
        return
    yield Channel(count, _lines(drive, equation, "down", known, _first(spectra)))
    up = {(j, i): s[1] for (i, j), s in spectra.items()}
    back = {(j, i): as_array(-omega) for (i, j), omega in known.items()}
    yield Channel(count, _lines(drive, equation, "up", back, up))


def _spectra(
    drive: Drive, omega: Mapping[Transition, Array]
) -> dict[Transition, tuple[Array, Array]]:
    """Both rates of each transition: one look-up for all, of each frequency once."""
    known = {id(frequency): frequency for frequency in omega.values()}
    axes = max(value.ndim for value in (*known.values(), *drive.bath.parameters.values()))
    stacked = np.stack(np.broadcast_arrays(*known.values()))
    stacked = lifted(stacked, 1, axes)
    _, down, up = np.broadcast_arrays(stacked, *drive.spectrum(stacked))
    found = dict(zip(known, zip(down, up, strict=True), strict=True))
    return {t: found[id(frequency)] for t, frequency in omega.items()}


def _first(spectra: dict[Transition, tuple[Array, Array]]) -> dict[Transition, Array]:
    return {t: pair[0] for t, pair in spectra.items()}


def _every(mappings: tuple[Amplitudes, ...]) -> list[Transition]:
    return sorted({t for mapping in mappings for t in mapping})


def _lines(
    drive: Drive,
    equation: Equation,
    way: Way,
    omega: dict[Transition, Array],
    spectrum: dict[Transition, Array],
) -> Lines:
    transitions = tuple(omega)

    def rows(operators: Iterable[Amplitudes]) -> NDArray[Any]:
        found = [[o.get(t, 0.0) for t in transitions] for o in operators]
        return _stacked(found) if found else np.zeros((0, len(transitions)))

    modes = rows(_turned(mode, way) for mode in drive.modes)
    frequency = _stacked([list(omega.values())])[0]
    # What is dark has no spectrum either, so that an undefined one does not reach the generator.
    lit = np.any(modes != 0.0, axis=0)
    strength = _lit(lit, _stacked([list(spectrum.values())])[0])
    shift = np.zeros(len(transitions))
    if equation.lamb_shift == "explicit":
        shift = _lit(lit, _stacked([list(lamb_shift(drive, omega, way).values())])[0])
    quanta = -np.sign(frequency) if way == "both" else as_array([-_SIGNS[way]] * len(transitions))
    correlated = single = modes
    matrix, count = drive.bath.correlated, range(len(drive.couplings))
    if not matrix.constant:
        correlated = rows(_correlated(drive, way, omega, matrix.matrix, m) for m in count)
        single = rows(_turned(coupling, way) for coupling in drive.couplings)
        if equation.interference == "geometric":
            modes = rows(_correlated(drive, way, omega, matrix.root, m) for m in count)
    return Lines(transitions, modes, correlated, single, frequency, strength, shift, quanta)


def _lit(lit: NDArray[np.bool_], values: Array) -> Array:
    """Values (transitions, ...) where something is driven, else 0."""
    axes = max(lit.ndim, values.ndim)
    there, known = lifted(lit, 1, axes - 1), lifted(values, 1, axes - 1)
    # Only where it is undefined is 0 needed; what is dark has an amplitude of 0.
    return np.where(there | ~np.isnan(known), known, 0.0)


def lifted(values: NDArray[Any], counted: int, axes: int) -> NDArray[Any]:
    """Return values whose first axes count something, with `axes` axes of points behind these.

    Examples
    --------
    >>> lifted(np.zeros((5, 3)), 1, 2).shape
    (5, 1, 3)
    """
    own = values.shape[counted:]
    return values.reshape((*values.shape[:counted], *([1] * (axes - len(own))), *own))


def _stacked(rows: list[list[NDArray[Any] | float]]) -> NDArray[Any]:
    """Entries as (rows, columns, ...), on the axes that they have together."""
    flat = np.broadcast_arrays(*(entry for row in rows for entry in row))
    stacked = np.stack(flat)
    return stacked.reshape(len(rows), len(rows[0]), *stacked.shape[1:])


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


def matrix_of(count: int, entries: Mapping[Transition, Any], fill: float) -> NDArray[Any]:
    """Stack entries (from, to) into a matrix [..., to, from] between `count` levels.

    Examples
    --------
    >>> matrix_of(2, {(0, 1): np.asarray(3.0)}, 0.0)
    array([[0., 0.],
           [3., 0.]])
    """
    everywhere = {(i, j): fill for j in range(count) for i in range(count)} | dict(entries)
    stacked = np.stack(np.broadcast_arrays(*everywhere.values()), -1)
    return stacked.reshape(*stacked.shape[:-1], count, count)
