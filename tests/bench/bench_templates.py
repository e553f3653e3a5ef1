#!/usr/bin/env python3
"""Rendering by our templates and by Jinja2 3.1 as transformers sets it up, in one run: microseconds and their ratio.
Both start from the same conversation, converted beforehand, and a compiled template; that they write the same is checked.

    bench_templates.py build/PRESET/bin/bench_templates FILE.jinja...

The conversation is the one of bench_templates.cpp; both take the best of as many runs as fit in a third of a second.
"""
import json
import os
import subprocess
import sys
import time

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

TURNS = [25, 50, 100, 200]


def conversation(turns):
    messages = [{"role": "system", "content": "You are a patient teacher."}]
    for turn in range(turns):
        messages.append({"role": "user", "content": str(turn) + "Why is the sky over a fjord so blue? " * 4})
        messages.append({"role": "assistant", "content": str(turn) + "Light scatters. " * 31})
    return {"messages": messages, "add_generation_prompt": True, "tools": None, "bos_token": "<s>", "eos_token": "</s>"}


def best_of(work):
    best, end, runs = float("inf"), time.perf_counter() + 0.33, 0
    while runs < 10 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        runs += 1
    return best * 1e6


def fingerprint(text):
    """FNV-1a of the bytes, 64 bits."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return f"{value:016x}"


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
    env.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)
    return env


def main(program, files):
    print(f"{'template':32}{'compile':>9} | ours, us at {TURNS} turns{'':12} | Jinja2 {jinja2.__version__} at 200 | ratio")
    for file in files:
        ours = subprocess.run([program, file], check=True, capture_output=True, text=True).stdout.split()
        with open(file, encoding="utf-8", newline="") as text:
            template = environment().from_string(text.read())
        context = conversation(200)
        theirs = best_of(lambda: template.render(**context))
        if ours[6] != fingerprint(template.render(**context)):
            sys.exit(f"{file}: our text is not that of Jinja2")
        times = [float(x) for x in ours[2:6]]
        print(f"{os.path.basename(file):32}{float(ours[1]):9.1f} | " + "".join(f"{t:9.1f}" for t in times)
              + f" | {theirs:12.1f} | {theirs / times[-1]:6.1f} x")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
