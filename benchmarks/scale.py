"""How large each row is: in full, as the demands say, or quick, to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes; `limit_s` is how long one solution of a chain may take."""

    rounds: int
    map: int
    scattered: int
    slow: int
    batch: int
    chain: tuple[int, ...]
    coherent_chain: tuple[int, ...]
    chain_peers: int
    gradients: int
    three_qubits: int
    redfield: int
    reduced: int
    growth: int
    swept: int
    swept_by_workers: int
    rounds_of_workers: int
    limit_s: float


FULL = Scale(
    rounds=7,
    map=3000,
    scattered=4_000_000,
    slow=30,
    batch=20_000,
    chain=(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    coherent_chain=(4, 5, 6, 7, 8),
    chain_peers=10,
    gradients=100_000,
    three_qubits=1_000_000,
    redfield=20_000,
    reduced=10_000,
    growth=7,
    swept=1000,
    swept_by_workers=800,
    rounds_of_workers=3,
    limit_s=900.0,
)

QUICK = Scale(
    rounds=2,
    map=400,
    scattered=40_000,
    slow=3,
    batch=500,
    chain=(3, 4, 5),
    coherent_chain=(3, 4),
    chain_peers=5,
    gradients=1_000,
    three_qubits=10_000,
    redfield=50,
    reduced=500,
    growth=4,
    swept=60,
    swept_by_workers=60,
    rounds_of_workers=1,
    limit_s=60.0,
)
