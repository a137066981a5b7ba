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


def coupled_elements(machine: Machine) -> int:
    """How many elements of ρ the dynamics couples to populations: of each class its size squared.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> coupled_elements(two_qubit_machine(20.0, 20.0, 10.0))
    6
    """
    return int((np.bincount(np.array(machine.classes)) ** 2).sum())


def bytes_written(machine: Machine) -> int:
    """Estimate the memory of a generator that is written down: a matrix a part, and work.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> bytes_written(two_qubit_machine(20.0, 20.0, 10.0))
    6336
    """
    return 16 * coupled_elements(machine) ** 2 * (len(machine.reservoirs) + 8)


def require_written(machine: Machine, equation: Equation) -> None:
    """Refuse a generator that does not fit into memory, written down.

    Raises
    ------
    ParameterError
        Says how much it needs.

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> require_written(two_qubit_machine(20.0, 20.0, 10.0), Local())
    """
    require_room(
        bytes_written(machine),
        f"a generator over {coupled_elements(machine)} elements of rho under {equation.name}()",
        "use Redfield(), UniversalLindblad() or Unified(), which never write it down",
    )
