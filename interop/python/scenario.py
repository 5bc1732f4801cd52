"""Runs the scenarios of one client: each is a function, and each prints one line."""

import contextlib
import json
import os
import subprocess
import threading
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


@contextlib.contextmanager
def repeated(work):
    """Does something every half second meanwhile: a statement cannot be cancelled before it runs."""
    stopped = threading.Event()

    def repeat():
        while not stopped.wait(0.5):
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@contextlib.contextmanager
def environment(**variables):
    """Variables of the environment for a while."""
    present = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(present)


def assumed_role():
    """The credentials of an assumed role, where every AWS SDK looks for them."""
    session = FACTS["session"]
    return environment(
        AWS_ACCESS_KEY_ID=session["accessKeyId"],
        AWS_SECRET_ACCESS_KEY=session["secretAccessKey"],
        AWS_SESSION_TOKEN=session["sessionToken"],
    )


def run(scenarios):
    for name, work in scenarios.items():
        try:
            work()
            print(f"ok {name}", flush=True)
        except Exception as error:
            traceback.print_exc()
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"failed {name}: {text[:600]}", flush=True)
