"""Heat reservoirs: what they touch, how strongly, how correlated, and how warm.

A reservoir is one thing, whether it touches one subsystem or ten. It acts on subsystem k through
an amplitude g_k, and what it does to two subsystems at once is set by a correlation c_kl:

    Γ_kl = c_kl g_k g_l.

**Γ is the paper's**, half of the usual Lindblad rate: the dissipator is written
Γ [2 V ρ V† − {V† V, ρ}], so a transition of matrix element V goes down at 2 Γ |V|² (n̄ + 1) and up
at 2 Γ |V|² n̄, and a bare qubit at T = 0 has 1/T₁ = 2 Γ. The factor 2 enters here, in
`Reservoir.emission` and `Reservoir.absorption`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import ParameterError, UnknownNameError
from entherm.parameters import Array, parameter, require

SMALLEST_RATE, LARGEST_RATE = 1e-250, 1e100
LARGEST_TEMPERATURE = 1e201


def bose_einstein(omega: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Return the Bose–Einstein occupation of a mode.

    .. math:: \bar n(\omega) = \frac{1}{e^{\omega/T} - 1} = \frac{e^{-x}}{-\mathrm{expm1}(-x)},
        \quad x = \omega / T.

    The second form keeps full relative precision at both ends, and is 0 at T = 0.

    Parameters
    ----------
    omega : array_like, shape (...)
        Transition frequency, > 0.
    temperature : array_like, shape (...)
        Temperature in the same unit (ħ = k_B = 1), >= 0.

    Returns
    -------
    ndarray, shape (...)
        The occupation; `omega` and `temperature` broadcast.

    References
    ----------
    [Man] Eq. (11).

    Examples
    --------
    >>> bool(np.isclose(bose_einstein(10.0, 5.0), 1 / np.expm1(2.0)))
    True
    >>> float(bose_einstein(10.0, 0.0))
    0.0
    """
    decay = np.exp(-_reduced_frequency(omega, temperature))
    return np.asarray(decay / _one_minus_exp(omega, temperature))


def _reduced_frequency(omega: ArrayLike, temperature: ArrayLike) -> Array:
    # The guard keeps T = 0 out of the division, so that a derivative through here stays finite.
    omega, temperature = np.asarray(omega, float), np.asarray(temperature, float)
    cold = temperature == 0.0
    with np.errstate(over="ignore"):
        return np.asarray(np.where(cold, np.inf, omega / np.where(cold, 1.0, temperature)))


def _one_minus_exp(omega: ArrayLike, temperature: ArrayLike) -> Array:
    return np.asarray(-np.expm1(-_reduced_frequency(omega, temperature)))


@dataclass(frozen=True, init=False, eq=False)
class Coupling:
    """How a reservoir touches one subsystem: a rate with a sign, or a signed amplitude.

    Parameters
    ----------
    rate : array_like, optional
        Γ >= 0, the paper's rate.
    sign : int
        +1 or −1; only the relative sign of two couplings of one reservoir is physical.
    amplitude : array_like, optional
        g, with Γ = g². The coordinate in which the state is differentiable at Γ = 0.

    Raises
    ------
    ParameterError
        For a negative rate, a sign other than ±1, or both a rate and an amplitude.

    Examples
    --------
    >>> float(Coupling(rate=4.0, sign=-1).amplitude)
    -2.0
    """

    rate: Array
    sign: int
    amplitude: Array
    by_amplitude: bool

    def __init__(
        self, rate: ArrayLike | None = None, sign: int = 1, *, amplitude: ArrayLike | None = None
    ) -> None:
        if isinstance(sign, bool) or not np.isscalar(sign) or sign not in (1, -1):
            raise ParameterError("sign", "be +1 or -1", repr(sign), "give the sign alone")
        by_amplitude = rate is None
        if rate is not None and amplitude is None:
            rate = parameter(rate, "rate")
            require(rate >= 0, rate, "rate", "be >= 0", "a sign goes into sign=-1")
            _require_representable(rate, "rate")
            amplitude = np.asarray(sign * np.sqrt(rate))
        elif amplitude is not None and rate is None:
            if np.iscomplexobj(amplitude):
                raise ParameterError(
                    "amplitude",
                    "be real",
                    repr(amplitude),
                    "a complex coupling is a chiral line, which needs its cascaded Hamiltonian; "
                    "a phase of pi is a negative amplitude",
                )
            # The sign is part of a signed amplitude, so that both spellings are one value.
            amplitude = np.asarray(sign * parameter(amplitude, "amplitude"))
            sign = 1
            with np.errstate(over="ignore"):
                rate = np.asarray(amplitude**2)
            _require_representable(rate, "amplitude")
        else:
            raise ParameterError(
                "coupling",
                "have either a rate or an amplitude",
                f"rate={rate!r}, amplitude={amplitude!r}",
                "give Coupling(rate=...) or Coupling(amplitude=...)",
            )
        for name, value in (("rate", rate), ("amplitude", amplitude)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "sign", int(sign))
        object.__setattr__(self, "by_amplitude", by_amplitude)


