"""Exact derivatives of steady states by temperatures and chemical potentials.

`generator_slopes` differentiates the generator, `linearised` solves for what that does to the
state; `linear` has conductances and Onsager's matrix, `rectifiers` diodes and transistors,
`thermometry` the Fisher information.
"""
