"""The benchmark compares like with like: its peers are right, its page is what was measured."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from . import oracle

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "benchmarks", ROOT / "tools")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
NAMES = {
    **{"eA": "epsilon_A", "eB": "epsilon_B", "Om": "Omega", "gamma": "gamma"},
    **{"TA": "T_A", "TB": "T_B", "TC": "T_C"},
    **{"GA": "Gamma_A", "GB": "Gamma_B", "GCA": "Gamma_CA", "GCB": "Gamma_CB"},
}
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module that stands beside others as a script does, and forget all of them again."""
    before = set(sys.modules)
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent in FOLDERS:
            del sys.modules[name]


def reference() -> list[tuple[dict[str, float], float, float]]:
    """Parameters, C and Q_C of the 30-digit points at ordinary temperatures and rates."""
    file = ROOT / "tests" / "data" / "two_qubit_points.json"
    found = []
    for point in json.loads(file.read_text())["points"]:
        values = {NAMES[k]: float(v) for k, v in point["params"].items()}
        temperatures = [v for k, v in values.items() if k.startswith("T_")]
        if min(temperatures) >= 0.5 and max(temperatures) < 100 and values["Omega"] < 15:
            solved = point["withRC"]
            found.append((values, float(solved["C"]), float(solved["Q_C"])))
    return found


def columns(load: Load, values: list[dict[str, float]]) -> object:
    return load("points").Points(**{k: np.array([v[k] for v in values]) for k in values[0]})


@pytest.mark.parametrize(
    ("module", "function", "gamma"),
    [
        ("peer_closed_form", "solve", True),
        ("peer_loop", "solve_points", False),
        ("peer_qutip", "guide", True),
    ],
)
def test_peers_of_any_points(load: Load, module: str, function: str, gamma: bool) -> None:
    """Oracle: the 30-digit reference points."""
    points = [p for p in reference() if gamma or p[0]["gamma"] == 0.0]
    assert len(points) > 10
    values, C, Q = zip(*points, strict=True)
    found = getattr(load(module), function)(columns(load, list(values)))
    np.testing.assert_allclose(found[0], C, atol=1e-8, rtol=0)  # √(ρ₁₁ ρ₄₄) of rounding errors
    np.testing.assert_allclose(found[1], Q, atol=1e-11 * np.abs(Q).max(), rtol=0)


@pytest.mark.parametrize(
    ("module", "function"), [("peer_numpy", "solve"), ("peer_qutip", "preassembled")]
)
def test_peers_that_store_matrices(load: Load, module: str, function: str) -> None:
    """Oracle: the 30-digit reference points with one temperature of RA and RB, each alone."""
    points = [p for p in reference() if p[0]["T_A"] == p[0]["T_B"]]
    assert len(points) > 10
    for values, C, Q in points:
        rows = values | {k: np.array([values[k]]) for k in ("T_A", "T_B", "T_C")}
        found = getattr(load(module), function)(load("points").Points(**rows))
        assert float(found[0][0]) == pytest.approx(C, abs=1e-8)
        assert float(found[1][0]) == pytest.approx(Q, abs=1e-11 * max(values["epsilon_A"], 1.0))


@pytest.mark.parametrize("scheme", ["global", "redfield"])
@pytest.mark.parametrize("machine", ["chain", "three_qubits"])
def test_peers_of_rows_of_qubits(load: Load, scheme: str, machine: str) -> None:
    """State and heat currents; oracle: `oracle`."""
    spins = load("spins")
    row = spins.chain(3) if machine == "chain" else spins.three_qubits((20.0, 17.3, 14.1), 5.0, 1.0)
    sites = [oracle.embed(oracle.lowering(2), k, (2, 2, 2)) for k in range(3)]
    own = [
        oracle.Bath(f"R{k}", (sites[k],), (row.rates[k] ** 0.5,), row.temperatures[k])
        for k in range(3)
    ]
    common = oracle.Bath("RC", tuple(sites), tuple(r**0.5 for r in row.common_rates), row.T_C)
    gaps = tuple((gap, 0.0) for gap in row.gaps)
    bare = sum(gap * v.conj().T @ v for gap, v in zip(row.gaps, sites, strict=True))
    model = oracle.Model((2, 2, 2), gaps, hamiltonian(row, sites), bare, (*own, common))
    generator = oracle.liouvillian(model, scheme)
    exact = oracle.steady_state(generator)
    rho, currents = getattr(spins, f"{scheme}_steady")(row)
    np.testing.assert_allclose(rho, exact, atol=1e-12, rtol=0)
    flows = oracle.currents(generator, exact)
    expected = [flows[name] for name in ("R0", "R1", "R2", "RC")]
    np.testing.assert_allclose(currents, expected, atol=1e-11 * max(map(abs, expected)), rtol=0)
    if scheme == "redfield":
        assert spins.redfield_residual(row, rho) < 1e-13
        assert spins.redfield_residual(row, spins.global_steady(row)[0]) > 1e-6


def hamiltonian(row: object, sites: list[np.ndarray]) -> np.ndarray:
    """Gaps, exchange and zz, from operators of one qubit each."""
    z = [2.0 * v.conj().T @ v - np.eye(8) for v in sites]
    H = sum(gap * v.conj().T @ v for gap, v in zip(row.gaps, sites, strict=True))
    for k, strength in enumerate(row.exchange):
        flip = sites[k].conj().T @ sites[k + 1]
        H = H + strength * (flip + flip.conj().T) + (row.zz or 0.0) * z[k] @ z[k + 1]
    return H


def test_locks_pin_one_version_of_each_library() -> None:
    """Runs, tests and benchmarks see the same libraries; no lock names where it was made."""
    texts = [(ROOT / name).read_text() for name in LOCKS]
    run, dev, bench = (
        dict(re.findall(r"^([a-z0-9-]+)==([^ \\]+)", text, re.MULTILINE)) for text in texts
    )
    assert {"jax", "numpy", "numba"} <= set(run)
    assert {"qthermo", "qutip"} <= set(bench)
    assert run.items() <= dev.items()
    assert run.items() <= bench.items()
    assert dev["qutip"] == bench["qutip"]
    assert not any("http" in text or "index-url" in text for text in texts)


def test_the_page_shows_what_was_measured(load: Load) -> None:
    """docs/benchmarks.md is what tools/benchmark_page.py writes of docs/data/benchmarks.json."""
    module = load("benchmark_page")
    written = (ROOT / "docs" / "benchmarks.md").read_text()
    assert written == module.page(module.results(), written), "run tools/benchmark_page.py"
