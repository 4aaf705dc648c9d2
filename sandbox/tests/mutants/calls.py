"""The system call filter, rule by rule."""

from .mutant import Edit, Mutant

MUTANTS = (
    Mutant(
        'foreign architectures refused', 'calls.in_the_way_of_32_bits',
        Edit('seccomp.py', 'Attr.ACT_BADARCH, ERRNO(errno.ENOSYS)', 'Attr.ACT_BADARCH, ALLOW'),
    ),
    Mutant(
        'x32 refused', 'calls.in_the_way_of_x32',
        Edit('seccomp.py', 'Attr.ACT_BADARCH, ERRNO(errno.ENOSYS)', 'Attr.ACT_BADARCH, ERRNO(errno.EINVAL)'),
    ),
    Mutant(
        'what is not listed refused', 'calls.known_bad',
        Edit(
            'seccomp.py',
            '    program = seccomp.SyscallFilter(ERRNO(errno.ENOSYS))\n',
            '\n'
            '    class Allowing(seccomp.SyscallFilter):\n'
            '        def add_rule(self, action, *rest):\n'
            '            if action != ALLOW:\n'
            '                super().add_rule(action, *rest)\n'
            '\n'
            '    program = Allowing(ALLOW)\n',
        ),
    ),
    Mutant(
        'no huge pages', 'arguments.huge_pages',
        Edit('seccomp.py', "'mmap': (3, 0x40000)", "'mmap': (3, 0)"),
        # Both rules of a flag that is none would be for every call.
        Edit('seccomp.py', 'program.add_rule(ERRNO(errno.ENOMEM), call, Arg(position, MASKED_EQ, flag, flag))', 'pass'),
    ),
    Mutant(
        'whole files locked as often as init allows', 'disks.locks_on_one_file',
        Edit('locks.py', 'SYS_FLOCK: 2_000', 'SYS_FLOCK: 20_000'),
    ),
    Mutant(
        'no namespaces by clone', 'arguments.processes_in_namespaces',
        Edit('seccomp.py', "'clone', Arg(0, MASKED_EQ, _NAMESPACE_FLAGS, 0))", "'clone')"),
    ),
    Mutant(
        'sockets of the unix family alone', 'network.sockets_of_any_family',
        Edit(
            'sockets.py',
            "program.add_rule(ERRNO(errno.EAFNOSUPPORT), 'socket', Arg(0, GT, max(known)))",
            "program.add_rule(ALLOW, 'socket', Arg(0, GT, max(known)))",
        ),
        Edit(
            'sockets.py',
            '    from seccomp import EQ, ERRNO, GT, Arg\n',
            '    from seccomp import ALLOW, EQ, ERRNO, GT, Arg\n',
        ),
    ),
    Mutant(
        'no network', 'network.sockets_of_any_family',
        Edit('sockets.py', 'ALLOW if for_init else NOTIFY', 'ALLOW'),
    ),
    Mutant(
        'pairs of the unix family alone', 'network.sockets_of_any_family',
        Edit(
            'sockets.py',
            "program.add_rule(ERRNO(errno.EAFNOSUPPORT), 'socketpair'",
            "program.add_rule(ALLOW, 'socketpair'",
        ),
    ),
    Mutant(
        'requests to devices by a list', 'arguments.requests_to_devices',
        Edit(
            'seccomp.py',
            "(('ioctl', 1, _IOCTLS), (",
            "(('ioctl', 1, {n: n for n in {*_IOCTLS.values(), *range(0x5400, 0x5480)}}), (",
        ),
    ),
    Mutant(
        'commands to descriptors by a list', 'arguments.commands_of_descriptors',
        Edit(
            'seccomp.py',
            "('fcntl', 1, _FCNTLS)",
            "('fcntl', 1, {n: n for n in {*range(60), *range(1024, 1040)} - {6, 7}})",
        ),
    ),
    Mutant(
        'advice on memory by a list', 'arguments.advice_on_memory',
        Edit('seccomp.py', "('madvise', 2, _ADVICE)", "('madvise', 2, {n: n for n in range(30)})"),
    ),
    Mutant(
        'options of sockets by a list', 'arguments.options_of_sockets',
        Edit(
            'sockets.py',
            "    _add_options(program, 'setsockopt', _SOCKET_OPTIONS)\n",
            "    program.add_rule(ALLOW, 'setsockopt')\n",
        ),
    ),
    Mutant(
        'nothing out of band', 'arguments.out_of_band',
        Edit('sockets.py', '_REFUSED_FLAGS = 0x1 | 0x2', '_REFUSED_FLAGS = 0x2'),
    ),
    Mutant(
        'options of processes by a list', 'arguments.options_of_processes',
        Edit(
            'seccomp.py',
            "program.add_rule(ALLOW, 'prctl', Arg(0, EQ, option))",
            "program.add_rule(ALLOW, 'prctl')",
        ),
    ),
    Mutant(
        'no eviction of the image', 'arguments.eviction_of_the_image',
        Edit('seccomp.py', "IGNORED = ['sync', 'syncfs', 'fadvise64']", "IGNORED = ['sync', 'syncfs']"),
    ),
    Mutant(
        'no lists of rights on files', 'arguments.lists_of_rights',
        Edit('seccomp.py', "UNSUPPORTED = ['setxattr', 'lsetxattr', 'fsetxattr']", 'UNSUPPORTED = []'),
        Edit('seccomp.py', "ALLOWED = ' '.join(", "ALLOWED = ['setxattr', 'lsetxattr', 'fsetxattr'] + ' '.join("),
    ),
    Mutant(
        'a number of locks', 'disks.locks_on_files',
        Edit(
            'seccomp.py',
            "program.add_rule(ALLOW if for_init else NOTIFY, 'fcntl', Arg(1, EQ, command))",
            "program.add_rule(ALLOW, 'fcntl', Arg(1, EQ, command))",
        ),
    ),
    Mutant(
        'what is in memory not told', 'arguments.pages_in_memory',
        Edit('seccomp.py', ' preadv pwritev lseek', ' preadv pwritev preadv2 lseek'),
    ),
    Mutant(
        'no watching of the image', 'neighbours.events_of_the_image',
        Edit('seccomp.py', '    inotify_init inotify_init1 inotify_add_watch fanotify_init\n', ''),
        Edit(
            'seccomp.py',
            "ALLOWED = ' '.join(",
            "ALLOWED = ['inotify_init', 'inotify_init1', 'inotify_add_watch'] + ' '.join(",
        ),
    ),
)