@dataclass(frozen=True, init=False, eq=False)
class Reservoir:
    r"""A bosonic thermal reservoir that touches one or several subsystems through σ₋ (Eq. (4)).

    Parameters
    ----------
    name : str
        e.g. ``"RC"``.
    temperature : array_like
        T >= 0, in the unit of the gaps.
    couplings : mapping of str to rate or Coupling
        Which subsystems it touches, and how strongly; a bare number is a rate Γ.
    correlation : array_like
        c in −1/(N−1) <= c <= 1 for N touched subsystems: Γ_kl = c g_k g_l for k ≠ l. The paper's
        common reservoir has c = 1, N separate ones of equal temperature would have c = 0.

    Raises
    ------
    ParameterError
        For a negative temperature, no coupling, or a correlation that is not positive semidefinite.

    References
    ----------
    [Man] Eqs. (4), (9), (12), (13), (14).

    Examples
    --------
    >>> rc = Reservoir(
    ...     "RC", temperature=1.0, couplings={"A": 1.0, "B": Coupling(rate=1.0, sign=-1)}
    ... )
    >>> [sorted(mode) for mode in rc.jump_modes()]
    [['A', 'B']]
    """

    name: str
    temperature: Array
    couplings: Mapping[str, Coupling]
    correlation: Array

    def __init__(
        self,
        name: str,
        temperature: ArrayLike,
        couplings: Mapping[str, Coupling | ArrayLike],
        correlation: ArrayLike = 1.0,
    ) -> None:
        where = f"reservoirs.{name}"
        if not couplings:
            raise ParameterError(
                f"{where}.couplings",
                "touch at least one subsystem",
                "none",
                "give couplings={'A': rate, ...} or leave the reservoir out",
            )
        temperature = parameter(temperature, f"{where}.temperature")
        require(
            temperature >= 0, temperature, f"{where}.temperature", "be >= 0", "T = 0 is allowed"
        )
        low = temperature < LARGEST_TEMPERATURE
        rule = f"be < {LARGEST_TEMPERATURE:g}"
        require(low, temperature, f"{where}.temperature", rule, "use a larger unit")
        correlation = parameter(correlation, f"{where}.correlation")
        lowest = -1.0 / max(len(couplings) - 1, 1)
        require(
            (correlation <= 1.0) & (correlation >= lowest),
            correlation,
            f"{where}.correlation",
            f"lie in [{lowest:.6g}, 1] for {len(couplings)} subsystem(s)",
            "beyond it the rates are not positive semidefinite",
        )
        frozen = {k: _coupling(v, f"{where}.couplings.{k}") for k, v in couplings.items()}
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "temperature", temperature)
        object.__setattr__(self, "couplings", MappingProxyType(frozen))
        object.__setattr__(self, "correlation", correlation)

    def __reduce__(self) -> tuple[Any, ...]:
        values = self.name, self.temperature, dict(self.couplings), self.correlation
        return Reservoir, values

    def coupling(self, subsystem: str) -> Coupling:
        """Return the coupling to `subsystem`.

        Examples
        --------
        >>> float(Reservoir("RA", 1.0, {"A": 2.0}).coupling("A").rate)
        2.0
        """
        if subsystem not in self.couplings:
            raise UnknownNameError(f"reservoirs.{self.name}.couplings", subsystem, self.couplings)
        return self.couplings[subsystem]

    def jump_modes(self) -> tuple[dict[str, Array], ...]:
        r"""Amplitudes of the independent jump operators V_m = Σ_k g_k^{(m)} σ₋^k.

        The matrix c_kl = c + (1 − c) δ_kl has the eigenvalue 1 + (N−1) c on the uniform vector and
        1 − c on its complement, so that Γ_kl = Σ_m g_k^{(m)} g_l^{(m)} holds with

            g_k^{(0)} = g_k √((1 + (N−1) c) / N),    g_k^{(m)} = g_k √(1 − c) e_k^{(m)}

        and e^{(m)} an orthonormal basis of the complement. Written so, nothing cancels at c = 1
        (one jump operator, the paper's) or at c = −1/(N−1), and vanishing modes are left out.

        Returns
        -------
        tuple of dict of str to ndarray
            One mapping from subsystem to amplitude per mode.

        References
        ----------
        [Man] Eq. (14); for c = 1 the three dissipators are one, docs/physics.md §1.4.

        Examples
        --------
        >>> modes = Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}, correlation=0.0).jump_modes()
        >>> len(modes), round(float(sum(m["A"] * m["B"] for m in modes)), 15)
        (2, 0.0)
        """
        names = list(self.couplings)
        count = len(names)
        uniform = np.sqrt((1.0 + (count - 1) * self.correlation) / count)
        rest = np.sqrt(1.0 - self.correlation)
        weights = [(uniform, np.ones(count))]
        weights += [(rest, vector) for vector in _complement_of_uniform(count)]
        return tuple(
            {
                name: np.asarray(scale * entry * self.couplings[name].amplitude)
                for name, entry in zip(names, vector, strict=True)
                if entry != 0.0
            }
            for scale, vector in weights
            if np.any(scale != 0.0)
        )

    def emission(self, omega: ArrayLike) -> Array:
        """Return 2 (n̄(ω) + 1), the rate down per unit of Γ |V|²; `omega` > 0.

        Examples
        --------
        >>> float(Reservoir("RA", 0.0, {"A": 1.0}).emission(10.0))
        2.0
        """
        return np.asarray(2.0 / _one_minus_exp(omega, self.temperature))

    def absorption(self, omega: ArrayLike) -> Array:
        """Return 2 n̄(ω), the rate up per unit of Γ |V|²; `omega` > 0.

        Examples
        --------
        >>> float(Reservoir("RA", 0.0, {"A": 1.0}).absorption(10.0))
        0.0
        """
        return 2.0 * bose_einstein(omega, self.temperature)


def _coupling(value: Coupling | ArrayLike, path: str) -> Coupling:
    if isinstance(value, Coupling):
        return value
    try:
        return Coupling(rate=value)
    except ParameterError as error:
        raise error.at(path) from None


def _require_representable(rate: Array, path: str) -> None:
    # Sums of exits must stay clear of both ends of float64, where a product of n̄ and Γ would
    # overflow or the inverse of a sum would.
    inside = (rate == 0.0) | ((rate >= SMALLEST_RATE) & (rate <= LARGEST_RATE))
    rule = f"mean a rate of 0 or in [{SMALLEST_RATE:g}, {LARGEST_RATE:g}]"
    require(inside, rate, path, rule, "use another unit")


def _complement_of_uniform(count: int) -> list[Array]:
    # Helmert's basis: exact zeros, and the sign pattern (1, ..., 1, -m) needs no diagonalisation.
    return [
        np.concatenate([np.ones(m), [-m], np.zeros(count - m - 1)]) / np.sqrt(m * (m + 1.0))
        for m in range(1, count)
    ]
