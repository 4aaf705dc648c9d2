"""The sandbox daemon: the only part of the product that is root on the host.

Theory of operation
-------------------
Processes. The console server (unprivileged) connects to the daemon's unix socket and names an environment. The
daemon picks a slot and passes the connection on to the environment's template (nobody on the host, inside a
read-only image), which forks. The fork tells the daemon its pid, is put into the slot's control groups, leaves
every namespace of the host's, and becomes init, pid 1 of the sandbox, which then speaks with the server itself.
Terminals are forks of init.

Channels. To a template: its control socket, for requests. To a sandbox: the lifeline, a socket pair whose ends are
here and in init, for a few words (lifeline.py). With the server: the facts of the environment after the first frame,
and an error where there will be no sandbox, or where init itself was killed for memory.

Who ends whom. The life of a connection is the life of a sandbox. When the server closes it, or init is gone, or
the daemon stops, everything in the slot's group is killed at once by the kernel, and the slot is free when the
group is empty. Only then does the daemon close its own copy of the connection, so that the server's end of file
means "nothing is left". When the daemon itself dies, the lifelines end and each init with them, and templates are
killed by the kernel; the next daemon sweeps the groups.

Trust. No byte that a visitor, init or a template sends can change a limit: limits come from the declarations.
Pids come from the kernel (SCM_CREDENTIALS), and nothing is ever killed by pid.
"""

import contextlib
import os
import select
import signal
from pathlib import Path

from . import host, slots, wire
from .environment import BadEnvironment
from .hello import Hello, answer, refuse
from .image import NotBuilt
from .lifecycle import STOPPING, Sandbox
from .listener import listen, uid_of
from .log import log
from .loop import Loop
from .templates import Templates

# Connections that have not said HELLO.
MAX_PENDING = 128

# How long nobody is accepted after that has failed: what is missing does not come back at once.
ACCEPT_PAUSE_S = 1


class Daemon:
    """Serves sandboxes until it is told to stop.

    socket_path: where it listens. peer: the pwd entry of the user that may connect, beside root. images: the
    folder of built images. environments: a list of Environment. slot_count: how many sandboxes may live at once.
    load: called with an environment's name at SIGHUP, for what is declared now; may raise BadEnvironment or NotBuilt.
    serve() raises RuntimeError where another daemon has the socket or all ids, OSError where the host refuses.
    """

    def __init__(self, socket_path, peer, images, environments, slot_count, load):
        self._socket_path = socket_path
        self._peer = peer
        self._images = images
        self._environments = environments
        self._slot_count = slot_count
        self._load = load
        self._loop = Loop()
        self._pending = 0
        self._launched = 0
        self._sandboxes = set()
        self._stopping = False
        self._is_up = False

    def serve(self):
        """Returns after SIGTERM or SIGINT. However it returns, every sandbox has ended and nothing is left."""
        with contextlib.ExitStack() as undo:
            # First of all, because it is what another daemon may have.
            listener = listen(self._socket_path, self._peer.pw_gid)
            # `run` has removed it by then: nobody else is to connect.
            undo.callback(Path(self._socket_path).unlink, missing_ok=True)
            self._range, self._folder, self._groups = host.take(undo)
            self._slots = slots.Slots(self._slot_count, self._groups)
            self._templates = self._start_templates()
            self._loop.on_signals({
                signal.SIGTERM: self._stop, signal.SIGINT: self._stop, signal.SIGHUP: self._reload,
                signal.SIGCHLD: _reap,
            })
            self._watch(listener)
            self._loop.run()

    def _start_templates(self):
        return {
            environment.name: Templates(
                self._loop, environment, self._images, self._folder / environment.name, self._range.base,
                self._slot_count, self._told,
            )
            for environment in self._environments
        }

    def _reload(self):
        """New templates by what is declared and built now. Where it is wrong, all stays as it is."""
        if self._stopping:
            return
        for name, templates in self._templates.items():
            try:
                templates.replace(self._load(name))
                log('environment read again', environment=name)
            except (BadEnvironment, NotBuilt, OSError) as error:
                log('environment stays as it was', environment=name, error=str(error))

    def _told(self):
        """Of each environment a template is ready or has failed: one that is wrong keeps no other from serving."""
        failed = [name for name, templates in self._templates.items() if templates.has_failed]
        ready = [name for name, templates in self._templates.items() if templates.is_ready]
        if ready and len(ready) + len(failed) == len(self._templates) and not self._is_up:
            self._is_up = True
            log('ready', slots=self._slots.count, cgroup_version=self._groups.version, failed=failed)

    def _watch(self, listener):
        self._loop.watch(listener.fileno(), select.EPOLLIN, lambda _: self._accept(listener))

    def _accept(self, listener):
        try:
            connection, _ = listener.accept()
        except OSError as error:
            # It has hung up already, or no descriptor is left: those who live are not to suffer.
            log('connection not accepted', error=str(error))
            self._loop.unwatch(listener.fileno())
            self._loop.after(ACCEPT_PAUSE_S, lambda: self._watch(listener))
            return
        uid = uid_of(connection)
        if uid not in (0, self._peer.pw_uid) or self._pending >= MAX_PENDING or self._stopping:
            log('connection refused', uid=uid, pending=self._pending, stopping=self._stopping)
            connection.close()
            return
        connection.setblocking(False)
        self._pending += 1
        Hello(self._loop, connection, self._greeted)

    def _greeted(self, connection, kind, environment):
        """kind, environment: what a new connection asks for; None where its first frame was none or never came."""
        self._pending -= 1
        if self._stopping:
            connection.close()
        elif kind is None:
            refuse(connection, wire.BROKEN_PROTOCOL, 'the first frame must be a HELLO that names an environment')
        elif environment not in self._templates:
            refuse(connection, wire.UNKNOWN_ENVIRONMENT, f'{environment!r} is none of {sorted(self._templates)}')
        elif kind == wire.PROBE and self._templates[environment].is_ready:
            answer(connection, wire.READY, {})
        elif kind == wire.PROBE:
            refuse(connection, wire.FAULT, 'no template is ready')
        elif (slot := self._take_slot()) is None:
            refuse(connection, wire.FULL, f'all {self._slots.count} slots are in use')
        else:
            self._launch(self._templates[environment], connection, slot)

    def _take_slot(self):
        try:
            return self._slots.take()
        except OSError as error:
            log('slot cannot be made', error=str(error))
            return None

    def _launch(self, templates, connection, slot):
        self._launched += 1
        name = f'{self._range.number}-{self._launched}'
        try:
            self._sandboxes.add(Sandbox(self._loop, templates, connection, slot, name, self._ended))
        except OSError as error:
            slot.retire(error)
            refuse(connection, wire.FAULT, 'no sandbox was made')

    def _ended(self, sandbox):
        self._sandboxes.remove(sandbox)
        self._slots.give_back(sandbox.slot)
        self._stop_if_empty()

    def _stop(self):
        self._stopping = True
        log('stopping', sandboxes=len(self._sandboxes))
        for sandbox in list(self._sandboxes):
            sandbox.end(STOPPING)
        self._stop_if_empty()

    def _stop_if_empty(self):
        if self._stopping and not self._sandboxes:
            self._loop.stop()


def _reap():
    """Templates, the forks between, and every init whose fork between has gone are our children."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
