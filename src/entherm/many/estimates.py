"""How much memory a solution takes, told before it is solved."""

from __future__ import annotations

from entherm.equations import Equation, chosen_equation
from entherm.machine import Machine, require_machine
from entherm.many.many_levels import goes_by_products
from entherm.many.memory import bytes_by_products, bytes_written
from entherm.many.sector_memory import ladder_bytes
from entherm.many.sector_plan import goes_by_sectors


def memory_estimate(machine: Machine, equation: Equation | None = None) -> int:
    """Estimate the memory that the steady state of one point takes, in bytes.

    From the sizes of the sectors alone; nothing is solved. More than is there is refused by
    `steady_state` before it is allocated. Levels that coincide bring their coherences with them,
    which are counted only once the levels are known.

    Parameters
    ----------
    machine : Machine
    equation : Equation, optional
        Left out, `Global`.

    Returns
    -------
    int
        An upper estimate, the interpreter with its libraries included.

    Examples
    --------
    >>> from entherm import Machine, Qubit, Reservoir, exchange
    >>> names = [f"q{k}" for k in range(12)]
    >>> chain = Machine(
    ...     [Qubit(name, 20.0) for name in names],
    ...     [exchange(a, b, 1.0) for a, b in zip(names, names[1:])],
    ...     [Reservoir("R", 1.0, {"q0": 0.1})],
    ... )
    >>> memory_estimate(chain) < 1 << 30
    True
    """
    require_machine(machine)
    rule = chosen_equation(equation)
    if goes_by_sectors(machine, rule):
        return ladder_bytes(machine)
    if goes_by_products(machine, rule):
        return bytes_by_products(machine)
    return bytes_written(machine)
