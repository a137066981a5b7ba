"""The paper's machine: two qubits, a reservoir each, and a third common to both."""

from __future__ import annotations

from numpy.typing import ArrayLike

from entherm.couplings import as_coupling
from entherm.interactions import exchange
from entherm.machine import Machine
from entherm.modes import BelowZero
from entherm.reservoirs import Reservoir
from entherm.subsystems import Qubit


def two_qubit_machine(
    epsilon_A: ArrayLike,
    epsilon_B: ArrayLike,
    Omega: ArrayLike,
    T_A: ArrayLike = 1.0,
    T_B: ArrayLike = 1.0,
    T_C: ArrayLike = 1.0,
    Gamma_A: ArrayLike = 1.0,
    Gamma_B: ArrayLike = 1.0,
    Gamma_CA: ArrayLike = 1.0,
    Gamma_CB: ArrayLike = 1.0,
    gamma: ArrayLike = 0.0,
    *,
    operator: str = "lowering",
    below_zero: BelowZero = "refuse",
) -> Machine:
    r"""Return the paper's machine: two exchange-coupled qubits, RA, RB, and RC common to both.

    .. math:: H_S = \epsilon_A |1\rangle_A\langle 1| + \epsilon_B |1\rangle_B\langle 1|
        + \Omega (\sigma_+^A \sigma_-^B + \sigma_-^A \sigma_+^B)

    Parameters
    ----------
    epsilon_A, epsilon_B : array_like
        Qubit gaps, > 0.
    Omega : array_like
        Exchange strength, of either sign. The steady state asks for
        \|Omega\| < sqrt(epsilon_A epsilon_B), i.e. ω₁ > 0, unless one of the last two says
        what the coupling means beyond.
    T_A, T_B, T_C : array_like
        Temperatures of RA, RB, RC, >= 0.
    Gamma_A, Gamma_B, Gamma_CA, Gamma_CB : array_like
        The paper's rates, >= 0 (1/T₁ = 2 Γ for a bare qubit at T = 0).
    gamma : array_like
        Dephasing rate of each qubit, literally as in Eq. (21).
    operator : {"lowering", "x"}
        What the reservoirs act through: σ₋ of Eq. (4), or σ_x.
    below_zero : {"refuse", "dark"}
        What σ₋ does at a negative frequency, as in `entherm.Reservoir`.

    Returns
    -------
    Machine
        All parameters in one unit, ħ = k_B = 1; any may be an array.

    Raises
    ------
    ParameterError
        For a value out of its range.

    References
    ----------
    [Man] Eqs. (1), (2), (8), (21).

    Examples
    --------
    >>> two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0).names
    ('A', 'B')
    """
    return Machine(
        [Qubit("A", epsilon_A), Qubit("B", epsilon_B)],
        [exchange("A", "B", Omega)],
        [
            Reservoir(
                name,
                temperature,
                {
                    qubit: as_coupling(rate, f"reservoirs.{name}.couplings.{qubit}", operator)
                    for qubit, rate in rates.items()
                },
                below_zero=below_zero,
            )
            for name, temperature, rates in (
                ("RA", T_A, {"A": Gamma_A}),
                ("RB", T_B, {"B": Gamma_B}),
                ("RC", T_C, {"A": Gamma_CA, "B": Gamma_CB}),
            )
        ],
        {"A": gamma, "B": gamma},
    )
