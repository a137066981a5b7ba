r"""Full counting statistics of heat and quanta in the steady state.

In a long time t the reservoir ν gives q_ν to the machine, jump by jump. All its statistics are in

.. math:: \theta(\chi) = \lim_{t \to \infty} \frac{1}{t}
    \ln \Big\langle \exp \sum_\nu \chi_\nu q_\nu \Big\rangle

with real counting fields χ: ∂θ/∂χ_ν is the current J_ν (> 0 leaves the reservoir), and the second
derivatives are S_μν = lim Cov(q_μ, q_ν)/t. The zero-frequency noise of some authors is 2 S.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import mapping_of, real_numbers, require_choice, require_known
from entherm.composition import DEPHASING
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.fluctuations.affinities import affinity
from entherm.fluctuations.counted_runs import CountedRuns, require_counting_room
from entherm.fluctuations.counting import COUNTED, countable
from entherm.fluctuations.tilted import NOTHING, Tilted, require_order
from entherm.machine import Machine, require_machine
from entherm.parameters import Array
from entherm.steady_state import SteadyState, steady_state


def counting_statistics(
    machine: Machine,
    equation: Equation | None = None,
    of: Literal["heat", "energy", "quanta"] = "heat",
    *,
    on_invalid: Literal["raise", "nan"] = "raise",
) -> CountingStatistics:
    """Return the statistics of what the reservoirs give to a machine in its steady state.

    Parameters
    ----------
    machine : Machine
        Any of its parameters may be an array.
    equation : Equation, optional
        Left out, `Global`. Jumps of definite energy are those of `Global`, `Unified`,
        ``Local(heat="bare")`` and ``Reset(heat="bare")``; of definite quanta also those of
        `Local`, `Reset`, and of `UniversalLindblad` where couplings rotate.
    of : {"heat", "energy", "quanta"}
        What is counted; heat is energy less μ for every quantum.
    on_invalid : {"raise", "nan"}
        What becomes of points without a unique steady state, as in `steady_state`.

    Returns
    -------
    CountingStatistics
        Numbers are computed when they are read.

    Raises
    ------
    ParameterError
        For an equation without such jumps, or a machine too large.
    InvalidMachineError, NonUniqueSteadyStateError
        As `steady_state`.

    References
    ----------
    M. Esposito, U. Harbola, S. Mukamel, Rev. Mod. Phys. 81, 1665 (2009); C. Flindt et al., Phys.
    Rev. B 82, 155407 (2010).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=[1.0, 5.0])
    >>> c = counting_statistics(m)
    >>> c.reservoirs
    ('RA', 'RB', 'RC')
    >>> c.noise("RC").round(3)
    array([3.053, 5.96 ])
    >>> bool(np.all(np.abs(c.covariance_matrix.sum(-1)) < 1e-12))  # energy is conserved
    True
    """
    require_machine(machine)
    require_choice(of, "of", COUNTED)
    rule = chosen_equation(equation)
    reasons = countable(machine, rule, of)
    if all(reasons.values()):
        told = "; ".join(f"'{name}': {why}" for name, why in reasons.items())
        raise ParameterError("of", "be something that a reservoir exchanges", repr(of), told)
    require_counting_room(machine)
    state = steady_state(machine, rule, on_invalid=on_invalid)
    return CountingStatistics(state, of, reasons)


class CountingStatistics:
    """What the reservoirs of a machine give in a long time; arrays of the machine's shape.

    Attributes
    ----------
    state : SteadyState
    of : {"heat", "energy", "quanta"}
        What is counted.
    reservoirs : tuple of str
        Of which it can be counted.
    """

    def __init__(self, state: SteadyState, of: str, reasons: Mapping[str, str | None]) -> None:
        self.state, self.of, self._reasons = state, of, dict(reasons)
        self.reservoirs = tuple(name for name, why in reasons.items() if why is None)
        self._runs = CountedRuns(state, of)
        self._cumulants: dict[str, Array] = {}

    def __repr__(self) -> str:
        names = ", ".join(self.reservoirs)
        return f"CountingStatistics(of {self.of} from {names}; shape {self.shape})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the machine's parameters."""
        return self.state.shape

    def mean(self, reservoir: str) -> Array:
        """Current J = lim ⟨q⟩/t; > 0 leaves the reservoir."""
        return self._currents[..., self._place(reservoir)][()]

    def noise(self, reservoir: str) -> Array:
        """Noise S = lim Var(q)/t, which some authors call S/2."""
        return self.covariance(reservoir, reservoir)

    def covariance(self, first: str, second: str) -> Array:
        """Covariance lim Cov(q₁, q₂)/t of what two reservoirs give."""
        return self.covariance_matrix[..., self._place(first), self._place(second)][()]

    @cached_property
    def covariance_matrix(self) -> Array:
        """All of them, shape (..., n, n), in the order of `reservoirs`.

        Symmetric and positive semidefinite. Of heat, rows add up to zero where energy is conserved.
        """
        n = len(self.reservoirs)
        return self._runs.each(lambda tilted: tilted.covariance(self.reservoirs), n, n)

    def fano(self, reservoir: str) -> Array:
        """Fano factor S/|J|, in units of what is counted; +inf where no current flows on average.

        Independent jumps that carry w each, one way only, have w. NaN where nothing fluctuates.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.noise(reservoir) / np.abs(self._resolved(reservoir)))[()]

    def cumulant(self, reservoir: str, order: int) -> Array:
        r"""Cumulant lim ⟨⟨qⁿ⟩⟩/t, the n-th derivative of θ at 0; 1 is the mean, 2 the noise.

        Parameters
        ----------
        reservoir : str
        order : int
            1 to 20. Each order is exact but for rounding, of which it has more than the last.

        References
        ----------
        C. Flindt et al., Phys. Rev. B 82, 155407 (2010).

        Examples
        --------
        >>> from entherm import Machine, Qubit, Reservoir
        >>> baths = [Reservoir("hot", 1e6, {"A": 1e-6}), Reservoir("cold", 0.0, {"A": 1e3})]
        >>> c = counting_statistics(Machine([Qubit("A", 1.0)], reservoirs=baths), of="quanta")
        >>> [float(c.cumulant("hot", n).round(2)) for n in (1, 2, 3)]
        [2.0, 1.99, 1.98]
        """
        n = require_order(order)
        self._place(reservoir)
        known = self._cumulants.get(reservoir)
        if known is None or known.shape[-1] < n:
            known = self._runs.each(lambda tilted: tilted.cumulants(reservoir, n).T, n)
            self._cumulants[reservoir] = known
        return known[..., n - 1][()]

    def generating_function(self, fields: Mapping[str, ArrayLike]) -> Array:
        """Scaled cumulant generating function θ(χ), the dominant eigenvalue of the tilted L.

        Parameters
        ----------
        fields : mapping of str to array_like
            Real χ of each reservoir, in units of one over what is counted; 0 where left out. Arrays
            broadcast with each other and with the machine's shape.

        Returns
        -------
        ndarray
            Convex in χ, 0 at χ = 0.

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> c = counting_statistics(two_qubit_machine(20.0, 20.0, 10.0, T_C=2.0))
        >>> fields = {"RC": 0.1, "RA": [0.0, -0.2]}
        >>> theta = c.generating_function(fields)
        >>> bool(np.allclose(theta, c.generating_function(c.mirrored(fields))))
        True
        """
        return self._runs.dominant(self._fields(fields))[()]

    @cached_property
    def affinities(self) -> dict[str, Array]:
        """What multiplies each current in the entropy production: 1/T of heat."""
        machine = self.state.machine
        return {name: affinity(machine.reservoir(name), self.of) for name in self.reservoirs}

    def mirrored(self, fields: Mapping[str, ArrayLike]) -> dict[str, Array]:
        r"""Return the counting fields A − χ, at which θ is the same (Gallavotti and Cohen).

        .. math:: \theta(\chi) = \theta(A - \chi), \qquad A_\nu = 1/T_\nu

        Written θ(χ) = θ(−A − χ) where χ counts what enters the reservoir. It holds for every
        reservoir in detailed balance, coherences or not, if amplitudes and the Hamiltonian can be
        made real; dephasing counts as T = ∞.

        Raises
        ------
        ParameterError
            Where a reservoir is not counted, or has no finite affinity.

        References
        ----------
        J. L. Lebowitz, H. Spohn, J. Stat. Phys. 95, 333 (1999).
        """
        given = self._fields(fields)
        for name, why in self._reasons.items():
            if why is not None and name != DEPHASING:
                rule = "count every reservoir for a fluctuation symmetry"
                raise ParameterError("of", rule, repr(self.of), f"'{name}': {why}")
        return {name: np.asarray(a - given.get(name, 0.0)) for name, a in self.affinities.items()}

    @cached_property
    def gross_flow(self) -> dict[str, Array]:
        """What flows both ways, without signs, by reservoir: the scale of what is rounding."""
        found = self._of_each(Tilted.gross)
        return {name: found[..., k] for k, name in enumerate(self.reservoirs)}

    @cached_property
    def activity(self) -> Array:
        """Exchanges per time with all reservoirs: jumps that carry energy or quanta."""
        return self._runs.each(lambda tilted: tilted.activity)[()]

    def uncertainty_ratio(self, reservoir: str) -> Array:
        r"""Precision of a current against its cost in entropy, S σ / (2 J²).

        The thermodynamic uncertainty relation: >= 1 for every rate equation; coherence may take it
        below 1. σ is that of `state`. NaN at equilibrium and of a reservoir that gives
        nothing at all, where it is 0/0; +inf where the mean vanishes alone.

        References
        ----------
        A. C. Barato, U. Seifert, Phys. Rev. Lett. 114, 158101 (2015); T. R. Gingrich et al., Phys.
        Rev. Lett. 116, 120601 (2016).

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=[2.0, 5.0])
        >>> c = counting_statistics(m)
        >>> c.uncertainty_ratio("RC").round(3)
        array([4.621,   nan])
        """
        current = self._resolved(reservoir)
        rest = np.all([self._resolved(name) == 0.0 for name in self.reservoirs], axis=0)
        cost = np.where(rest, 0.0, self.state.entropy_production)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.noise(reservoir) * cost / (2.0 * current**2))[()]

    def kinetic_ratio(self, reservoir: str) -> Array:
        """Precision of a current against the activity A, S A / J².

        The kinetic uncertainty relation: >= 1 for every rate equation whose jumps all exchange
        something. +inf where the mean vanishes, NaN where the noise does too.

        References
        ----------
        I. Di Terlizzi, M. Baiesi, J. Phys. A 52, 02LT03 (2019).
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.noise(reservoir) * self.activity / self._resolved(reservoir) ** 2
            return np.asarray(ratio)[()]

    @cached_property
    def _currents(self) -> Array:
        return self._of_each(Tilted.mean)

    def _of_each(self, of: Callable[[Tilted, str], Array]) -> Array:
        """What is asked of every reservoir, shape (..., n)."""
        names = self.reservoirs
        return self._runs.each(lambda t: np.stack([of(t, n) for n in names], -1), len(names))

    def _resolved(self, reservoir: str) -> Array:
        """The mean, 0 where it is rounding."""
        mean = self.mean(reservoir)
        return np.where(np.abs(mean) <= NOTHING * self.gross_flow[reservoir], 0.0, mean)

    def _place(self, reservoir: object) -> int:
        """Number of a reservoir, or an error that says why it has none."""
        known = isinstance(reservoir, str) and reservoir in self._reasons
        require_known("reservoir", reservoir, self._reasons if known else self.reservoirs)
        why = self._reasons[str(reservoir)]
        if why is None:
            return self.reservoirs.index(str(reservoir))
        remedy = f"count one of {', '.join(self.reservoirs)}"
        rule = f"be a reservoir whose {self.of} can be counted"
        raise ParameterError("reservoir", rule, f"'{reservoir}' ({why})", remedy)

    def _fields(self, fields: Mapping[str, ArrayLike]) -> dict[str, Array]:
        given = mapping_of(fields, "fields", "give e.g. {'RC': 0.1}")
        for name in given:
            self._place(name)
        return {name: real_numbers(value, f"fields.{name}") for name, value in given.items()}
