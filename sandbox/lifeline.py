"""The words on a lifeline, the socket between the daemon and a sandbox, one in each message.

A message of the sandbox's that is none of them is a traceback, for the daemon's log. The end of the socket is the end
of the other side. Beside these the daemon says the name of a limit (wire.py) that the visitor has met.
"""

# From the fresh fork, whose pid the kernel adds; the answer, once it is in its control groups; from init, which serves.
HERE, GO, READY = b'here', b'go', b'ready'

# From init: has a limit been met? What was comes first, and then one of the answers: the kernel has killed a process
# for want of memory just now, or it has not.
LOOK, KILLED, NOT_KILLED = b'look', b'killed', b'not killed'

# The longest message, in bytes: a traceback.
MAX_BYTES = 4096
