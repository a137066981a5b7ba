"""Seeded random machines, each as plain numbers for `oracle` and as entherm's `Machine`.

The numbers are drawn once and written down twice: as matrices by the functions of `oracle`, and as
arguments of entherm's constructors. Whatever hangs on a threshold is drawn away from it: Bohr
frequencies coincide to rounding or differ by far more than 1e-9 ‖H‖, and they lie in clusters that
are much tighter than the widths of the levels or apart by much more than six widths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

import entherm as et

from . import oracle
from .oracle import Bath, Matrix, Model, Reset

NAMES = "ABCD"
CLUSTER = 6.0  # entherm's threshold in units of the width, which no machine here may test closely
WIDEST = 0.05  # width of a level over the spread of all: beyond it, everything is one cluster
PERTURBATION = 0.1  # a tight cluster's spread, in units of the rate scale


@dataclass(frozen=True)
class Draw:
    """One machine, twice, and the distance at which its frequencies may be told apart."""

    kind: str
    model: Model
    make: Callable[[], et.Machine]
    widths: Mapping[str, float]  # by equation that clusters

    @cached_property
    def machine(self) -> et.Machine:
        """The machine of entherm."""
        return self.make()


@dataclass
class Draft:
    """A machine in the making: every method notes a part for both sides."""

    rng: np.random.Generator
    sizes: np.random.Generator  # the same for every try, so that small machines are not favoured
    rate: float
    dims: list[int] = field(default_factory=list)
    levels: list[tuple[float, ...]] = field(default_factory=list)
    lowerings: list[Matrix] = field(default_factory=list)
    subsystems: list[Callable[[], Any]] = field(default_factory=list)
    terms: list[tuple[tuple[int, ...], Matrix]] = field(default_factory=list)
    interactions: list[Callable[[], Any]] = field(default_factory=list)
    baths: list[tuple[Bath, Callable[[], Any]]] = field(default_factory=list)
    resets: list[tuple[Reset, Callable[[], Any]]] = field(default_factory=list)
    dephasing: dict[int, float] = field(default_factory=dict)

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def maybe(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    # Subsystems.

    def _subsystem(self, energies: list[float], lower: Matrix, make: Callable[[str], Any]) -> int:
        name = NAMES[len(self.dims)]
        self.dims.append(len(energies))
        self.levels.append(tuple(energies[::-1]))
        self.lowerings.append(lower)
        self.subsystems.append(lambda: make(name))
        return len(self.dims) - 1

    def qubit(self, gap: float) -> int:
        return self._subsystem([0.0, gap], oracle.lowering(2), lambda n: et.Qubit(n, gap))

    def qudit(self, energies: list[float]) -> int:
        lower = oracle.lowering(len(energies))
        return self._subsystem(energies, lower, lambda n: et.Qudit(n, levels=energies))

    def ladder(self, gap: float, size: int) -> int:
        return self._subsystem(
            [n * gap for n in range(size)],
            oracle.lowering(size),
            lambda n: et.Qudit(n, gap=gap, dimension=size),
        )

    def oscillator(self, omega: float, size: int, anharmonicity: float) -> int:
        return self._subsystem(
            [n * omega + 0.5 * anharmonicity * n * (n - 1) for n in range(size)],
            oracle.lowering(size, oscillator=True),
            lambda n: et.Oscillator(n, omega, size, anharmonicity),
        )

    # Interactions.

    def word(self, site: int, word: str) -> Matrix:
        """The operator that a word names, local."""
        lower, size = self.lowerings[site], self.dims[site]
        if word.startswith("|"):
            to, source = (int(digit) for digit in word if digit.isdigit())
            matrix = np.zeros((size, size), complex)
            matrix[size - 1 - to, size - 1 - source] = 1.0
            return matrix
        return {
            "lowering": lower,
            "x": lower + lower.conj().T,
            "y": 1j * (lower - lower.conj().T),
            "z": 2.0 * oracle.number(size) - (size - 1) * np.eye(size),
            "number": oracle.number(size),
        }[word]

    def exchange(self, a: int, b: int, strength: float) -> None:
        hop = np.kron(self.lowerings[a].conj().T, self.lowerings[b])
        self.terms.append(((a, b), strength * (hop + hop.conj().T)))
        self.interactions.append(lambda: et.exchange(NAMES[a], NAMES[b], strength))

    def heisenberg(self, a: int, b: int, **strengths: float) -> None:
        for key, value in strengths.items():
            pair = np.kron(self.word(a, key[0]), self.word(b, key[0]))
            self.terms.append(((a, b), value * pair))
        self.interactions.append(lambda: et.heisenberg(NAMES[a], NAMES[b], **strengths))

    def swap(self, a: int, b: int, c: int, strength: float) -> None:
        low = self.lowerings
        term = np.kron(np.kron(low[a].conj().T, low[b]), low[c].conj().T)
        self.terms.append(((a, b, c), strength * (term + term.conj().T)))
        self.interactions.append(lambda: et.swap(NAMES[a], NAMES[b], NAMES[c], strength))

    def field(self, a: int, **strengths: float) -> None:
        for key, value in strengths.items():
            self.terms.append(((a,), value * self.word(a, key)))
        self.interactions.append(lambda: et.field(NAMES[a], **strengths))

    def term(self, name: str, sites: tuple[int, ...], matrix: Matrix, strength: float) -> None:
        self.terms.append((sites, strength * matrix))
        on = tuple(NAMES[s] for s in sites)
        self.interactions.append(lambda: et.hamiltonian_term(name, on, matrix, strength))

    def hermitian_matrix(self, size: int) -> Matrix:
        """A random one, complex, of size one."""
        raw = self.rng.normal(size=(size, size)) + 1j * self.rng.normal(size=(size, size))
        return (raw + raw.conj().T) / (2.0 * np.sqrt(size))

    # Reservoirs.

    def amplitude(self) -> float:
        return float(np.sqrt(self.rate) * self.uniform(0.4, 1.2) * self.rng.choice([-1.0, 1.0]))

    def temperature(self, *, cold: float = 0.0) -> float:
        return 0.0 if self.maybe(cold) else self.uniform(0.4, 4.0)

    def bath(
        self,
        couplings: dict[Any, float],
        operators: str | Mapping[Any, str | Matrix] = "lowering",
        *,
        correlation: Correlation | None = None,
        spectrum: Spectrum | None = None,
        delays: dict[int, float] | None = None,
        below_zero: str = "refuse",
        **thermal: Any,
    ) -> None:
        """One reservoir; `thermal` holds temperature, occupation, statistics and the like.

        A site that is a tuple stands for an operator on several subsystems at once.
        """
        sites = tuple(couplings)
        words = {s: operators if isinstance(operators, str) else operators[s] for s in sites}
        local = {s: self.word(s, w) if isinstance(w, str) else w for s, w in words.items()}
        hermitian = all(np.allclose(x, x.conj().T) for x in local.values())
        spectrum = spectrum or FLAT
        times = np.array([(delays or {}).get(s, 0.0) for s in sites])
        matrix = (correlation or one)(sites)

        def correlated(omega: float) -> Matrix:
            return matrix.values(omega) * np.cos(omega * (times[:, None] - times[None, :]))

        name = f"R{len(self.baths)}"
        bath = Bath(
            name,
            tuple(oracle.embed_on(local[s], _tuple(s), tuple(self.dims)) for s in sites),
            tuple(couplings.values()),
            correlation=correlated,
            shape=spectrum.shape,
            slope=spectrum.slope,
            hermitian=hermitian,
            dark_below_zero=below_zero == "dark",
            site=sites[0] if len(sites) == 1 and isinstance(sites[0], int) else None,
            **thermal,
        )
        options: dict[str, Any] = dict(thermal)
        if delays:
            self._delayed_exchange(couplings, spectrum, delays, matrix)
            options["delays"] = {NAMES[s]: t for s, t in delays.items()}
        if below_zero != "refuse":
            options["below_zero"] = below_zero

        def make() -> Any:
            made = {
                "-".join(NAMES[k] for k in _tuple(s)): et.Coupling(amplitude=g)
                if isinstance(words[s], str) and words[s] == "lowering"
                else et.Coupling(amplitude=g, operator=words[s])
                for s, g in couplings.items()
            }
            if matrix.option is not None:
                options["correlation"] = matrix.option()
            if spectrum.make is not None:
                options["spectrum"] = spectrum.make()
            return et.Reservoir(name, couplings=made, **options)

        self.baths.append((bath, make))

    def _delayed_exchange(
        self,
        couplings: dict[int, float],
        spectrum: Spectrum,
        delays: dict[int, float],
        correlated: Correlated,
    ) -> None:
        """c g_k g_l f sin(ω_kl |t_k − t_l|) at the mean gap ω_kl: what a delay adds to H alone.

        With the signs of the amplitudes, so that a phase π of one subsystem stays without effect.
        """
        sites = list(couplings)
        for i, a in enumerate(sites):
            for j, b in enumerate(sites[:i]):
                omega = 0.5 * (self.levels[a][0] + self.levels[b][0])
                strength = couplings[a] * couplings[b] * spectrum.shape(omega)
                strength *= correlated.values(omega)[i, j]
                strength *= np.sin(omega * abs(delays[a] - delays[b]))
                hop = np.kron(self.lowerings[a].conj().T, self.lowerings[b])
                self.terms.append(((a, b), strength * (hop + hop.conj().T)))

    def reset(self, site: int, rate: float, temperature: float) -> None:
        name = f"Z{len(self.resets)}"
        self.resets.append(
            (
                Reset(name, site, rate, temperature),
                lambda: et.ResetReservoir(name, on=NAMES[site], rate=rate, temperature=temperature),
            )
        )

    # Both sides.

    def model(self) -> Model:
        dims = tuple(self.dims)
        bare = sum(oracle.embed(np.diag(e), s, dims) for s, e in enumerate(self.levels))
        bare = np.asarray(bare, complex)
        hamiltonian = bare.copy()
        for sites, matrix in self.terms:
            whole = oracle.embed_on(matrix, sites, dims)
            hamiltonian = hamiltonian + whole
            if len(sites) == 1:
                bare = bare + whole
        return Model(
            dims,
            tuple(self.levels),
            hamiltonian,
            bare,
            tuple(bath for bath, _ in self.baths),
            tuple(reset for reset, _ in self.resets),
            tuple((oracle.embed(self.word(s, "z"), s, dims), g) for s, g in self.dephasing.items()),
        )

    def make(self) -> et.Machine:
        return et.Machine(
            [make() for make in self.subsystems],
            [make() for make in self.interactions],
            [make() for _, make in [*self.baths, *self.resets]],
            {NAMES[s]: g for s, g in self.dephasing.items()},
        )


def _tuple(site: Any) -> tuple[int, ...]:
    return site if isinstance(site, tuple) else (site,)


# Spectra and correlations.


@dataclass(frozen=True)
class Spectrum:
    """f(ω) written out here, its slope at 0 (None: infinite), and entherm's object."""

    shape: Callable[[float], float]
    slope: float | None
    make: Callable[[], Any] | None


