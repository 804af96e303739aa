"""A process beside the tests: `child.py MODE DIRECTORY …`. Prints what it did, a line each, after it was committed."""

import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

import drafts

from geo_service.store import open_store
from geo_service.store.errors import StoreError
from geo_service.store.locations import database_at


def place_of(text):
    """A folder, or the address of a database."""
    return database_at(text) if "://" in text else Path(text)


def load(directory, count, size, name):
    """Load `count` changesets of up to `size` versions, some in one step, some in two."""
    numbers = random.Random(name)
    with open_store(place_of(directory), create=True) as log:
        for place in range(int(count)):
            some = drafts.hazards(numbers.randint(1, int(size)), seed=place, prefix=name)
            one = drafts.draft(some, author=name)
            if place % 3:
                made = log.append_approved(one).id
            else:
                made = log.append(one).id
                log.approve(made)
            print(made, flush=True)


def crash(directory, times, seed):
    """Kill a loading process `times` times; print what each had been told is kept."""
    numbers = random.Random(int(seed))
    for turn in range(int(times)):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(writer, 1)
            load(directory, 1_000_000, 300, f"turn{turn}-")
            os._exit(1)
        os.close(writer)
        with os.fdopen(reader) as told:
            # After some were acknowledged, however fast the machine is, and somewhere within the next.
            seen = [told.readline() for _ in range(numbers.randint(0, 4))]
            time.sleep(numbers.uniform(0.0, 0.1))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            sys.stdout.write("".join(seen) + told.read())
    sys.stdout.flush()


def limited(directory, limit):
    """Load with a limit on the size of files, in bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    _fail(directory)


def unprivileged(directory):
    """Load as a user who may not write the folder."""
    if os.getuid() == 0:
        os.setuid(65534)
    _fail(directory)


def _fail(directory):
    try:
        with open_store(place_of(directory)) as log:
            log.append_approved(drafts.draft(drafts.hazards(20_000)))
    except StoreError as error:
        print(type(error).__name__, error, flush=True)
    else:
        print("kept", flush=True)


if __name__ == "__main__":
    {"load": load, "crash": crash, "limited": limited, "unprivileged": unprivileged}[sys.argv[1]](*sys.argv[2:])
