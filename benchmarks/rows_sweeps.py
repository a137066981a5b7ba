"""Row B9: sweeps that are too large to be kept, on one and on two workers."""

from __future__ import annotations

from children import measured
from scale import Scale
from timing import Row, Timing, say


def b9(scale: Scale) -> Row:
    """A sweep with reductions, and what a second worker brings, alternately."""
    count = scale.swept
    row = Row("B9", f"a sweep of {count**3:.0e} points over three axes, five reductions")
    found = measured("swept", count, 2, limit_s=scale.limit_s)
    say(f"B9: {found['seconds']:.1f} s, {found['peak_of_all_MB']:.0f} MB")
    name = "entherm, two workers"
    row.timings.append(Timing(name, found["points"], (found["seconds"],), name))
    peak = found["peak_of_all_MB"] / 1e3
    row.demand("peak memory of all processes together", "at most", 2.0, peak, "GB")
    row.notes.append(
        f"largest C = {found['largest']:.6f}, C > 0 on {100 * found['share']:.2f}% of the points"
    )
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(scale.rounds_of_workers):
        for workers, own in rates.items():
            some = measured("swept", scale.swept_by_workers, workers, limit_s=scale.limit_s)
            own.append(some["rate"])
            say(f"B9: {workers} workers, {some['rate'] / 1e6:.1f} Mpts/s")
    best = {workers: sorted(own)[len(own) // 2] for workers, own in rates.items()}
    row.demand("two workers over one", "at least", 1.8, best[2] / best[1])
    row.extra["points a second, once started"] = {str(k): v for k, v in best.items()}
    return row