FLAT = Spectrum(lambda omega: 1.0, None, None)


def ohmic(reference: float, cutoff: float | None, form: str, exponent: float) -> Spectrum:
    def cut(omega: float) -> float:
        if cutoff is None:
            return 1.0
        if form == "exponential":
            return float(np.exp(-omega / cutoff))
        return 1.0 / (1.0 + (omega / cutoff) ** 2)

    def shape(omega: float) -> float:
        return float((omega / reference) ** exponent * cut(omega) / cut(reference))

    slope = 1.0 / (reference * cut(reference)) if exponent == 1.0 else 0.0
    return Spectrum(
        shape,
        slope if exponent >= 1.0 else None,
        lambda: et.Ohmic(reference, cutoff, exponent, form),
    )


def lorentzian(centre: float, width: float, reference: float | None) -> Spectrum:
    def response(omega: float) -> float:
        return omega * width / ((omega**2 - centre**2) ** 2 + omega**2 * width**2)

    norm = response(centre if reference is None else reference)
    return Spectrum(
        lambda omega: response(omega) / norm,
        width / centre**4 / norm,
        lambda: et.Lorentzian(centre, width, reference),
    )


def tabulated(frequencies: list[float], values: list[float], reference: float | None) -> Spectrum:
    def table(omega: float) -> float:
        for k in range(len(frequencies) - 1):
            low, high = frequencies[k], frequencies[k + 1]
            if low <= omega <= high:
                return values[k] + (values[k + 1] - values[k]) * (omega - low) / (high - low)
        raise ValueError(f"{omega} outside the table")

    norm = 1.0 if reference is None else table(reference)
    return Spectrum(
        lambda omega: table(omega) / norm,
        values[1] / frequencies[1] / norm if values[0] == 0.0 else None,
        lambda: et.Tabulated(frequencies, values, reference),
    )


