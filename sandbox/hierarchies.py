"""Finds the control group hierarchies of this host: where groups may be made, and what is left in them."""

import os
from pathlib import Path

from . import cgroups, linux


def detect(name, folder):
    """Finds the hierarchies, and where in them this process may make groups.

    folder: where the v2 hierarchy may be mounted if the host has not, in a mount namespace of the caller's own.
    Raises RuntimeError with what is missing.
    """
    own = dict(line.split(':', 2)[1:] for line in Path('/proc/self/cgroup').read_text().splitlines())
    hierarchies, unified = {}, None
    for place, kind, options in _mounts():
        if kind == 'cgroup2':
            unified = unified or _delegated(place, own[''])
        for controller in (*cgroups.CONTROLLERS, 'devices'):
            if kind == 'cgroup' and controller in options.split(','):
                key = next(key for key in own if controller in key.split(','))
                hierarchies[controller] = Path(place + own[key])
    if unified is None:
        linux.mount('cgroup2', str(folder), 'cgroup2', linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
        unified = Path(folder)
    found = hierarchies or (unified / 'cgroup.controllers').read_text().split()
    missing = [controller for controller in cgroups.CONTROLLERS if controller not in found]
    if missing:
        raise RuntimeError(f'the kernel offers no control groups for {", ".join(missing)}; boot it with them enabled')
    return cgroups.ControlGroups(hierarchies, unified, name)


def is_v1():
    """Whether the memory controller is in a hierarchy of its own."""
    return any(kind == 'cgroup' and 'memory' in options.split(',') for _, kind, options in _mounts())


def leftovers(pattern):
    """All groups on this host, of any daemon, whose name matches: {name: its folders}."""
    found = {}
    for place, _, _ in _mounts():
        for parent, folders, _ in os.walk(place):
            for name in filter(pattern.fullmatch, folders):
                found.setdefault(name, []).append(Path(parent, name))
    return found


def _mounts():
    """(place, kind, options) of each mounted hierarchy, v1 and v2."""
    lines = [line.split()[1:4] for line in Path('/proc/mounts').read_text().splitlines()]
    return [line for line in lines if line[1] in ('cgroup', 'cgroup2')]


def _delegated(place, own):
    """Where groups may be made in v2: in the nearest group around us that systemd has delegated, else in the root.

    A login session's group is neither ours nor given every controller.
    """
    folder = Path(place + own)
    while folder != Path(place):
        try:
            os.getxattr(folder, 'trusted.delegate')
            return folder
        except OSError:
            folder = folder.parent
    return folder
