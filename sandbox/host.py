"""What a daemon takes of its host, and gives back: user ids, mounts of its own, a folder, control groups."""

import os
import resource
import shutil

from . import cgroups, hierarchies, linux, slots
from .log import log


def take(undo):
    """Returns (id range, folder, control groups), all of them empty. undo: an ExitStack that gives them back.

    Raises RuntimeError where other daemons have all ids or the kernel lacks a controller, OSError where it refuses.
    """
    claimed = slots.claim_range()
    _become_private()
    folder = slots.FOLDER / claimed.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    undo.callback(shutil.rmtree, folder)
    place = folder / 'cgroup2'
    place.mkdir()
    undo.callback(linux.umount_if_mounted, place)
    groups = hierarchies.detect(claimed.name, place)
    _sweep(claimed)
    undo.callback(groups.remove)
    groups.prepare()
    return claimed, folder, groups


def _become_private():
    # What this process mounts from here on is never seen on the host, and goes with it.
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, '/', None, linux.MS_REC | linux.MS_PRIVATE)
    # A sandbox takes three or four descriptors.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # A sandbox's pid 1 becomes our child once the fork between has gone.
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)


def _sweep(claimed):
    """Ends and removes what killed daemons left: under our name, and under any that no living daemon has."""
    for name, folders in hierarchies.leftovers(slots.RANGE_PATTERN).items():
        number = int(name.removeprefix(slots.RANGE_PREFIX))
        lock = None if number == claimed.number else slots.try_lock(number)
        if lock is None and number != claimed.number:
            continue  # a living daemon's
        log('sweeping what a killed daemon left', group=name)
        try:
            cgroups.remove(folders)
        except OSError as error:
            log('it cannot be removed', group=name, error=str(error))
        if lock is not None:
            shutil.rmtree(slots.FOLDER / name, ignore_errors=True)
            os.close(lock)
