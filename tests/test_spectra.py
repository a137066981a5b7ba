"""Spectral shapes and principal values, against formulas that the package does not use."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma, expi

from entherm.errors import EnthermError, ParameterError
from entherm.principal_value import PrincipalValueError, principal_value
from entherm.spectra import Flat, Lorentzian, Ohmic, Spectrum
from entherm.tabulated import Tabulated

TABLE = Tabulated([0.0, 1.0, 4.0], [0.0, 2.0, 0.5], reference=2.0)
ALL = (
    Flat(),
    Ohmic(reference=2.0),
    Ohmic(reference=2.0, cutoff=[3.0, 5.0], exponent=0.5),
    Ohmic(reference=2.0, cutoff=3.0, exponent=2.5, shape="drude"),
    Lorentzian(centre=2.0, width=0.1),
    Lorentzian(centre=3.0, width=7.0, reference=[2.0]),
    TABLE,
)
OMEGA = np.array([-300.0, -3.0, -0.4, -1e-6, 1e-6, 0.3, 1.7, 2.5, 300.0])


def power_spectrum(shape: Spectrum, temperature: float) -> Callable[[np.ndarray], np.ndarray]:
    """S(ω) = 2 f(|ω|) (n̄(|ω|) + [ω > 0])."""

    def spectrum(omega: np.ndarray) -> np.ndarray:
        size = np.where(omega == 0.0, 1e-300, np.abs(omega))
        thermal = 0.0 if temperature == 0.0 else np.exp(-size / temperature)
        absorbed = thermal / -np.expm1(-size / temperature) if temperature else 0.0
        return 2.0 * shape.density(size) * (absorbed + (omega > 0.0))

    return spectrum


def shift(shape: Spectrum, temperature: float, omega: np.ndarray | float) -> np.ndarray:
    return principal_value(power_spectrum(shape, temperature), omega, shape.features, 1.0)


@mpmath.workdps(30)
def lorentzian_shift(width: float, temperature: float, omega: float) -> float:
    """λ of the unit line at ω₀ = 1 by residues and a Matsubara sum (T = 0: logarithms)."""
    w, x, i = mpmath.mpf(width), mpmath.mpf(omega), mpmath.mpc(0, 1)
    root = mpmath.sqrt(1 - w * w / 4)
    poles = [s * root + t * i * w / 2 for s in (1, -1) for t in (1, -1)]

    def density(z: mpmath.mpc) -> mpmath.mpc:
        return z * w * w / ((z * z - 1) ** 2 + z * z * w * w)

    residues = [
        p * w * w / mpmath.fprod(p - q for q in poles if q is not p) / (x - p) for p in poles
    ]
    if temperature == 0.0:
        logs = sum(-r * mpmath.log(-p) for r, p in zip(residues, poles, strict=True))
        return float(mpmath.re(logs + density(x) * mpmath.log(abs(x))) / mpmath.pi)
    two_t = 2 * mpmath.mpf(temperature)
    closed = sum(
        r * (mpmath.coth(p / two_t) + 1)
        for r, p in zip(residues, poles, strict=True)
        if mpmath.im(p) > 0
    )
    # Of the Matsubara terms 2 T J(iν) / (ω − iν) the part that survives falls as 1/ν⁵.
    nu = 2.0 * np.pi * temperature * np.arange(1.0, 2e4)
    terms = -nu * width**2 / ((nu**2 + 1.0) ** 2 - (nu * width) ** 2)
    thermal = 2.0 * temperature * np.sum(terms * omega / (omega**2 + nu**2))
    return float(mpmath.re(i * closed) + thermal)


@pytest.mark.parametrize("shape", ALL, ids=lambda s: s.kind)
def test_common_promises(shape: Spectrum) -> None:
    """The definition: f(ω_ref) = 1 exactly, parameters round-trip, nothing can be written."""
    reference = shape.parameters.get("reference", 2.0)
    assert np.all(shape.density(reference) == 1.0)
    for twin in (
        shape.replace(shape.parameters),
        pickle.loads(pickle.dumps(shape)),
        copy.deepcopy(shape),
    ):
        assert type(twin) is type(shape)
        assert list(twin.parameters) == list(shape.parameters)
        np.testing.assert_array_equal(twin.density([0.7, 3.0]), shape.density([0.7, 3.0]))
        for array in twin.parameters.values():
            assert not array.flags.writeable
    with pytest.raises(TypeError):
        shape.parameters["reference"] = np.ones(1)  # type: ignore[index]
    with pytest.raises(AttributeError):
        shape.kind = "other"  # type: ignore[misc]
    with pytest.raises(ParameterError, match="spectrum"):
        shape.replace({"colour": 1.0})
    with pytest.raises(ParameterError, match="omega"):
        shape.density(-1.0)


def test_shapes_against_their_formulas() -> None:
    """The formulas of the docstrings, in mpmath."""
    for omega in (1e-8, 0.3, 1.99, 2.0, 7.5, 60.0):
        x, c = mpmath.mpf(omega), mpmath.mpf(3)
        exponential = (x / 2) ** mpmath.mpf("0.5") * mpmath.exp((2 - x) / c)
        drude = (x / 2) ** mpmath.mpf("2.5") * (1 + 4 / c**2) / (1 + (x / c) ** 2)
        w = mpmath.mpf(0.1)
        line = x * w / ((x**2 - 4) ** 2 + x**2 * w**2) * 2 * w
        for shape, exact in ((ALL[2], exponential), (ALL[3], drude), (ALL[4], line)):
            value = float(np.ravel(shape.density(omega))[0])
            assert value == pytest.approx(float(exact), rel=5e-15)


@pytest.mark.parametrize("shape", [*ALL[1:], Ohmic(5.0, 2.0), Ohmic(5.0, 2.0, shape="drude")])
def test_slope(shape: Spectrum) -> None:
    """f(ω)/ω at ω = 1e-12, except where it goes to 0 or infinity."""
    slope, ratio = np.broadcast_arrays(shape.slope, shape.density(1e-12) / 1e-12)
    finite = np.isfinite(slope) & (slope > 0.0)
    np.testing.assert_allclose(slope[finite], ratio[finite], rtol=1e-10)
    assert np.all(ratio[np.isinf(slope)] > 1e5)
    assert np.all(ratio[slope == 0.0] < 1e-12)


def test_line_is_the_usual_lorentzian_near_its_centre() -> None:
    """(w/2)² / ((ω − ω₀)² + (w/2)²), to the order w/ω₀ by which they differ."""
    detuning = np.linspace(-3e-6, 3e-6, 13)
    usual = 0.25e-12 / (detuning**2 + 0.25e-12)
    line = Lorentzian(centre=1.0, width=1e-6).density(1.0 + detuning)
    np.testing.assert_allclose(line, usual, rtol=1e-5)


def test_table() -> None:
    """By hand: linear in between, absolute without a reference, an error outside."""
    assert TABLE.density(0.5) == pytest.approx(1.0 / 1.5, rel=1e-15)
    absolute = Tabulated([1.0, 2.0, 4.0], [1.0, 3.0, 0.0])
    assert absolute.density([1.5, 3.0, 4.0]).tolist() == [2.0, 1.5, 0.0]
    assert [float(x) for x in absolute.features] == [1.0, 2.0, 4.0]
    assert float(Tabulated([0.0, 2.0], [1.0, 3.0]).slope) == np.inf
    with pytest.raises(ParameterError, match=r"from 1 to 4, got 0\.5"):
        absolute.density(0.5)
    assert np.isnan(absolute.slope)


@pytest.mark.parametrize(
    ("build", "path"),
    [
        (lambda: Ohmic(0.0), "reference"),
        (lambda: Ohmic(1.0, -1.0), "cutoff"),
        (lambda: Ohmic(1.0, 1e-3), "reference"),
        (lambda: Ohmic(1.0, shape="drude"), "cutoff"),
        (lambda: Ohmic(1.0, 1.0, shape="drud"), "shape"),
        (lambda: Ohmic(1.0, exponent=0.0), "exponent"),
        (lambda: Ohmic(1.0, exponent=[1.0, 11.0]), "exponent"),
        (lambda: Ohmic([1.0, 2.0], [1.0, 2.0, 3.0]), "cutoff"),
        (lambda: Lorentzian(-1.0, 1.0), "centre"),
        (lambda: Lorentzian(1.0, 0.0), "width"),
        (lambda: Lorentzian([1.0, 2.0], 1e-13), "width"),
        (lambda: Lorentzian(1.0, 1.0, np.nan), "reference"),
        (lambda: Tabulated([1.0], [1.0]), "frequencies, values"),
        (lambda: Tabulated([1.0, 2.0], [1.0, 2.0, 3.0]), "frequencies, values"),
        (lambda: Tabulated([1.0, 1.0], [1.0, 2.0]), "frequencies"),
        (lambda: Tabulated([-0.5, 1.0], [1.0, 2.0]), "frequencies"),
        (lambda: Tabulated([0.0, 1.0], [1.0, -2.0]), "values"),
        (lambda: Tabulated([0.0, 1.0], [1.0, 2.0], reference=2.0), "reference"),
        (lambda: Tabulated([0.0, 1.0], [0.0, 2.0], reference=0.0), "reference"),
    ],
)
def test_bad_arguments(build: Callable[[], Spectrum], path: str) -> None:
    """The rules of the docstrings; the error names the argument."""
    with pytest.raises(ParameterError) as caught:
        build()
    assert caught.value.path == path


def test_principal_value_at_zero_temperature() -> None:
    """Closed forms: exponential integral for the exponential cut-off, logarithm for Drude."""
    x = OMEGA[np.abs(OMEGA) < 100.0]
    exact = np.e * (x * np.exp(-x) * expi(x) - 1.0) / np.pi
    np.testing.assert_allclose(shift(Ohmic(1.0, 1.0), 0.0, x), exact, rtol=1e-13)
    exact = (2.0 * OMEGA * np.log(np.abs(OMEGA)) - np.pi) / (np.pi * (1.0 + OMEGA**2))
    drude = Ohmic(1.0, 1.0, shape="drude")
    np.testing.assert_allclose(shift(drude, 0.0, OMEGA), exact, rtol=1e-13)


@pytest.mark.parametrize("temperature", [1e-3, 0.1, 1.0, 100.0])
def test_principal_value_of_a_warm_drude_reservoir(temperature: float) -> None:
    """Matsubara sum in closed form: with a = 2π T,

    λ = [ω (π T + Re ψ(1 + iω/a) − ψ(1 + 1/a)) − π/2] 2 / (π (1 + ω²)) for f = 2ω / (1 + ω²).
    """
    a = 2.0 * np.pi * temperature
    psi = digamma(1.0 + 1j * OMEGA / a).real - digamma(1.0 + 1.0 / a)
    exact = 2.0 * (OMEGA * (np.pi * temperature + psi) - np.pi / 2) / (np.pi * (1.0 + OMEGA**2))
    drude = Ohmic(1.0, 1.0, shape="drude")
    np.testing.assert_allclose(shift(drude, temperature, OMEGA), exact, rtol=1e-10)


@pytest.mark.parametrize("temperature", [0.0, 0.3])
@pytest.mark.parametrize("width", [1.0, 1e-3])
def test_principal_value_of_a_line(width: float, temperature: float) -> None:
    """Residues at 30 digits and a Matsubara sum, inside and outside the line."""
    omega = 1.0 + width * np.array([-30.0, -0.5, -0.01, 1e-4, 0.2, 0.5, 40.0])
    omega = np.append(omega, [-1.0, 0.3, 50.0])
    exact = np.array([lorentzian_shift(width, temperature, x) for x in omega])
    shifts = shift(Lorentzian(1.0, width), temperature, omega)
    np.testing.assert_allclose(shifts, exact, rtol=1e-9, atol=1e-12 * np.abs(exact).max())


@pytest.mark.parametrize("exponent", [0.5, 3.0])
def test_principal_value_against_quadpack(exponent: float) -> None:
    """Quadpack's Cauchy weight around ω and its general rule elsewhere (sub- and super-Ohmic)."""
    shape, omega = Ohmic(1.0, 1.0, exponent), 0.8
    spectrum = power_spectrum(shape, 0.5)
    options = {"epsabs": 1e-12, "epsrel": 1e-12, "limit": 400}
    around = quad(spectrum, 0.2, 1.4, weight="cauchy", wvar=omega, **options)[0]

    def root(v: float, sign: float) -> float:  # ω' = ± v² lifts the singularity at 0
        return float(spectrum(np.asarray(sign * v**2))) / (sign * v**2 - omega) * 2.0 * v

    near = sum(
        quad(root, 1e-9, np.sqrt(to), args=(sign,), **options)[0]
        for to, sign in ((0.2, 1.0), (60.0, -1.0))
    )
    far = quad(lambda y: float(spectrum(np.asarray(y))) / (y - omega), 1.4, 60.0, **options)[0]
    exact = -(around + near + far) / (2.0 * np.pi)
    assert float(shift(shape, 0.5, omega)) == pytest.approx(exact, rel=1e-7)


