"""An independent oracle: generators of every master equation, built literally from definitions.

Plain NumPy, nothing of entherm's, no thought of speed: matrices d × d in the bare basis (excited
first), superoperators d² × d² on ρ stacked row by row, projectors on levels of H, a sum over Bohr
frequencies, a linear solve. ħ = k_B = 1; rates are 2Γ|S|²(n̄ + 1) down and 2Γ|S|² n̄ up.

One word covers all reservoirs. A *channel* is a set of operators X_k with a matrix of signed
spectra s_kl(ω), where X_k(ω) = Σ P_j X_k P_i over levels with E_i − E_j = ω is what gives the
energy ω away:

- rotating wave, H_I = Σ g (S b† + S† b): a channel of the S_k, s = 2Γ_kl(ω)(n̄ + 1) for ω > 0 and
  0 else, and a channel of the S_k†, s(−ω) = 2Γ_kl(ω) n̄ for ω > 0 and 0 else;
- fermionic: the same with 1 − F and F, at any sign of ω, Γ taken at |ω|;
- Hermitian, H_I = Σ g X (b + b†): one channel of the X_k, s(ω > 0) = 2Γ_kl(ω)(n̄ + 1),
  s(−ω) = 2Γ_kl(ω) n̄(ω), s(0) the limit.

The equations then read

- secular (global; unified on clustered energies; local on the bare Hamiltonian):
  Σ_ω Σ_kl s_kl(ω) [X_k(ω) ρ X_l(ω)† − ½{X_l(ω)† X_k(ω), ρ}];
- Redfield: ½ Σ_l [V̄_l ρ X_l† − X_l† V̄_l ρ] + h.c. with V̄_l = Σ_ω Σ_k s_kl(ω) X_k(ω);
- universal Lindblad: L_m = Σ_ω Σ_k √s(ω)_mk X_k(ω), with L ρ L† − ½{L†L, ρ}. The amplitudes g_k
  stand with X_k, √s = g_k (√c)_mk √(s/Γ): otherwise the state would depend on whether a number is
  written into the operator or into its amplitude.

Heat is Tr(E D[ρ]), with E the energy operator that the equation counts with, less μ for every
quantum that a reservoir gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

EQUATIONS = (
    "global",
    "global secular",
    "unified",
    "local",
    "local bare",
    "redfield",
    "universal",
    "reset",
)
EQUAL = 1e-9  # Bohr frequencies are one where they differ by less than this times ‖H‖
DRIVEN = 1e-11  # an element of an operator below this times its largest is a rounding error


@dataclass(frozen=True)
class Bath:
    """A reservoir in plain numbers; operators are embedded, amplitudes signed (Γ_k = g_k²).

    `shape` is f(ω) for ω > 0, `slope` its derivative at 0 (None: not linear there, and an element
    of a Hermitian operator at ω = 0 is an error), `correlation` the real matrix c_kl(ω).
    """

    name: str
    operators: tuple[Matrix, ...]
    amplitudes: tuple[float, ...]
    temperature: float | None = None
    occupation: float | None = None
    statistics: str = "bose"
    chemical_potential: float = 0.0
    correlation: Callable[[float], Matrix] | None = None
    shape: Callable[[float], float] = field(default=lambda omega: 1.0)
    slope: float | None = None
    hermitian: bool = False
    dark_below_zero: bool = False
    site: int | None = None  # where it touches one subsystem only


@dataclass(frozen=True)
class Reset:
    """Replacement of one subsystem, at a rate, by its thermal state τ (local basis)."""

    name: str
    site: int
    rate: float
    temperature: float


@dataclass(frozen=True)
class Model:
    """A machine in plain numbers: `levels` of each subsystem excited first, H and its bare part.

    `bare` is the sum of all terms on single subsystems; `dephasing` holds (z operator, γ).
    """

    dims: tuple[int, ...]
    levels: tuple[tuple[float, ...], ...]
    hamiltonian: Matrix
    bare: Matrix
    baths: tuple[Bath, ...]
    resets: tuple[Reset, ...] = ()
    dephasing: tuple[tuple[Matrix, float], ...] = ()

    @property
    def size(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(np.prod(self.dims))


@dataclass(frozen=True)
class Channel:
    """Operators X_k and s_kl(ω), a function of the signed frequency that X_k(ω) gives away.

    Every event is worth `quanta` of the reservoir: 1 where it gives one, −1 where it takes one.
    """

    operators: tuple[Matrix, ...]
    amplitudes: tuple[float, ...]
    spectrum: Callable[[float], Matrix]
    quanta: int = 0


@dataclass(frozen=True)
class Generator:
    """ρ̇ = (unitary + Σ parts) ρ, the operator that heat is counted with, and event rates.

    `losses[name]` is the operator whose expectation is the number of events per time of a part,
    `given[name]` the one of μ times the quanta that its reservoir gives.
    """

    unitary: Matrix
    parts: dict[str, Matrix]
    energy: Matrix
    losses: dict[str, Matrix]
    given: dict[str, Matrix]

    @property
    def total(self) -> Matrix:
        """The whole generator, d² × d²."""
        return self.unitary + sum(self.parts.values())


# Operators of one subsystem, excited first.


def lowering(dimension: int, *, oscillator: bool = False) -> Matrix:
    """Σ |n−1⟩⟨n|, with √n for an oscillator."""
    matrix = np.zeros((dimension, dimension), complex)
    for n in range(1, dimension):
        matrix[dimension - n, dimension - 1 - n] = np.sqrt(n) if oscillator else 1.0
    return matrix


def number(dimension: int) -> Matrix:
    """Σ n |n⟩⟨n|."""
    return np.diag(np.arange(dimension - 1, -1, -1)).astype(complex)


def embed(local: Matrix, site: int, dims: tuple[int, ...]) -> Matrix:
    """An operator of one subsystem, in the whole."""
    return reduce(np.kron, [local if k == site else np.eye(d) for k, d in enumerate(dims)])


def embed_on(local: Matrix, sites: tuple[int, ...], dims: tuple[int, ...]) -> Matrix:
    """An operator of several subsystems in the tensor basis of `sites`, in the whole."""
    states = np.array(list(np.ndindex(*dims)))
    others = [k for k in range(len(dims)) if k not in sites]
    inside = np.ravel_multi_index(states[:, list(sites)].T, [dims[s] for s in sites])
    same = np.ones((len(states),) * 2, bool)
    for k in others:
        same &= states[:, None, k] == states[None, :, k]
    return np.where(same, local[np.ix_(inside, inside)], 0.0)


# Spectra.


def bose(omega: float, temperature: float) -> float:
    """n̄(ω) at ω > 0."""
    return 0.0 if temperature == 0.0 else float(1.0 / np.expm1(omega / temperature))


def rates(bath: Bath, omega: float) -> Matrix:
    """Γ_kl(|ω|) = g_k g_l c_kl f."""
    g = np.array(bath.amplitudes)
    c = np.ones((len(g), len(g))) if bath.correlation is None else bath.correlation(abs(omega))
    return np.outer(g, g) * c * bath.shape(abs(omega))


def channels(bath: Bath, scale: float) -> list[Channel]:
    """What the reservoir does, channel by channel; frequencies below 1e-9 `scale` are zero."""
    if bath.hermitian:
        found = Channel(
            bath.operators, bath.amplitudes, lambda omega: _hermitian(bath, omega, scale)
        )
        return [found]
    raised = tuple(s.conj().T for s in bath.operators)
    return [
        Channel(
            bath.operators,
            bath.amplitudes,
            lambda omega: _rotating(bath, omega, scale, down=True),
            -1,
        ),
        Channel(
            raised, bath.amplitudes, lambda omega: _rotating(bath, -omega, scale, down=False), 1
        ),
    ]


def _hermitian(bath: Bath, omega: float, scale: float) -> Matrix:
    if abs(omega) <= EQUAL * scale:
        if bath.slope is None:
            raise ValueError(f"{bath.name}: no spectrum at zero frequency")
        g = np.array(bath.amplitudes)
        c = 1.0 if bath.correlation is None else bath.correlation(0.0)
        # f n̄ → f'(0) T; f n → 0 where an occupation is given.
        return 2.0 * np.outer(g, g) * c * bath.slope * (bath.temperature or 0.0)
    occupation = _occupation(bath, abs(omega))
    return 2.0 * rates(bath, omega) * (occupation + (1.0 if omega > 0 else 0.0))


def _rotating(bath: Bath, omega: float, scale: float, *, down: bool) -> Matrix:
    """s of S (down) or S† (up), `omega` being the energy that S gives away."""
    if bath.statistics == "fermi":
        filled = _filling(bath, omega)
        return 2.0 * rates(bath, omega) * (1.0 - filled if down else filled)
    if omega - max(bath.chemical_potential, 0.0) <= EQUAL * scale:
        if not bath.dark_below_zero:
            raise ValueError(f"{bath.name}: no mode at frequency {omega:g}")
        return np.zeros((len(bath.operators),) * 2)
    occupation = _occupation(bath, omega)
    return 2.0 * rates(bath, omega) * (occupation + (1.0 if down else 0.0))


def _occupation(bath: Bath, omega: float) -> float:
    if bath.occupation is not None:
        return bath.occupation
    assert bath.temperature is not None
    return bose(omega - bath.chemical_potential, bath.temperature)


def _filling(bath: Bath, omega: float) -> float:
    if bath.occupation is not None:
        return bath.occupation
    assert bath.temperature is not None
    # 1/(exp x + 1), written so that nothing overflows.
    return float(0.5 - 0.5 * np.tanh(0.5 * (omega - bath.chemical_potential) / bath.temperature))


# Bohr frequencies.


def bohr_parts(
    operators: tuple[Matrix, ...], energies: NDArray[np.float64], vectors: Matrix, scale: float
) -> list[tuple[float, list[Matrix]]]:
    """(ω, [X_k(ω)]) for every Bohr frequency at which some X_k has an element."""
    inside = [vectors.conj().T @ x @ vectors for x in operators]
    gap = energies[None, :] - energies[:, None]  # at [j, i], what i → j gives away
    found = []
    for value in _groups(gap.ravel(), EQUAL * scale):
        mask = np.abs(gap - value) <= 2.0 * EQUAL * scale
        masked = [x * mask for x in inside]
        if any(
            np.abs(m).max() > DRIVEN * max(np.abs(x).max(), 1e-300)
            for m, x in zip(masked, inside, strict=True)
        ):
            found.append((value, [vectors @ m @ vectors.conj().T for m in masked]))
    return found


def _groups(values: NDArray[np.float64], width: float) -> list[float]:
    """Means of the groups of `values` whose neighbours are closer than `width`."""
    ordered = np.sort(values)
    cuts = np.flatnonzero(np.diff(ordered) > width) + 1
    return [float(np.mean(g)) for g in np.split(ordered, cuts)]


def driven_transitions(
    model: Model, vectors: Matrix, energies: NDArray[np.float64], *, dark: bool = False
) -> list[tuple[int, int]]:
    """(i, j) such that some reservoir takes level i to level j, in either direction.

    With `dark`, also those that a rotating-wave reservoir cannot serve for their sign.
    """
    found = set()
    for bath in model.baths:
        for operator in bath.operators:
            inside = np.abs(vectors.conj().T @ operator @ vectors)
            for j, i in np.argwhere(inside > DRIVEN * inside.max()):
                served = bath.hermitian or bath.statistics == "fermi" or energies[i] > energies[j]
                if served or dark:
                    found |= {(int(i), int(j)), (int(j), int(i))}
    return sorted(found)


def near_frequencies(
    energies: NDArray[np.float64], transitions: list[tuple[int, int]], width: float
) -> NDArray[np.float64]:
    """Demands that Bohr frequencies of `transitions`, and zero, coincide where they are near.

    They chain into clusters, neighbours being closer than `width`: E_i − E_j = E_i' − E_j' inside
    a cluster, and E_i = E_j in the one of zero. One row of coefficients of the energies for each.
    """
    count = len(energies)
    rows = [(0.0, np.zeros(count))]
    for i, j in transitions:
        row = np.zeros(count)
        row[i] += 1.0
        row[j] -= 1.0
        rows.append((float(energies[i] - energies[j]), row))
    rows.sort(key=lambda item: item[0])
    demands = [
        upper - lower for (low, lower), (high, upper) in pairwise(rows) if high - low < width
    ]
    return np.array(demands).reshape(-1, count)


def near_levels(
    energies: NDArray[np.float64], transitions: list[tuple[int, int]], width: float
) -> NDArray[np.float64]:
    """Demands that levels nearer than `width` coincide, and that equal frequencies stay equal."""
    count = len(energies)
    scale = float(np.abs(energies).max())
    demands = []
    for i in range(count):
        for j in range(i):
            if abs(energies[i] - energies[j]) < width:
                row = np.zeros(count)
                row[i], row[j] = 1.0, -1.0
                demands.append(row)
    equal = near_frequencies(energies, transitions, EQUAL * scale)
    return np.concatenate([np.array(demands).reshape(-1, count), equal])


def near_lines(
    model: Model, vectors: Matrix, energies: NDArray[np.float64], width: float
) -> NDArray[np.float64]:
    """Demands that near frequencies of one reservoir coincide, and equal ones of all stay equal."""
    scale = float(np.abs(energies).max())
    every = driven_transitions(model, vectors, energies)
    demands = [near_frequencies(energies, every, EQUAL * scale)]
    for bath in model.baths:
        alone = replace(model, baths=(bath,))
        lines = [
            (i, j)
            for i, j in driven_transitions(alone, vectors, energies)
            if abs(energies[i] - energies[j]) > EQUAL * scale
        ]
        demands.append(near_frequencies(energies, lines, width))
    return np.concatenate(demands)


def projected(energies: NDArray[np.float64], demands: NDArray[np.float64]) -> NDArray[np.float64]:
    """The energies nearest to `energies` (least squares) that meet linear demands."""
    if not len(demands):
        return energies.copy()
    return energies - np.linalg.pinv(demands, rcond=1e-10) @ (demands @ energies)


ClusterRule = Callable[[NDArray[np.float64], list[tuple[int, int]], float], NDArray[np.float64]]

# Generators.


def left_right(left: Matrix, right: Matrix) -> Matrix:
    """The superoperator ρ → left ρ right, ρ stacked row by row."""
    return np.kron(left, right.T)


def commutator(hamiltonian: Matrix) -> Matrix:
    """ρ → −i [H, ρ]."""
    one = np.eye(len(hamiltonian))
    return -1j * (left_right(hamiltonian, one) - left_right(one, hamiltonian))


def _sandwiches(pairs: list[tuple[Matrix, Matrix]], size: int) -> Matrix:
    """Σ ρ → A ρ B†, as one product of stacked matrices."""
    if not pairs:
        return np.zeros((size**2, size**2), complex)
    left = np.array([a for a, _ in pairs]).reshape(len(pairs), -1)
    right = np.array([b.conj() for _, b in pairs]).reshape(len(pairs), -1)
    product = (left.T @ right).reshape((size,) * 4)  # [a, c, b, d] for A_ac B*_bd
    return product.transpose(0, 2, 1, 3).reshape(size**2, size**2)


def _lindblad(pairs: list[tuple[Matrix, Matrix]], size: int) -> tuple[Matrix, Matrix]:
    """Σ A ρ B† − ½{B†A, ρ}, and Σ B†A."""
    loss = sum((b.conj().T @ a for a, b in pairs), start=np.zeros((size, size), complex))
    one = np.eye(size)
    gain = _sandwiches(pairs, size)
    return gain - 0.5 * (left_right(loss, one) + left_right(one, loss)), loss


def secular(
    channel: Channel, energies: NDArray[np.float64], vectors: Matrix
) -> tuple[Matrix, Matrix]:
    """Davies dissipator of the levels given, and its loss operator."""
    scale = float(np.abs(energies).max())
    pairs = []
    for omega, parts in bohr_parts(channel.operators, energies, vectors, scale):
        spectrum = channel.spectrum(omega)
        for m, right in enumerate(parts):
            left = sum(spectrum[k, m] * part for k, part in enumerate(parts))
            pairs.append((left, right))
    return _lindblad(pairs, len(energies))


def redfield(
    channel: Channel, energies: NDArray[np.float64], vectors: Matrix
) -> tuple[Matrix, Matrix]:
    """½ Σ_l [V̄_l ρ X_l† − X_l† V̄_l ρ] + h.c., and the loss operator Re Σ X_l† V̄_l."""
    size = len(energies)
    scale = float(np.abs(energies).max())
    smeared = [np.zeros((size, size), complex) for _ in channel.operators]
    for omega, parts in bohr_parts(channel.operators, energies, vectors, scale):
        spectrum = channel.spectrum(omega)
        for m in range(len(parts)):
            smeared[m] = smeared[m] + sum(spectrum[k, m] * p for k, p in enumerate(parts))
    pairs = []
    lost = np.zeros((size, size), complex)
    for v, x in zip(smeared, channel.operators, strict=True):
        pairs += [(0.5 * v, x), (0.5 * x, v)]
        lost = lost + 0.5 * x.conj().T @ v
    one = np.eye(size)
    total = _sandwiches(pairs, size) - left_right(lost, one) - left_right(one, lost.conj().T)
    return total, lost + lost.conj().T


def universal(
    channel: Channel, energies: NDArray[np.float64], vectors: Matrix
) -> tuple[Matrix, Matrix]:
    """Σ_m L_m ρ L_m† − ½{L_m†L_m, ρ} with L_m = Σ_ω Σ_k √s(ω)_mk X_k(ω)."""
    size = len(energies)
    scale = float(np.abs(energies).max())
    jumps = [np.zeros((size, size), complex) for _ in channel.operators]
    for omega, parts in bohr_parts(channel.operators, energies, vectors, scale):
        g = np.array(channel.amplitudes)
        root = hermitian_root(channel.spectrum(omega) / np.outer(g, g))
        for m in range(len(jumps)):
            jumps[m] = jumps[m] + sum(root[m, k] * g[k] * p for k, p in enumerate(parts))
    return _lindblad([(jump, jump) for jump in jumps], size)


def hermitian_root(matrix: Matrix) -> Matrix:
    """The positive square root of a positive semidefinite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.conj().T


