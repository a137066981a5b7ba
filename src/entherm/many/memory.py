"""What a solution needs, before it is allocated."""

from __future__ import annotations

import numpy as np

from entherm.equations import Equation
from entherm.machine import Machine
from entherm.many.krylov import basis_vectors
from entherm.many.sector_memory import require_room
from entherm.operators import embedded_entries
from entherm.reservoirs import Reservoir


def bytes_by_products(machine: Machine) -> int:
    """Estimate what one point takes where the generator is applied as products of matrices.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> bytes_by_products(two_qubit_machine(20.0, 20.0, 10.0)) < 1_000_000
    True
    """
    kinds = np.array(machine.classes)
    sizes = np.bincount(kinds)
    entries = 0
    for bath in machine.reservoirs:
        if not isinstance(bath, Reservoir):
            continue
        pairs: set[tuple[int, int]] = set()
        for name in bath.couplings:
            local = machine.coupling_operator(bath, name)
            into, source, _ = embedded_entries(machine.dimensions, *local)
            pairs |= set(zip(kinds[into].tolist(), kinds[source].tolist(), strict=True))
        same = bath.correlated.constant and isinstance(bath.correlation, np.ndarray)
        modes = 1 if same and np.all(bath.correlation == 1.0) else len(bath.couplings)
        entries += modes * sum(int(sizes[a] * sizes[b]) for a, b in pairs)
    elements = int((sizes**2).sum())
    vectors = basis_vectors(elements) + 12
    # Two operators of the way down and two of the way up, and as much again while they are made.
    return 8 * (8 * entries + 3 * len(kinds) ** 2 + vectors * elements)


def require_products(machine: Machine) -> None:
    """Refuse a machine that does not fit into memory even so.

    Raises
    ------
    ParameterError
        Says how much it needs.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_products(two_qubit_machine(20.0, 20.0, 10.0))
    """
    require_room(
        bytes_by_products(machine),
        f"the jump operators and the state of {len(machine.names)} subsystems",
        "use Global(), whose rate equation needs far less, or fewer subsystems or reservoirs",
    )


def require_written(machine: Machine, equation: Equation, elements: int) -> None:
    """Refuse a generator that does not fit into memory, written down over some elements of ρ.

    Raises
    ------
    ParameterError
        Says how much it needs.

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> require_written(two_qubit_machine(20.0, 20.0, 10.0), Local(), 16)
    """
    require_room(
        16 * elements**2 * (len(machine.reservoirs) + 8),
        f"a generator over {elements} elements of rho under {equation.name}()",
        "use Redfield(), UniversalLindblad() or Unified(), which never write it down",
    )
