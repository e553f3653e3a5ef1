#!/usr/bin/env python3
"""Puts what packaging/gpu_check.sh left in WORK together: gpu_report.py WORK REPORT CARD STATUS"""
import datetime
import json
import pathlib
import subprocess
import sys


def text_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def figures_of(path):
    """What `sotto-cli bench` printed: an object, or lines where it failed."""
    text = path.read_text()
    try:
        return json.loads(text)
    except ValueError:
        return text.splitlines()


def main():
    work, report, card, status = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    result = {
        "card": card,
        "driver": text_of("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
        "command": "packaging/gpu_check.sh",
        "commit": text_of("git", "rev-parse", "HEAD"),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "passed": status == 0,
    }
    suite = work / "suite.json"
    if suite.exists():
        tests = [test for group in json.loads(suite.read_text())["testsuites"] for test in group["testsuite"]]
        result["tests"] = {
            "run": sum(test["result"] == "COMPLETED" for test in tests),
            "skipped": sum(test["result"] == "SKIPPED" for test in tests),
            "failed": [test["classname"] + "." + test["name"] for test in tests if test.get("failures")],
        }
    for tool in ("memcheck", "racecheck"):
        if (work / tool).exists():
            result[tool] = (work / tool).read_text().strip()
    result["bench"] = {path.stem[len("bench-"):]: figures_of(path) for path in sorted(work.glob("bench-*.txt"))}
    result["transformers"] = {path.stem[len("transformers-"):]: json.loads(path.read_text())
                              for path in sorted(work.glob("transformers-*.json"))}
    report.write_text(json.dumps(result, indent=1) + "\n")


main()