def reset_part(model: Model, site: int, rate: float, temperature: float) -> tuple[Matrix, Matrix]:
    """P (τ ⊗ Tr_site ρ − ρ), τ of the bare levels, and the loss operator p·1."""
    levels = np.array(model.levels[site])
    weights = np.zeros(len(levels))
    if temperature == 0.0:
        weights[np.argmin(levels)] = 1.0
    else:
        weights = np.exp(-(levels - levels.min()) / temperature)
    weights = weights / weights.sum()
    jumps = []
    for a, weight in enumerate(weights):
        for b in range(len(levels)):
            local = np.zeros((len(levels), len(levels)), complex)
            local[a, b] = np.sqrt(rate * weight)
            jumps.append(embed(local, site, model.dims))
    return _lindblad([(jump, jump) for jump in jumps], model.size)


def dephasing_part(
    model: Model, energies: NDArray[np.float64] | None = None, vectors: Matrix | None = None
) -> tuple[Matrix, Matrix]:
    """Σ γ (z ρ z − ½{z², ρ}); with levels, z projected on every Bohr frequency."""
    pairs = []
    for z, gamma in model.dephasing:
        if energies is None or vectors is None:
            pairs.append((gamma * z, z))
        else:
            scale = float(np.abs(energies).max())
            pairs += [(gamma * p, p) for _, (p,) in bohr_parts((z,), energies, vectors, scale)]
    return _lindblad(pairs, model.size)


