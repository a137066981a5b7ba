"""Peer: an expert's NumPy closed form, on whole arrays or on chunks that stay in the cache.

Four levels, |11⟩ = 1, the two exchange levels 2 and 3, |00⟩ = 4, joined by a ring of transitions:
1–2 and 3–4 at ω₁, 1–3 and 2–4 at ω₂; dephasing is a fifth one, 2–3. The populations are sums over
spanning trees, without subtraction. Every number broadcasts, so that a map has its occupations on
its axes.
"""

from __future__ import annotations

import time

import numpy as np

from points import Points

# Points in a chunk: some twenty arrays of 8 bytes each are alive at once. Which is best depends on
# the cache, and is tried.
CHUNKS = (1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16)


def occupation(frequency: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    return 1.0 / np.expm1(frequency / temperature)


def solve(p: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C."""
    detuning = p.epsilon_A - p.epsilon_B
    mean, half = (p.epsilon_A + p.epsilon_B) / 2, np.hypot(detuning / 2, p.Omega)
    w1, w2 = mean - half, mean + half
    theta = np.arctan2(2 * p.Omega, detuning)
    s, c = np.sin(theta / 2), np.cos(theta / 2)
    a, b = np.sqrt(p.Gamma_CA), np.sqrt(p.Gamma_CB)
    # Weights of the common reservoir; of the others those of 1–2 and 3–4 agree, as do 1–3 and 2–4.
    x12, x34 = 2 * (a * s + b * c) ** 2, 2 * (b * c - a * s) ** 2
    x13, x24 = 2 * (a * c - b * s) ** 2, 2 * (a * c + b * s) ** 2
    A1, B1 = 2 * p.Gamma_A * s**2, 2 * p.Gamma_B * c**2
    A2, B2 = 2 * p.Gamma_A * c**2, 2 * p.Gamma_B * s**2
    own1 = A1 * occupation(w1, p.T_A) + B1 * occupation(w1, p.T_B)
    own2 = A2 * occupation(w2, p.T_A) + B2 * occupation(w2, p.T_B)
    n1, n2 = occupation(w1, p.T_C), occupation(w2, p.T_C)
    u12, u34 = own1 + x12 * n1, own1 + x34 * n1
    u13, u24 = own2 + x13 * n2, own2 + x24 * n2
    d12, d34 = u12 + (A1 + B1 + x12), u34 + (A1 + B1 + x34)
    d13, d24 = u13 + (A2 + B2 + x13), u24 + (A2 + B2 + x24)

    to_1 = u34 * (d24 + u12) + u24 * u12
    to_2 = u13 * (u34 + u24) + d34 * u24
    p1 = u13 * to_1 + d34 * u24 * u12
    p2 = d12 * to_2 + d13 * d34 * u24
    p3 = d13 * to_1 + d12 * d24 * u34
    p4 = d13 * d34 * (d24 + u12) + d12 * d24 * (u13 + d34)
    sine, cosine = np.sin(theta), np.cos(theta)
    real, imaginary = 0.0, 0.0
    if np.any(p.gamma):
        kappa = (u12 + d24 + u13 + d34) / 2
        gap, fast = w2 - w1, 4 * p.gamma + kappa
        K = kappa + gap**2 / fast
        slow = 4 * p.gamma * cosine**2 + K
        w = 2 * p.gamma * sine**2 * K / slow
        p1 = p1 + w * (u24 + u34) * (u12 + u13)
        p2 = p2 + w * (d12 + d13) * (u24 + u34)
        p3 = p3 + w * (d12 + d13) * (u24 + u34)
        p4 = p4 + w * (d12 + d13) * (d24 + d34)
        real = -2 * p.gamma * sine * cosine * (p2 - p3) / slow
        imaginary = gap * real / fast
    norm = p1 + p2 + p3 + p4
    flip = sine / 2 * (p2 - p3) + cosine * real
    C = 2 * np.maximum(np.hypot(flip, imaginary) - np.sqrt(p1 * p4), 0) / norm
    at_1 = x12 * (n1 * p2 - (n1 + 1) * p1) + x34 * (n1 * p4 - (n1 + 1) * p3)
    at_2 = x13 * (n2 * p3 - (n2 + 1) * p1) + x24 * (n2 * p4 - (n2 + 1) * p2)
    return C, (w1 * at_1 + w2 * at_2) / norm


def chunked(p: Points, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The same on runs of the first axis of about `size` points."""
    C, Q = np.empty(p.shape), np.empty(p.shape)
    step = max(1, size * p.shape[0] // p.count)
    for start in range(0, p.shape[0], step):
        C[start : start + step], Q[start : start + step] = solve(p.rows(start, start + step))
    return C, Q


def best_chunk(p: Points) -> int:
    """The fastest of `CHUNKS`, each tried three times on the first million points."""
    part = p.rows(0, max(1, p.shape[0] * 1_000_000 // max(p.count, 1_000_000)))

    def seconds(size: int) -> float:
        runs = []
        for _ in range(3):
            start = time.perf_counter()
            chunked(part, size)
            runs.append(time.perf_counter() - start)
        return min(runs)

    return min(CHUNKS, key=seconds)
