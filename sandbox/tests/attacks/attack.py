"""Runs the attacks of one file from inside a sandbox, and says of each whether its promise is held.

Each public function of the file is an attack, and its docstring the promise. It returns what it got: nothing, None
or an empty collection, where the promise is held. Its parameters are facts from outside, which come as one JSON
object on the command line; where one is missing the attack is skipped. Each attack runs in a child of its own.
"""

import ctypes
import errno
import inspect
import json
import os
import select
import signal
import sys
import time
import traceback

# The longest that an attack may take, in seconds; where it takes longer it is broken and gets killed.
DEADLINE_S = 30

# As much of what an attack got is shown, in characters.
SHOWN = 400

libc = ctypes.CDLL(None, use_errno=True)


def run(attacks):
    """Runs all attacks of a file and prints a line for each. attacks: the file's globals().

    The fact "only" is a list of names: no others are run.
    """
    facts = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    family = os.path.basename(sys.argv[0]).partition('.')[0]
    for name, attack in attacks.items():
        if name.startswith('_') or not inspect.isfunction(attack) or attack.__module__ != '__main__':
            continue
        if name in facts.get('only', [name]):
            print(_tried(family, attack, facts), flush=True)


def _tried(family, attack, facts):
    promise = ' '.join(attack.__doc__.split()).rstrip('.')
    missing = [name for name in inspect.signature(attack).parameters if name not in facts]
    if missing:
        return f'SKIPPED {family}: {promise}: it needs {", ".join(missing)}'
    got = _in_child(attack, [facts[name] for name in inspect.signature(attack).parameters])
    return f'HELD {family}: {promise}' if got == '' else f'{got[:6].strip()} {family}: {promise}: {got[6:]}'


def _in_child(attack, arguments):
    """Returns '' where the attack got nothing, else BREACH or BROKEN and what it got or what went wrong."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            got = attack(*arguments)
            said = f'BREACH{got!r}' if got else ''
        except BaseException:
            said = f'BROKEN{traceback.format_exc()[-SHOWN:]}'
        os.write(writing, (said[:SHOWN].replace('\n', ' | ') + '\0').encode())
        os._exit(0)
    os.close(writing)
    said, end = b'', time.monotonic() + DEADLINE_S
    while not said.endswith(b'\0') and select.select([reading], [], [], max(0, end - time.monotonic()))[0]:
        part = os.read(reading, 65536)
        if not part:
            break
        said += part
    os.close(reading)
    os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return said.decode()[:-1] if said.endswith(b'\0') else f'BROKENno answer, exit code {status}'


def refusal(call, *arguments):
    """The name of the error that a call ends with, None where it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def syscall(number, *arguments):
    """A system call by its number. Raises OSError."""
    ctypes.set_errno(0)
    longs = [each if isinstance(each, bytes) or not isinstance(each, int) else ctypes.c_ulong(each)
             for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *longs)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def got_through(calls, *expected):
    """Of a dict from name to function: {name: 'done' or the error} of those that end with none of the errors."""
    outcomes = {name: refusal(call) or 'done' for name, call in calls.items()}
    return {name: outcome for name, outcome in outcomes.items() if outcome not in expected}


def status(pid='self'):
    """/proc/<pid>/status as a dict of strings."""
    with open(f'/proc/{pid}/status') as file:
        return {key: value.strip() for key, _, value in (line.partition(':') for line in file)}


def mounts():
    """The lines of mountinfo as (root, target, options, kind, source, options of the file system)."""
    with open('/proc/self/mountinfo') as file:
        found = [line.split() for line in file]
    return [(*line[3:5], line[5].split(','), *line[line.index('-') + 1:][:3]) for line in found]


def processes():
    """The pids of all processes that can be seen, by /proc and by asking for each of the first 5,000."""
    seen = {int(name) for name in os.listdir('/proc') if name.isdigit()}
    return sorted(seen | {pid for pid in range(1, 5000) if refusal(os.kill, pid, 0) is None})


class Children:
    """Processes that wait until the attack is over: `with Children() as children: children.fork()`."""

    def __enter__(self):
        self.pids = []
        return self

    def fork(self, task=signal.pause):
        """Forks; the child calls task and ends. Returns its pid. Raises OSError."""
        pid = os.fork()
        if pid == 0:
            try:
                task()
            finally:
                os._exit(0)
        self.pids.append(pid)
        return pid

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self.pids:
            os.waitpid(pid, 0)