def liouvillian(
    model: Model, equation: str, width: float = 0.0, rule: ClusterRule = near_levels
) -> Generator:
    """The generator of one of `EQUATIONS`, part by part.

    `width` is the distance below which "unified" takes levels for one, by the `rule` that says
    which energies are to coincide, and "local" the frequencies of one reservoir. Heat is counted
    with H, but "unified" and "local bare" count it with the energies of their jumps.
    """
    hamiltonian = model.bare if equation.startswith("local") else model.hamiltonian
    energies, vectors = np.linalg.eigh(hamiltonian)
    counted = model.hamiltonian
    if equation in ("unified", "local", "local bare"):
        transitions = driven_transitions(model, vectors, energies)
        demands = rule(energies, transitions, width)
        if equation != "unified":
            demands = near_lines(model, vectors, energies, width)
        energies = projected(energies, demands)
    if equation in ("unified", "local bare"):
        counted = (vectors * energies) @ vectors.conj().T
    scale = float(np.abs(energies).max())
    dissipator = {"redfield": redfield, "universal": universal}.get(equation, secular)
    found: dict[str, tuple[Matrix, Matrix]] = {}
    given: dict[str, Matrix] = {}
    for bath in model.baths:
        if equation == "reset":
            found[bath.name] = _as_reset(model, bath)
            continue
        acting = channels(bath, scale)
        parts = [dissipator(channel, energies, vectors) for channel in acting]
        found[bath.name] = sum(p for p, _ in parts), sum(q for _, q in parts)
        given[bath.name] = sum(
            bath.chemical_potential * channel.quanta * loss
            for channel, (_, loss) in zip(acting, parts, strict=True)
        )
    for reset in model.resets:
        found[reset.name] = reset_part(model, reset.site, reset.rate, reset.temperature)
    if equation == "global secular":
        found["dephasing"] = dephasing_part(model, energies, vectors)
    else:
        found["dephasing"] = dephasing_part(model)
    return Generator(
        commutator(model.hamiltonian),
        {name: part for name, (part, _) in found.items()},
        counted,
        {name: loss for name, (_, loss) in found.items()},
        given,
    )


