"""The sandbox's command line: serve, reload, run, build, check."""

import argparse
import functools
import os
import pwd
import signal
import sys
from pathlib import Path

from . import check, environment, image, listener, run, slots
from .daemon import Daemon


def main():
    arguments = _parser().parse_args()
    # What is made here is for templates to read, which are nobody; a hardened root's umask would keep it from them.
    os.umask(0o022)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except (environment.BadEnvironment, image.BuildFailed, RuntimeError, OSError) as error:
        print(f'sandbox: {error}', file=sys.stderr)
        return 1


def _require_root():
    if os.geteuid() != 0:
        raise RuntimeError('not root: this makes control groups, mounts and users; run it with sudo or as a service')


def _serve(arguments):
    _require_root()
    environments = [_load_built(arguments, name) for name in _names(arguments)]
    peer = _user(arguments.user)
    reload = functools.partial(_load_built, arguments)
    Daemon(arguments.socket, peer, arguments.images, environments, arguments.slots, reload).serve()
    return 0


def _reload(arguments):
    os.kill(listener.pid_of_daemon(arguments.socket), signal.SIGHUP)
    return 0


def _run(arguments):
    _require_root()
    options = ['--images', arguments.images, '--environments-folder', str(arguments.environments_folder)]
    return run.run(arguments.environment, options)


def _build(arguments):
    _require_root()
    for name in _names(arguments):
        image.build(environment.load(name, _folders(arguments)), arguments.images, print, arguments.again)
    return 0


def _load_built(arguments, name):
    """An environment whose image is what its declaration asks for."""
    loaded = environment.load(name, _folders(arguments))
    if not image.is_built(loaded, arguments.images):
        remedy = f'build it with: python3 -m sandbox build {name}'
        raise image.NotBuilt(f'the image of {name} is not built, or is old; {remedy}')
    return loaded


def _folders(arguments):
    """Where declarations are: the operator's own come first."""
    return arguments.environments_folder, environment.SHIPPED


def _names(arguments):
    return arguments.environments or environment.names(_folders(arguments))


def _check(_):
    found = check.findings()
    for is_there, sentence in found:
        print(f'{"+" if is_there else "-"} {sentence}')
    missing = sum(not is_there for is_there, _ in found)
    print(f'{missing} to mend.' if missing else 'This host can run sandboxes.')
    return 1 if missing else 0


def _user(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise RuntimeError(f'there is no user {name!r}; make it with: useradd --system {name}') from None


def _slot_count(text):
    count = int(text)
    if not 1 <= count <= slots.MAX_SLOTS:
        raise argparse.ArgumentTypeError(f'{count} is not from 1 to {slots.MAX_SLOTS}')
    return count


def _parser():
    parser = argparse.ArgumentParser(prog='python3 -m sandbox', description=__doc__)
    commands = parser.add_subparsers(required=True)

    serve = commands.add_parser('serve', help='run the daemon')
    serve.add_argument('--user', default='try-console', help='who may connect, beside root (%(default)s)')
    serve.add_argument('--slots', type=_slot_count, default=50, help='sandboxes at once (%(default)s)')
    serve.set_defaults(run=_serve)

    reload = commands.add_parser('reload', help='have a daemon read its declarations and images again')
    reload.set_defaults(run=_reload)

    for command in (serve, reload):
        command.add_argument(
            '--socket', default='/run/try-console/sandbox.sock', help='where the daemon listens (%(default)s)'
        )

    build = commands.add_parser('build', help='build the images that are missing or old')
    build.add_argument('--again', action='store_true', help='also those that are neither, for updates of Debian')
    build.set_defaults(run=_build)

    run_command = commands.add_parser('run', help='a sandboxed prompt in this terminal')
    run_command.add_argument('environment', nargs='?', default='ipython', help='which one (%(default)s)')
    run_command.set_defaults(run=_run)

    for command in (serve, run_command, build):
        command.add_argument('--images', default='/var/lib/try-console/images', help='the images (%(default)s)')
        command.add_argument(
            '--environments-folder', type=Path, metavar='FOLDER',
            default=os.environ.get('TRY_CONSOLE_ENVIRONMENTS_FOLDER', environment.OPERATORS),
            help='declarations beside those that are shipped (%(default)s)',
        )
    for command in (serve, build):
        command.add_argument('environments', nargs='*', help='all where none is named')

    commands.add_parser('check', help='say what this host lacks').set_defaults(run=_check)
    return parser


if __name__ == '__main__':
    sys.exit(main())
