"""Quantum resources beside concurrence, as functions of density matrices and as observables.

- Of density matrices, checked in `density_matrices`: `partial_transpose` (negativity of any cut),
  `nonlocality` (CHSH, steering), `teleportation`, `discord` with its `conditional_entropy`,
  `multipartite` (three qubits), `filtering`.
- Of a solved machine: `pair_observables`, `joint_measures` of any cut, `three_qubit_measures`,
  and states that are heralded (`heralding`).
"""
