r"""How a reservoir common to several subsystems correlates what it does to them.

Γ_kl(ω) = c_kl(ω) g_k g_l f(ω), where c is a positive semidefinite matrix with ones on the
diagonal: one number c for all pairs, a number for each pair, a table over frequency, and any of
them times cos ω(t_k − t_l) where the subsystems sit at delays t_k along a line.

A jump operator needs c = M Mᵀ. Where c does not depend on frequency, or only through delays at
c = 1, M is a closed form in which nothing cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import mapping_of, real_numbers, require_distinct, require_known
from entherm.errors import ParameterError, UnknownNameError
from entherm.parameters import Array, as_array, parameter, present, require, steep_root

# An eigenvalue of a correlation matrix below this is zero up to the rounding of its entries.
EIGENVALUE_TOLERANCE = 1e-14


@dataclass(frozen=True, init=False, eq=False)
class TabulatedCorrelation:
    """A correlation c_kl(ω) given at some frequencies, linear between them.

    Parameters
    ----------
    frequencies : array_like, shape (m,)
        Increasing, >= 0.
    values : mapping of str to array_like, shape (m,)
        By pair, e.g. ``{"A-B": [1.0, 0.8, 0.2]}``; pairs left out are uncorrelated.

    Examples
    --------
    >>> table = TabulatedCorrelation([0.0, 10.0], {"A-B": [1.0, 0.0]})
    >>> float(table.at("A-B", 5.0))
    0.5
    """

    frequencies: Array
    values: Mapping[str, Array]

    def __init__(self, frequencies: ArrayLike, values: Mapping[str, ArrayLike]) -> None:
        grid = parameter(frequencies, "frequencies")
        if grid.ndim != 1 or grid.size < 2 or np.any(np.diff(grid) <= 0.0) or grid[0] < 0.0:
            rule, remedy = "increase from 0 or above, at least two", "sort the table"
            raise ParameterError("frequencies", rule, repr(frequencies), remedy)
        given = mapping_of(values, "values", "give {'A-B': [...]}")
        found = {pair: parameter(v, pair) for pair, v in given.items()}
        for pair, column in found.items():
            if column.shape != grid.shape:
                rule, got = f"have {grid.size} values", f"shape {column.shape}"
                raise ParameterError(pair, rule, got, "give one for each frequency")
        object.__setattr__(self, "frequencies", grid)
        object.__setattr__(self, "values", MappingProxyType(found))

    def __reduce__(self) -> tuple[Any, ...]:
        return TabulatedCorrelation, (self.frequencies, dict(self.values))

    def at(self, pair: str, omega: ArrayLike) -> Array:
        """Return c_kl(|ω|).

        Raises
        ------
        ParameterError
            Outside the table.
        """
        require_known("pair", pair, self.values)
        size = np.abs(real_numbers(omega, "omega"))
        low, high = self.frequencies[0], self.frequencies[-1]
        inside = (size >= low) & (size <= high)
        require(inside, size, "correlation", f"be asked within {low:g}..{high:g}", "extend it")
        return as_array(np.interp(size, self.frequencies, self.values[pair]), float)


@dataclass(frozen=True, init=False, eq=False)
class Correlation:
    """The matrix c_kl(ω) over the subsystems that one reservoir touches.

    Parameters
    ----------
    names : tuple of str
        Touched subsystems.
    between : array_like, mapping of str to array_like, or TabulatedCorrelation
        One number for all pairs, −1/(N−1) <= c <= 1; numbers by pair; or a table.
    delays : mapping of str to array_like, optional
        t_k of every subsystem along a line.

    Raises
    ------
    ParameterError
        Where the matrix is not positive semidefinite.
    """

    names: tuple[str, ...]
    between: Array | Mapping[str, Array] | TabulatedCorrelation
    delays: Mapping[str, Array]

    def __init__(
        self,
        names: tuple[str, ...],
        between: ArrayLike | Mapping[str, ArrayLike] | TabulatedCorrelation = 1.0,
        delays: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "between", self._checked(between))
        places = mapping_of({} if delays is None else delays, "delays", "give {'A': 0.0, ...}")
        given = {k: parameter(v, f"delays.{k}") for k, v in places.items()}
        for name in given:
            require_known("delays", name, names)
        missing = [name for name in names if name not in given]
        if given and missing:
            remedy = "one of them may be 0"
            raise ParameterError("delays", "be given for all", f"none for {missing[0]}", remedy)
        object.__setattr__(self, "delays", MappingProxyType(given))
        self._require_positive()

    def __reduce__(self) -> tuple[Any, ...]:
        between = dict(self.between) if isinstance(self.between, Mapping) else self.between
        return Correlation, (self.names, between, dict(self.delays))

    def _checked(self, between: Any) -> Array | Mapping[str, Array] | TabulatedCorrelation:
        if isinstance(between, TabulatedCorrelation):
            return TabulatedCorrelation(between.frequencies, self._by_pair(between.values))
        if isinstance(between, Mapping):
            numbers = {k: parameter(v, f"correlation.{k}") for k, v in between.items()}
            return MappingProxyType(self._by_pair(numbers))
        return parameter(between, "correlation")

    def _by_pair(self, values: Mapping[str, Array]) -> dict[str, Array]:
        keys = [self._pair(key) for key in values]
        require_distinct("correlation", keys)
        return dict(zip(keys, values.values(), strict=True))

    def _pair(self, key: str) -> str:
        """Return the pair in the order in which the subsystems are named."""
        for a, b in self.pairs:
            if key in (f"{a}-{b}", f"{b}-{a}"):
                return f"{a}-{b}"
        raise UnknownNameError("correlation", key, [f"{a}-{b}" for a, b in self.pairs])

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair of touched subsystems."""
        count = len(self.names)
        return tuple(
            (self.names[k], self.names[m]) for k in range(count) for m in range(k + 1, count)
        )

    @property
    def parameters(self) -> dict[str, Array]:
        """By path below the reservoir's own."""
        found: dict[str, Array] = {}
        if isinstance(self.between, Mapping):
            found |= {f"correlation.{pair}": value for pair, value in self.between.items()}
        elif not isinstance(self.between, TabulatedCorrelation) and len(self.names) > 1:
            found["correlation"] = self.between
        return found | {f"delays.{name}": value for name, value in self.delays.items()}

    def rebuilt(self, values: Mapping[str, Array]) -> Correlation:
        """Return the same kind of correlation with other numbers."""
        between = self.between
        if isinstance(between, Mapping):
            between = {pair: values[f"correlation.{pair}"] for pair in between}
        elif not isinstance(between, TabulatedCorrelation):
            between = values.get("correlation", between)
        return Correlation(self.names, between, {k: values[f"delays.{k}"] for k in self.delays})

    @property
    def structure(self) -> tuple[Any, ...]:
        """What is no number: which pairs, which delays, and a table whole."""
        table = self.between
        if isinstance(table, TabulatedCorrelation):
            return (
                self.names,
                table.frequencies.tolist(),
                {k: v.tolist() for k, v in table.values.items()},
            )
        return self.names, tuple(self.parameters)

    @property
    def constant(self) -> bool:
        """Whether c does not depend on frequency."""
        return not self.delays and not isinstance(self.between, TabulatedCorrelation)

    @property
    def _uniform(self) -> Array | None:
        """The one number c of all pairs, if there is one."""
        several = isinstance(self.between, Mapping | TabulatedCorrelation)
        return None if several else cast("Array", self.between)

    def matrix(self, omega: ArrayLike) -> Array:
        """Return c_kl(ω), shape (..., N, N); `omega` broadcasts with the parameters in front."""
        omega = as_array(omega, float)
        entries = {}
        for a, b in self.pairs:
            value = self.between_at(f"{a}-{b}", omega)
            if self.delays:
                value = value * np.cos(omega * (self.delays[a] - self.delays[b]))
            entries[self.names.index(a), self.names.index(b)] = as_array(value)
        shape = np.broadcast_shapes(*(e.shape for e in entries.values()), ())
        matrix = np.zeros((*shape, len(self.names), len(self.names)))
        matrix[...] = np.eye(len(self.names))
        for (k, m), value in entries.items():
            matrix[..., k, m] = matrix[..., m, k] = value
        return matrix

    def between_at(self, pair: str, omega: Array) -> Array:
        """Return c_kl(ω) of a pair without its delay."""
        if isinstance(self.between, TabulatedCorrelation):
            known = pair in self.between.values
            return self.between.at(pair, omega) if known else np.zeros(omega.shape)
        if isinstance(self.between, Mapping):
            return self.between.get(pair, as_array(0.0))
        return self.between

    def factor(self, omega: Array) -> Array:
        r"""Return M with c = M Mᵀ, shape (..., N, modes); columns that vanish are left out.

        For one number c, the matrix c + (1 − c) δ_kl has the eigenvalue 1 + (N−1) c on the uniform
        vector and 1 − c on its complement, so that the columns are √((1 + (N−1) c)/N) and
        √(1 − c) e^{(m)} with e^{(m)} an orthonormal basis of the complement. Written so, nothing
        cancels at c = 1 (one jump operator, the paper's) or at c = −1/(N−1).

        References
        ----------
        [Man] Eq. (14); for c = 1 the three dissipators are one, docs/physics.md §1.4.

        Examples
        --------
        >>> Correlation(("A", "B"), 1.0).factor(np.zeros(())).round(12)
        array([[1.],
               [1.]])
        """
        uniform = self._uniform
        if self.constant and uniform is not None:
            count = len(self.names)
            common = np.sqrt((1.0 + (count - 1) * uniform) / count)[..., None]
            rest = steep_root(1.0 - uniform)[..., None]
            columns = [common * np.ones(count)]
            columns += [rest * vector for vector in _complement_of_uniform(count)]
            return np.stack([c for c in columns if present(c)] or columns[:1], -1)
        if self.delays and uniform is not None and np.all(uniform == 1.0):
            first = self.delays[self.names[0]]
            times = [as_array(omega * (self.delays[name] - first)) for name in self.names]
            phases = np.stack(np.broadcast_arrays(*times), -1)
            return np.stack([np.cos(phases), np.sin(phases)], -1)
        return self.root(omega)

    def root(self, omega: ArrayLike) -> Array:
        """Return the Hermitian root of c(ω), shape (..., N, N)."""
        values, vectors = np.linalg.eigh(self.matrix(omega))
        size = np.where(values > EIGENVALUE_TOLERANCE, np.sqrt(np.abs(values)), 0.0)
        root = (vectors * size[..., None, :]) @ np.swapaxes(vectors, -1, -2)
        return as_array(root)

    def _require_positive(self) -> None:
        count = len(self.names)
        if (uniform := self._uniform) is not None:
            lowest = -1.0 / max(count - 1, 1)
            require(
                (uniform <= 1.0) & (uniform >= lowest),
                uniform,
                "correlation",
                f"lie in [{lowest:.6g}, 1] for {count} subsystem(s)",
                "beyond it the rates are not positive semidefinite",
            )
            return
        table = self.between if isinstance(self.between, TabulatedCorrelation) else None
        points = table.frequencies if table is not None else as_array(0.0)
        bare = Correlation.__new__(Correlation)
        for key, value in (("names", self.names), ("between", self.between), ("delays", {})):
            object.__setattr__(bare, key, value)
        smallest: Array = as_array(np.linalg.eigvalsh(bare.matrix(points))[..., 0], float)
        require(
            smallest >= -1e-12,
            smallest,
            "correlation",
            "be positive semidefinite (its lowest eigenvalue >= 0)",
            "lower the correlations: |c| <= 1 for two subsystems, less for more",
        )


