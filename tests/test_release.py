"""The version is told twice, in the code and in CITATION.cff, and is the same."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version_in(name: str, pattern: str) -> str:
    found = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{name} names no version"
    return found[1]


def test_the_citation_names_this_version() -> None:
    code = version_in("src/entherm/__init__.py", r'^__version__ = "(.+)"$')
    assert version_in("CITATION.cff", r"^version: (.+)$") == code
