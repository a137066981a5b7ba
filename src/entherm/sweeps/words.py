"""Words and numbers that stand in the pictures of a labelled dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from entherm.plotting import axis_label

if TYPE_CHECKING:
    import xarray as xr

_PREPOSITIONS = ("of", "out", "from", "in", "into", "to", "by", "without")
_FIRST_DIGITS, _ALL_DIGITS = 4, 17


def number(value: float, digits: int = _FIRST_DIGITS) -> str:
    r"""Spell a number for people, with a true minus sign and powers of ten.

    Examples
    --------
    >>> number(-0.25), number(1.5e-18)
    ('−0.25', '$1.5\\times10^{-18}$')
    """
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    if not exponent:
        return mantissa.replace("-", "−")
    factor = "" if mantissa == "1" else rf"{mantissa}\times"
    return f"${factor}10^{{{int(exponent)}}}$"


def numbers(values: Iterable[float]) -> list[str]:
    """Spell numbers with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> numbers([1.0, 1.00001])
    ['1', '1.00001']
    """
    listed = [float(value) for value in values]
    for digits in range(_FIRST_DIGITS, _ALL_DIGITS + 1):
        texts = [number(value, digits) for value in listed]
        if len(set(texts)) == len(set(listed)):
            break
    return texts


def words_of(rows: xr.DataArray) -> str:
    """Return what a variable or a coordinate is, in words.

    Examples
    --------
    >>> import xarray as xr
    >>> words_of(xr.DataArray(0.0, name="heat_RC", attrs={"long_name": "heat current, RC"}))
    'heat current, RC'
    """
    # A dollar would begin mathtext.
    return str(rows.attrs.get("long_name", rows.name)).replace("$", r"\$")


def unit_of(rows: xr.DataArray) -> str:
    """Return the unit with a space before it, or nothing.

    Examples
    --------
    >>> import xarray as xr
    >>> unit_of(xr.DataArray(0.0, attrs={"units": "mK"})), unit_of(xr.DataArray(0.0))
    (' mK', '')
    """
    units = str(rows.attrs.get("units", "1"))
    return "" if units in ("", "1") else f" {units}"


def values_of(rows: xr.DataArray) -> list[str]:
    """Spell the values of a coordinate with their unit.

    Examples
    --------
    >>> import xarray as xr
    >>> values_of(xr.DataArray([1.0, 2.5], attrs={"units": "mK"}))
    ['1 mK', '2.5 mK']
    """
    values = np.atleast_1d(rows.values)
    if values.dtype.kind not in "fiu":
        return [str(value).replace("$", r"\$") for value in values.tolist()]
    return [f"{text}{unit_of(rows)}" for text in numbers(values)]


def equalities(rows: xr.DataArray) -> list[str]:
    """Return ``T = 2 mK`` for each value of a coordinate, in symbols where it has one.

    Parameters that have the same values stand in it, too.

    Examples
    --------
    >>> import xarray as xr
    >>> T_C = xr.DataArray([1.0, 2.5], dims="T_C", attrs={"symbol": "T_C", "units": "mK"})
    >>> equalities(T_C)
    ['$T_C$ = 1 mK', '$T_C$ = 2.5 mK']
    >>> equalities(T_C[:1].assign_coords(T_D=T_C[:1].assign_attrs(symbol="T_D")))
    ['$T_C = T_D$ = 1 mK']
    """
    symbols = _symbols(rows)
    name = f"${' = '.join(symbols)}$" if symbols else words_of(rows)
    return [f"{name} = {text}" for text in values_of(rows)]


def _symbols(row: xr.DataArray) -> list[str]:
    """The symbol of a coordinate, and of those that are equal to it; none if it has none."""
    own = row.attrs.get("symbol")
    if not own:
        return []
    equal = (
        str(c.attrs["symbol"])
        for c in row.coords.values()
        if c.dims == row.dims
        and c.attrs.get("symbol")
        and c.attrs.get("units", "1") == row.attrs.get("units", "1")
        and np.array_equal(c.values, row.values)
    )
    return [*dict.fromkeys([str(own), *equal])]


def label_of(rows: xr.Dataset, axis: str) -> str:
    """Return the label of an axis; parameters that are equal along it stand in it as equal.

    Examples
    --------
    >>> import xarray as xr
    >>> T = {k: ("T_A", [1.0, 2.0], {"symbol": k, "units": "mK"}) for k in ("T_A", "T_B")}
    >>> label_of(xr.Dataset(coords=T), "T_A")
    '$T_A = T_B$ (mK)'
    """
    row = rows[axis]
    symbols = _symbols(row)
    if not symbols:
        row = row.assign_attrs(long_name=words_of(row))
    elif row.attrs.get("units", "1") not in ("Γ", "Γ²"):  # by which the first alone is divided
        row = row.assign_attrs(symbol=" = ".join(symbols))
    return axis_label(row)


def shared_label(rows: Sequence[xr.DataArray]) -> str:
    """Return the label of an axis that several variables share: the words that begin each.

    Examples
    --------
    >>> import xarray as xr
    >>> of = [{"long_name": f"heat current, {name}", "units": "W"} for name in ("RA", "RC")]
    >>> shared_label([xr.DataArray(0.0, attrs=attrs) for attrs in of])
    'heat current (W)'
    """
    if len(rows) == 1:
        return axis_label(rows[0].assign_attrs(long_name=words_of(rows[0])))
    columns = zip(*(words_of(row).split() for row in rows), strict=False)
    words = [same[0] for same in takewhile(lambda column: len(set(column)) == 1, columns)]
    while words and words[-1] in _PREPOSITIONS:
        words.pop()
    text = " ".join(words).rstrip(",")
    unit = unit_of(rows[0])
    return f"{text} ({unit.strip()})".strip() if unit else text


def noun_of(rows: xr.DataArray) -> str:
    """Return the words of a variable before what it belongs to.

    Examples
    --------
    >>> import xarray as xr
    >>> noun_of(xr.DataArray(0.0, attrs={"long_name": "heat current, RC"}))
    'heat current'
    """
    return words_of(rows).partition(",")[0]