def by_pairs(names: tuple[str, ...], given: Any) -> Any:
    """Return a matrix c_kl with ones on its diagonal as numbers by pair; anything else as it is.

    Raises
    ------
    ParameterError
        For a matrix that is not symmetric.

    Examples
    --------
    >>> by_pairs(("A", "B"), [[1.0, 0.5], [0.5, 1.0]])
    {'A-B': 0.5}
    """
    count = len(names)
    if isinstance(given, Mapping | TabulatedCorrelation | str) or np.shape(given) != (count, count):
        return given
    matrix = parameter(given, "correlation")
    if count == 1 or np.any(np.diag(matrix) != 1.0):
        return given
    if not np.array_equal(matrix, matrix.T):
        rule, remedy = "be symmetric as a matrix", "a complex one is a chiral line"
        raise ParameterError("correlation", rule, repr(given), remedy)
    return {
        f"{names[k]}-{names[m]}": float(matrix[k, m])
        for k in range(count)
        for m in range(k + 1, count)
    }


def _complement_of_uniform(count: int) -> list[Array]:
    # Helmert's basis: exact zeros, and the sign pattern (1, ..., 1, -m) needs no diagonalisation.
    return [
        np.concatenate([np.ones(m), [-m], np.zeros(count - m - 1)]) / np.sqrt(m * (m + 1.0))
        for m in range(1, count)
    ]
