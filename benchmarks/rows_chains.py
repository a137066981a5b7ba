"""Rows B4 and B4b: chains of more and more qubits, each size in a process of its own."""

from __future__ import annotations

import tempfile
import time
from math import comb
from pathlib import Path

import numpy as np

import entherm as et
import peer_qthermo
import peer_qutip
from children import ENOUGH_S, ROUNDS, ChildError, measured
from machines import spin_machine
from scale import Scale
from spins import Spins, chain, global_steady, hamiltonian, lowering, redfield_residual
from timing import Row, Timing, agree, say

# Seconds and GB demanded of the global equation, seconds of the coherent ones.
GLOBAL = {6: (0.02, None), 8: (0.1, None), 10: (1.0, None), 12: (8.0, 1.0), 14: (240.0, 4.0)}
COHERENT = {5: 1.0, 6: 5.0, 8: 120.0}
RESIDUAL = 1e-10
# Currents over the largest, against a dense eigen-decomposition of another kind.
TOLERANCE = 1e-9


def solved(row: Row, count: int, equation: str, scale: Scale, folder: str) -> dict | None:
    """Time one chain; a note where it could not be done."""
    name = f"entherm, {equation}, N = {count}"
    try:
        found = measured("chain", count, equation, folder, limit_s=scale.limit_s)
    except ChildError as error:
        row.notes.append(f"{name}: {error}")
        say(f"{row.key} {row.notes[-1]}")
        return None
    timing = Timing(name, 1, tuple(found["seconds"]), name, "chains")
    row.timings.append(timing)
    say(f"{row.key} {name}: {timing.median:.3g} s, {found['peak_MB']:.0f} MB")
    sizes = row.extra.setdefault(equation, {})
    sizes[str(count)] = {
        "seconds": timing.median,
        "first": found["first"],
        "peak_MB": found["peak_MB"],
    }
    return found


def peers(row: Row, count: int, found: dict, scale: Scale) -> None:
    """Check the currents against the peers that reach this size, and time those."""
    spins = chain(count)
    names = [*(f"R{k}" for k in range(count)), "RC"]
    ours = np.array([found["currents"][name] for name in names])
    for name, largest, solve in (
        ("NumPy, plain rate matrix", scale.chain_peers, rate_matrix),
        ("QuTiP, eigenbasis, sparse", 5, qutip_chain),
        ("qthermo", 5, qthermo_chain),
    ):
        if count > largest:
            continue
        seconds: list[float] = []
        while len(seconds) < ROUNDS and sum(seconds) < ENOUGH_S:
            start = time.perf_counter()
            currents = solve(spins)
            seconds.append(time.perf_counter() - start)
        label = f"{name}, N = {count}"
        agree(row, label, 1, abs(currents - ours).max() / abs(ours).max(), TOLERANCE)
        ours_at = f"entherm, Global, N = {count}"
        row.timings.append(Timing(label, 1, tuple(seconds), ours_at, "chains"))
        row.extra.setdefault(name, {})[str(count)] = {"seconds": row.timings[-1].median}


def rate_matrix(spins: Spins) -> np.ndarray:
    return global_steady(spins)[1]


def qutip_chain(spins: Spins) -> np.ndarray:
    temperatures = [*spins.temperatures, spins.T_C]
    return peer_qutip.chain(hamiltonian(spins), lowering(spins), temperatures)


def qthermo_chain(spins: Spins) -> np.ndarray:
    """Its rates are in the operators, so the rate itself is one."""
    operators = [V + V.T for V in lowering(spins)]
    temperatures = [*spins.temperatures, spins.T_C]
    return peer_qthermo.chain(hamiltonian(spins), operators, temperatures, rate=1.0)


def extrapolated(sizes: dict, key: str, target: int) -> float:
    """What one more qubit took last, for every further one."""
    before, last = sorted(int(n) for n in sizes)[-2:]
    growth = (sizes[str(last)][key] / sizes[str(before)][key]) ** (1.0 / (last - before))
    return sizes[str(last)][key] * growth ** (target - last)


def cubes(count: int) -> int:
    """Σ C(N, k)³: what dense work on every sector costs."""
    return sum(comb(count, k) ** 3 for k in range(count + 1))


def estimate(row: Row) -> None:
    """N = 15 and 16: seconds from the last measured size, memory as entherm estimates it.

    The growth of the last step is what has been measured, and still lags behind the operations,
    which win in the end; what the process takes beside the solution hides the growth of memory.
    """
    sizes = row.extra.get("Global", {})
    if len(sizes) < 2:
        return
    largest = max(map(int, sizes))
    row.extra["estimated"] = {}
    for n in (15, 16):
        grown = extrapolated(sizes, "seconds", n)
        dense = sizes[str(largest)]["seconds"] * cubes(n) / cubes(largest)
        needed = et.memory_estimate(spin_machine(chain(n)))
        row.extra["estimated"][str(n)] = {"seconds": dense, "peak_MB": needed / 1e6}
        row.notes.append(
            f"N = {n}, estimated: {grown / 60:.1f} min by the growth of the last step, "
            f"{dense / 60:.1f} min by Σ C(N, k)³ from N = {largest}; {needed / 1e9:.1f} GB "
            "(`et.memory_estimate`)"
        )


def b4(scale: Scale) -> Row:
    row = Row("B4", "XXZ chain, N own reservoirs and a common one, global: state and all currents")
    for count in scale.chain:
        found = solved(row, count, "Global", scale, "-")
        if found:
            peers(row, count, found, scale)
        if count in GLOBAL:
            seconds, gigabytes = GLOBAL[count]
            size = row.extra["Global"][str(count)] if found else {}
            row.demand(f"N = {count}", "at most", seconds, size.get("seconds", np.inf), "s")
            if gigabytes:
                peak = size.get("peak_MB", np.inf) / 1e3
                row.demand(f"N = {count}, memory", "at most", gigabytes, peak, "GB")
    estimate(row)
    return row


def b4b(scale: Scale) -> Row:
    row = Row("B4b", "the same chain under Redfield and Unified: state and all currents")
    for count in scale.coherent_chain:
        for equation in ("Redfield", "Unified"):
            with tempfile.TemporaryDirectory() as folder:
                found = solved(row, count, equation, scale, folder)
                residual = np.inf
                if found and equation == "Redfield":
                    state = np.load(Path(folder) / "state.npy")
                    residual = redfield_residual(chain(count), state)
                    row.extra["Redfield"][str(count)]["residual"] = residual
            if count in COHERENT:
                seconds = row.extra[equation][str(count)]["seconds"] if found else np.inf
                label = f"{equation}, N = {count}"
                row.demand(label, "at most", COHERENT[count], seconds, "s")
                if equation == "Redfield":
                    row.demand(f"{label}, residual", "at most", RESIDUAL, residual)
    row.notes.append(
        "residual: largest element of L ρ over the largest rate times the largest element of ρ, "
        "by a generator in plain NumPy"
    )
    return row
