"""Machines and matrices to QuTiP and back.

`to_qutip` fixes machine, equation and convention once, so that nothing of two conventions is ever
mixed; what it returns makes each object when it is read. `from_qutip` is the way back.

================  ==================================  =============================
                  entherm                             QuTiP
================  ==================================  =============================
basis             highest level of a subsystem first  ``"spin"``: the same order,
                                                      ``basis(2, 0)`` is excited;
                                                      ``"fock"``: reversed,
                                                      ``basis(d, n)`` is level n
superoperators    ρ row by row                        ρ column by column
rates             Γ, half of the usual                inside the collapse operators
================  ==================================  =============================

QuTiP is not among entherm's dependencies: ``pip install qutip``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.channels import Channel, channels
from entherm.equations import Equation, Global, chosen_equation
from entherm.errors import InvalidMachineError, MissingLibraryError, ParameterError
from entherm.frame import Frame, frame_of
from entherm.jumps import drives
from entherm.liouvillian import liouvillian
from entherm.machine import Machine
from entherm.operators import adjoint
from entherm.plain_jumps import PlainJump, plain_jumps
from entherm.steady_state import SteadyState, steady_state

Convention = Literal["spin", "fock"]
Matrix = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class InQutip:
    """A machine under an equation, as QuTiP's objects; each is made when it is read.

    Attributes
    ----------
    machine : Machine
        Of a single point.
    equation : Equation
    convention : {"spin", "fock"}
    state : SteadyState or None
        Whose density matrix is exported; None for the unique steady state.
    """

    machine: Machine
    equation: Equation
    convention: Convention
    state: SteadyState | None = None

    def qobj(self, array: ArrayLike) -> Any:
        """Return any array of entherm's basis: a ket (d,), operator (d, d), or (d², d²).

        Parameters
        ----------
        array : array_like
            The first axis may be one of a single point.

        Raises
        ------
        ParameterError
            For any other shape.
        InvalidMachineError
            For what is not finite, as a generator where its equation has no meaning.
        """
        matrix = np.asarray(array, complex)
        size = prod(self.machine.dimensions)
        if matrix.ndim > 1 and matrix.shape[0] == 1:
            matrix = matrix[0]
        shapes = (size,), (size, size), (size**2, size**2)
        if not np.all(np.isfinite(matrix)):
            raise InvalidMachineError(
                f"{self.equation} has no meaning at this point, or what is exported is not finite: "
                "ask for the steady state, which names the transition and the remedy."
            )
        if matrix.shape not in shapes:
            rule = f"have shape {', '.join(map(str, shapes))}"
            remedy = "give a ket, an operator or a superoperator of this machine, at one point"
            raise ParameterError("array", rule, str(np.shape(array)), remedy)
        return _to_qobj(matrix, self.machine.dimensions, self.convention)

    @cached_property
    def hamiltonian(self) -> Any:
        """H_S (Eqs. (1), (2) of [Man])."""
        return self.qobj(self.machine.hamiltonian)

    @cached_property
    def heat_operator(self) -> Any:
        """E, the energy that the equation counts as heat: Q_ν = Tr(E D_ν ρ), at μ = 0.

        H_S, but that of clustered levels under `Unified`, and the bare one under
        ``Local(heat="bare")``.
        """
        frame = frame_of(self.machine, self.equation)
        return self.qobj(_to_bare(frame, frame.energy))

    @cached_property
    def collapse_operators(self) -> dict[str, list[Any]]:
        """Collapse operators by reservoir, and of the ``"dephasing"``; their rates are inside.

        Raises
        ------
        ParameterError
            For an equation that is not of Lindblad form, or with an explicit Lamb shift.
        """
        _require_lindblad(self.equation)
        found: dict[str, list[Any]] = {bath.name: [] for bath in self.machine.reservoirs}
        found["dephasing"] = []
        for name, operator in _jumps(self.machine, self.equation):
            if np.any(operator):
                found[name].append(self.qobj(operator))
        return found

    @cached_property
    def liouvillian(self) -> Any:
        """The generator as a superoperator, of any equation."""
        return self.qobj(liouvillian(self.machine, self.equation))

    @cached_property
    def density_matrix(self) -> Any:
        """The steady state, or the state that was given."""
        state = self.state or steady_state(self.machine, self.equation)
        return self.qobj(state.density_matrix)


def to_qutip(
    source: Machine | SteadyState,
    equation: Equation | None = None,
    *,
    convention: Convention = "spin",
) -> InQutip:
    """Describe a machine, or a state of one, by QuTiP's objects.

    Parameters
    ----------
    source : Machine or SteadyState
        Of a single point. A state brings its equation.
    equation : Equation, optional
        Of a machine; left out, `Global`.
    convention : {"spin", "fock"}
        Which level of a subsystem comes first: the highest, as in QuTiP's ``basis(2, 0)`` being
        raised by ``sigmap()``; or the ground state, as in ``destroy(d)``.

    Returns
    -------
    InQutip
        With ``hamiltonian``, ``collapse_operators`` by reservoir, ``liouvillian``,
        ``density_matrix``, and ``qobj`` for any array of entherm's.

    Raises
    ------
    MissingLibraryError
        Where QuTiP is not installed.
    ParameterError
        For an array of points, or another convention.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> q = to_qutip(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0), convention="fock")
    >>> q.hamiltonian.dims, sorted(q.collapse_operators)
    ([[2, 2], [2, 2]], ['RA', 'RB', 'RC', 'dephasing'])
    """
    _require_convention(convention)
    _qutip()
    state = source if isinstance(source, SteadyState) else None
    machine = source.machine if isinstance(source, SteadyState) else source
    if state is not None and equation is not None:
        rule, remedy = "be left out beside a state", "the state has its own"
        raise ParameterError("equation", rule, repr(equation), remedy)
    if prod(machine.shape) != 1:
        rule, remedy = "be of one point", "pick one with machine.take(np.array([k]))"
        raise ParameterError("machine", rule, f"shape {machine.shape}", remedy)
    rule_of = state.equation if state is not None else chosen_equation(equation)
    return InQutip(machine, rule_of, convention, state)


def from_qutip(qobj: Any, convention: Convention = "spin") -> Matrix:
    """Return a ket (d,), operator (d, d) or superoperator (d², d²) in entherm's basis.

    Parameters
    ----------
    qobj : qutip.Qobj
        On subsystems in the machine's order. A superoperator of another representation is brought
        to the one that acts on stacked matrices.
    convention : {"spin", "fock"}
        As in `to_qutip`.

    Returns
    -------
    ndarray of complex
        Bare basis, highest levels first; a superoperator acts on ρ row by row.

    Raises
    ------
    ParameterError
        For what is none of these.

    Examples
    --------
    >>> import qutip
    >>> from_qutip(qutip.basis(2, 1), "spin").real, from_qutip(qutip.basis(2, 1), "fock").real
    (array([0., 1.]), array([1., 0.]))
    """
    _require_convention(convention)
    qutip = _qutip()
    kinds = ("ket", "oper", "super")
    if not isinstance(qobj, qutip.Qobj) or qobj.type not in kinds:
        rule, got = f"be a Qobj of type {', '.join(kinds)}", getattr(qobj, "type", repr(qobj))
        raise ParameterError("qobj", rule, got, "of a bra, give .dag()")
    if qobj.type == "super":
        return _reordered(_restacked(qutip.to_super(qobj).full()), convention)
    matrix = np.asarray(qobj.full(), complex)
    return _reordered(matrix[:, 0] if qobj.type == "ket" else matrix, convention)


def _to_qobj(array: Matrix, dimensions: tuple[int, ...], convention: Convention) -> Any:
    qutip = _qutip()
    sides = [list(dimensions), list(dimensions)]
    matrix = _reordered(array, convention)
    if array.ndim == 1:
        return qutip.Qobj(matrix[:, None], dims=[list(dimensions), [1]])
    if len(array) == prod(dimensions):
        return qutip.Qobj(matrix, dims=sides)
    return qutip.Qobj(_restacked(matrix), dims=[sides, sides], superrep="super")


def _reordered(array: Matrix, convention: Convention) -> Matrix:
    """Reverse every subsystem's levels, and with them the whole basis; and stacks of two of it."""
    return array if convention == "spin" else np.ascontiguousarray(np.flip(array))


