"""What the way through the rungs needs, before it is allocated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np

from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.many.ladder_numbers import ladder_numbers
from entherm.reservoirs import Reservoir

# Of the memory that is free, what one solution may take.
SHARE = 0.9

# Levels that take 100 MB even if they are one sector.
SURELY_FITS = 1024

# Libraries, the interpreter, and what is small.
BASE = 1 << 27


def ladder_bytes(machine: Machine) -> int:
    """Estimate the memory of one point through its rungs, from the sizes of its sectors alone.

    Vectors and energies of every sector, the populations' way back for every pair of rungs, a few
    blocks of the largest pair, and one of each mode of a reservoir with several.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> ladder_bytes(two_qubit_machine(20.0, 20.0, 10.0)) < 2**28
    True
    """
    labels = np.array(machine.sectors)
    sizes = np.bincount(labels)
    rungs = np.bincount(ladder_numbers(machine, labels)).tolist()[::-1]
    operators = [term.operator for term in machine.terms]
    for bath in machine.reservoirs:
        assert isinstance(bath, Reservoir)
        operators += [machine.coupling_operator(bath, name)[1] for name in bath.couplings]
    kind = 16 if any(map(np.iscomplexobj, operators)) else 8
    vectors = kind * int((sizes**2).sum())
    largest = int(max(sizes)) ** 2
    pairs = [a * b for a, b in pairwise(rungs)]
    block = max(*pairs, max(rungs) ** 2, 0)
    several = [b for b in machine.reservoirs if isinstance(b, Reservoir) and len(b.couplings) > 1]
    modes = sum(b.correlated.factor(np.zeros(())).shape[-1] for b in several)
    # LAPACK: the matrix, its vectors twice, and n² more at work. Rates: two blocks of the rung,
    # a product with its two gathers, the rates down, and the modes that are added up.
    diagonalising = 5 * kind * largest
    eliminating = 8 * sum(pairs) + 2 * 8 * max(rungs) ** 2 + (3 + modes) * kind * block
    return int(BASE + vectors + max(diagonalising, eliminating))


def require_multiplets(unknowns: Sequence[int]) -> None:
    """Refuse rungs with more unknowns than fit, coherences of coinciding levels among them.

    Parameters
    ----------
    unknowns : sequence of int
        Of each rung, from the top.

    Examples
    --------
    >>> require_multiplets([1, 3, 1])
    """
    # Down, up and their imaginary parts of every pair of rungs are kept; ten more are at work.
    pairs = [a * b for a, b in pairwise(unknowns)]
    needed = BASE + 8 * (4 * sum(pairs) + 10 * max(*pairs, max(unknowns) ** 2, 0))
    what = f"{sum(unknowns)} populations and coherences of levels that coincide"
    require_room(needed, what, "detune the subsystems, so that fewer levels coincide")


def available_bytes() -> int:
    """Memory that is free, or where the system does not say so, that there is.

    Examples
    --------
    >>> available_bytes() > 2**20
    True
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        [free] = [line for line in lines if line.startswith("MemAvailable")]
        return int(free.split()[1]) * 1024
    except (OSError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def require_room(needed: int, what: str, remedy: str) -> None:
    """Refuse what does not fit into the memory that is free.

    Raises
    ------
    ParameterError
        Says how much it needs, and what would do.

    Examples
    --------
    >>> require_room(1024, "a matrix", "use fewer subsystems")
    """
    there = int(SHARE * available_bytes())
    if needed > there:
        rule = f"fit into {there / 2**30:.3g} GiB of free memory"
        raise ParameterError("machine", rule, f"{needed / 2**30:.3g} GiB for {what}", remedy)


def require_ladder(machine: Machine) -> None:
    """Refuse a machine whose sectors do not fit into memory.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_ladder(two_qubit_machine(20.0, 20.0, 10.0))
    """
    if prod(machine.dimensions) <= SURELY_FITS:
        return
    names = len(machine.names)
    split = len(set(machine.sectors)) > 1
    remedy = (
        "use fewer subsystems, or a machine with more memory"
        if split
        else "a Hamiltonian that conserves the excitations needs far less: use exchange(), or "
        "heisenberg() with xx = yy, and no transverse field; or use fewer subsystems"
    )
    require_room(ladder_bytes(machine), f"the levels and rates of {names} subsystems", remedy)
