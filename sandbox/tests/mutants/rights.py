"""Whom the sandbox is: namespaces, users, limits of processes, capabilities, descriptors."""

from .mutant import REFUSAL, Edit, Mutant

MUTANTS = (
    Mutant(
        "the template's user namespace", REFUSAL,
        Edit('launch.py', '    linux.unshare(linux.CLONE_NEWUSER)\n', ''),
    ),
    Mutant(
        'a network of its own', 'neighbours.namespaces',
        Edit('template.py', '            linux.setns(NETWORK, linux.CLONE_NEWNET)\n', ''),
    ),
    Mutant(
        'mounts of its own', REFUSAL,
        Edit('jail.py', 'linux.CLONE_NEWNS | linux', 'linux'),
        reason='the second sandbox finds no image any more where the first has made its root',
    ),
    Mutant(
        'a control group namespace of its own', 'proc.place_among_the_groups',
        Edit('jail.py', ' | linux.CLONE_NEWCGROUP', ''),
    ),
    Mutant('a name of its own', 'neighbours.namespaces', Edit('jail.py', ' | linux.CLONE_NEWUTS', '')),
    Mutant(
        'queues and shared memory of its own', 'neighbours.namespaces',
        Edit('jail.py', ' | linux.CLONE_NEWIPC', ''),
    ),
    Mutant(
        'processes of its own', REFUSAL,
        Edit('jail.py', ' | linux.CLONE_NEWPID', ''),
        reason='the kernel mounts no /proc of processes that are not its own',
    ),
    Mutant(
        "the host's name hidden", 'proc.the_name_of_the_host',
        Edit('launch.py', '    linux.sethostname(HOSTNAME)\n', ''),
    ),
    Mutant(
        'users of its own', REFUSAL,
        Edit('jail.py', '    linux.setns(users, linux.CLONE_NEWUSER)\n', ''),
        reason="the template's users have no number 1000",
    ),
    Mutant(
        "init not the template's root", 'host.users_of_sandboxes',
        Edit('jail.py', '    os.setresuid(ROOT_ID, ROOT_ID, ROOT_ID)\n', ''),
    ),
    Mutant(
        'a keyring of its own', 'privilege.keys_of_the_host',
        Edit('jail.py', '    linux.new_session_keyring()\n', ''),
        Edit('seccomp.py', 'perf_event_open userfaultfd keyctl add_key request_key', 'perf_event_open userfaultfd'),
        Edit('seccomp.py', "ALLOWED = ' '.join(", "ALLOWED = ['keyctl', 'add_key', 'request_key'] + ' '.join("),
        reason='the calls for keys are refused',
    ),
    Mutant(
        'a number of open files', 'counts.descriptors',
        Edit('jail.py', "        ('NOFILE', limits['open_files']),\n", ''),
    ),
    Mutant(
        'a number of processes', 'counts.processes',
        Edit('jail.py', "        ('NPROC', limits['processes'] + 1),\n", ''),
        Edit('cgroups.py', "_write(self._folders['pids'] / 'pids.max', limits.processes + 1)", 'pass'),
        reason='the control group and the limit of the user stand behind each other',
    ),
    Mutant('the size of files', 'disks.one_file', Edit('jail.py', "        ('FSIZE', file_bytes),\n", '')),
    Mutant('no memory locked', 'arguments.locked_memory', Edit('jail.py', "        ('MEMLOCK', 0),\n", '')),
    Mutant(
        'no message queues', 'counts.queues',
        Edit('jail.py', "        ('MSGQUEUE', 0),\n", ''),
        Edit('seccomp.py', "ALLOWED = ' '.join(", "ALLOWED = ['mq_open'] + ' '.join("),
        reason='the calls for them are refused',
    ),
    Mutant(
        'a number of waiting signals', 'counts.signals',
        Edit('jail.py', "        ('SIGPENDING', PENDING_SIGNALS),\n", ''),
    ),
    Mutant('no memory in core files', 'counts.cores', Edit('jail.py', "        ('CORE', 1),\n", '')),
    Mutant(
        'init not to be traced', 'host.init_is_not_dumpable',
        Edit('jail.py', 'linux.prctl(linux.PR_SET_DUMPABLE, 0)', 'linux.prctl(linux.PR_SET_DUMPABLE, 1)'),
    ),
    Mutant(
        'no new privileges', REFUSAL,
        Edit('jail.py', '    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)\n', ''),
        reason='the kernel takes no filter without',
    ),
    Mutant(
        'secure bits locked', 'privilege.locks',
        Edit('jail.py', '    linux.prctl(linux.PR_SET_SECUREBITS, linux.SECUREBITS)\n', ''),
    ),
    Mutant(
        'the bounding set empty', 'privilege.capabilities',
        Edit('jail.py', '    linux.drop_bounding_set()\n', ''),
    ),
    Mutant(
        'init with four capabilities', 'host.init_has_four_capabilities',
        Edit(
            'jail.py',
            '    linux.set_capabilities((linux.CAP_CHOWN, linux.CAP_KILL, linux.CAP_SETGID, linux.CAP_SETUID))\n',
            '',
        ),
    ),
    Mutant(
        'the visitor without capabilities', 'privilege.capabilities',
        Edit('jail.py', '    linux.set_capabilities(())\n', ''),
        Edit('linux.py', 'SECUREBITS = 0b11_10_10_11', 'SECUREBITS = 0b11_10_11_11'),
        reason='leaving user 0 loses them, unless the secure bits say otherwise',
    ),
    Mutant(
        "init's filter", 'privilege.locks',
        Edit(
            'jail.py',
            '(linux.CAP_CHOWN, linux.CAP_KILL, linux.CAP_SETGID, linux.CAP_SETUID))\n'
            '    linux.load_seccomp(program)\n',
            '(linux.CAP_CHOWN, linux.CAP_KILL, linux.CAP_SETGID, linux.CAP_SETUID))\n',
        ),
    ),
    Mutant(
        "the visitor's filter", 'calls.known_bad',
        Edit('seccomp.py', '_compile(False, has_network)}', '_compile(True, has_network)}'),
    ),
    Mutant(
        "the visitor's user", REFUSAL,
        Edit('jail.py', '    os.setresuid(USER_ID, USER_ID, USER_ID)\n', ''),
        reason="the home is not the sandbox's root's, who has no capability to write there",
    ),
    Mutant(
        "the visitor's group", 'privilege.users',
        Edit('jail.py', '    os.setresgid(USER_ID, USER_ID, USER_ID)\n', ''),
    ),
    Mutant(
        'no other groups', 'privilege.users',
        Edit('launch.py', '    os.setgroups([])\n', ''),
        Edit('jail.py', '    os.setgroups([])\n    os.setresgid(ROOT', '    os.setresgid(ROOT'),
        Edit('jail.py', '    os.setgroups([])\n    os.setresgid(USER', '    os.setresgid(USER'),
        reason='each step towards the visitor gives them up again',
    ),
    Mutant(
        "init's descriptors closed", 'template.descriptors',
        Edit('jail.py', '    os.closerange(3, kept[0])\n', ''),
    ),
    Mutant(
        "the template's descriptors closed", 'template.descriptors',
        Edit('template.py', '    linux.close_from(3 + len(descriptors))\n', ''),
        Edit('jail.py', '    linux.close_from(kept[1] + 1)\n', ''),
        reason='the terminal closes what init has inherited',
    ),
    Mutant('the lifeline closed', 'template.descriptors', Edit('jail.py', '    os.close(lifeline)\n', '')),
    Mutant(
        'the visitor first to go when memory is short', 'proc.standing_before_others',
        Edit('jail.py', "file.write(b'500')", 'pass'),
    ),
    Mutant(
        "the template's code forgotten", 'template.code_of_the_sandbox',
        Edit('template.py', '    _forget_this_package()\n    slots', '    slots'),
    ),
    Mutant(
        'the environment clean', 'template.variables',
        Edit(
            'launch.py',
            "['python3', '-I', '-c', _BOOTSTRAP], variables)",
            "['python3', '-I', '-c', _BOOTSTRAP], {**os.environ, **variables})",
        ),
    ),
    Mutant(
        'no right over its own network', 'host.network_is_not_the_sandboxs',
        Edit(
            'template.py',
            "            if 'net' in self._kinds:\n"
            '                linux.unshare(linux.CLONE_NEWNET)\n'
            '            linux.unshare(linux.CLONE_NEWUSER)\n',
            '            linux.unshare(linux.CLONE_NEWUSER)\n            linux.unshare(linux.CLONE_NEWNET)\n',
        ),
    ),
    Mutant(
        'host users that nobody else has', 'starved.signals',
        Edit('slots.py', 'self.user = 2 + 2 * number', 'self.user = 2'),
    ),
)
