"""Run inside a sandbox: meet a limit as an ordinary program does. Each function imports for itself."""


def allocate_in_child(megabytes, after_seconds=0):
    """Does not wait for the child where it begins later."""
    import os
    import time

    pid = os.fork()
    if pid == 0:
        time.sleep(after_seconds)
        b'x' * (megabytes << 20)
        os._exit(0)
    return None if after_seconds else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])






def socket_errors(*families):
    import errno
    import socket

    errors = []
    for family in families:
        try:
            socket.socket(family).close()
            errors.append(None)
        except OSError as error:
            errors.append(errno.errorcode[error.errno])
    return errors


def flood_of_sockets(processes):
    """Asks for sockets without end, from children that nobody waits for."""
    import os
    import socket

    for _ in range(processes):
        if os.fork() == 0:
            while True:
                try:
                    socket.socket()
                except OSError:
                    pass


def ask_for_a_socket_after_the_terminal():
    """A child that outlives the terminal's leader writes down which error it gets then."""
    import errno
    import os
    import socket
    import time

    leader = os.getpid()
    if os.fork() == 0:
        os.setsid()
        while os.getppid() == leader:
            time.sleep(0.01)
        try:
            socket.socket()
        except OSError as error:
            with open('/tmp/unfinished', 'w') as file:
                file.write(errno.errorcode[error.errno])
            os.rename('/tmp/unfinished', '/tmp/error')
        os._exit(0)


def content(path):
    import os

    if os.path.exists(path):
        with open(path) as file:
            return file.read()


def open_descriptors():
    import os

    names = os.listdir('/proc/self/fd')
    # The one that listed them is closed by now.
    paths = [f'/proc/self/fd/{name}' for name in names]
    return [os.readlink(path) for path in paths if os.path.lexists(path)]


def use(seconds):
    """Uses processor time, and what the prompt itself has used comes on top."""
    import time

    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def use_in_short_lives(seconds):
    """The same, a hundredth of a second in each of many processes."""
    import os
    import time

    for _ in range(int(seconds * 100)):
        pid = os.fork()
        if pid == 0:
            end = time.process_time() + 0.01
            while time.process_time() < end:
                pass
            os._exit(0)
        os.waitpid(pid, 0)
