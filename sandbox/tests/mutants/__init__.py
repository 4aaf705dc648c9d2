"""The layers of the sandbox, each taken away by an edit that some attack must notice."""

from . import calls, ending, mounts, rights
from .mutant import REFUSAL

__all__ = ['MUTANTS', 'NOT_SHOWN', 'REFUSAL']

MUTANTS = (*mounts.MUTANTS, *rights.MUTANTS, *calls.MUTANTS, *ending.MUTANTS)

# Layers whose absence nothing can show here, each with the reason.
NOT_SHOWN = (
    (
        'mounts private (daemon, template, sandbox)',
        'three stand behind one another, and the kernel makes mounts that cross into a user namespace '
        'slaves in any case',
    ),
    ('the image mounted read only', 'an overlay without an upper layer cannot be written'),
    ("the template's own network, queues and name", 'every sandbox has its own again'),
    ('RTPRIO and NICE', 'this root cannot raise its own limits, which are 0 here'),
    ("the template's OOM score", 'this root cannot lower its own; test_priority tries where it can'),
    ('no swap', 'this machine has none'),
    ("the template's closing of the daemon's descriptors", 'all of them close at execve, too'),
    ('the quota lifted at the end', 'it makes the end faster, and no test looks at the time'),
    ('nothing runs before "go"', 'the daemon attaches the fork within a millisecond'),
    ('the network option lists', 'they are those of environments with a network; test_network attacks those'),
    ('generators seeded anew', "Python seeds its own at each fork; numpy's is tested with the science environment"),
)
