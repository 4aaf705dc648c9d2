"""Random numbers that no two forks of a template may share. Python's `random` seeds itself in a fork."""

import os
import sys


def renew():
    """Seeds anew, in the fork, what was imported before it and would go on from the template's state."""
    if 'numpy' in sys.modules:
        sys.modules['numpy'].random.seed()
    if 'ssl' in sys.modules:
        # OpenSSL notices a fork by its process id, and ids are small numbers in a sandbox.
        sys.modules['ssl'].RAND_add(os.urandom(32), 32.0)
    if 'tempfile' in sys.modules:
        # It notices one by the process id, too.
        sys.modules['tempfile']._name_sequence = None
    if 'uuid' in sys.modules:
        _renew_uuid(sys.modules['uuid'])


def _renew_uuid(uuid):
    """The node that stands in every uuid1(): Python keeps one, and the C library another, which cannot be changed."""
    uuid._generate_time_safe = None
    uuid._last_timestamp = None
    # A random one has its multicast bit set (RFC 4122, 4.5).
    uuid._node = int.from_bytes(os.urandom(6), 'big') | 1 << 40
