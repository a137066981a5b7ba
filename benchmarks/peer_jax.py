"""Peer: JAX, the 16×16 solution of one point, vmapped and compiled, in double precision."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from points import Points
from superoperators import assemble


def solver(points: Points) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """A call that gives C and Q_C of these points, compiled by its first use."""
    machine = assemble(points)
    with jax.enable_x64(True):
        constant, down, up = map(jnp.asarray, (machine.constant, machine.down, machine.up))
        common = np.flatnonzero(machine.common)

        def one(occupation: jax.Array) -> tuple[jax.Array, jax.Array]:
            dissipators = (occupation + 1.0)[:, None, None] * down + occupation[:, None, None] * up
            L = (constant + dissipators.sum(0)).at[0].set(jnp.eye(4).ravel())
            vector = jnp.linalg.solve(L, jnp.zeros(16, L.dtype).at[0].set(1.0))
            rho = vector.reshape(4, 4)
            product = jnp.maximum(rho[0, 0].real * rho[3, 3].real, 0.0)
            C = 2.0 * jnp.maximum(abs(rho[1, 2]) - jnp.sqrt(product), 0.0)
            return C, (machine.energy @ dissipators[common].sum(0) @ vector).real

        batch = jax.jit(jax.vmap(one))

    def call() -> tuple[np.ndarray, np.ndarray]:
        with jax.enable_x64(True):
            C, Q = batch(jnp.asarray(machine.weights(points)))
            return np.asarray(C), np.asarray(Q)

    return call
