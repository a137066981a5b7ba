"""Rows B7 and B8: whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from children import measured
from scale import Scale
from timing import Job, Row, say, take_turns

ROOT = Path(__file__).resolve().parents[1]


def command(*words: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "entherm", *words],
        check=True,
        capture_output=True,
        env=os.environ | environment,
    )


def b7(scale: Scale) -> Row:
    file = "examples/two_qubit.toml"
    row = Row("B7", f"`entherm solve {file}`, whole process; a compiled map in a second process")
    words = {"entherm solve FILE": ("solve", str(ROOT / file)), "entherm --version": ("--version",)}
    solve, version = (
        Job(name, 1, partial(command, *arguments), reference=name)
        for name, arguments in words.items()
    )
    timings = take_turns(row, [solve, version], scale.rounds)
    row.demand("whole process", "at most", 1.0, timings[solve.name].median, "s")
    with tempfile.TemporaryDirectory() as cache:
        first, second = (
            measured("compiled_map", scale.map, limit_s=scale.limit_s, XDG_CACHE_HOME=cache)
            for _ in range(2)
        )
    for name, found in (("first", first), ("second", second)):
        row.notes.append(
            f"{name} process, {scale.map}² map with compiled kernels: {found['seconds']:.2f} s, "
            f"{found['compilations']} compilations"
        )
    row.extra |= {"first process": first, "second process": second}
    row.demand("compilations in the second process", "at most", 0, second["compilations"])
    return row


def b8(scale: Scale) -> Row:
    count = scale.reduced
    row = Row("B8", f"a map of {count**2:.0e} points, reduced to its maximum and to where ΔC = 0")
    found = measured("reduced_map", count, limit_s=scale.limit_s)
    peak = found["peak_MB"] / 1e3
    row.demand("peak memory of the process", "at most", 1.0, peak, "GB")
    best, T, T_C = found["best"]
    say(f"B8: {found['seconds']:.1f} s, {peak:.2f} GB")
    row.notes.append(
        f"{found['seconds']:.1f} s; largest C = {best:.6f} at T = {T:.3f}, T_C = {T_C:.3f}"
    )
    contour, T = np.array(found["contour"]), np.array(found["T"])
    known = np.isfinite(contour)
    # At resonance and equal couplings the gain vanishes where the temperatures are equal.
    off = float(abs(contour[known] - T[known]).max()) if known.any() else np.inf
    row.extra["contour: largest distance from T_C = T"] = off
    return row
