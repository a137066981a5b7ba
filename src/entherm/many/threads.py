"""How many threads the linear algebra takes: one, but for large matrices.

NumPy and SciPy bring a pool of threads each, and those of either wait actively. On two busy cores
ten qubits take 3 s with two threads each, and 0.16 s with one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from entherm.machine import Machine

# Of matrices of this size a second thread saves more than waiting costs.
LARGE = 1500


def threads_for(machine: Machine) -> AbstractContextManager[Any]:
    """Return a context in which matrices of a machine's sectors are worked on.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> with threads_for(two_qubit_machine(20.0, 20.0, 10.0)):
    ...     pass
    """
    large = np.bincount(machine.sectors).max() >= LARGE
    return nullcontext() if large else _pools().limit(limits=1, user_api="blas")


@lru_cache(maxsize=1)
def _pools() -> Any:
    import scipy.linalg  # noqa: F401 (its pool is known once it is loaded)

    return ThreadpoolController()