def _restacked(matrix: Matrix) -> Matrix:
    """Between ρ row by row and column by column."""
    size = round(len(matrix) ** 0.5)
    order = np.arange(size**2).reshape(size, size).T.ravel()
    return np.asarray(matrix[np.ix_(order, order)], complex)


def _jumps(machine: Machine, equation: Equation) -> Iterator[tuple[str, Matrix]]:
    """Collapse operators in the bare basis, by source."""
    frame = frame_of(machine, equation)
    if equation.name != "Reset":
        driven = drives(machine, frame.levels)
        for name, drive in driven.by_name.items():
            for channel in channels(drive, driven, equation):
                for operator in _of_channel(channel, equation):
                    yield name, _to_bare(frame, operator)
    for name, jump in plain_jumps(frame):
        for operator in _of_plain(jump, frame):
            yield name, _to_bare(frame, operator)


def _of_channel(channel: Channel, equation: Equation) -> Iterator[NDArray[Any]]:
    """One operator for each mode; and for each frequency, unless all interfere."""
    for mode in channel.modes:
        jump = mode * np.sqrt(channel.spectrum)
        if equation.interference == "geometric":
            yield jump
            continue
        for omega in np.unique(channel.omega[~np.isnan(channel.omega)]):
            yield np.where(channel.omega == omega, jump, 0.0)


def _of_plain(jump: PlainJump, frame: Frame) -> Iterator[NDArray[Any]]:
    operator = np.sqrt(jump.rate)[..., None, None] * jump.operator
    if not (isinstance(frame.equation, Global) and frame.equation.dephasing == "secular"):
        yield operator
        return
    energy = np.stack(np.broadcast_arrays(*frame.levels.energies), -1)
    gap = energy[..., :, None] - energy[..., None, :]
    tolerance = frame.levels.tolerance[..., None, None]
    left = np.ones(gap.shape, bool)
    while np.any(left):
        group = left & (np.abs(gap - gap[left].min()) <= tolerance)
        left &= ~group
        yield operator * group


def _to_bare(frame: Frame, operator: NDArray[Any]) -> Matrix:
    vectors = frame.levels.matrix
    found = vectors @ operator @ adjoint(vectors)
    return np.asarray(found.reshape(found.shape[-2:]), complex)


def _require_lindblad(equation: Equation) -> None:
    remedy = "take .liouvillian, which has every equation"
    if equation.interference == "arithmetic":
        rule = "be of Lindblad form for collapse operators"
        raise ParameterError("equation", rule, f"{equation.name}()", remedy)
    if equation.lamb_shift == "explicit":
        rule = "have lamb_shift='absorbed' for collapse operators beside H_S"
        raise ParameterError("equation", rule, repr(equation), remedy)


def _require_convention(convention: object) -> None:
    if convention not in ("spin", "fock"):
        remedy = "spin: the excited level first; fock: the ground state first"
        raise ParameterError("convention", "be 'spin' or 'fock'", repr(convention), remedy)


def _qutip() -> Any:
    try:
        import qutip
    except ImportError as error:
        message = "QuTiP is not installed, and entherm.interop needs it: pip install qutip."
        raise MissingLibraryError(message) from error
    return qutip
