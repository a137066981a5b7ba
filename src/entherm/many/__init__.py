"""Machines of many levels, sector by sector: nothing of the size of all levels squared is made.

- The global equation: the sectors in order are the rungs of a ladder (`ladder_numbers`, `rungs`),
  whose rates (`rung_rates`) are eliminated from the top without subtraction (`ladder`,
  `sector_solver`), with the coherences of levels that coincide (`coincidences`, `multiplet_rates`,
  `multiplet_ladder`). `sector_plan` is its plan, and `sector_state` what is read of it.
- The other equations: jump operators between classes of levels (`class_jumps`), for `Unified` by
  clusters of one point (`point_clusters`), applied as products of matrices (`gains`,
  `matrix_free`) in an iteration that the secular solution leads (`krylov`, `iterative`).
  `product_plan` is their plan.

What either needs is estimated first (`sector_memory`, `memory`; `estimates` tells it to a user),
and `threads` keeps small matrices on one of them.
"""
