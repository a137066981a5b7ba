"""Counting statistics of heat and quanta: cumulants, covariances, uncertainty relations.

`counting` finds the jumps of each reservoir in the generator, `tilted` turns them by counting
fields and differentiates, `counted_runs` does so run by run of points, `affinities` are what the
fluctuation symmetry needs, and `statistics` is what a user holds.
"""
