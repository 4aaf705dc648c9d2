"""Answers for the visitor's filter: to programs that want a network in a sandbox that has none, and on locks.

The system call filter stops their socket(2) and notifies, by the listener that comes with it (seccomp_unotify(2)).
The fork that loads the filter gives the listener to init before it runs anything of the visitor's, so that nobody else
ever holds it. Each call is answered at once with the error that says what is wrong, as the filter itself cannot say
once and for all and be heard. Calls that lock files are let through while there are not too many.
"""

import errno
import fcntl
import os
import select
import socket
import struct

from .locks import MOST_CALLS, Locks

# linux/seccomp.h: the requests that take a notification off a listener and answer it, and what they pass.
NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
# The notification's id, the system call's number and its first argument; the answer to it.
_CALL = struct.Struct('=Q8xi12xQ')
_ANSWER = struct.Struct('=QqiI')
_LET_THROUGH = 1


class Refusals:
    """The listeners of all filters that live. Calls tell() for each call that was refused."""

    def __init__(self, tell):
        self._tell = tell
        self._locks = Locks()
        # Sockets through which a fork is about to give its listener, by descriptor.
        self._channels = {}
        self._listeners = set()

    def expect(self, channel):
        """channel: the socket through which a fork gives its listener; its other end is closed with the fork."""
        channel.setblocking(False)
        self._channels[channel.fileno()] = channel

    def register(self, poll):
        for descriptor in (*self._channels, *self._listeners):
            poll.register(descriptor, select.POLLIN)

    def serve(self, ready):
        """ready: {descriptor: poll events}. One call of each listener, so that a flood keeps nobody waiting."""
        # The listeners first: a new one may have the number of what was ready and is closed by now, and a listener that
        # nobody calls blocks.
        for descriptor in [each for each in self._listeners if each in ready]:
            if ready[descriptor] & select.POLLIN:
                self._refuse(descriptor)
            elif ready[descriptor] & select.POLLHUP:
                # Nothing that the filter is in front of lives any more; children outlive the terminal's leader.
                self._listeners.remove(descriptor)
                os.close(descriptor)
        for descriptor in [each for each in self._channels if each in ready]:
            self._adopt(self._channels.pop(descriptor))

    def _adopt(self, channel):
        try:
            # None where the fork has failed before.
            self._listeners.update(socket.recv_fds(channel, 1, 1)[1])
        except BlockingIOError:
            return self.expect(channel)
        channel.close()

    def _refuse(self, listener):
        notification = bytearray(_NOTIFICATION_BYTES)
        try:
            fcntl.ioctl(listener, NOTIF_RECV, notification)
            number, call, family = _CALL.unpack_from(notification)
            fcntl.ioctl(listener, NOTIF_SEND, _ANSWER.pack(number, 0, *self._answer(call)))
        except OSError:
            return  # the caller was killed, or interrupted, while it waited
        # Not for the other family: libraries make such a socket only to see whether there is one.
        if call not in MOST_CALLS and family == socket.AF_INET:
            self._tell()

    def _answer(self, call):
        """The error, negative, and the flags of an answer."""
        if call not in MOST_CALLS:
            return -errno.ENETUNREACH, 0
        return (0, _LET_THROUGH) if self._locks.admit(call) else (-errno.ENOLCK, 0)
