"""What of a labelled dataset is drawn: the variables, the two axes, the rest at a value.

A dataset may be far larger than the memory: everything here is chosen first, and read at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entherm.checks import require_kind, require_known
from entherm.errors import ParameterError
from entherm.parameters import Array

if TYPE_CHECKING:
    import xarray as xr

# Variables that say why a point is invalid: "reason", "reason_without_RC".
REASON = "reason"
# Of what an axis may be off its own ends, relative to its length: the rounding of a unit.
_ROUNDING = 1e-9


def require_quantity(dataset: xr.Dataset, name: object, path: str) -> None:
    """Refuse what is no variable with real numbers.

    Parameters
    ----------
    dataset : Dataset
    name : str
    path : str
        The argument's name, for the error.

    Raises
    ------
    UnknownNameError
        Of another name, or of a variable of text or complex numbers.
    ParameterError
        For the codes of invalid points.

    Examples
    --------
    >>> import xarray as xr
    >>> require_quantity(xr.Dataset({"C": 0.5}), "C", "name")
    """
    if isinstance(name, str) and name in dataset.data_vars and name.startswith(REASON):
        remedy = "draw a quantity: its picture says why points have no value, and how many"
        raise ParameterError(path, "be a quantity", f"the codes '{name}'", remedy)
    real = (str(key) for key, v in dataset.data_vars.items() if v.dtype.kind in "fiu")
    require_known(path, name, (key for key in real if not key.startswith(REASON)))


def with_axes(dataset: xr.Dataset, axes: Mapping[str, str | None]) -> xr.Dataset:
    """Return the dataset with dimensions named after the coordinates that are asked for.

    A parameter that varies along with others is as good a name for their axis as any.

    Parameters
    ----------
    dataset : Dataset
    axes : mapping of str to str or None
        By argument: the dimension, or a coordinate along one.

    Raises
    ------
    UnknownNameError
        For a name that is neither.
    ParameterError
        For two coordinates along one dimension.

    Examples
    --------
    >>> import xarray as xr
    >>> T = {"T_A": ("T_A", [1.0, 2.0]), "T_B": ("T_A", [1.0, 4.0])}
    >>> list(with_axes(xr.Dataset({"C": ("T_A", [0.0, 0.1])}, T), {"x": "T_B"}).sizes)
    ['T_B']
    """
    asked = {path: name for path, name in axes.items() if name is not None}
    along: dict[str, str] = {}
    for path, name in asked.items():
        dim = dimension_of(dataset, name, path)
        if dim in along:
            rule = "be an axis of its own"
            raise ParameterError(path, rule, f"'{name}'", f"{along[dim]} is along it already")
        along[dim] = path
    return dataset.swap_dims({dim: asked[path] for dim, path in along.items()})


def dimension_of(dataset: xr.Dataset, name: str, path: str) -> str:
    """Return the dimension along which a coordinate is.

    Examples
    --------
    >>> import xarray as xr
    >>> dimension_of(xr.Dataset(coords={"T_B": ("T_A", [1.0, 2.0])}), "T_B", "x")
    'T_A'
    """
    linked = {str(c.name): str(c.dims[0]) for c in dataset.coords.values() if c.ndim == 1}
    found = {str(dim): str(dim) for dim in dataset.sizes} | linked
    require_known(path, name, found)
    return found[name]


def chosen(
    dataset: xr.Dataset, names: Sequence[str], at: object, kept: Sequence[str | None]
) -> tuple[xr.Dataset, list[xr.DataArray]]:
    """Return some variables and their reasons with the dimensions that are left, still unread.

    Parameters
    ----------
    dataset : Dataset
    names : sequence of str
        The variables.
    at : mapping of str to float, or None
        The value of an axis; of the points there are, the nearest is taken.
    kept : sequence of str
        Dimensions that stay, even if they have one point only.

    Returns
    -------
    rows : Dataset
    fixed : list of DataArray
        Each coordinate that is one number now.

    Raises
    ------
    UnknownNameError
        For a key that is no axis, or a value that is none of an axis of words.
    ParameterError
        For a value off its axis, and an axis both kept and fixed.

    Examples
    --------
    >>> import xarray as xr
    >>> data = xr.Dataset({"C": ("T", [0.1, 0.3])}, {"T": [1.0, 2.0]})
    >>> rows, fixed = chosen(data, ["C"], {"T": 1.9}, [])
    >>> float(rows.C), float(fixed[0])
    (0.3, 2.0)
    """
    remedy = "give e.g. {'T': 2.0}"
    require_kind(at, (Mapping, type(None)), "at", "be a mapping from axes to values", remedy)
    dims = {str(dim) for name in names for dim in dataset[name].dims}
    reasons = [str(key) for key in dataset.data_vars if str(key).startswith(REASON)]
    reasons = [key for key in reasons if dims.issuperset(map(str, dataset[key].dims))]
    index: dict[str, int] = {}
    told: dict[str, str] = {}
    for key, value in (at or {}).items():  # type: ignore[attr-defined]
        dim = dimension_of(dataset, key, "at")
        if dim in kept or dim in index:
            rule = "fix what is not drawn"
            raise ParameterError("at", rule, f"'{key}'", "leave it out: it is an axis already")
        index[dim], told[dim] = _nearest(dataset[key], value, f"at.{key}"), key
    single = (d for d in dims if dataset.sizes[d] == 1 and d not in kept)
    index = dict.fromkeys(single, 0) | index
    rows = dataset[list(dict.fromkeys([*names, *reasons]))]
    rows = rows.isel({dim: i for dim, i in index.items() if dim in rows.sizes})
    # In the dataset's order, however `at` was written.
    order = [str(d) for d in dataset.sizes if d in index and d in dims]
    return rows, [dataset[told.get(d, d)].isel({d: index[d]}) for d in order]


def _nearest(axis: xr.DataArray, value: object, path: str) -> int:
    if axis.dtype.kind not in "fiu":
        words = [str(word) for word in axis.values.tolist()]
        require_known(path, value, words)
        return words.index(str(value))
    remedy = f"give a number, e.g. {float(axis.values[0]):.6g}"
    require_kind(value, (int, float, np.number), path, "be a value of the axis", remedy)
    number = float(value)  # type: ignore[arg-type]
    low, high = float(axis.min()), float(axis.max())
    margin = _ROUNDING * max(abs(low), abs(high))
    if not low - margin <= number <= high + margin:
        rule = f"lie on the axis, from {low:.6g} to {high:.6g}"
        raise ParameterError(path, rule, value, "give a value on it")
    return int(np.abs(axis.values - number).argmin())


def require_rising_or_falling(rows: xr.Dataset, name: str, path: str) -> None:
    """Refuse an axis that turns back, or has fewer than two points, or is no number.

    Parameters
    ----------
    rows : Dataset
    name : str
        The axis.
    path : str
        The argument's name, for the error.

    Examples
    --------
    >>> import xarray as xr
    >>> require_rising_or_falling(xr.Dataset(coords={"T": [1.0, 2.0]}), "T", "x")
    """
    axis = rows[name]
    if axis.dtype.kind not in "fiu":
        remedy = "give it as `by` to `lines`, or a value of it as `at`"
        raise ParameterError(path, "be an axis of numbers", f"'{name}'", remedy)
    if axis.size < 2:
        rule = "have at least two points"
        raise ParameterError(path, rule, f"'{name}' with {axis.size}", "name another axis")
    steps = np.diff(axis.values.astype(float))
    if (steps > 0).all() or (steps < 0).all():
        return
    rule = "only rise or only fall along the axis"
    ordered = f"dataset.sortby('{name}')"
    if np.unique(axis.values).size < axis.size:
        raise ParameterError(
            path, rule, f"'{name}' with repeated values",
            f"use dataset.drop_duplicates('{name}').sortby('{name}')",
        )  # fmt: skip
    raise ParameterError(path, rule, f"'{name}'", f"use {ordered}")


def every(size: int, most: int) -> int:
    """Return every which point is drawn of an axis, so that no more than `most` are.

    Examples
    --------
    >>> every(1000, 1200), every(10_000, 1200)
    (1, 9)
    """
    return max(1, -(-size // most))


def is_logarithmic(values: Array) -> bool:
    """Tell whether an axis is spaced evenly in its logarithm, over more than a decade.

    Examples
    --------
    >>> is_logarithmic(np.geomspace(1e-3, 1.0, 7)), is_logarithmic(np.linspace(1e-3, 1.0, 7))
    (True, False)
    """
    if values.size < 3 or values.min() <= 0.0 or values.max() <= 10.0 * values.min():
        return False
    steps = np.diff(np.log(values.astype(float)))
    # Values that were rounded for people, such as 0.1, 0.22, 0.46, are meant to be even, too.
    return bool(np.allclose(steps, steps.mean(), rtol=0.1, atol=0.0))


def missing(rows: xr.Dataset, name: str) -> Iterator[tuple[str, int]]:
    """Yield why points of a variable have no finite value, in words, and how many there are.

    The codes are read of the ``reason`` of the same state (``reason_without_RC`` of
    ``concurrence_without_RC``), and then of the others.

    Parameters
    ----------
    rows : Dataset
        Read, with its reasons.
    name : str

    Examples
    --------
    >>> import xarray as xr
    >>> meaning = {"flag_values": [0, 2], "flag_meanings": "valid not_unique"}
    >>> C, codes = ("T", [0.1, np.nan]), ("T", [0, 2], meaning)
    >>> list(missing(xr.Dataset({"C": C, "reason": codes}), "C"))
    [('not unique', 1)]
    """
    values = rows[name]
    open_: NDArray[np.bool_] = np.isnan(values.values)
    told = [key for key in _reasons(rows) if {*rows[key].dims} <= {*values.dims}]
    for reason in sorted(told, key=lambda key: _kinship(key, name)):
        codes = rows[reason].broadcast_like(values).transpose(*values.dims).values
        words = _meanings(rows[reason])
        for code in np.unique(codes[open_ & (codes != 0)]).tolist():
            here = open_ & (codes == code)
            yield words.get(code, f"{reason} {code}"), int(here.sum())
            open_ = open_ & ~here
    if open_.any():
        yield "not defined", int(open_.sum())
    if infinite := int(np.isinf(values.values).sum()):
        yield "infinite", infinite


def _reasons(rows: xr.Dataset) -> list[str]:
    return [str(key) for key in rows.data_vars if str(key).startswith(REASON)]


def _kinship(reason: str, name: str) -> tuple[bool, int]:
    suffix = reason.removeprefix(REASON)
    return not name.endswith(suffix), -len(suffix)


def _meanings(codes: xr.DataArray) -> dict[int, str]:
    words = str(codes.attrs.get("flag_meanings", "")).split()
    values = np.atleast_1d(codes.attrs.get("flag_values", [])).tolist()
    found = {int(k): word.replace("_", " ") for k, word in zip(values, words, strict=False)}
    return {k: "not computed yet" if word == "not computed" else word for k, word in found.items()}
