"""Says what this host has and lacks for running sandboxes, each lack with what mends it. Changes nothing."""

import importlib.util
import os
import platform
import re
import shutil
from pathlib import Path

from . import hierarchies

# cgroup.kill came with 5.14, and a /proc of its own with hidepid for each sandbox with 5.8.
LEAST_KERNEL = (5, 14)

# CAP_CHOWN, KILL, SETGID, SETUID, SETPCAP, SYS_ADMIN and MKNOD (linux/capability.h).
CAPABILITIES = sum(1 << number for number in (0, 5, 6, 7, 8, 21, 27))

_NAMESPACES = ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts')
_FILESYSTEMS = ('overlay', 'tmpfs', 'devpts')

# A kernel that has the setting may have it at 0, which is none.
_USER_NAMESPACES = (('user.max_user_namespaces', 10000), ('kernel.unprivileged_userns_clone', 1))


def problems():
    """A list of sentences, empty where sandboxes can run."""
    return [sentence for is_there, sentence in findings() if not is_there]


def findings():
    """Pairs: whether something is there, and what it is or what is wrong and mends it."""
    return [
        _finding('root', _is_not_root()),
        _finding(f'a processor of the kind {platform.machine()}', _is_other_processor()),
        _finding(f'the kernel {platform.release()}', _is_old_kernel()),
        _finding("root's capabilities", _lacks_capabilities()),
        _finding(f'the filesystems {", ".join(_FILESYSTEMS)}', *_missing_filesystems()),
        _finding(f'the namespaces {", ".join(_NAMESPACES)}', *_missing_namespaces()),
        _finding(_control_groups(), _has_no_control_groups()),
        _finding('mmdebstrap, which builds images', _lacks_package('mmdebstrap', shutil.which('mmdebstrap'))),
        _finding(
            'libseccomp for Python, which makes the system call filter',
            _lacks_package('python3-seccomp', importlib.util.find_spec('seccomp')),
        ),
    ]


def _finding(what, *found):
    problem = '; '.join(filter(None, found))
    return not problem, problem or what


def _is_not_root():
    if os.geteuid() != 0:
        return 'not root: the sandbox daemon makes control groups and mounts; run it with sudo or as a service'


def _is_other_processor():
    machine = platform.machine()
    if machine != 'x86_64':
        return f'the processor is {machine}: the system call filter is for x86_64; use such a machine'


def _is_old_kernel():
    release = platform.release()
    if tuple(int(part) for part in re.findall(r'\d+', release)[:2]) < LEAST_KERNEL:
        return f'the kernel is {release}, and at least 5.14 is needed; install linux-image-amd64 and reboot'


def _lacks_capabilities():
    effective = re.search(r'^CapEff:\s+(\w+)', Path('/proc/self/status').read_text(), re.M)[1]
    missing = CAPABILITIES & ~int(effective, 16)
    if os.geteuid() == 0 and missing:
        return f'root lacks the capabilities {missing:#x}, as in a container; run it on a machine of its own'


def _missing_filesystems():
    known = Path('/proc/filesystems').read_text().split()
    modules = Path(f'/lib/modules/{platform.release()}/modules.dep')
    for kind in _FILESYSTEMS:
        # Built in or loaded, or loaded by the first mount.
        if kind not in known and not (modules.exists() and f'/{kind}.ko' in modules.read_text()):
            yield f'the kernel has no {kind} filesystem; boot one that has, such as linux-image-amd64'


def _missing_namespaces():
    for kind in _NAMESPACES:
        if not Path(f'/proc/self/ns/{kind}').exists():
            yield f'the kernel has no {kind} namespaces; boot one that has'
    for setting, wanted in _USER_NAMESPACES:
        path = Path('/proc/sys', *setting.split('.'))
        if path.exists() and int(path.read_text()) == 0:
            yield f'user namespaces are switched off; allow them with: sysctl {setting}={wanted}'


def _control_groups():
    if hierarchies.is_v1():
        return 'control groups of version 1, with a version 2 hierarchy to kill and to watch'
    return 'control groups of version 2'


def _has_no_control_groups():
    if 'cgroup' not in Path('/proc/mounts').read_text():
        return 'no control groups are mounted; mount them with: mount -t cgroup2 cgroup2 /sys/fs/cgroup'


def _lacks_package(name, found):
    if found is None:
        return f'{name} is missing; install it with: apt-get install {name}'
