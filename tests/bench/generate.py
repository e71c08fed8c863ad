"""Writes tests/bench/expected.json: what PyTorch computes in each workload of the benchmark, at its small sizes.

    npx tsx tests/bench/dump.ts | /usr/bin/python3 tests/bench/generate.py
"""

import json
import pathlib
import sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent.parent / "bench" / "twins"))
from pytorch import PROGRAMS  # noqa: E402

expected = {
    workload["name"]: PROGRAMS[workload["family"]](workload["small"]).check()
    for workload in json.load(sys.stdin)
    if workload["family"] in PROGRAMS
}
(here / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
