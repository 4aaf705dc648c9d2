"""The images of environments: found, swapped in whole, kept while in use, and removed when nobody uses them.

The folder of images holds a link NAME for each environment to the folder BUILDER.DIGEST.N of its current image. DIGEST
is of everything that decides what an image holds: building again does nothing, and environments that differ in less
share one. N tells the builds of one recipe apart; BUILDER, the first that asked for it, is for people to read. A build
happens in a folder of its own, is renamed when it is whole, and then the link is replaced: a killed one leaves only
a folder that the next build removes. A daemon follows the link whenever it starts a template and locks what it found;
what is locked stays.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path

from . import recipe
from .build import BuildFailed, make

__all__ = ['BuildFailed', 'NotBuilt', 'build', 'is_built', 'path_of', 'use']

# A link is followed again where its image was removed meanwhile: each time, another one was built in between.
_TRIES = 100


class NotBuilt(RuntimeError):
    """The image of an environment is missing, or is not what the declaration asks for."""


def build(environment, images, say, again=False):
    """Builds the image if it is missing, and removes older ones that nobody uses. Returns its path.

    images: the folder, made if needed. say: called with a line of progress. again: build it though it is there, for
    what has become newer in Debian. Raises BuildFailed.
    """
    images = Path(images).absolute()
    images.mkdir(parents=True, exist_ok=True)
    digest = recipe.digest(environment)
    with open(images / '.lock', 'w') as lock:
        # One build at a time; a second one waits, and then finds the image there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in images.glob('.unfinished-*'):
            shutil.rmtree(unfinished)
        image = max((path for path in _all(images) if _parts(path)[1] == digest), key=_number, default=None)
        if image is None or again:
            say(f'building the image of {environment.name} ({len(environment.packages)} packages and what they need)')
            following = images / f'{environment.name}.{digest}.{_number(image) + 1 if image else 1}'
            _make(environment, following, lock, say)
            image = following
        _link(images, environment.name, image)
        _remove_unused(images)
    return image


def path_of(environment, images):
    """The environment's current image. Raises FileNotFoundError where none is built."""
    images = Path(images).absolute()
    return images / os.readlink(images / environment.name)


def is_built(environment, images):
    """Whether the current image is what the declaration asks for."""
    try:
        path = path_of(environment, images)
    except FileNotFoundError:
        return False
    parts = _parts(path)
    return path.is_dir() and parts is not None and parts[1] == recipe.digest(environment)


def use(environment, images):
    """Keeps the current image from being removed. Returns (path, descriptor); closing the descriptor lets it go.

    Raises OSError where there is none.
    """
    for _ in range(_TRIES):
        path = path_of(environment, images)
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            if _try_lock(lock, fcntl.LOCK_SH) and path.exists():
                return path, lock
            os.close(lock)
    raise FileNotFoundError(f'the image of {environment.name} is removed again and again')


def _make(environment, image, lock, say):
    folder = Path(tempfile.mkdtemp(prefix='.unfinished-', dir=image.parent))
    try:
        root = make(environment, folder, lock.fileno(), say)
        # A machine that stops here must not come up again with an image of empty files.
        os.sync()
        os.rename(root, image)
    finally:
        shutil.rmtree(folder)


def _link(images, name, image):
    """Replaces the link in one step: whoever follows it finds the old image or the new one."""
    new = images / f'.{name}.link'
    new.unlink(missing_ok=True)
    new.symlink_to(image.name)
    os.rename(new, images / name)


def _all(images):
    return [path for path in images.iterdir() if _parts(path)]


def _parts(path):
    """(builder, digest, number) of an image's folder, or None."""
    match = re.fullmatch(rf'([a-z0-9-]+)\.([0-9a-f]{{{recipe.DIGEST_CHARS}}})\.(\d+)', path.name)
    return match and match.groups()


def _number(path):
    return int(_parts(path)[2])


def _remove_unused(images):
    linked = {os.readlink(path) for path in images.iterdir() if path.is_symlink()}
    for path in _all(images):
        if path.name not in linked:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            # Otherwise a daemon serves from it, and a later build removes it.
            if _try_lock(lock, fcntl.LOCK_EX):
                # Renamed first: one that is half removed is never taken for an image.
                removed = images / f'.unfinished-{path.name}'
                os.rename(path, removed)
                shutil.rmtree(removed)
            os.close(lock)


def _try_lock(descriptor, kind):
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
