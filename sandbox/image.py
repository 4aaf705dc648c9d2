"""Builds an environment's image: a read-only root filesystem of Debian packages, made by mmdebstrap.

The folder of images holds NAME-HASH for each; the hash is of everything that decides what an image holds, so that
building again does nothing. A build happens in a folder of its own and is renamed when it is whole: a killed one
leaves only a folder that the next build removes. A daemon locks the images it uses, and what is locked stays.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# Raised when the recipe below changes what an image holds.
RECIPE = 1

# Of SHA-256, in hexadecimal: 64 bits tell the recipes of one host apart.
HASH_CHARS = 16

# Left out of every image: nobody reads them in a terminal of 24 lines, and an image is copied and scanned.
_LEFT_OUT = ('doc', 'doc-base', 'info', 'lintian', 'locale', 'man', 'bash-completion', 'bug')

# Removed at the end: the package manager's lists, the host's package sources and name, caches and logs.
_REMOVED = ('etc/apt', 'var/lib/apt', 'var/cache', 'var/log', 'var/lib/dpkg/info', 'etc/resolv.conf', 'etc/hostname')

_USER = 'user:x:1000:1000:Visitor:/home/user:/bin/bash\n'


class BuildFailed(RuntimeError):
    """The message says what mmdebstrap said last."""


def build(environment, images, say):
    """Builds the image if it is missing, and removes older ones that nobody uses. Returns its path.

    images: the folder, made if needed. say: called with a line of progress.
    Raises BuildFailed.
    """
    images = Path(images)
    images.mkdir(parents=True, exist_ok=True)
    with open(images / '.lock', 'w') as lock:
        # One build at a time; a second one waits, and then finds the image there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        image = path_of(environment, images)
        if not image.exists():
            say(f'building the image of {environment.name} ({len(environment.packages)} packages and what they need)')
            for unfinished in images.glob('.unfinished-*'):
                shutil.rmtree(unfinished)
            _make(environment, image, lock, say)
        _remove_unused(images, environment.name, image)
    return image


def path_of(environment, images):
    """Where the environment's image is, or would be once it is built."""
    return Path(images) / f'{environment.name}-{_hash(environment)}'


def use(image):
    """Keeps an image from being removed for as long as the returned descriptor is open."""
    lock = os.open(image, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _hash(environment):
    recipe = (RECIPE, _release(), environment.packages, _LEFT_OUT, _REMOVED)
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:HASH_CHARS]


def _release():
    """The host's Debian release, such as "bookworm": an image is of the same."""
    fields = dict(line.partition('=')[::2] for line in Path('/etc/os-release').read_text().splitlines())
    return fields.get('VERSION_CODENAME', '').strip('"')


def _make(environment, image, lock, say):
    folder = Path(tempfile.mkdtemp(prefix='.unfinished-', dir=image.parent))
    try:
        _run_mmdebstrap(environment, folder, lock, say)
        _finish(folder / 'root')
        os.rename(folder / 'root', image)
    finally:
        shutil.rmtree(folder)


def _run_mmdebstrap(environment, folder, lock, say):
    root = folder / 'root'
    temporary = folder / 'tmp'
    temporary.mkdir()
    # It mounts the host's /proc, /sys and /dev in the root that it makes. In namespaces of its own these mounts and
    # all its processes go with it, and it goes with us: nothing is ever removed through such a mount.
    command = ['setpriv', '--pdeathsig', 'KILL']
    command += ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
    command += ['mmdebstrap', '--variant=essential', f'--include={",".join(environment.packages)}']
    command += ['--aptopt=APT::Install-Recommends "false"']
    command += [f'--dpkgopt=path-exclude=/usr/share/{name}/*' for name in _LEFT_OUT]
    command += [_release(), str(root), *_sources()]
    last = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, 'TMPDIR': str(temporary)},
        # The lock is held for as long as anything of it lives.
        pass_fds=[lock.fileno()],
    ) as process:
        for line in process.stderr:
            line = line.strip()
            if line.startswith(('I: ', 'E: ')):
                say(line[3:])
            last = (last + [line])[-8:]
    if process.returncode != 0:
        raise BuildFailed('mmdebstrap failed; it said last:\n' + '\n'.join(last))


def _sources():
    """The host's own package sources for Debian: what it may reach, the image may be made from."""
    suite = re.compile(rf'(?<![\w-]){_release()}(-updates|-security)?\s.*?\bmain\b', re.DOTALL)
    folder = Path('/etc/apt/sources.list.d')
    files = [Path('/etc/apt/sources.list'), *sorted(folder.glob('*.list')), *sorted(folder.glob('*.sources'))]
    return [str(path) for path in files if path.is_file() and suite.search(path.read_text())]


def _finish(root):
    """Takes away what a visitor has no use for, and adds the user that they are."""
    for name in _REMOVED:
        path = root / name
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
    for folder in ('var/cache', 'var/log'):
        (root / folder).mkdir()
    with open(root / 'etc/passwd', 'a') as passwd:
        passwd.write(_USER)
    with open(root / 'etc/group', 'a') as group:
        group.write('user:x:1000:\n')
    (root / 'etc/hosts').write_text('127.0.0.1 localhost\n')
    # Passwords of nobody, but not even their names' ages are a visitor's business.
    for name in ('shadow', 'shadow-', 'gshadow', 'gshadow-'):
        (root / 'etc' / name).unlink(missing_ok=True)


def _remove_unused(images, name, current):
    for path in images.iterdir():
        if re.fullmatch(rf'{name}-[0-9a-f]{{{HASH_CHARS}}}', path.name) and path != current:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            except BlockingIOError:
                pass  # a daemon serves from it; a later build removes it
            finally:
                os.close(lock)
