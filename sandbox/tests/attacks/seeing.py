"""Run inside a sandbox: look for what should not be seen, and touch what should not be touched."""


def list_folder(path):
    import os

    return sorted(os.listdir(path))


def write_errors(paths):
    import errno
    import os

    got = {}
    for path in paths:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            got[path] = None
        except OSError as error:
            got[path] = errno.errorcode[error.errno]
    return got


def visible_processes():
    import os

    return sorted(name for name in os.listdir('/proc') if name.isdigit())


def own_process():
    import os

    return [str(os.getpid())]


def environment_at_start():
    text = open('/proc/self/environ').read()
    return dict(pair.split('=', 1) for pair in text.split('\0') if pair)


def random_values():
    import os
    import random
    import secrets
    import tempfile
    import uuid

    return {
        'random': random.random(),
        'secrets': secrets.token_hex(),
        'urandom': os.urandom(8).hex(),
        'uuid1': str(uuid.uuid1()),
        'uuid4': str(uuid.uuid4()),
        'tempfile': tempfile.mktemp(),
    }
