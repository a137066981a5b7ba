"""A spectral density that was measured or computed: a table over frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.errors import ParameterError
from entherm.parameters import Array, as_array, parameter, require
from entherm.spectra import Spectrum


@dataclass(frozen=True, init=False, eq=False)
class Tabulated(Spectrum):
    """A table, linear in between: measured, or from an electromagnetic simulation.

    With a reference, f is the table divided by its value there, and couplings are rates. Without,
    the table is the absolute Γ(ω), and couplings are numbers that multiply it.

    Parameters
    ----------
    frequencies, values : array_like, shape (k,)
        At least 2 rows; frequencies >= 0, strictly increasing; values >= 0. They do not broadcast.
    reference : array_like, shape (...), optional
        A frequency inside the table where its value is > 0.

    Examples
    --------
    >>> table = Tabulated([0.0, 10.0, 20.0], [0.0, 2.0, 0.0], reference=10.0)
    >>> table.density([5.0, 10.0])
    array([0.5, 1. ])
    >>> table.density(21.0)
    Traceback (most recent call last):
    ...
    entherm.errors.ParameterError: Argument 'omega' must lie in the table, from 0 to 20, got 21.0: \
extend the table, it is not continued beyond its ends.
    """

    kind: ClassVar[str] = "tabulated"
    _numbers: ClassVar[tuple[str, ...]] = ("reference",)
    _fixed: ClassVar[tuple[str, ...]] = ("frequencies", "values")
    frequencies: Array
    values: Array
    reference: Array | None

    def __init__(
        self, frequencies: ArrayLike, values: ArrayLike, reference: ArrayLike | None = None
    ) -> None:
        frequencies, values = parameter(frequencies, "frequencies"), parameter(values, "values")
        if frequencies.ndim != 1 or frequencies.size < 2 or values.shape != frequencies.shape:
            rule = "be two lists of equal length, of at least 2 rows"
            shown = f"shapes {frequencies.shape} and {values.shape}"
            raise ParameterError("frequencies, values", rule, shown, "give the table row by row")
        rising = (np.diff(frequencies, prepend=-1.0) > 0) & (frequencies >= 0)
        require(rising, frequencies, "frequencies", "be >= 0 and rise", "sort the rows by ω >= 0")
        require(values >= 0, values, "values", "be >= 0", "a reservoir has no negative density")
        if reference is not None:
            reference = parameter(reference, "reference")
        self._freeze(frequencies=frequencies, values=values, reference=reference)
        if reference is not None:
            self._require_inside(reference, "reference")
            remedy = "choose a frequency where the values are > 0"
            require(self._norm > 0, reference, "reference", "not be where the table is 0", remedy)

    @property
    def somewhere(self) -> float:
        """The end of the table."""
        return float(self.frequencies[-1])

    def covers(self, omega: Array) -> NDArray[np.bool_]:
        """Where f(ω) is known: between the ends of the table."""
        return as_array((omega >= self.frequencies[0]) & (omega <= self.frequencies[-1]))

    def _require_inside(self, omega: Array, path: str) -> None:
        rule = f"lie in the table, from {self.frequencies[0]:g} to {self.frequencies[-1]:g}"
        remedy = "extend the table, it is not continued beyond its ends"
        require(self.covers(omega), omega, path, rule, remedy)

    @property
    def _norm(self) -> Array:
        at = self.reference
        return as_array(1.0 if at is None else np.interp(at, self.frequencies, self.values))

    def _density(self, omega: Array) -> Array:
        self._require_inside(omega, "omega")
        return as_array(np.interp(omega, self.frequencies, self.values) / self._norm)

    @property
    def slope(self) -> Array:
        """Of the first row; infinite where f(0) > 0, NaN if the table starts above ω = 0."""
        if self.frequencies[0] > 0.0:
            return as_array(np.nan)
        first = self.values[1] / self.frequencies[1] if self.values[0] == 0.0 else np.inf
        return as_array(first / self._norm)

    @property
    def features(self) -> tuple[Array, ...]:
        """Every frequency of the table: it has a kink there."""
        return tuple(as_array(frequency) for frequency in self.frequencies)
