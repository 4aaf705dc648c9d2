"""The sandbox's command line: serve, build, check."""

import argparse
import os
import pwd
import sys

from . import check, environment, hierarchies, image, slots
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
    environments = [environment.load(name) for name in arguments.environments]
    for each in environments:
        if not image.path_of(each, arguments.images).is_dir():
            remedy = f'build it with: python3 -m sandbox build {each.name}'
            raise RuntimeError(f'the image of {each.name} is not built; {remedy}')
    peer = _user(arguments.user)
    Daemon(arguments.socket, peer, arguments.images, environments, arguments.slots).serve()
    return 0


def _build(arguments):
    _require_root()
    for name in arguments.environments:
        image.build(environment.load(name), arguments.images, print)
    return 0


def _check(_):
    found = check.problems()
    for problem in found:
        print(f'- {problem}')
    if hierarchies.is_v1():
        print('Control groups: version 1, with a version 2 hierarchy to kill and to watch.')
    else:
        print('Control groups: version 2.')
    print('This host can run sandboxes.' if not found else f'{len(found)} to mend.')
    return 1 if found else 0


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
    serve.add_argument('--socket', default='/run/try-console/sandbox.sock', help='where to listen (%(default)s)')
    serve.add_argument('--user', default='try-console', help='who may connect, beside root (%(default)s)')
    serve.add_argument('--slots', type=_slot_count, default=50, help='sandboxes at once (%(default)s)')
    serve.set_defaults(run=_serve)

    build = commands.add_parser('build', help='build the images that are missing or old')
    build.set_defaults(run=_build)

    for command in (serve, build):
        command.add_argument('--images', default='/var/lib/try-console/images', help='the images (%(default)s)')
        command.add_argument('environments', nargs='*', default=environment.names(), help='all where none is named')

    commands.add_parser('check', help='say what this host lacks').set_defaults(run=_check)
    return parser


if __name__ == '__main__':
    sys.exit(main())
