r"""What a generator leaves as it is: states, conserved quantities, dark states, lasting coherence.

What is left of any state in the end lives in a space that splits into blocks,

.. math:: \rho(t) \to \bigoplus_k U_k(t)\, \sigma_k\, U_k(t)^\dagger \otimes \tau_k, \qquad
    \sigma_k \text{ of dimension } n_k, \quad \tau_k \text{ of dimension } m_k,

with τ_k fixed by the reservoirs and σ_k by where the machine started. m_k = 1 is a set of dark
states, n_k > 1 a decoherence-free subspace (or subsystem). The left null vectors and those of
eigenvalues ±iω, restricted to that space, are the algebra ⊕ M(n_k) ⊗ 1, from which the blocks are
read; the stationary ones among them split the blocks at different frequencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod

import numpy as np

from entherm.bohr import Levels, diagonalise
from entherm.equations import Equation, chosen_equation
from entherm.errors import InvalidMachineError, ParameterError
from entherm.liouvillian import Matrix, all_elements, generator
from entherm.machine import Machine, require_machine
from entherm.null_space import NullSpace, null_space, peripheral_space
from entherm.operators import spelled_state
from entherm.parameters import Array

# Singular values and eigenvectors over d² elements cost d⁶: a second at 16 levels, minutes at 32.
LARGEST_DIMENSION = 16

# What holds less of the final state than this is not part of it; what of a vector is less, is not
# there.
SUPPORT_TOLERANCE = 1e-11

# What stands for a conserved quantity that is no weight and no probability.
WITHOUT_WORDS = "an operator with coherences"

ALGEBRA_TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Invariants:
    """What one generator conserves; all matrices in the bare basis, highest levels first.

    Attributes
    ----------
    kernel_dimension : int
        Number of linearly independent stationary states; 1 is a unique steady state.
    stationary_states : tuple of ndarray, shape (d, d)
        As many density matrices, linearly independent; extreme ones where they are isolated.
    conserved_quantities : tuple of ndarray, shape (d, d)
        As many Hermitian operators with constant expectation value, of largest eigenvalue 1. That
        of an isolated stationary state is the probability of ending in it.
    in_words : tuple of str
        Each conserved quantity in words.
    dark_kets : tuple of ndarray, shape (d,)
        Pure stationary states, orthonormal.
    dark_states : tuple of str
        The same, spelled in the bare basis.
    decoherence_free : tuple of int
        Dimension n_k > 1 of each subspace (or subsystem) whose coherence lasts.
    peripheral_frequencies : tuple of float
        ω > 0 of the eigenvalues ±iω: what oscillates for ever.
    """

    kernel_dimension: int
    stationary_states: tuple[Matrix, ...]
    conserved_quantities: tuple[Matrix, ...]
    in_words: tuple[str, ...]
    dark_kets: tuple[Matrix, ...]
    dark_states: tuple[str, ...]
    decoherence_free: tuple[int, ...]
    peripheral_frequencies: tuple[float, ...]


def invariants(machine: Machine, equation: Equation | None = None) -> Invariants:
    """Analyse the whole generator of one point.

    What is 10^13 times smaller than the norm of the generator counts as zero, but for populations
    that meet no coherence, which are judged by which rates are zero. Under an equation that is not
    of Lindblad form (`Redfield`) dark states and decoherence-free subspaces are left out where its
    stationary operators have not the form above.

    Parameters
    ----------
    machine : Machine
        Of a single point and at most 16 levels.
    equation : Equation, optional
        Left out, `Global`.

    Raises
    ------
    ParameterError
        For an array of points, or more levels.
    InvalidMachineError
        Where the equation has no meaning.

    References
    ----------
    B. Baumgartner, H. Narnhofer, J. Phys. A 41, 395303 (2008); V. V. Albert, L. Jiang, Phys. Rev. A
    89, 022118 (2014).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> found = invariants(two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB"))
    >>> found.kernel_dimension, found.peripheral_frequencies, found.decoherence_free
    (2, (10.0,), (2,))
    >>> found.dark_states
    ('λ3 = -0.7071|10⟩ + 0.7071|01⟩', 'λ4 = |00⟩')
    >>> found.in_words
    ('weight on λ3', 'weight on λ1, λ2, λ4')
    """
    require_machine(machine)
    size = prod(machine.dimensions)
    if prod(machine.shape) != 1:
        rule, remedy = "be of one point", "pick one with machine.take(np.array([k]))"
        raise ParameterError("machine", rule, f"shape {machine.shape}", remedy)
    if size > LARGEST_DIMENSION:
        rule = f"have at most {LARGEST_DIMENSION} levels, for the whole generator is analysed"
        raise ParameterError("machine", rule, f"{size} levels", "drop subsystems")
    rule_of = chosen_equation(equation)
    levels = diagonalise(machine)
    basis, total, elements = _whole(machine, rule_of)
    kernel = null_space(total, elements)
    left_lasting, form = peripheral_space(total)
    support = _support(kernel, basis)
    fixed = _blocks(_restricted(kernel.left, basis, support))
    lasting = _blocks(_restricted(left_lasting, basis, support))
    preferred = np.hstack([levels.matrix.reshape(size, size), np.eye(size)])
    adapted, dark = _adapted(fixed, support, preferred)
    states = _independent((_trace_one(_end(kernel, basis, k)) for k in adapted), kernel.dimension)
    conserved = _independent(
        (_largest_one(_observed(kernel, basis, k)) for k in adapted), kernel.dimension
    )
    return Invariants(
        kernel.dimension,
        states,
        conserved,
        tuple(_in_words(c, levels) for c in conserved),
        dark,
        tuple(spelled_ket(ket, levels) for ket in dark),
        tuple(sorted(n for _, n in lasting if n > 1)),
        _distinct(form.diagonal().imag, float(np.ravel(levels.tolerance)[0])),
    )


def _whole(
    machine: Machine, equation: Equation
) -> tuple[Matrix, Matrix, tuple[tuple[int, int], ...]]:
    """Reference levels in the bare basis, and the generator between them."""
    size = prod(machine.dimensions)
    frame_elements = all_elements(diagonalise(machine))
    whole = generator(machine, equation, frame_elements)
    total = whole.total.reshape(size**2, size**2)
    if not np.all(np.isfinite(total)):
        raise InvalidMachineError(
            "The generator is not defined at this point: a transition that a reservoir drives has "
            "no spectrum at its Bohr frequency; ask for the steady state, which names it."
        )
    return whole.frame.levels.matrix.reshape(size, size).astype(complex), total, whole.elements


def _distinct(omega: Array, tolerance: float) -> tuple[float, ...]:
    found: list[float] = []
    for value in np.sort(omega[omega > 0.0]):
        if not found or value - found[-1] > tolerance:
            found.append(float(f"{value:.10g}"))
    return tuple(found)


def _support(kernel: NullSpace, basis: Matrix) -> Matrix:
    """Orthonormal kets (d, s) of the space that holds every state in the end."""
    size = len(basis)
    limit = basis @ kernel.end(np.eye(size).ravel() / size).reshape(size, size) @ basis.conj().T
    weights, kets = np.linalg.eigh(0.5 * (limit + limit.conj().T))
    return np.asarray(kets[:, np.abs(weights) > SUPPORT_TOLERANCE], complex)


def _restricted(vectors: Matrix, basis: Matrix, support: Matrix) -> Matrix:
    """Conserved operators between the kets of `support`, orthonormal, shape (r, s, s)."""
    size = len(basis)
    turn = support.conj().T @ basis
    found = turn @ vectors.T.reshape(-1, size, size) @ turn.conj().T
    _, weights, rows = np.linalg.svd(found.reshape(len(found), -1), full_matrices=False)
    kept = rows[weights > ALGEBRA_TOLERANCE * weights.max(initial=0.0)]
    return np.asarray(kept.reshape(-1, *found.shape[1:]))


def _blocks(algebra: Matrix) -> list[tuple[Matrix, int]]:
    """Projector and n_k of each block of ⊕ M(n_k) ⊗ 1; none where it is not of that form.

    The centre is what commutes with two random elements; a random Hermitian element of it has one
    eigenvalue for each block.
    """
    rng = np.random.default_rng(1)
    count, size, _ = algebra.shape

    def drawn(elements: Matrix) -> Matrix:
        weights = rng.normal(size=(2, len(elements)))
        found = np.tensordot(weights[0] + 1j * weights[1], elements, 1)
        return np.asarray(found / (np.linalg.norm(found) or 1.0))

    generic = [g for x in (drawn(algebra), drawn(algebra)) for g in (x, x.conj().T)]
    commutators = [(algebra @ g - g @ algebra).reshape(count, -1) for g in generic]
    left, weights, _ = np.linalg.svd(np.hstack(commutators), full_matrices=True)
    weights = np.pad(weights, (0, count - len(weights)))
    centre = np.tensordot(left[:, weights <= ALGEBRA_TOLERANCE].conj().T, algebra, 1)
    one = drawn(centre)
    values, kets = np.linalg.eigh(one + one.conj().T)
    cuts = np.sort(np.argsort(np.diff(values))[size - len(centre) :]) + 1
    found = []
    for columns in np.split(np.arange(size), cuts):
        projector = kets[:, columns] @ kets[:, columns].conj().T
        inside = (projector @ algebra @ projector).reshape(count, -1)
        n = isqrt(int((np.linalg.svd(inside, compute_uv=False) > ALGEBRA_TOLERANCE).sum()))
        if n == 0 or len(columns) % n:
            return []
        found.append((projector, n))
    return found if sum(n * n for _, n in found) == count else []


def _adapted(
    blocks: list[tuple[Matrix, int]], support: Matrix, preferred: Matrix
) -> tuple[list[Matrix], tuple[Matrix, ...]]:
    """Kets of each block and, after them, sums of two of one block; and the kets that are dark."""
    inside = blocks or [(np.eye(support.shape[1], dtype=complex), 0)]
    spaces = [(support @ projector @ support.conj().T, n) for projector, n in inside]
    spaces.sort(key=lambda space: int(np.argmax(space[0].diagonal().real)))
    single, pairs, dark = [], [], []
    for projector, n in spaces:
        kets = _kets(projector, preferred)
        single += kets
        both = combinations(kets, 2)
        pairs += [(a + phase * b) / np.sqrt(2.0) for a, b in both for phase in (1.0, 1.0j)]
        dark += kets if len(kets) == n else []
    return single + pairs, tuple(dark)


def _kets(projector: Matrix, preferred: Matrix) -> list[Matrix]:
    """Orthonormal basis of a subspace: preferred kets that lie in it, then the bare ones."""
    rest = np.array(projector, complex)
    left = round(float(np.trace(rest).real))
    found: list[Matrix] = []
    for ket in preferred.T:
        if len(found) < left and (ket.conj() @ rest @ ket).real > 1.0 - ALGEBRA_TOLERANCE:
            found.append(ket.astype(complex))
            rest -= np.outer(ket, ket.conj())
    while len(found) < left:
        nearest = int(np.argmax(np.diag(rest).real))
        ket = rest[:, nearest] / np.sqrt(rest[nearest, nearest].real)
        found.append(_cleaned(ket))
        rest -= np.outer(ket, ket.conj())
    return found


def _cleaned(array: Matrix) -> Matrix:
    real = np.where(np.abs(array.real) < SUPPORT_TOLERANCE, 0.0, array.real)
    imaginary = np.where(np.abs(array.imag) < SUPPORT_TOLERANCE, 0.0, array.imag)
    return np.asarray(real + 1j * imaginary)


def _end(kernel: NullSpace, basis: Matrix, ket: Matrix) -> Matrix:
    inside = basis.conj().T @ ket
    found = kernel.end(np.outer(inside, inside.conj()).ravel()).reshape(basis.shape)
    return np.asarray(basis @ found @ basis.conj().T)


def _observed(kernel: NullSpace, basis: Matrix, ket: Matrix) -> Matrix:
    inside = basis.conj().T @ ket
    found = kernel.observed(np.outer(inside, inside.conj()).ravel()).reshape(basis.shape)
    return np.asarray(basis @ found @ basis.conj().T)


def _trace_one(matrix: Matrix) -> Matrix:
    hermitian = 0.5 * (matrix + matrix.conj().T)
    return _cleaned(hermitian / np.trace(hermitian).real)


def _largest_one(matrix: Matrix) -> Matrix:
    hermitian = 0.5 * (matrix + matrix.conj().T)
    values = np.linalg.eigvalsh(hermitian)
    return _cleaned(hermitian / values[np.argmax(np.abs(values))])


def _independent(matrices: Iterator[Matrix], count: int) -> tuple[Matrix, ...]:
    """Return the first `count` linearly independent ones."""
    found: list[Matrix] = []
    axes: list[Matrix] = []
    for matrix in matrices:
        if len(found) == count:
            break
        rest = matrix.ravel() / np.linalg.norm(matrix)
        for _ in range(2):
            for axis in axes:
                rest = rest - axis * (axis.conj() @ rest)
        if np.linalg.norm(rest) > ALGEBRA_TOLERANCE:
            found.append(matrix)
            axes.append(rest / np.linalg.norm(rest))
    return tuple(found)


def spelled_ket(ket: Matrix, levels: Levels) -> str:
    """Spell a ket of the bare basis, as a level of H_S where it is one.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> levels = diagonalise(two_qubit_machine(20.0, 20.0, 10.0))
    >>> spelled_ket(np.array([0, 0, 0, 1.0]), levels), spelled_ket(np.array([0, 1.0, 0, 0]), levels)
    ('λ4 = |00⟩', '|10⟩')
    """
    overlaps = np.abs(levels.matrix.reshape(len(levels), -1).conj().T @ ket)
    if overlaps.max() > 1.0 - ALGEBRA_TOLERANCE:
        return levels.spelled(int(np.argmax(overlaps)))
    return spelled_state(_cleaned(np.asarray(ket, complex)), levels.states)


def _in_words(quantity: Matrix, levels: Levels) -> str:
    """Say what a conserved quantity is, where it is diagonal between levels or bare states."""
    size = len(levels)
    vectors = levels.matrix.reshape(size, size)
    names = [f"λ{k + 1}" for k in range(size)], [spelled_state([1.0], [s]) for s in levels.states]
    between = vectors.conj().T @ quantity @ vectors, quantity
    for matrix, words in zip(between, names, strict=True):
        weights = np.diag(matrix).real
        if np.abs(matrix - np.diag(weights)).max() > ALGEBRA_TOLERANCE:
            continue
        weights = np.where(np.abs(weights) < SUPPORT_TOLERANCE, 0.0, weights)
        if np.all((weights == 0.0) | (np.abs(weights - 1.0) < SUPPORT_TOLERANCE)):
            return "weight on " + ", ".join(w for w, x in zip(words, weights, strict=True) if x)
        sum_of = [f"{x:.4g} {w}" for w, x in zip(words, weights, strict=True) if x]
        return "probability of ending there " + " + ".join(sum_of)
    if np.abs(np.linalg.eigvalsh(quantity)[:-1]).max() < ALGEBRA_TOLERANCE:
        return f"weight on {spelled_ket(_kets(quantity, vectors)[0], levels)}"
    return WITHOUT_WORDS
