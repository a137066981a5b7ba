r"""How currents answer to temperatures and chemical potentials: conductances, Onsager's matrix.

Q_a > 0 leaves reservoir a, and J_a counts the quanta that leave it; Q = J_E − μ J. All derivatives
are exact (`entherm.response.linearised`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from entherm.checks import require_choice
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.machine import Machine, require_machine
from entherm.parameters import Array, as_array
from entherm.response.generator_slopes import controls_of, require_temperature
from entherm.response.linearised import OnInvalid, by_points, linearised
from entherm.solution import frozen

# Currents at equilibrium, as a fraction of what a bias of the size of T would drive: rounding is
# 1e-15, the leak of an equation that does not know equilibrium 1e-3.
AT_EQUILIBRIUM = 1e-9


@dataclass(frozen=True, eq=False)
class LinearResponse:
    r"""Derivatives of all currents by all temperatures and chemical potentials.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    reservoirs : tuple of str
        a and b of `conductance`, n of them.
    carriers : tuple of str
        The k reservoirs that have a chemical potential.
    heat : ndarray, shape (..., n)
        The currents Q_a themselves.
    conductance : ndarray, shape (..., n, n)
        ∂Q_a/∂T_b.
    heat_by_potential : ndarray, shape (..., n, k)
        ∂Q_a/∂μ_b.
    quanta_by_temperature : ndarray, shape (..., k, n)
        ∂J_a/∂T_b.
    quanta_by_potential : ndarray, shape (..., k, k)
        ∂J_a/∂μ_b.
    """

    machine: Machine
    equation: Equation
    reservoirs: tuple[str, ...]
    carriers: tuple[str, ...]
    heat: Array
    conductance: Array
    heat_by_potential: Array
    quanta_by_temperature: Array
    quanta_by_potential: Array

    @property
    def channels(self) -> tuple[str, ...]:
        """Rows and columns of `onsager`: heat of every reservoir, then quanta of the carriers."""
        heat = (f"heat {name}" for name in self.reservoirs)
        return (*heat, *(f"quanta {name}" for name in self.carriers))

    @cached_property
    def onsager(self) -> Array:
        r"""Onsager's matrix L, shape (..., n + k, n + k), at equal temperatures and potentials.

        .. math:: Q_a = \sum_b L_{ab} \frac{\Delta T_b}{T^2}
            + \sum_b L_{a b'} \frac{\Delta\mu_b}{T}, \qquad
            \sigma = X^T L X \ge 0

        Symmetric and positive semidefinite; the rows of heat add up to nothing.

        Raises
        ------
        ParameterError
            Where temperatures or chemical potentials differ, or currents flow all the same: then
            the steady state is no equilibrium, and no relation of this kind is promised.

        References
        ----------
        L. Onsager, Phys. Rev. 37, 405 (1931).

        Examples
        --------
        >>> from entherm import two_qubit_machine
        >>> m = two_qubit_machine(20.0, 18.0, 7.0, T_A=5.0, T_B=5.0, T_C=5.0)
        >>> L = linear_response(m).onsager
        >>> bool(np.allclose(L, L.T)), bool(np.allclose(L.sum(0), 0.0))
        (True, True)
        """
        temperature = _common(self.machine, self.reservoirs, "temperature")
        if self.carriers:
            _common(self.machine, self.carriers, "chemical_potential")
        self._require_equilibrium(temperature)
        upper = np.concatenate([self.conductance, self.heat_by_potential], -1)
        lower = np.concatenate([self.quanta_by_temperature, self.quanta_by_potential], -1)
        whole = np.concatenate([upper, lower], -2)
        count, every = len(self.reservoirs), len(self.channels)
        power = np.where(np.arange(every) < count, 2.0, 1.0)
        return frozen(as_array(whole * temperature[..., None, None] ** power))

    def _require_equilibrium(self, temperature: Array) -> None:
        scale = temperature * np.max(np.abs(self.conductance), axis=(-2, -1), initial=0.0)
        flowing = np.abs(self.heat) > AT_EQUILIBRIUM * scale[..., None]
        if np.any(flowing):
            first = np.unravel_index(np.argmax(flowing), flowing.shape)
            name, current = self.reservoirs[int(first[-1])], float(self.heat[first])
            raise ParameterError(
                "equation",
                "leave no current at equal temperatures where Onsager's matrix is asked for",
                f"{self.equation.name}() with a heat current of {current:.3g} out of '{name}'",
                "leave out dephasing, use Global(), and put chemical potentials to 0 where a "
                "reservoir has none; read conductance otherwise",
            )


def linear_response(
    machine: Machine, equation: Equation | None = None, *, on_invalid: OnInvalid = "raise"
) -> LinearResponse:
    r"""Derivatives of every current by every temperature and chemical potential.

    .. math:: G_{ab} = \frac{\partial Q_a}{\partial T_b}

    Clusters of `Unified` and `Local` are held, as are the levels.

    Parameters
    ----------
    machine : Machine
        Every reservoir with a temperature; any parameter may be an array.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        As in `steady_state`.

    Returns
    -------
    LinearResponse

    Raises
    ------
    ParameterError
        For a machine without reservoirs, a reservoir known by its occupation, an explicit Lamb
        shift, or a machine that is too large.

    Examples
    --------
    A qubit between two reservoirs passes Γ ω (n_L − n_R)/(n_L + n_R + 1) for equal Γ:

    >>> from entherm import Machine, Qubit, Reservoir
    >>> baths = [Reservoir(name, 2.0, {"A": 1.0}) for name in ("L", "R")]
    >>> G = linear_response(Machine([Qubit("A", 3.0)], [], baths)).conductance
    >>> n = 1.0 / np.expm1(1.5)
    >>> bool(np.isclose(G[0, 0], 3.0 * 0.75 * n * (n + 1.0) / (2.0 * n + 1.0)))
    True
    """
    require_machine(machine)
    require_choice(on_invalid, "on_invalid", ("raise", "nan"))
    rule = chosen_equation(equation)
    names = tuple(bath.name for bath in machine.reservoirs)
    if not names:
        remedy = "add one with a temperature"
        raise ParameterError("reservoirs", "be at least one", "none", remedy)
    for name in names:
        require_temperature(machine, name)
    controls = controls_of(machine)
    carriers = tuple(c.reservoir for c in controls if c.quantity == "chemical_potential")
    heat, slopes, quanta = [], [], []
    for run in linearised(machine, rule, controls, on_invalid):
        heat.append(run.currents)
        slopes.append(run.heat)
        rows = [run.quanta(name) for name in carriers]
        quanta.append(
            np.stack(rows, -2) if rows else np.zeros((*run.heat.shape[:-2], 0, len(controls)))
        )
    of_heat, of_quanta = by_points(machine, slopes), by_points(machine, quanta)
    count = len(names)
    return LinearResponse(
        machine,
        rule,
        names,
        carriers,
        frozen(by_points(machine, heat)),
        frozen(of_heat[..., :count]),
        frozen(of_heat[..., count:]),
        frozen(of_quanta[..., :count]),
        frozen(of_quanta[..., count:]),
    )


def _common(machine: Machine, names: tuple[str, ...], quantity: str) -> Array:
    """Return what all reservoirs share, or say which do not."""
    values = [machine.parameters[f"reservoirs.{name}.{quantity}"] for name in names]
    together = np.stack([np.broadcast_to(v, machine.shape) for v in values], -1)
    apart = np.any(together != together[..., :1], -1)
    if np.any(apart):
        first = np.unravel_index(np.argmax(apart), apart.shape)
        told = ", ".join(f"{n} {v:g}" for n, v in zip(names, together[first], strict=True))
        words = quantity.replace("_", " ")
        raise ParameterError(
            f"reservoirs.*.{quantity}",
            "be equal where Onsager's matrix is asked for",
            told,
            f"give all reservoirs one {words}, or read conductance, which is defined everywhere",
        )
    return as_array(together[..., 0])
