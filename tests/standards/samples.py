"""The files in samples/."""

import json
from pathlib import Path

DIRECTORY = Path(__file__).parent / "samples"
DOCUMENT = json.loads((DIRECTORY / "report.json").read_text())
REPORT = DOCUMENT["report"]
ENTRIES = [entry for log in DOCUMENT["logs"] for entry in log["entries"]]


def text(name):
    """What stands in a file."""
    return (DIRECTORY / name).read_text(encoding="utf-8")
