"""The template of one environment: imports everything once, then forks on request.

It is executed inside the environment's image by launch.py, as root of a user namespace whose root is nobody on the
host. Descriptor 3 is the control socket to the daemon. It reads small requests of the daemon's and never a byte of
a visitor's: every fork can read its memory.
"""

import base64
import fcntl
import json
import os
import select
import signal
import socket
import sys
import traceback

from . import interpreter, jail
from . import lifeline as words
from . import linux, loopback, relay
from .command import Command
from .init import Init

# A control message of the daemon's, in bytes.
MESSAGE_BYTES = 65536

CONTROL = 3

# Where a fork keeps what it inherits: the connection to the server, the lifeline to the daemon, and the namespaces
# of its slot; without sockets, the network is one of them.
CONNECTION, LIFELINE, USERS, NETWORK = 3, 4, 5, 6


def main():
    control = socket.socket(fileno=CONTROL)
    try:
        _serve(control)
    except Exception:
        control.send(traceback.format_exc()[-4000:].encode())
        raise


def _serve(control):
    settings = json.loads(control.recv(MESSAGE_BYTES))
    programs = {name: base64.b64decode(program) for name, program in settings['programs'].items()}
    # Forks are collected by the kernel; their pid 1 is adopted by the daemon.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if settings['command'] == 'ipython':
        shell = interpreter.warm(settings['imports'])
    else:
        shell = Command(settings['command'])
    if settings['network'] == 'proxy':
        os.environ.update(relay.VARIABLES)
    _forget_this_package()
    slots = Slots(has_sockets=settings['network'] != 'none')
    control.send(b'ready')
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
        if not message:
            return  # replaced, or the daemon is gone
        request = json.loads(message)
        connection, lifeline = descriptors
        if _is_called_off(lifeline):
            os.close(connection)
            os.close(lifeline)
            continue
        namespaces = slots.namespaces(request['slot'], request['root'], request['user'])
        if os.fork() == 0:
            control.detach()
            _place_descriptors(connection, lifeline, *namespaces)
            _spawn(request, settings, programs, shell)
        os.close(connection)
        os.close(lifeline)


def _is_called_off(lifeline):
    """Whether the daemon has given the request up while it waited here: a crowd may have come and gone."""
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    return bool(poll.poll(0))


class Slots:
    """The namespaces that are slow to make and can be used again, one after the other, by a slot's sandboxes.

    has_sockets: a network namespace would then keep what it has seen for the next visitor, so that each sandbox makes
    one for itself.
    """

    def __init__(self, has_sockets):
        self._kinds = ('user',) if has_sockets else ('user', 'net')
        self._namespaces = {}

    def namespaces(self, slot, root, user):
        """Returns descriptors of a slot's namespaces: the users', and the network unless that has sockets.

        root, user: what 0 and 1000 inside are called in the template's own user namespace.
        """
        if slot not in self._namespaces:
            self._namespaces[slot] = self._make(f'0 {root} 1\n1000 {user} 1\n')
        return self._namespaces[slot]

    def _make(self, mapping):
        mapped, unshared = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            mapped.close()
            # The network first: it then belongs to the template's user namespace, and the sandbox's root has
            # no say in it.
            if 'net' in self._kinds:
                linux.unshare(linux.CLONE_NEWNET)
            linux.unshare(linux.CLONE_NEWUSER)
            unshared.send(b'1')
            unshared.recv(1)
            os._exit(0)
        unshared.close()
        if not mapped.recv(1):
            raise RuntimeError('the namespaces of a slot could not be made')
        for name in ('uid_map', 'gid_map'):
            # One write(2): the kernel takes a map at once or not at all.
            file = os.open(f'/proc/{pid}/{name}', os.O_WRONLY)
            os.write(file, mapping.encode())
            os.close(file)
        descriptors = tuple(os.open(f'/proc/{pid}/ns/{kind}', os.O_RDONLY | os.O_CLOEXEC) for kind in self._kinds)
        mapped.close()
        return descriptors


def _forget_this_package():
    """A visitor's `import sandbox` shall find theirs, not ours."""
    package = __name__.partition('.')[0]
    for name in list(sys.modules):
        if name.partition('.')[0] == package:
            del sys.modules[name]
    sys.path.remove(os.path.dirname(os.path.dirname(__file__)))


def _place_descriptors(*descriptors):
    """Moves them to 3, 4, …, and closes everything else."""
    # First out of the way: a number may be wanted for one and hold another.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in descriptors]
    for wanted, fd in enumerate(high, start=3):
        os.dup2(fd, wanted)
    linux.close_from(3 + len(descriptors))


def _spawn(request, settings, programs, shell):
    """In the fork: becomes the sandbox. Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # The kernel adds our pid; the daemon puts us into the slot's control groups and says go. Nothing that
        # costs memory or processor time comes before.
        os.write(LIFELINE, words.HERE)
        if os.read(LIFELINE, words.MAX_BYTES) != words.GO:
            os._exit(1)
        if settings['network'] == 'none':
            linux.setns(NETWORK, linux.CLONE_NEWNET)
            os.close(NETWORK)
        else:
            loopback.make()
        jail.leave_host_namespaces()
        if os.fork():
            os._exit(0)
        limits = settings['limits']
        # Before the visitor's first process, or that could take the port.
        listener = relay.listen(limits) if settings['network'] == 'proxy' else None
        jail.enter(USERS, request['slot'], request['user'], limits, programs['init'])
        os.close(USERS)
        Init(CONNECTION, LIFELINE, shell, programs['user'], limits, listener).run(request['sandbox'])
    except BaseException:
        os.write(LIFELINE, traceback.format_exc()[-4000:].encode())
    finally:
        # Whatever happens, and be it that the daemon does not listen any more: no fork goes on as a template.
        os._exit(1)