def test_principal_value_broadcasts() -> None:
    """Each point alone gives the same as all at once."""
    cutoff, omega = np.array([[1.0], [2.0]]), np.array([0.5, 1.0, 3.0])

    def spectrum(w: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.where(w > 0.0, w * np.exp(-np.abs(w) / c), 0.0)

    every = principal_value(lambda w: spectrum(w, cutoff[..., None]), omega, (cutoff,), cutoff)
    assert every.shape == (2, 3)
    for i, c in enumerate(cutoff[:, 0]):
        for j, x in enumerate(omega):
            alone = principal_value(lambda w, c=c: spectrum(w, c), x, (c,), c)
            assert every[i, j] == pytest.approx(float(alone), rel=1e-12)


@pytest.mark.parametrize(
    "shape", [Flat(), Ohmic(1.0), Ohmic(1.0, 1.0, 2.5, "drude"), Lorentzian(9.0, 1e-3)]
)
def test_principal_value_says_when_it_fails(shape: Spectrum) -> None:
    """By power counting the first three diverge; the fourth hides a line from the quadrature."""
    with pytest.raises(PrincipalValueError) as caught:
        principal_value(power_spectrum(shape, 0.5), [0.3, 9.001], (), 1.0)
    assert isinstance(caught.value, EnthermError)
    with pytest.raises(ParameterError, match="scale"):
        principal_value(power_spectrum(shape, 0.5), 0.3, (), 0.0)
