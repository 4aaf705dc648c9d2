"""One sandbox as the daemon sees it: a connection, a slot and a lifeline, from the request to the empty group."""

import select
import socket
import struct

from . import lifeline, wire
from .log import log
from .meters import Meters

# From the request to a ready sandbox; a template may have to start first.
READY_DEADLINE_S = 10

# A killed group that is still not empty is killed again after this, and logged.
EMPTY_DEADLINE_S = 1

# Why a sandbox ended, in the log.
HUNG_UP = 'the server hung up'
INIT_GONE = 'init is gone'
NOT_READY = 'not ready in time'
STOPPING = 'the daemon stops'

# Nothing is heard from a sandbox for so long after each of its words: a hostile one shall not keep us busy.
HEAR_PAUSE_S = 0.01

_CREDENTIALS = struct.Struct('3i')


class Sandbox:
    """Calls ended(self) once, when nothing of it is left and the slot can be used again.

    It holds a copy of the connection, to notice the server's end of it without waiting for init, and closes it last:
    the server's end of file means that nothing is left.
    """

    def __init__(self, loop, templates, connection, slot, name, ended):
        self.slot = slot
        self.name = name
        self._loop = loop
        self._connection = connection
        self._ended = ended
        self._is_ready = False
        self._is_ending = False
        self._was_init_killed = False
        self._cancel_hearing = None
        slot.group.limit(templates.environment.limits)
        self._meters = Meters(loop, slot.group, templates.environment.limits, self._tell)
        self._lifeline, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The kernel adds the sender's pid to each message, as it is called on the host.
        self._lifeline.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._lifeline.setblocking(False)
        self._templates = templates
        connection.send(wire.encode(wire.FACTS, 0, templates.facts))
        self._withdraw = templates.spawn(
            {'sandbox': name, 'slot': slot.number, 'root': slot.root, 'user': slot.user},
            connection.fileno(), theirs.fileno(),
        )
        theirs.close()
        self._cancel_deadline = loop.after(READY_DEADLINE_S, self._give_up)
        self._listen()
        # No EPOLLIN: what the server says is init's to read.
        loop.watch(connection.fileno(), select.EPOLLRDHUP, lambda _: self.end(HUNG_UP))

    def end(self, reason):
        """Kills everything in it. Returns at once; ended() follows."""
        if self._is_ending:
            return
        self._is_ending = True
        self._cancel_deadline()
        self._was_init_killed = reason == INIT_GONE and self._meters.look()
        self._meters.stop()
        log('sandbox ends', sandbox=self.name, reason=reason)
        self._loop.unwatch(self._connection.fileno())
        if self._cancel_hearing:
            self._cancel_hearing()
        else:
            self._loop.unwatch(self._lifeline.fileno())
        self._withdraw()
        # A fork that has not been put into the group yet finds its lifeline ended, and goes.
        self._lifeline.close()
        self._loop.watch(self.slot.group.events, select.EPOLLPRI, lambda _: self._finish_if_empty())
        self._kill()

    def _give_up(self):
        self._templates.saw_late(READY_DEADLINE_S)
        self.end(NOT_READY)

    def _kill(self):
        self._cancel_deadline = self._loop.after(EMPTY_DEADLINE_S, self._kill_again)
        try:
            self.slot.group.kill()
        except OSError as error:
            return self._finish_broken(error)
        self._finish_if_empty()

    def _kill_again(self):
        log('sandbox does not end', sandbox=self.name, slot=self.slot.number)
        self._kill()

    def _finish_if_empty(self):
        try:
            if not self.slot.group.is_empty():
                return
        except OSError as error:
            return self._finish_broken(error)
        self._finish()

    def _finish_broken(self, error):
        """Somebody has taken the group away, which the kernel lets them only when it is empty."""
        self.slot.retire(error)
        self._finish()

    def _finish(self):
        self._cancel_deadline()
        self._loop.unwatch(self.slot.group.events)
        if not self._is_ready:
            self._tell_server(wire.FAULT, 'no sandbox was made')
        elif self._was_init_killed:
            # The one case in which nobody else can say why. Nothing of the sandbox's can come in between any more.
            self._tell_server(wire.OUT_OF_MEMORY, 'the sandbox itself was killed for memory')
        self._connection.close()
        self._ended(self)

    def _tell_server(self, code, message):
        try:
            self._connection.send(wire.encode(wire.ERROR, 0, {'code': code, 'message': message}))
        except OSError:
            pass  # the server has hung up

    def _listen(self):
        self._cancel_hearing = None
        self._loop.watch(self._lifeline.fileno(), select.EPOLLIN, self._hear)

    def _hear(self, _):
        """A word of the sandbox's, or a traceback before it dies."""
        self._loop.unwatch(self._lifeline.fileno())
        self._cancel_hearing = self._loop.after(HEAR_PAUSE_S, self._listen)
        try:
            message, ancillary, _, _ = self._lifeline.recvmsg(lifeline.MAX_BYTES, socket.CMSG_SPACE(_CREDENTIALS.size))
        except ConnectionResetError:
            message, ancillary = b'', []
        if message == lifeline.HERE:
            self._admit(_CREDENTIALS.unpack(ancillary[0][2])[0])
        elif message == lifeline.READY:
            self._is_ready = True
            self._templates.saw_ready()
            self._cancel_deadline()
            log('sandbox ready', sandbox=self.name, slot=self.slot.number)
        elif message == lifeline.LOOK:
            self._tell(lifeline.KILLED if self._meters.look() else lifeline.NOT_KILLED)
        elif message:
            log('sandbox failed', sandbox=self.name, error=message.decode(errors='replace'))
        else:
            self.end(INIT_GONE)

    def _tell(self, word):
        """word: one of the lifeline's, or the name of a limit that was met."""
        try:
            self._lifeline.send(word if isinstance(word, bytes) else word.encode())
        except OSError:
            pass  # it has ended, or does not listen

    def _admit(self, pid):
        try:
            self.slot.group.attach(pid)
            self._meters.start()
            self._lifeline.send(lifeline.GO)
        except OSError as error:
            # The fork has died, or the host refuses. Without all its limits no sandbox may run.
            log('sandbox cannot be limited', sandbox=self.name, error=str(error))
            self.end(INIT_GONE)
