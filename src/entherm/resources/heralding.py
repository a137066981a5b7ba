"""Heralded states: subsystems of a solved machine, found within some of their levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from entherm.checks import items_of, mapping_of
from entherm.errors import ParameterError
from entherm.reduced import partial_trace, reduced_state
from entherm.resources.density_matrices import places_in
from entherm.resources.filtering import Filtered, filtered, level_filter
from entherm.solution import Solution, require_solved


def heralded(
    state: Solution, levels: Mapping[str, Iterable[int]], of: Iterable[str] | None = None
) -> Filtered:
    r"""Return what is left of some subsystems once some are found within chosen levels.

    .. math:: \rho' = P \rho P / p, \qquad p = \mathrm{Tr}\, P \rho, \qquad
        P = \bigotimes_k \sum_{n \in \text{levels of } k} |n\rangle\langle n|

    Parameters
    ----------
    state : SteadyState or Evolution
    levels : mapping of str to iterable of int
        Levels in which a subsystem is to be found, 0 being the ground state.
    of : iterable of str, optional
        The subsystems whose state is wanted, in the order of the tensor product; the others are
        traced out, or heralded upon if `levels` names them. Left out: those that `levels` names.

    Returns
    -------
    Filtered
        The state of the subsystems of which more than one level is left, and the probability;
        NaN and 0 where it never happens, NaN and NaN where there is no steady state.

    Raises
    ------
    ParameterError
        For a level that is not there, or none; where no subsystem has two levels left; for what is
        no solved machine.
    UnknownNameError
        For a subsystem that is not there; says which are.

    References
    ----------
    A. Tavakoli, G. Haack, M. Huber, N. Brunner, J. B. Brask, arXiv:1708.01428 (2017), cited as
    [48] in [Man], for machines made for it.

    Examples
    --------
    >>> from entherm import steady_state, two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0))
    >>> found = heralded(s, {"A": [1]}, of=["B"])
    >>> round(float(found.probability), 4), found.density_matrix.diagonal().real.round(4)
    (0.06, array([0.0017, 0.9983]))
    """
    require_solved(state)
    machine = state.machine
    chosen = mapping_of(levels, "levels", "give e.g. {'A': (0, 1)}")
    places_in(chosen, machine.names, "levels")
    wanted = list(chosen) if of is None else list(items_of(of, "of", "give names of subsystems"))
    places_in(wanted, machine.names, "of")
    names = [*wanted, *(name for name in chosen if name not in wanted)]
    dimensions = {name: machine.dimensions[machine.site(name)] for name in names}
    filters = {k: level_filter(v, dimensions[k], f"levels.{k}") for k, v in chosen.items()}
    if all(name in filters and len(filters[name]) == 1 for name in wanted):
        remedy = f"name some of {', '.join(machine.names)} in `of`, or keep more levels"
        raise ParameterError("of", "leave a subsystem with more than one level", "none", remedy)
    rho = reduced_state(state, *names)
    known = np.asarray(np.isfinite(rho).all((-1, -2)))
    # What is not a state is filtered as another one, and taken out again.
    nothing = np.eye(rho.shape[-1]) / rho.shape[-1]
    found = filtered(np.where(known[..., None, None], rho, nothing), dimensions, filters)
    left = {name: size for name, size in found.dimensions.items() if name in wanted}
    places = places_in(left, found.dimensions, "of")
    matrix = partial_trace(found.density_matrix, tuple(found.dimensions.values()), places)
    matrix = np.where(known[..., None, None], matrix, np.nan)
    return Filtered(matrix, np.where(known, found.probability, np.nan)[()], left)