@dataclass(frozen=True)
class Correlated:
    """c_kl(ω) as a matrix, and entherm's argument (None: left out)."""

    values: Callable[[float], np.ndarray[Any, Any]]
    option: Callable[[], Any] | None


Correlation = Callable[[tuple[int, ...]], Correlated]


def one(sites: tuple[int, ...]) -> Correlated:
    """Fully correlated, the default."""
    return Correlated(lambda omega: np.ones((len(sites),) * 2), None)


def scalar(c: float) -> Correlation:
    def make(sites: tuple[int, ...]) -> Correlated:
        matrix = np.full((len(sites),) * 2, c)
        np.fill_diagonal(matrix, 1.0)
        return Correlated(lambda omega: matrix, lambda: c)

    return make


def _pairs(sites: tuple[int, ...], matrix: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {
        f"{NAMES[a]}-{NAMES[b]}": matrix[..., i, j]
        for i, a in enumerate(sites)
        for j, b in enumerate(sites)
        if i < j and np.any(matrix[..., i, j])
    }


def by_pairs(matrix: np.ndarray[Any, Any]) -> Correlation:
    def make(sites: tuple[int, ...]) -> Correlated:
        pairs = {k: float(v) for k, v in _pairs(sites, matrix).items()}
        return Correlated(lambda omega: matrix, lambda: pairs)

    return make


def by_table(frequencies: list[float], matrices: np.ndarray[Any, Any]) -> Correlation:
    def make(sites: tuple[int, ...]) -> Correlated:
        def values(omega: float) -> np.ndarray[Any, Any]:
            for k in range(len(frequencies) - 1):
                low, high = frequencies[k], frequencies[k + 1]
                if low <= omega <= high:
                    share = (omega - low) / (high - low)
                    return (1.0 - share) * matrices[k] + share * matrices[k + 1]
            raise ValueError(f"{omega} outside the table")

        return Correlated(
            values, lambda: et.TabulatedCorrelation(frequencies, _pairs(sites, matrices))
        )

    return make


def correlation_matrix(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Unit diagonal, positive definite, any signs."""
    vectors = rng.normal(size=(count, count))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    matrix = vectors @ vectors.T
    np.fill_diagonal(matrix, 1.0)
    return matrix


def random_correlation(d: Draft, count: int) -> Correlation:
    """One number (1, the lowest, between), numbers by pair, or a table over frequency."""
    kind = d.rng.choice(["one", "lowest", "between", "pairs", "table"])
    lowest = -1.0 / (count - 1)
    if kind == "one":
        return one
    if kind == "lowest":
        return scalar(lowest)
    if kind == "between":
        return scalar(d.uniform(lowest, 1.0))
    if kind == "pairs":
        matrix = correlation_matrix(d.rng, count)
        if count == 3 and d.maybe(0.5):
            matrix[0, 2] = matrix[2, 0] = 0.0  # an absent pair is uncorrelated
            matrix = 0.5 * (matrix + np.eye(3))
        return by_pairs(matrix)
    grid = [0.0, 1.0, 4.0, 200.0]
    return by_table(grid, np.array([correlation_matrix(d.rng, count) for _ in grid]))


def random_spectrum(d: Draft, *, zero: bool = False) -> Spectrum:
    """Any shape; with `zero`, one whose S(0) is finite."""
    kind = d.rng.choice(["flat", "exponential", "drude", "bare", "power", "lorentzian", "table"])
    reference = d.uniform(0.8, 3.0)
    if kind == "flat":
        if not zero:
            return FLAT
        kind = "bare"
    if kind == "lorentzian":
        return lorentzian(
            d.uniform(1.0, 3.0), d.uniform(0.3, 2.0), reference if d.maybe(0.5) else None
        )
    if kind == "table":
        grid = [0.0, 1.0, 2.5, 400.0]
        values = [0.0 if zero else 0.4, 1.0, d.uniform(0.3, 2.0), 1.5]
        return tabulated(grid, values, reference if d.maybe(0.5) else None)
    if kind == "power":
        return ohmic(reference, d.uniform(3.0, 8.0), "drude", d.uniform(1.2, 2.5))
    cutoff = None if kind == "bare" else d.uniform(2.0, 8.0)
    return ohmic(reference, cutoff, "drude" if kind == "drude" else "exponential", 1.0)


# Reservoirs that every kind of machine has.


def own_baths(d: Draft, word: str = "lowering", *, zero: bool = False, **options: Any) -> None:
    """One reservoir at T > 0 on every subsystem, so that the steady state is unique."""
    for site in range(len(d.dims)):
        spectrum = random_spectrum(d, zero=zero) if zero or d.maybe(0.5) else FLAT
        thermal: dict[str, Any] = {"temperature": d.temperature()}
        if word == "lowering" and d.maybe(0.15):
            thermal = {"occupation": d.uniform(0.05, 1.0)}
        elif word == "lowering" and d.maybe(0.15):
            thermal["chemical_potential"] = d.uniform(-1.0, 0.3)
        d.bath({site: d.amplitude()}, word, spectrum=spectrum, **thermal, **options)


def common_bath(
    d: Draft,
    operators: str | Mapping[int, str | Matrix] = "lowering",
    *,
    zero: bool = False,
    **options: Any,
) -> None:
    """One reservoir on two or more subsystems, of any sign, correlation and spectrum."""
    count = len(d.dims)
    touched = sorted(int(s) for s in d.rng.permutation(count)[: int(d.rng.integers(2, count + 1))])
    d.bath(
        {s: d.amplitude() for s in touched},
        operators,
        correlation=random_correlation(d, len(touched)),
        spectrum=random_spectrum(d, zero=zero),
        temperature=d.temperature(cold=0.15),
        **options,
    )


def some_dephasing(d: Draft, probability: float = 0.3) -> None:
    if d.maybe(probability):
        for site in range(len(d.dims)):
            if d.maybe(0.7):
                d.dephasing[site] = d.rate * d.uniform(0.1, 1.0)


def qubits(d: Draft, count: int, low: float = 1.0, high: float = 3.0) -> None:
    for _ in range(count):
        d.qubit(d.uniform(low, high))


def exchanges(d: Draft, size: float = 0.3) -> None:
    count = len(d.dims)
    for a in range(count):
        for b in range(a + 1, count):
            if b == a + 1 or d.maybe(0.5):
                d.exchange(a, b, d.uniform(0.2, 1.0) * size * d.rng.choice([-1.0, 1.0]))


# Kinds of machines.


def exchange_network(d: Draft) -> None:
    """Two to four detuned qubits with exchange."""
    qubits(d, int(d.sizes.choice([2, 3, 4], p=[0.4, 0.55, 0.05])))
    exchanges(d)
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def ring(d: Draft) -> None:
    """Homogeneous ring of three qubits, now and then four: degenerate levels."""
    count = 4 if d.sizes.random() < 0.1 else 3
    gap, strength = d.uniform(1.5, 3.0), d.uniform(0.1, 0.4) * d.rng.choice([-1.0, 1.0])
    for _ in range(count):
        d.qubit(gap)
    for a in range(count):
        d.exchange(a, (a + 1) % count, strength)
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def equal_gaps(d: Draft) -> None:
    """Two or three equal qubits, equal exchanges: many equal Bohr frequencies."""
    gap, count = d.uniform(1.5, 3.0), int(d.sizes.integers(2, 4))
    for _ in range(count):
        d.qubit(gap)
    strength = d.uniform(0.1, 0.4)
    for a in range(count - 1):
        d.exchange(a, a + 1, strength)
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def tight_cluster(d: Draft) -> None:
    """Detunings and couplings below the widths of the levels: Global fails, Unified does not."""
    gap, count = d.uniform(1.5, 3.0), int(d.sizes.integers(2, 4))
    small = d.rate * PERTURBATION
    for _ in range(count):
        d.qubit(gap + small * d.uniform(0.1, 1.0))
    for a in range(count - 1):
        d.exchange(a, a + 1, small * d.uniform(-1.0, 1.0))
    if d.maybe(0.3):
        d.heisenberg(0, 1, zz=small * d.uniform(-0.3, 0.3))
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def nearly_degenerate_ring(d: Draft) -> None:
    """A ring whose degeneracies are lifted by less than the widths."""
    gap, strength = d.uniform(1.5, 3.0), d.uniform(0.2, 0.4)
    small = d.rate * PERTURBATION
    for _ in range(3):
        d.qubit(gap + small * d.uniform(0.1, 1.0))
    for a in range(3):
        d.exchange(a, (a + 1) % 3, strength)
    own_baths(d)
    common_bath(d)


def anisotropic(d: Draft) -> None:
    """XXZ and fields along z, under the rotating wave: excitations are conserved."""
    qubits(d, int(d.sizes.integers(2, 4)), 2.0, 4.0)
    for a in range(len(d.dims) - 1):
        flip = d.uniform(-0.2, 0.2)
        d.heisenberg(a, a + 1, xx=flip, yy=flip, zz=d.uniform(-0.2, 0.2))
    if d.maybe(0.5):
        d.field(0, z=d.uniform(-0.2, 0.2))
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def spin_chain(d: Draft) -> None:
    """XYZ couplings and fields in all directions, Hermitian couplings: ω = 0 elements as well."""
    qubits(d, int(d.sizes.choice([2, 2, 3])))
    for a in range(len(d.dims) - 1):
        d.heisenberg(a, a + 1, **{k: d.uniform(-0.4, 0.4) for k in ("xx", "yy", "zz")})
    for a in range(len(d.dims)):
        if d.maybe(0.6):
            words = ["x", "y", "z"] if d.maybe(0.3) else [str(d.rng.choice(["x", "y", "z"]))]
            d.field(a, **{w: d.uniform(-0.3, 0.3) for w in words})
    own_baths(d, str(d.rng.choice(["x", "y"])), zero=True)
    words = {s: str(d.rng.choice(["x", "y", "z", "number"])) for s in range(len(d.dims))}
    common_bath(d, words, zero=True)
    some_dephasing(d)


def hermitian_exchange(d: Draft) -> None:
    """Exchange with σ_x couplings, flat spectra where no element lies at ω = 0."""
    qubits(d, int(d.sizes.integers(2, 4)))
    exchanges(d)
    own_baths(d, "x")
    common_bath(d, "x", zero=d.maybe(0.5))
    some_dephasing(d)


def hermitian_ring(d: Draft) -> None:
    """A homogeneous ring with σ_x couplings: coherences inside degenerate levels."""
    gap, strength = d.uniform(1.5, 3.0), d.uniform(0.1, 0.4) * d.rng.choice([-1.0, 1.0])
    for _ in range(3):
        d.qubit(gap)
    for a in range(3):
        d.heisenberg(a, (a + 1) % 3, xx=strength)
    own_baths(d, "x", zero=True)
    common_bath(d, str(d.rng.choice(["x", "z"])), zero=True)


def hermitian_tight_cluster(d: Draft) -> None:
    """Detunings and couplings below the widths, σ_x couplings, no conserved excitations."""
    gap, count = d.uniform(1.5, 3.0), int(d.sizes.integers(2, 4))
    small = d.rate * PERTURBATION
    for _ in range(count):
        d.qubit(gap + small * d.uniform(0.1, 1.0))
    for a in range(count - 1):
        if d.maybe(0.5):
            d.heisenberg(a, a + 1, xx=small * d.uniform(-1.0, 1.0))
        else:
            d.exchange(a, a + 1, small * d.uniform(-1.0, 1.0))
    own_baths(d, "x", zero=True)
    common_bath(d, str(d.rng.choice(["x", "y"])), zero=True)
    some_dephasing(d)


def dark_below_zero(d: Draft) -> None:
    """XYZ under the rotating wave: elements of σ₋ that raise the energy are dark."""
    qubits(d, int(d.sizes.choice([2, 2, 3])), 1.5, 4.0)
    for a in range(len(d.dims) - 1):
        d.heisenberg(a, a + 1, **{k: d.uniform(-0.6, 0.6) for k in ("xx", "yy", "zz")})
    own_baths(d, below_zero="dark")
    common_bath(d, below_zero="dark")
    some_dephasing(d)


def qutrit_and_qubit(d: Draft) -> None:
    """A qutrit of given levels beside a qubit, single transitions in a common reservoir."""
    low = d.uniform(1.0, 2.0)
    d.qudit([d.uniform(-0.3, 0.3), low, low + d.uniform(1.0, 2.5)])
    d.qubit(d.uniform(1.0, 2.5))
    exchanges(d)
    own_baths(d)
    word = str(d.rng.choice(["|0><1|", "|1><2|", "|0><2|", "lowering"]))
    common_bath(d, {0: word, 1: "lowering"})
    some_dephasing(d)


def two_qutrits(d: Draft) -> None:
    """Two equidistant or slightly anharmonic ladders: equal frequencies inside one subsystem."""
    gap = d.uniform(1.0, 2.5)
    other = gap if d.maybe(0.5) else d.uniform(1.0, 2.5)
    d.ladder(gap, 3)
    if d.sizes.random() < 0.5:
        d.ladder(other, 3)
    else:
        d.qubit(other)
    d.exchange(0, 1, d.uniform(0.1, 0.3))
    own_baths(d)
    common_bath(d)
    some_dephasing(d)


def oscillator_and_qubit(d: Draft) -> None:
    """A truncated mode, harmonic or not, and a qubit."""
    k = float(d.rng.choice([0.0, d.uniform(-0.3, 0.3)]))
    d.oscillator(d.uniform(1.5, 3.0), int(d.sizes.integers(3, 5)), k)
    d.qubit(d.uniform(1.0, 3.0))
    d.exchange(0, 1, d.uniform(-0.2, 0.2))
    if d.maybe(0.5):
        own_baths(d)
        common_bath(d)
    else:
        own_baths(d, "x", zero=True)
        common_bath(d, "x", zero=True)
    some_dephasing(d)


def refrigerator(d: Draft) -> None:
    """The absorption refrigerator, with and without resonance; one reservoir a qubit."""
    first, last = d.uniform(0.8, 1.5), d.uniform(1.7, 2.5)
    detuning = 0.0 if d.maybe(0.5) else d.uniform(-0.2, 0.2)
    d.qubit(first)
    d.qubit(first + last + detuning)
    d.qubit(last)
    d.swap(0, 1, 2, d.uniform(0.05, 0.3))
    own_baths(d)
    if d.maybe(0.4):
        common_bath(d)


def delayed(d: Draft) -> None:
    """A reciprocal line with delays between the qubits."""
    qubits(d, int(d.sizes.integers(2, 4)))
    exchanges(d)
    own_baths(d)
    count = len(d.dims)
    delays = {s: d.uniform(0.0, 3.0) for s in range(count)}
    d.bath(
        {s: d.amplitude() for s in range(count)},
        correlation=one if d.maybe(0.6) else scalar(d.uniform(0.0, 1.0)),
        spectrum=random_spectrum(d),
        temperature=d.temperature(cold=0.2),
        delays=delays,
    )


def delayed_equal_gaps(d: Draft) -> None:
    """A delay between equal qubits."""
    gap = d.uniform(1.5, 3.0)
    for _ in range(2):
        d.qubit(gap)
    d.exchange(0, 1, d.uniform(0.1, 0.4))
    own_baths(d)
    d.bath(
        {0: d.amplitude(), 1: d.amplitude()},
        temperature=d.temperature(),
        delays={0: 0.0, 1: d.uniform(0.1, 3.0)},
    )


def leads(d: Draft) -> None:
    """Fermionic leads, inverted ones included, beside a bosonic reservoir common to the qubits."""
    qubits(d, int(d.sizes.integers(2, 4)))
    exchanges(d)
    for site in range(len(d.dims)):
        if d.maybe(0.2):
            thermal: dict[str, Any] = {"occupation": d.uniform(0.1, 0.9)}
        else:
            sign = -1.0 if d.maybe(0.3) else 1.0
            thermal = {
                "temperature": sign * d.uniform(0.5, 4.0),
                "chemical_potential": d.uniform(-1.0, 3.0),
            }
        spectrum = random_spectrum(d) if d.maybe(0.5) else FLAT
        d.bath({site: d.amplitude()}, statistics="fermi", spectrum=spectrum, **thermal)
    common_bath(d)
    some_dephasing(d)


def leads_of_a_chain(d: Draft) -> None:
    """Fermionic leads where the chain does not conserve excitations: ω of any sign."""
    qubits(d, 2)
    d.heisenberg(0, 1, **{k: d.uniform(-0.6, 0.6) for k in ("xx", "yy", "zz")})
    for site in range(2):
        thermal = {"temperature": d.uniform(0.5, 4.0), "chemical_potential": d.uniform(-1.0, 3.0)}
        d.bath({site: d.amplitude()}, statistics="fermi", **thermal)


def leads_in_a_field(d: Draft) -> None:
    """Fields across σ₋ give it elements at ω = 0, by which a lead still exchanges particles."""
    qubits(d, 2)
    exchanges(d)
    d.field(0, x=d.uniform(0.1, 0.4))
    d.field(1, y=d.uniform(0.1, 0.4), z=d.uniform(-0.2, 0.2))
    for site in range(2):
        thermal = {"temperature": d.uniform(0.5, 3.0), "chemical_potential": d.uniform(-1.0, 2.0)}
        spectrum = random_spectrum(d) if d.maybe(0.5) else FLAT
        d.bath({site: d.amplitude()}, statistics="fermi", spectrum=spectrum, **thermal)
    some_dephasing(d)


def dark_in_a_field(d: Draft) -> None:
    """The same elements of a bosonic rotating-wave coupling, which are dark."""
    qubits(d, 2)
    exchanges(d)
    d.field(0, x=d.uniform(0.1, 0.4))
    d.field(1, y=d.uniform(0.1, 0.4), z=d.uniform(-0.2, 0.2))
    own_baths(d, below_zero="dark")
    common_bath(d, below_zero="dark")
    some_dephasing(d)


def synthesised_noise(d: Draft) -> None:
    """Occupations in place of temperatures behind σ_x, elements at ω = 0 included."""
    qubits(d, 2)
    exchanges(d)
    d.field(0, x=d.uniform(0.1, 0.4))
    for site in range(2):
        spectrum = random_spectrum(d, zero=True)
        d.bath({site: d.amplitude()}, "x", occupation=d.uniform(0.1, 1.0), spectrum=spectrum)


def arbitrary(d: Draft) -> None:
    """Complex Hermitian terms on one or two subsystems, complex coupling matrices."""
    sizes = [(2, 2), (3, 2), (2, 3), (2, 2, 2)][int(d.sizes.integers(4))]
    for size in sizes:
        if size == 2:
            d.qubit(d.uniform(1.0, 3.0))
        else:
            low = d.uniform(1.0, 2.0)
            d.qudit([0.0, low, low + d.uniform(0.8, 2.0)])
    last = len(sizes) - 1
    d.term("W", (last, 0), d.hermitian_matrix(sizes[last] * sizes[0]), d.uniform(0.1, 0.6))
    if d.maybe(0.5):
        d.term("F", (0,), d.hermitian_matrix(sizes[0]), d.uniform(0.1, 0.4))
    for site, size in enumerate(sizes):
        d.bath(
            {site: d.amplitude()},
            {site: d.hermitian_matrix(size)},
            spectrum=random_spectrum(d, zero=True),
            temperature=d.temperature(),
        )
    if d.maybe(0.4):
        common_bath(d, {s: d.hermitian_matrix(n) for s, n in enumerate(sizes)}, zero=True)
    elif d.maybe(0.5):
        pair = (last, 0)
        d.bath(
            {pair: d.amplitude(), 0: d.amplitude()},
            {pair: d.hermitian_matrix(sizes[last] * sizes[0]), 0: "x"},
            spectrum=random_spectrum(d, zero=True),
            temperature=d.temperature(cold=0.2),
        )
    else:
        raw = {s: d.rng.normal(size=(n, n)) * (1.0 + 0.5j) for s, n in enumerate(sizes)}
        common_bath(d, raw, below_zero="dark")
    some_dephasing(d)


def resets(d: Draft) -> None:
    """Reset reservoirs beside thermal ones."""
    qubits(d, int(d.sizes.integers(2, 4)))
    exchanges(d)
    own_baths(d)
    for site in range(len(d.dims)):
        if d.maybe(0.6):
            d.reset(site, d.rate * d.uniform(0.2, 2.0), d.temperature(cold=0.2))
    common_bath(d)


def resettable(d: Draft) -> None:
    """Qubits whose reservoirs touch one each: what the reset equation admits."""
    qubits(d, int(d.sizes.integers(2, 4)))
    exchanges(d, 0.6)
    for site in range(len(d.dims)):
        spectrum = random_spectrum(d) if d.maybe(0.5) else FLAT
        d.bath({site: d.amplitude()}, spectrum=spectrum, temperature=d.temperature(cold=0.1))
    if d.maybe(0.3):
        d.heisenberg(0, 1, zz=d.uniform(-0.3, 0.3))
    if d.maybe(0.3):
        d.reset(0, d.rate * d.uniform(0.2, 2.0), d.temperature())
    some_dephasing(d)


RESET_KINDS = (resettable,)
ZERO_KINDS = (leads_in_a_field, dark_in_a_field, synthesised_noise)
KINDS = (
    exchange_network,
    ring,
    equal_gaps,
    tight_cluster,
    nearly_degenerate_ring,
    anisotropic,
    spin_chain,
    hermitian_exchange,
    hermitian_ring,
    hermitian_tight_cluster,
    dark_below_zero,
    qutrit_and_qubit,
    two_qutrits,
    oscillator_and_qubit,
    refrigerator,
    delayed,
    delayed_equal_gaps,
    leads,
    leads_of_a_chain,
    arbitrary,
    resets,
)

RATES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)


Kind = Callable[[Draft], None]


def kind_of(seed: int, kinds: tuple[Kind, ...] = KINDS) -> Kind:
    """Kinds take turns."""
    return kinds[seed % len(kinds)]


@cache
def draw(seed: int, kinds: tuple[Kind, ...] = KINDS) -> Draw:
    """The machine of a seed: the first try at its kind that is clear-cut."""
    kind = kind_of(seed, kinds)
    for attempt in range(200):
        rate = RATES[min(attempt // 4, len(RATES) - 1)]
        d = Draft(np.random.default_rng([seed, attempt]), np.random.default_rng(seed), rate)
        kind(d)
        model = d.model()
        try:
            widths = cluster_widths(model)
            oracle.steady_state(oracle.liouvillian(model, "unified", widths["unified"]))
        except ValueError:  # an element that no equation admits; not a unique state
            continue
        except UnclearError:
            continue
        return Draw(kind.__name__, model, d.make, widths)
    raise RuntimeError(f"no clear-cut machine of kind {kind.__name__} for seed {seed}")


class UnclearError(Exception):
    """Something of the machine hangs on where a threshold lies."""


def cluster_widths(model: Model) -> dict[str, float]:
    """Distances, by equation, that part tight clusters from clear gaps.

    Raises
    ------
    UnclearError
        Where frequencies differ by 1e-12 to 1e-7 of ‖H‖, or frequencies or levels by something
        near six widths, and where near levels have no coherence to share.
    """
    return {
        "local": _cluster_width(model, model.bare),
        "unified": _cluster_width(model, model.hamiltonian),
    }


def _cluster_width(model: Model, hamiltonian: Matrix) -> float:
    energies, vectors = np.linalg.eigh(hamiltonian)
    scale = float(np.abs(energies).max())
    lines = oracle.driven_transitions(model, vectors, energies, dark=True)
    frequencies = np.sort([0.0, *(energies[i] - energies[j] for i, j in lines)])
    gaps = np.diff(frequencies) / scale
    if np.any((gaps > 1e-12) & (gaps < 1e-7)):
        raise UnclearError
    widths = level_widths(model, energies, vectors)
    if widths.max() > WIDEST * np.ptp(energies):
        raise UnclearError
    # What a pair's ½ κ θ is made of lies between these, with room on either side.
    cold, hot = thermal_scales(model, frequencies)
    narrow, wide = np.sqrt(0.1 * widths.min() * cold), np.sqrt(2.0 * widths.max() * hot)
    gaps = gaps * scale
    if np.any((gaps > narrow) & (gaps < wide)):
        raise UnclearError
    distances = np.abs(energies[:, None] - energies)[np.triu_indices(len(energies), 1)]
    if np.any((distances > narrow) & (distances < wide)):
        raise UnclearError
    found = float(np.sqrt(narrow * wide))
    served = oracle.driven_transitions(model, vectors, energies)
    for rule in (oracle.near_frequencies, oracle.near_levels):
        every, some = (rule(energies, t, found) for t in (lines, served))
        if np.ptp([oracle.projected(energies, x) for x in (every, some)], axis=0).max() > (
            1e-13 * scale
        ):
            raise UnclearError
    apart = np.abs(energies[:, None] - energies)
    near = (apart < found) & (apart > 1e-12 * scale)
    if np.any(near) and np.any(near & ~coherent(model, vectors)):
        raise UnclearError
    return found


def thermal_scales(model: Model, frequencies: Any) -> tuple[float, float]:
    """Smallest and largest energy over which a spectrum may change: temperatures, frequencies."""
    warm = [abs(b.temperature) for b in model.baths if b.temperature]
    driven = frequencies[frequencies > 1e-9 * frequencies.max()]
    return min([*warm, driven.min()]), min(max(warm, default=np.inf), driven.max())


def coherent(model: Model, vectors: Matrix) -> np.ndarray[Any, Any]:
    """Pairs of levels whose coherence populations can drive, by any way of the Redfield terms.

    Only such pairs are worth a cluster; whether others make one is a matter of taste.
    """
    size = len(vectors)
    turn = np.kron(vectors, vectors.conj())
    whole = turn.conj().T @ oracle.liouvillian(model, "redfield").total @ turn
    linked = np.abs(whole) > 1e-12 * np.abs(whole).max()
    reached = np.eye(size, dtype=bool).ravel()
    for _ in range(size**2):
        further = reached | linked[:, reached].any(axis=1)
        if np.array_equal(further, reached):
            break
        reached = further
    return reached.reshape(size, size)


def level_widths(model: Model, energies: np.ndarray[Any, Any], vectors: Matrix) -> Any:
    """Exit rate of every level by the golden rule, Σ_f Σ_kl s_kl(ω_if) ⟨f|X_k|i⟩ ⟨f|X_l|i⟩*."""
    scale = float(np.abs(energies).max())
    total = np.zeros(len(energies))
    for bath in model.baths:
        for channel in oracle.channels(bath, scale):
            inside = np.array([vectors.conj().T @ x @ vectors for x in channel.operators])
            sizes = np.abs(inside).max(axis=0)
            for f, i in np.argwhere(sizes > oracle.DRIVEN * sizes.max()):
                a = inside[:, f, i]
                spectrum = channel.spectrum(float(energies[i] - energies[f]))
                total[i] += (a.conj() @ spectrum.T @ a).real
    return total
