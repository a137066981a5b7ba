"""Draw the map of docs/sweeps.md by the code that the page shows.

``python tools/sweep_picture.py`` writes docs/figures/sweep_map.svg.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from matplotlib import rc_context

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> None:
    """Write the picture."""
    page = (DOCS / "sweeps.md").read_text()
    first = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    names: dict[str, Any] = {}
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the page saves its picture, too
        exec(first, names)
        os.chdir(here)
    # The same identifiers every time: the file changes when the picture does.
    with rc_context({"svg.hashsalt": "sweep_map", "svg.fonttype": "path"}):
        names["figure"].savefig(DOCS / "figures" / "sweep_map.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
