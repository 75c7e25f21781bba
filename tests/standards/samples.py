"""The report in samples/ and its exports."""

import json
import os
import re
from datetime import datetime
from pathlib import Path

DOCUMENT = json.loads((Path(__file__).parent / "samples" / "report.json").read_text())
REPORT = DOCUMENT["report"]
ENTRIES = [entry for log in DOCUMENT["logs"] for entry in log["entries"]]


def text(name):
    """The content of an export."""
    return (Path(os.environ["EXPORTS"]) / name).read_text(encoding="utf-8")


def moments(value):
    """The same with each time parsed, since it can be written in many ways."""
    if isinstance(value, dict):
        return {name: moments(part) for name, part in value.items()}
    if isinstance(value, list):
        return [moments(part) for part in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", value):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value
