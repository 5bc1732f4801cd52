"""Runs the scenarios of one client: each is a function, and each prints one line."""

import json
import os
import subprocess
import traceback

FACTS = json.loads(os.environ["INTEROP"])


class Failed(Exception):
    pass


def check(condition, why):
    if not condition:
        raise Failed(why)


def refused(work, *words):
    """Runs what must fail, with all of these words in what the client shows of it."""
    try:
        work()
    except Exception as error:
        text = f"{error} {error.__cause__ or ''}"
        for word in words:
            check(word in text, f"the error does not say {word!r}: {text}")
        return
    raise Failed("it was not refused")


def move_clock(by):
    subprocess.run(f"{FACTS['clock']} {by}", shell=True, check=True, stdout=subprocess.DEVNULL)


def run(scenarios):
    for name, work in scenarios.items():
        try:
            work()
            print(f"ok {name}", flush=True)
        except Exception as error:
            traceback.print_exc()
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"failed {name}: {text[:600]}", flush=True)
