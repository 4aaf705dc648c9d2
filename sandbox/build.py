"""Makes an environment's image: a root filesystem of Debian packages, by mmdebstrap, and of wheels, by its own pip."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import leftout, recipe

# Where wheels lie in the image while pip installs them.
_WHEELS = 'tmp/wheels'

# The last lines of a command that has failed: as many as say why.
_LAST_LINES = 12


class BuildFailed(RuntimeError):
    """The message says what mmdebstrap or pip said last, and what to do."""


def make(environment, folder, lock, say):
    """Makes the image in an empty folder, and returns its root there. Raises BuildFailed.

    lock: a descriptor that the processes which write there keep open. say: called with a line of progress.
    """
    root = folder / 'root'
    _bootstrap(environment, folder, root, lock, say)
    _finish(root)
    if environment.wheels:
        say(f'installing wheels: {", ".join(path.name for path in recipe.wheels(environment))}')
        _install_wheels(environment, root, lock)
    _strip_rights(root)
    return root


def _bootstrap(environment, folder, root, lock, say):
    temporary = folder / 'tmp'
    temporary.mkdir()
    sources, packages = _sources(), ['usr-is-merged', *environment.packages]
    if environment.leave_out:
        sources.append(leftout.write_repository(folder / 'leftout', environment.leave_out))
        packages.append(leftout.PACKAGE)
    # Without usr-is-merged comes a package that merges by hand, and all of Perl with it.
    command = ['mmdebstrap', '--variant=essential', '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr']
    command += [f'--include={",".join(packages)}', '--aptopt=APT::Install-Recommends "false"']
    # A build that is cut off is thrown away, so that nothing has to be safe on the disk in between.
    command += ['--dpkgopt=force-unsafe-io', *(f'--dpkgopt=path-exclude={path}' for path in recipe.EXCLUDED)]
    command += [recipe.release(), str(root), *sources]

    def heard(line):
        # Not the steps of others' within a step.
        if line.startswith(('I: ', 'E: ')) and ' --' not in line:
            say(line[3:])

    # It mounts the host's /proc, /sys and /dev in the root that it makes.
    failure = _run(['--mount-proc', *command], lock, {**os.environ, 'TMPDIR': str(temporary)}, heard)
    if failure:
        remedy = 'correct the packages of the declaration, or, where none can be fetched, the network and /etc/apt'
        raise BuildFailed(f'the image of {environment.name}: mmdebstrap failed; it said:\n{failure}\n{remedy}')


def _sources():
    """The host's own package sources for Debian: what it may reach, the image may be made from."""
    suite = re.compile(rf'(?<![\w-]){recipe.release()}(-updates|-security)?\s.*?\bmain\b', re.DOTALL)
    folder = Path('/etc/apt/sources.list.d')
    files = [Path('/etc/apt/sources.list'), *sorted(folder.glob('*.list')), *sorted(folder.glob('*.sources'))]
    return [str(path) for path in files if path.is_file() and suite.search(path.read_text())]


def _install_wheels(environment, root, lock):
    """By the image's pip, without any index: what a wheel needs has to be there."""
    inside = []
    for number, path in enumerate(recipe.wheels(environment)):
        # A folder for each: two of the same name are pip's to refuse.
        copy = root / _WHEELS / str(number) / path.name
        copy.parent.mkdir(parents=True)
        shutil.copyfile(path, copy)
        inside.append(f'/{copy.relative_to(root)}')
    command = ['--net', f'--root={root}', '--mount-proc', '/usr/bin/python3', '-I', '-m', 'pip', 'install']
    command += ['--no-index', '--root-user-action=ignore', '--no-warn-script-location', *inside]
    variables = {'PATH': '/usr/local/bin:/usr/bin:/bin', 'HOME': '/root', 'LANG': 'C.UTF-8'}
    failure = _run(command, lock, variables)
    shutil.rmtree(root / _WHEELS)
    if failure:
        folders = ', '.join(map(str, environment.wheels))
        remedy = f'put the wheel that is missing into {folders}, or its Debian package into packages'
        raise BuildFailed(f'the wheels of {environment.name} cannot be installed; pip said last:\n{failure}\n{remedy}')


def _run(command, lock, variables, heard=lambda line: None):
    """Runs a command to its end in namespaces of its own. Returns the errors of one that fails, None otherwise.

    Where it called nothing an error, they are its last lines.

    Its mounts and all its processes go with it, and it goes with us: nothing is ever removed through such a mount.
    command: options of unshare(1) first.
    """
    isolated = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', *command]
    errors, last = [], []
    with subprocess.Popen(
        isolated, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables,
        # The lock is held for as long as anything of it lives.
        pass_fds=[lock], text=True, errors='replace',
    ) as process:
        for line in process.stdout:
            heard(line.strip())
            last = (last + [line.strip()])[-_LAST_LINES:]
            if line.startswith('E: '):
                errors = (errors + [line.strip()])[:_LAST_LINES]
    return '\n'.join(errors or last) if process.returncode else None


def _finish(root):
    """Takes away what a visitor has no use for, and adds the user that they are."""
    for pattern in recipe.REMOVED:
        for path in list(root.glob(pattern)):
            if not os.path.lexists(path):
                continue  # it lay in one that was removed before
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for folder in ('var/cache', 'var/log'):
        (root / folder).mkdir()
    for name, text in recipe.FILES.items():
        (root / name).write_text(text)
    for name, target in recipe.LINKS.items():
        if os.path.lexists(root / target.lstrip('/')):
            (root / name).symlink_to(target)
    with open(root / 'etc/passwd', 'a') as passwd:
        passwd.write(recipe.USER)
    with open(root / 'etc/group', 'a') as group:
        group.write('user:x:1000:\n')


def _strip_rights(root):
    """No set-user-id bit and no file capability: the mounts ignore them, and nothing should rest on that alone."""
    for place, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            if mode & 0o6000 and not os.path.islink(path):
                os.chmod(path, mode & 0o1777)
            if 'security.capability' in os.listxattr(path, follow_symlinks=False):
                os.removexattr(path, 'security.capability', follow_symlinks=False)
