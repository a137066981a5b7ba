r"""The jumps of each reservoir, entry by entry of the generator, and what each of them carries.

A jump operator V = Σ_t a_t |j⟩⟨i| of one frequency takes ρ_{ii'} to ρ_{jj'}. Where the reservoir
gives the energy e and n quanta with it, counting fields χ turn the gain V ρ V† into
exp(χ (e − μ n)) V ρ V†; the loss stays as it is. The energy is read off the reference levels,

.. math:: e = \tfrac12 (E_j - E_i + E_{j'} - E_{i'})

which makes Tr(E D ρ) the mean of what is counted, to the last bit. Entries are few: they are kept
as lists (into, out), one row each, with the points behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.channels import lifted
from entherm.composition import DEPHASING
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.frame import Frame
from entherm.interference import Strengths
from entherm.machine import Machine
from entherm.operators import is_hermitian
from entherm.parameters import Array
from entherm.plain_jumps import plain_jumps
from entherm.reservoirs import Reservoir
from entherm.sides import Sides
from entherm.superoperator import Generator, Matrix

Places = NDArray[np.intp]

# What can be counted of a reservoir.
COUNTED = ("heat", "energy", "quanta")


@dataclass(frozen=True, eq=False)
class Jumps:
    """The jumps of one reservoir at some points, entry by entry.

    Attributes
    ----------
    into, out : ndarray of int, shape (j,)
        Elements of ρ: `out` feeds `into`.
    rate : ndarray, shape (j, points)
        How fast; complex between coherences.
    energy, quanta : ndarray, shape (j, points)
        What the reservoir gives at such a jump. `points` may be 1 for one value at all of them.
    exchanging : ndarray of bool, shape (j, points)
        Whether the jump exchanges anything.
    """

    into: Places
    out: Places
    rate: NDArray[Any]
    energy: Array
    quanta: Array
    exchanging: NDArray[np.bool_]

    def carried(self, of: str, potential: Array) -> Array:
        """Return what is counted at each jump, (j, points); heat is e − μ n.

        Parameters
        ----------
        of : {"heat", "energy", "quanta"}
        potential : ndarray, shape (points,)
            μ of the reservoir.
        """
        if of == "quanta":
            return self.quanta
        return self.energy - potential * self.quanta if of == "heat" else self.energy

    def applied(self, weight: Array, elements: NDArray[Any]) -> NDArray[Any]:
        """Return Σ weight · rate · ρ_out of every element, (m, points), of elements ρ likewise."""
        found = np.zeros(elements.shape, complex)
        if len(self.into):
            flow = weight * self.rate * elements[self.out]
            # Entries come row by row, so that each row's are one block.
            starts = np.flatnonzero(np.diff(self.into, prepend=-1))
            found[self.into[starts]] = np.add.reduceat(flow, starts, axis=0)
        return found


def jumps_of(whole: Generator) -> dict[str, Jumps]:
    """Return the jumps of every reservoir, by name.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> from entherm.liouvillian import generator
    >>> found = jumps_of(generator(two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0), Global()))["RC"]
    >>> present = np.flatnonzero(found.rate[:, 0])
    >>> [(int(p), int(q)) for p, q in zip(found.out[present], found.into[present])]
    [(0, 1), (1, 3)]
    >>> found.energy[present, 0]
    array([-10., -30.])
    """
    frame, elements = whole.frame, whole.elements
    charges = _by_point(np.stack(np.broadcast_arrays(*frame.levels.energies)), frame.machine)
    found = {}
    for bath in frame.machine.reservoirs:
        name = bath.name
        parts = [
            _of_flow(flow, frame.equation, charges, elements) for flow in whole.flows.get(name, ())
        ]
        if name in whole.plain:
            parts.append(_of_resets(frame, name, charges, elements))
        found[name] = _together(parts)
    return found


def _of_flow(
    flow: Strengths, equation: Equation, charges: Array, elements: tuple[tuple[int, int], ...]
) -> Jumps:
    """Jumps of one channel."""
    pairs, strength = flow.pairs, _flat(flow.strength)
    into, out = np.nonzero(pairs.gain >= 0)
    number = pairs.gain[into, out]
    given = _flat(flow.given)
    quanta = 0.5 * (given[pairs.left] + given[pairs.right])[number]
    # A geometric jump mixes frequencies: each exchanges something.
    exchanging = quanta != 0.0 if equation.interference == "equal" else np.ones_like(quanta, bool)
    return Jumps(
        into,
        out,
        strength[number] + np.conj(strength[pairs.swapped])[number],
        _gained(charges, elements, into, out),
        quanta,
        exchanging,
    )


def _of_resets(
    frame: Frame, name: str, charges: Array, elements: tuple[tuple[int, int], ...]
) -> Jumps:
    """Jumps |n⟩⟨m| of a reservoir that puts thermal states in place of its subsystem."""
    sides, machine = Sides(elements), frame.machine
    total: Any = 0.0
    for own, jump in plain_jumps(frame):
        if own == name:
            gain = sides.product(jump.operator, jump.operator)
            total = total + jump.rate[..., None, None] * gain
    gains = _by_point(np.moveaxis(total, (-2, -1), (0, 1)), machine, counted=2)
    into, out = np.nonzero(np.any(gains != 0.0, axis=-1))
    bath = machine.reservoir(name)
    site = machine.site(next(iter(bath.couplings)) if isinstance(bath, Reservoir) else bath.on)
    digits = np.zeros((len(frame.levels), 1))
    for block in frame.levels.blocks:
        digits[np.array(block.levels)] = frame.levels.states[block.members[0]][site]
    quanta = _gained(digits, elements, into, out)
    energy = _gained(charges, elements, into, out)
    return Jumps(into, out, gains[into, out], energy, quanta, quanta != 0.0)


def _gained(
    charges: Array, elements: tuple[tuple[int, int], ...], into: Places, out: Places
) -> Array:
    """What levels' charges (n, points) gain from one element of ρ to another, mean of both sides.

    Of differences: energies may be large beside them.
    """
    a, b = np.array(elements).T
    ket, bra = charges[a[into]] - charges[a[out]], charges[b[into]] - charges[b[out]]
    return np.asarray(0.5 * (ket + bra))


def _together(parts: list[Jumps]) -> Jumps:
    """All entries, row by row."""
    if not parts:
        none, empty = np.zeros(0, np.intp), np.zeros((0, 1))
        return Jumps(none, none, empty, empty, empty, np.zeros((0, 1), bool))
    into = np.concatenate([part.into for part in parts])
    order = np.argsort(into, kind="stable")

    def joined(key: str) -> NDArray[Any]:
        arrays = [getattr(part, key) for part in parts]
        points = max(array.shape[-1] for array in arrays)
        return np.concatenate([np.broadcast_to(array, (len(array), points)) for array in arrays])[
            order
        ]

    return Jumps(
        into[order],
        np.concatenate([part.out for part in parts])[order],
        *(joined(key) for key in ("rate", "energy", "quanta", "exchanging")),
    )


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """Points of a run, which has one axis or none, as one axis."""
    return values.reshape(len(values), -1)


def _by_point(values: NDArray[Any], machine: Machine, counted: int = 1) -> NDArray[Any]:
    own = lifted(values, counted, len(machine.shape))
    return own.reshape(*own.shape[:counted], -1)


def turned(jumps: Jumps, weight: Array, size: int) -> Matrix:
    """Return weight · rate as matrices (points, m, m), [p, q] being what element q makes of p."""
    flow = weight * jumps.rate
    found = np.zeros((size * size, flow.shape[-1]), complex)
    np.add.at(found, jumps.into * size + jumps.out, flow)
    return np.moveaxis(found, -1, 0).reshape(-1, size, size)


def countable(machine: Machine, equation: Equation, of: str) -> dict[str, str | None]:
    """Say of every reservoir, and of dephasing, why it cannot be counted; None where it can.

    Raises
    ------
    ParameterError
        Where the equation has no jumps that carry what is counted.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> [k for k, why in countable(two_qubit_machine(1, 1, 0.5), Global(), "heat").items() if why]
    ['dephasing']
    """
    _require_jumps(equation, of)
    found: dict[str, str | None] = {}
    for bath in machine.reservoirs:
        found[bath.name] = None
        if of == "quanta" and not isinstance(bath, Reservoir):
            found[bath.name] = "a reset exchanges energy, and no quanta with a mode"
        elif equation.interference == "geometric" and isinstance(bath, Reservoir):
            words = [machine.coupling_operator(bath, name)[1] for name in bath.couplings]
            if any(map(is_hermitian, words)):
                told = "its jumps mix absorption with emission under UniversalLindblad()"
                found[bath.name] = told
    found[DEPHASING] = "what it does has no definite energy, and exchanges no quanta"
    return found


def _require_jumps(equation: Equation, of: str) -> None:
    """Refuse an equation whose jumps have no definite energy, or no probability."""
    path, rule = "equation", "have jumps that carry what is counted"
    if equation.interference == "arithmetic":
        remedy = "its generator is no sum of jumps with a probability each; use Global(), Unified()"
        raise ParameterError(path, rule, f"{equation.name}()", f"{remedy} or Local(heat='bare')")
    if of == "quanta":
        return
    if equation.interference == "geometric":
        remedy = "they mix frequencies; use Global() or Unified(), or count of='quanta'"
        raise ParameterError(path, rule, f"{equation.name}()", remedy)
    if equation.reference == "bare" and equation.heat == "total":
        remedy = (
            "they have bare energies, so that Tr(H_S D ρ) is no mean of a count; use "
            f"{equation.name}(heat='bare'), or count of='quanta'"
        )
        raise ParameterError(path, rule, f"{equation.name}(heat='total')", remedy)
