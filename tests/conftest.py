"""What every test shares: figures without a screen, and property tests without a clock."""

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline: the first call of a kernel compiles it, and a shared machine stalls at times. In CI
# the examples are the same in every run, so that a failure belongs to the change that shows it.
settings.register_profile("entherm", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("entherm")
