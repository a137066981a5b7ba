"""Peer and limit: a loop written by hand for this one machine, compiled, on all cores.

What a good programmer writes with Numba: for the map the rates of the own reservoirs are computed
once a row and those of the common one once a column, and the inner loop has only the closed form;
for scattered points everything is in one pass. Dephasing is left out.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from math import atan2, cos, expm1, hypot, sin, sqrt

import numba
import numpy as np

from points import Points

# As many as entherm has.
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@numba.njit(inline="always")
def solved(w1, w2, sine, x12, x34, x13, x24, n1, n2, u12, u34, u13, u24, d12, d34, d13, d24):
    """C and Q_C of one point, from its rates."""
    to_1 = u34 * (d24 + u12) + u24 * u12
    to_2 = u13 * (u34 + u24) + d34 * u24
    p1 = u13 * to_1 + d34 * u24 * u12
    p2 = d12 * to_2 + d13 * d34 * u24
    p3 = d13 * to_1 + d12 * d24 * u34
    p4 = d13 * d34 * (d24 + u12) + d12 * d24 * (u13 + d34)
    scale = 1.0 / (p1 + p2 + p3 + p4)
    C = abs(sine * (p2 - p3)) - 2.0 * sqrt(p1 * p4)
    at_1 = x12 * (n1 * p2 - (n1 + 1.0) * p1) + x34 * (n1 * p4 - (n1 + 1.0) * p3)
    at_2 = x13 * (n2 * p3 - (n2 + 1.0) * p1) + x24 * (n2 * p4 - (n2 + 1.0) * p2)
    return (C if C > 0.0 else 0.0) * scale, (w1 * at_1 + w2 * at_2) * scale


@numba.njit(nogil=True, error_model="numpy", fastmath=True)
def fill_map(low, high, w1, w2, sine, weights, own, common, C, Q):
    """Rows `low` to `high`. `weights`: x12, x34, x13, x24 and the spontaneous sums at ω₁, ω₂."""
    x12, x34, x13, x24, s1, s2 = weights
    for i in range(low, high):
        own1, own2 = own[0, i], own[1, i]
        for j in range(np.uint64(C.shape[1])):
            n1, n2 = common[0, j], common[1, j]
            u12, u34 = own1 + x12 * n1, own1 + x34 * n1
            u13, u24 = own2 + x13 * n2, own2 + x24 * n2
            d12, d34 = u12 + (s1 + x12), u34 + (s1 + x34)
            d13, d24 = u13 + (s2 + x13), u24 + (s2 + x24)
            C[i, j], Q[i, j] = solved(
                w1, w2, sine, x12, x34, x13, x24, n1, n2, u12, u34, u13, u24, d12, d34, d13, d24
            )


@numba.njit(nogil=True, error_model="numpy", fastmath=True)
def fill_points(low, high, eA, eB, Om, TA, TB, TC, GA, GB, GCA, GCB, C, Q):
    for k in range(low, high):
        detuning, mean = eA[k] - eB[k], 0.5 * (eA[k] + eB[k])
        half = sqrt(0.25 * detuning * detuning + Om[k] * Om[k])
        w1, w2 = mean - half, mean + half
        # Half of the mixing angle without trigonometry, from its larger one of sine and cosine.
        sine, larger = Om[k] / half, sqrt(0.5 + 0.25 * abs(detuning) / half)
        smaller = 0.5 * sine / larger
        if detuning >= 0.0:
            s, c = smaller, larger
        else:
            s, c = (larger, smaller) if sine > 0.0 else (-larger, -smaller)
        a, b = sqrt(GCA[k]), sqrt(GCB[k])
        x12, x34 = 2.0 * (a * s + b * c) ** 2, 2.0 * (b * c - a * s) ** 2
        x13, x24 = 2.0 * (a * c - b * s) ** 2, 2.0 * (a * c + b * s) ** 2
        A1, B1 = 2.0 * GA[k] * s * s, 2.0 * GB[k] * c * c
        A2, B2 = 2.0 * GA[k] * c * c, 2.0 * GB[k] * s * s
        own1 = A1 / expm1(w1 / TA[k]) + B1 / expm1(w1 / TB[k])
        own2 = A2 / expm1(w2 / TA[k]) + B2 / expm1(w2 / TB[k])
        n1, n2 = 1.0 / expm1(w1 / TC[k]), 1.0 / expm1(w2 / TC[k])
        u12, u34 = own1 + x12 * n1, own1 + x34 * n1
        u13, u24 = own2 + x13 * n2, own2 + x24 * n2
        d12, d34 = u12 + (A1 + B1 + x12), u34 + (A1 + B1 + x34)
        d13, d24 = u13 + (A2 + B2 + x13), u24 + (A2 + B2 + x24)
        C[k], Q[k] = solved(
            w1, w2, sine, x12, x34, x13, x24, n1, n2, u12, u34, u13, u24, d12, d34, d13, d24
        )


def shared(rows: int, fill: object, *arguments: object) -> None:
    """Call `fill` on runs of the rows, two threads."""
    edges = np.linspace(0, rows, 4 * THREADS + 1).astype(np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda a, b: fill(a, b, *arguments), edges[:-1], edges[1:]):
            pass


def solve_map(p: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C of a map: T = T_A = T_B down, T_C across, all else constant."""
    T, T_C = np.ravel(p.T_A), np.ravel(p.T_C)
    detuning = p.epsilon_A - p.epsilon_B
    mean, half = (p.epsilon_A + p.epsilon_B) / 2, hypot(detuning / 2, p.Omega)
    w1, w2 = mean - half, mean + half
    theta = atan2(2 * p.Omega, detuning)
    s, c, a, b = sin(theta / 2), cos(theta / 2), sqrt(p.Gamma_CA), sqrt(p.Gamma_CB)
    s1 = 2 * (p.Gamma_A * s**2 + p.Gamma_B * c**2)
    s2 = 2 * (p.Gamma_A * c**2 + p.Gamma_B * s**2)
    crossed = (a * s + b * c, b * c - a * s, a * c - b * s, a * c + b * s)
    weights = (*(2 * x**2 for x in crossed), s1, s2)
    own = np.stack([s1 / np.expm1(w1 / T), s2 / np.expm1(w2 / T)])
    common = np.stack([1 / np.expm1(w1 / T_C), 1 / np.expm1(w2 / T_C)])
    C, Q = np.empty(p.shape), np.empty(p.shape)
    shared(T.size, fill_map, w1, w2, sin(theta), weights, own, common, C, Q)
    return C, Q


def solve_points(p: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C of scattered points."""
    columns = [np.ascontiguousarray(v) for name, v in vars(p).items() if name != "gamma"]
    C, Q = np.empty(p.count), np.empty(p.count)
    shared(p.count, fill_points, *columns, C, Q)
    return C, Q


def _filled(array: np.ndarray) -> None:
    array.fill(1.0)


def write_fresh_pages(shape: tuple[int, ...], threads: int) -> None:
    """Allocate two float64 outputs and fill them: no map can be faster."""
    for _ in range(2):
        parts = np.array_split(np.empty(shape).reshape(-1), threads)
        if threads == 1:
            _filled(parts[0])
            continue
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(_filled, parts))