def _as_reset(model: Model, bath: Bath) -> tuple[Matrix, Matrix]:
    """p = 2Γ(2n̄ + 1) at the bare gap of the one qubit that the reservoir touches."""
    assert bath.site is not None
    assert bath.temperature is not None
    high, low = model.levels[bath.site]
    rate = 2.0 * rates(bath, high - low)[0, 0] * (2.0 * bose(high - low, bath.temperature) + 1.0)
    return reset_part(model, bath.site, float(rate), bath.temperature)


# What follows from a generator.


def steady_state(generator: Generator) -> Matrix:
    """The ρ of trace one with L ρ = 0; an error where the kernel is not one-dimensional.

    The trace is a left null vector of L, so (L + v⟨1|) x = v has tr x = 1, hence L x = 0. The
    smallest singular value but one must stand 1e-11 of the largest above zero.
    """
    matrix = generator.total
    size = len(generator.energy)
    values = np.linalg.svd(matrix, compute_uv=False)
    if values[-2] < 1e-11 * values[0]:
        raise ValueError(f"the steady state is not unique: {values[-3:]}")
    weight = float(np.abs(matrix).max())
    source = weight * np.eye(size).ravel() / size
    filled = matrix + np.outer(source, np.eye(size).ravel())
    x = np.linalg.solve(filled, source)
    x = x + np.linalg.solve(filled, source - filled @ x)
    rho = x.reshape(size, size)
    return 0.5 * (rho + rho.conj().T)


def currents(generator: Generator, rho: Matrix) -> dict[str, float]:
    """Tr(energy operator · D[ρ]) of every part, less μ for every quantum given."""
    found = {}
    for name, part in generator.parts.items():
        flow = np.trace(generator.energy @ (part @ rho.ravel()).reshape(rho.shape))
        quanta = np.trace(generator.given[name] @ rho) if name in generator.given else 0.0
        found[name] = float((flow - quanta).real)
    return found


def gross_flows(generator: Generator, rho: Matrix) -> dict[str, float]:
    """Events per time of every part, times the spread of the levels: a bound on one-way flows."""
    levels = np.linalg.eigvalsh(generator.energy)
    return {
        name: float(np.ptp(levels) * np.trace(loss @ rho).real)
        for name, loss in generator.losses.items()
    }
