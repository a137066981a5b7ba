"""What a solved machine does with its heat, how well, and whether the laws hold.

- `entropy` production and effective temperatures from currents and rates; `effective_temperatures`
  and `virtual_temperatures` of transitions, `transition_heat` of one reservoir.
- `performance`: the mode, merit and bound of each point, from the `roles` of the reservoirs and the
  `heat_accounts` between them.
- `free_energy` and ergotropy of density matrices, `work_content` of a solved machine's subsystems.
- `audit`: which equation breaks which of the `laws`, with its `audit_reasons`.
"""
