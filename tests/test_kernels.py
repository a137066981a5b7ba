"""The two engines give the same bits, on every shape of grid and every structure of machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import entherm as et
from entherm import kernels
from entherm.compiled import _kernel
from entherm.observables import Population
from entherm.recording import record

RNG = np.random.default_rng(11)
OBSERVABLES = (
    et.concurrence("A", "B"),
    et.heat("RC"),
    et.heat("dephasing"),
    et.negativity("A", "B"),
    Population(0),
)


def grid_of_temperatures() -> et.Machine:
    T, T_C = np.linspace(0.0, 20.0, 331)[:, None], np.linspace(0.0, 20.0, 297)
    return et.two_qubit_machine(20.0, 20.0, 10.0, T_A=T, T_B=T, T_C=T_C)


def scattered() -> et.Machine:
    gap, rates = RNG.uniform(10.0, 30.0, (2, 70_011)), RNG.uniform(0.0, 2.0, (4, 70_011))
    return et.two_qubit_machine(
        *gap,
        RNG.uniform(-9.0, 9.0, 70_011),
        *RNG.uniform(0.1, 20.0, (3, 70_011)),
        *rates,
        RNG.uniform(0.0, 1.0, 70_011),
    )


def four_axes() -> et.Machine:
    return et.two_qubit_machine(
        20.0,
        np.linspace(18.0, 22.0, 5)[:, None, None, None],
        6.0,
        T_A=np.linspace(1.0, 9.0, 7)[:, None, None],
        T_B=np.linspace(1.0, 9.0, 13)[:, None],
        T_C=np.linspace(1.0, 9.0, 41),
        gamma=np.linspace(0.0, 1.0, 5)[:, None, None, None],
    )


def short_first_axis() -> et.Machine:
    return et.two_qubit_machine(
        20.0, 20.0, [[6.0], [-6.0]], T_A=np.linspace(1, 9, 9001), T_B=3.0, T_C=2.0
    )


def one_axis_of_size_one() -> et.Machine:
    return et.two_qubit_machine(20.0, 20.0, 6.0, T_A=np.linspace(1, 9, 9001)[:, None], T_B=[3.0])


def with_dark_point() -> et.Machine:
    half = np.linspace(-2.0, 2.0, 101)[:, None]
    T_C = np.linspace(0.1, 5.0, 211)
    return et.two_qubit_machine(20.0 + half, 20.0 - half, 9.0, T_C=T_C).without("RA", "RB")


MACHINES = [
    grid_of_temperatures,
    scattered,
    four_axes,
    short_first_axis,
    one_axis_of_size_one,
    with_dark_point,
]


@pytest.mark.parametrize("make", MACHINES)
def test_engines_agree_to_the_last_bit(make: object) -> None:
    """NumPy in chunks, compiled, and the whole grid at once; each is the others' oracle."""
    machine = make()  # type: ignore[operator]
    numpy = et.steady_state(machine, engine="numpy", on_invalid="nan").observe(*OBSERVABLES)
    compiled = et.steady_state(machine, engine="compiled", on_invalid="nan").observe(*OBSERVABLES)
    for a, b in zip(numpy, compiled, strict=True):
        assert a.shape == machine.shape
        assert np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("make", MACHINES)
def test_chunks_agree_with_single_points(make: object) -> None:
    """Some points solved alone; where all terms share one axis the order of sums is the same."""
    machine = make()  # type: ignore[operator]
    whole = et.steady_state(machine, on_invalid="nan").observe(*OBSERVABLES)
    middle = np.ravel_multi_index([n // 2 for n in machine.shape], machine.shape)
    for point in (middle, *RNG.choice(np.prod(machine.shape), 20)):
        alone = et.steady_state(machine.take(np.array([point])), on_invalid="nan")
        for a, b in zip(whole, alone.observe(*OBSERVABLES), strict=True):
            assert a.ravel()[point] == pytest.approx(float(b[0]), rel=1e-9, abs=1e-13, nan_ok=True)


@pytest.mark.parametrize(
    "shape", [(1,), (7,), (65_537,), (3, 50_000), (2, 2, 40_000), (200_000,), (70, 1, 1000)]
)
def test_every_point_is_written_once(shape: tuple[int, ...]) -> None:
    """Any shape, at and beside the chunk size: the result of x + 1 is x + 1."""
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    for engine in ("numpy", "compiled"):
        result = kernels.run(lambda read: [read(x) + 1.0, read(x), 2.0], shape, 3, engine)
        assert np.array_equal(result[0], x + 1.0)
        assert np.array_equal(result[1], x)
        assert np.array_equal(result[2], np.full(shape, 2.0))


def test_the_engine_is_chosen_from_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out, the engine is compiled from `COMPILE_WORK` on and NumPy below."""
    x = np.arange(100_000, dtype=float)

    def kernels_used(limit: float) -> int:
        monkeypatch.setattr(kernels, "COMPILE_WORK", limit)
        before = sum(_kernel.cache_info()[:2])
        kernels.run(lambda read: [read(x) * 3.0], x.shape, 1, None)
        return sum(_kernel.cache_info()[:2]) - before

    assert kernels_used(100_001) == 0
    assert kernels_used(100_000) == 1


def test_buffers_are_reused_safely() -> None:
    """A program with many live and dead values; oracle: NumPy on whole arrays."""
    x, y = RNG.uniform(1.0, 2.0, 150_000), RNG.uniform(1.0, 2.0, 150_000)

    def stage(read: object) -> list[object]:
        a, b = read(x), read(y)  # type: ignore[operator]
        values = [a, b]
        for k in range(40):
            values.append(a * values[-1] / (values[-2] + values[k // 2]) + b)
        return [values[-1], values[10], np.sqrt(values[7]) - values[-1], -values[3]]

    expected = stage(lambda array: array)
    for engine in ("numpy", "compiled"):
        for ours, right in zip(kernels.run(stage, x.shape, 4, engine), expected, strict=True):
            assert np.array_equal(ours, right)


def test_nothing_is_recorded_twice() -> None:
    """Equal operations on equal values are one node."""
    x = np.arange(3.0)
    recording = record(lambda read: [read(x) * 2.0 + read(x) * 2.0, read(x) * 2.0], (3,))
    assert len(recording.operations) == 2


def test_a_kernel_serves_other_numbers_and_another_process(tmp_path: Path) -> None:
    """Source is one per structure; a second process finds the machine code on disk."""
    script = (
        "import numpy as np, entherm as et, sys\n"
        "for omega in (10.0, 9.0, 3.0):\n"
        "    m = et.two_qubit_machine(20., 20., omega, T_A=np.ones((50, 1)), T_C=np.ones(60))\n"
        "    C, = et.steady_state(m, engine='compiled').observe(et.concurrence('A', 'B'))\n"
        "from entherm.compiled import _kernel\n"
        "print(_kernel.cache_info().misses)\n"
    )

    def files() -> dict[str, int]:
        return {str(p): p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}

    def run() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert run() == "1"
    made = files()
    assert any(name.endswith(".nbc") for name in made)
    assert run() == "1"
    assert files() == made
