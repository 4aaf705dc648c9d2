"""The limits of the control groups, and the end."""

from .mutant import Edit, Mutant

MUTANTS = (
    Mutant(
        'memory', 'memory.ordinary',
        Edit('cgroups.py', "_write(self._folders['memory'] / 'memory.limit_in_bytes', memory)", 'pass'),
        Edit(
            'cgroups.py',
            "_write_if_there(self._folders['memory'] / 'memory.memsw.limit_in_bytes', memory)",
            'pass',
        ),
    ),
    Mutant(
        'processor', 'host.groups_say_what_was_declared',
        Edit('cgroups.py', 'self._set_cpu(limits.cpu_percent * PERIOD_US // 100', 'self._set_cpu(2 * PERIOD_US'),
    ),
    Mutant(
        'the sandbox in its groups', 'host.groups_say_what_was_declared',
        Edit('lifecycle.py', '            self.slot.group.attach(pid)\n', ''),
    ),
    Mutant(
        'everything killed at the end', 'host.nothing_is_left',
        Edit('cgroups.py', "        _write(self._unified / 'cgroup.kill', 1)\n\n", '\n'),
        Edit('init.py', 'if self._lifeline in ready and not self._notices.hear():', 'if False:'),
        Edit(
            'init.py',
            'and not self._receive():\n                return',
            'and not self._receive():\n                pass',
        ),
        Edit('notices.py', '        os.write(self._lifeline, lifeline.LOOK)\n', '        pass\n'),
        reason='init goes with the connection and with the lifeline, and the kernel kills what is left with it',
    ),
    Mutant(
        "the server's hanging up noticed", 'host.nothing_is_left',
        Edit(
            'lifecycle.py',
            'loop.watch(connection.fileno(), select.EPOLLRDHUP, lambda _: self.end(HUNG_UP))',
            'loop.watch(connection.fileno(), select.EPOLLRDHUP, lambda _: loop.after(60, list))',
        ),
        Edit(
            'init.py',
            'and not self._receive():\n                return',
            'and not self._receive():\n                pass',
        ),
        reason='init notices as well',
    ),
    Mutant(
        'the end of the daemon noticed', 'host.nothing_runs_without_the_daemon',
        Edit('init.py', 'if self._lifeline in ready and not self._notices.hear():', 'if False:'),
        Edit('notices.py', '        os.write(self._lifeline, lifeline.LOOK)\n', ''),
        reason='what init asks the daemon from time to time fails as well, and ends it',
    ),
    Mutant(
        'the template ends with the daemon, though it is stopped', 'host.a_stopped_template_ends',
        Edit('launch.py', '    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)\n', ''),
    ),
    Mutant(
        'what a killed daemon left is swept', 'host.leftovers_are_swept',
        Edit('host.py', '    _sweep(claimed)\n', ''),
    ),
    Mutant(
        'only the server and root may connect', 'host.strangers_are_refused',
        Edit('daemon.py', 'uid not in (0, self._peer.pw_uid) or self', 'self'),
        Edit('listener.py', '0o660', '0o666'),
        reason="the socket's mode stands behind",
    ),
)
