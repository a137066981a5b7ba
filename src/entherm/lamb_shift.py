r"""The shift of the levels by a reservoir: principal values of its spectrum.

.. math:: \lambda(\omega) = \frac{1}{2\pi}\, P\!\!\int d\omega' \frac{S(\omega')}{\omega - \omega'},
    \qquad H_\mathrm{LS} = \sum_\omega \lambda(\omega) V^\dagger(\omega) V(\omega)

A rotating-wave coupling has two spectra, that of S on ω' > 0 and that of S† on ω' < 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from entherm.errors import ParameterError
from entherm.jumps import Drive, Transition
from entherm.parameters import Array, as_array
from entherm.principal_value import PrincipalValueError, principal_value
from entherm.reservoirs import Reservoir
from entherm.spectra import Flat
from entherm.tabulated import Tabulated

# Which operator acts: S, which takes a quantum from the machine, its adjoint, or a Hermitian one.
Way = Literal["down", "up", "both"]


def lamb_shift(
    drive: Drive, omega: Mapping[Transition, Array], way: Way
) -> dict[Transition, Array]:
    """Return λ(ω) of each transition of one channel.

    Raises
    ------
    ParameterError
        For a flat spectrum, whose shift is undefined.
    """
    bath = drive.bath
    if not bath.correlated.constant:
        raise ParameterError(
            f"{bath.path}.correlation",
            "not depend on frequency where lamb_shift='explicit'",
            "delays or a table",
            "their shift is another integral, and a line's exchange is in the Hamiltonian "
            "already; use lamb_shift='absorbed'",
        )
    if isinstance(bath.spectrum, Flat):
        raise ParameterError(
            f"{bath.path}.spectrum",
            "have a cut-off where lamb_shift='explicit'",
            "Flat()",
            "the shift by a flat spectrum is undefined: give Ohmic(reference, cutoff), or "
            "lamb_shift='absorbed' where gaps and exchange are the dressed ones",
        )
    # All frequencies in one integral, which shares what it costs.
    shape = np.broadcast_shapes(*(v.shape for v in omega.values()), *_shapes(bath))
    stacked = np.stack([np.broadcast_to(v, shape) for v in omega.values()])
    return dict(zip(omega, shift_at(bath, stacked, way), strict=True))


def _shapes(bath: Reservoir) -> list[tuple[int, ...]]:
    """Shapes of what the spectrum depends on; couplings only multiply it."""
    kept = ("temperature", "occupation", "chemical_potential", "spectrum")
    return [v.shape for k, v in bath.parameters.items() if k.partition(".")[0] in kept]


def shift_at(bath: Reservoir, omega: Array, way: Way) -> Array:
    r"""Return λ(ω) per unit of Γ \|V\|² of one channel of a reservoir.

    Examples
    --------
    >>> from entherm import Coupling, Ohmic
    >>> bath = Reservoir(
    ...     "R",
    ...     0.0,
    ...     {"A": Coupling(1.0, operator="x")},
    ...     spectrum=Ohmic(reference=1.0, cutoff=3.0, shape="drude"),
    ... )
    >>> round(float(shift_at(bath, np.asarray(1.0), "both")), 6)
    -1.849699
    """
    moved = _with_trailing_axis(bath)
    table = bath.spectrum if isinstance(bath.spectrum, Tabulated) else None
    if table is not None:
        _require_ends(bath, table)

    def spectrum(w: Array) -> Array:
        if table is None:
            return strength(w)
        low, high = table.frequencies[0], table.frequencies[-1]
        inside = (np.abs(w) >= low) & (np.abs(w) <= high)
        return np.where(inside, strength(np.where(inside, w, high)), 0.0)

    def strength(w: Array) -> Array:
        if way == "both":
            return moved.signed(w)
        size = np.where(w == 0.0, 1.0, np.abs(w))
        if moved.statistics == "fermi":
            return moved.absorption(-w) if way == "up" else moved.emission(w)
        if way == "up":
            return np.where(w < 0.0, moved.absorption(size), 0.0)
        return np.where(w > 0.0, moved.emission(size), 0.0)

    features = [as_array(f) for f in bath.spectrum.features]
    if np.any(bath.chemical_potential):
        features.append(np.abs(bath.chemical_potential))
    scale = np.where(np.abs(omega) > 0.0, np.abs(omega), 1.0)
    for feature in features:
        scale = np.where(feature > 0.0, feature, scale)
    shape = np.broadcast_shapes(omega.shape, *_shapes(bath))
    try:
        return principal_value(spectrum, np.broadcast_to(omega, shape), features, scale)
    except PrincipalValueError as error:
        raise ParameterError(
            f"{bath.path}.spectrum",
            "decay, by a cut-off, where lamb_shift='explicit'",
            f"{bath.spectrum.kind} without one that suffices ({error})",
            "give an Ohmic one with an exponential cutoff, or use lamb_shift='absorbed'",
        ) from None


def _require_ends(bath: Reservoir, table: Tabulated) -> None:
    """A table says nothing of what is outside; only one that ends at zero is known there."""
    if table.values[-1] != 0.0 or (table.frequencies[0] > 0.0 and table.values[0] != 0.0):
        raise ParameterError(
            f"{bath.path}.spectrum.values",
            "be 0 at the ends of the table where lamb_shift='explicit'",
            f"{table.values[0]:g} and {table.values[-1]:g}",
            "extend the table to where the density vanishes, or use lamb_shift='absorbed'",
        )


def _with_trailing_axis(bath: Reservoir) -> Reservoir:
    return bath.rebuilt({key: value[..., None] for key, value in bath.parameters.items()})
