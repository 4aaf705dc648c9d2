"""What goes into an image beside the packages of its declaration, what does not, and the digest of all of it."""

import hashlib
import json
from pathlib import Path

# Raised when the code of build.py changes what an image holds.
RECIPE = 2

# Of SHA-256, in hexadecimal: 64 bits tell the recipes of one host apart.
DIGEST_CHARS = 16

# Never unpacked: what nobody reads in a terminal of 24 lines. An image is copied and scanned, and its build waits for
# the disk.
EXCLUDED = (
    *(f'/usr/share/{name}/*' for name in (
        'doc', 'doc-base', 'info', 'lintian', 'locale', 'man', 'bash-completion', 'bug', 'applications', 'icons',
        'pixmaps', 'menu',
    )),
    # Static libraries for those who embed Python or BLAS into a C program.
    '/usr/lib/python3*/config-*/*.a',
    '/usr/lib/x86_64-linux-gnu/openblas-*/*.a',
)

# Removed at the end: the package manager's lists, the host's package sources and name, caches and logs, passwords of
# nobody (whose age is no visitor's business), what keeps pip from installing for the visitor alone, and libraries'
# own tests, which Debian's packages want to compile and so cannot be left out before.
REMOVED = (
    'etc/apt', 'var/lib/apt', 'var/cache', 'var/log', 'var/lib/dpkg/info', 'etc/resolv.conf', 'etc/hostname',
    'etc/shadow', 'etc/shadow-', 'etc/gshadow', 'etc/gshadow-', 'usr/lib/python3*/EXTERNALLY-MANAGED',
    *(f'usr/lib/python3/dist-packages/{name}/**/tests' for name in (
        'IPython', 'matplotlib', 'mpl_toolkits', 'numpy', 'pandas', 'scipy',
    )),
)

# Added at the end.
FILES = {
    'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
    # Without it each `git init` explains at length how to choose a name for the first branch.
    'etc/gitconfig': '[init]\n\tdefaultBranch = main\n',
    # One retry says why there is no connection; five take a minute until they do.
    'etc/pip.conf': '[global]\nretries = 1\ndisable-pip-version-check = true\nno-cache-dir = true\n',
}

# Names that people type for what Debian calls otherwise, where that is installed.
LINKS = {
    'usr/local/bin/ipython': '/usr/bin/ipython3',
    'usr/local/bin/python': '/usr/bin/python3',
    'usr/local/bin/vim': '/usr/bin/vim.tiny',
}

# The visitor, as a line of /etc/passwd.
USER = 'user:x:1000:1000:Visitor:/home/user:/bin/bash\n'


def digest(environment):
    """What decides what an image holds, as DIGEST_CHARS hexadecimal digits."""
    contents = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in wheels(environment)]
    decisive = (
        RECIPE, release(), environment.packages, environment.leave_out, contents, EXCLUDED, REMOVED, FILES, LINKS, USER,
    )
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:DIGEST_CHARS]


def release():
    """The host's Debian release, such as "bookworm": an image is of the same."""
    fields = dict(line.partition('=')[::2] for line in Path('/etc/os-release').read_text().splitlines())
    return fields.get('VERSION_CODENAME', '').strip('"')


def wheels(environment):
    """The files of all wheels that are to be installed, as paths."""
    return [path for folder in environment.wheels for path in sorted(folder.glob('*.whl'))]
