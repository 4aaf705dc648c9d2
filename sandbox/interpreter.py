"""IPython, made ready once in the template and entered by every fork of it.

Whatever costs time is done in `warm()`: the imports, a completion, a traceback, and a first prompt drawn on
a scratch terminal. A fork then only has to open what must never be shared (event loops, history) and go.
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import os
import sys
import threading
import time

from . import freshness, linux
from .scratch import ScratchTerminal

# Typed at the scratch terminal: the answer to the cursor position query that the prompt asks, then end of input.
SCRATCH_INPUT = b'\x1b[1;1R\x04'

# Of the standard library, what visitors import: it is there, and shared by all, when they do.
_OFTEN_IMPORTED = (
    'asyncio', 'collections', 'datetime', 'itertools', 'json', 'math', 'random', 're', 'sqlite3', 'statistics',
)

# How long the kernel may take to strike threads that Python has joined already.
THREADS_DEADLINE_S = 2


class Interpreter:
    """A shell that has been set up and never been used."""

    def __init__(self, app):
        self._app = app

    def start(self):
        """Opens, in the fork and as the visitor, what forks must not share."""
        linux.set_name('ipython3')
        # The template's loops were closed before the fork: an epoll descriptor would be one for all.
        self._app.shell.pt_loop = asyncio.new_event_loop()
        os.makedirs(self._app.profile_dir.location, exist_ok=True)
        self._app.profile_dir.check_dirs()
        freshness.renew()
        _add_user_packages()

    def run(self):
        """Talks to the visitor on descriptors 0 to 2 until they leave. Returns the exit code."""
        self._app.shell.show_banner()
        try:
            self._app.shell.mainloop()
            return 0
        finally:
            # As at the end of any Python: threads are waited for, then what was registered runs.
            threading._shutdown()
            atexit._run_exitfuncs()
            sys.stdout.flush()


def warm(imports):
    """Imports, warms up and returns a fresh Interpreter.

    imports: what is imported before the first prompt, and bound there: 'numpy', or 'numpy as np'.
    Raises ImportError for one that is missing, RuntimeError where something would be shared by the forks.
    """
    for name in _OFTEN_IMPORTED:
        importlib.import_module(name)
    bound = dict(map(_import, imports))
    with ScratchTerminal() as scratch:
        # IPython asks at its import whether it has a terminal, and stays dumb for ever if not.
        _exercise(_make_app())
        app = _make_app()
        app.shell.push(bound, interactive=False)
        scratch.type(SCRATCH_INPUT)
        try:
            app.shell.prompt_for_code()
        except EOFError:
            pass
        _close_loops(app.shell)
    # Every fork does it again; what OpenSSL loads for it is then there, and shared by them.
    freshness.renew()
    _require_one_thread()
    gc.collect()
    gc.freeze()
    return Interpreter(app)


def _import(line):
    """The name that an import statement binds, and what to."""
    name, _, alias = line.partition(' as ')
    module = importlib.import_module(name)
    top = name.partition('.')[0]
    return (alias, module) if alias else (top, sys.modules[top])


def _require_one_thread():
    """By the kernel's count: libraries have threads that Python knows nothing of, and a fork would lack them."""
    deadline = time.monotonic() + THREADS_DEADLINE_S
    while (count := len(os.listdir('/proc/self/task'))) != 1:
        if time.monotonic() > deadline:
            raise RuntimeError(f'{count} threads at the time of the fork; those of Python: {threading.enumerate()}')
        time.sleep(0.001)


def _add_user_packages():
    """What `pip install --user` installs is importable at once, although Python was started without it."""
    import site

    folder = site.getusersitepackages()
    # A folder that is made later would go unnoticed. Where the home is full, nothing can be installed either.
    with contextlib.suppress(OSError):
        os.makedirs(folder, exist_ok=True)
    system = [at for at, path in enumerate(sys.path) if path.endswith('-packages')]
    sys.path.insert(min(system, default=len(sys.path)), folder)
    site.ENABLE_USER_SITE = True


def _make_app():
    from IPython.terminal import interactiveshell
    from IPython.terminal.ipapp import TerminalIPythonApp
    from prompt_toolkit.history import InMemoryHistory
    from traitlets.config import Config

    interactiveshell.patch_stdout = _patch_stdout_if_possible
    config = Config()
    # The database would bring a thread and a file; the prompt's own history serves the arrow keys.
    config.HistoryManager.enabled = False
    config.TerminalInteractiveShell.confirm_exit = False
    config.TerminalInteractiveShell.term_title = False
    config.TerminalIPythonApp.display_banner = False
    TerminalIPythonApp.clear_instance()
    app = TerminalIPythonApp.instance(config=config)
    app.initialize([])
    app.shell.pt_app.history = app.shell.pt_app.default_buffer.history = InMemoryHistory()
    return app


@contextlib.contextmanager
def _patch_stdout_if_possible(raw=False):
    """prompt_toolkit's own, which has a thread for each prompt, to put what others print above it.

    Where the visitor has used up their processes there is none, and what threads print lands in the prompt. Without
    the prompt they could not even end what they have started.
    """
    from prompt_toolkit.patch_stdout import patch_stdout

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(RuntimeError):
            stack.enter_context(patch_stdout(raw=raw))
        yield


def _exercise(app):
    """Uses a shell as a visitor would, so that everything is imported and compiled, and throws it away."""
    shell = app.shell
    for line in ('1+1', 'import os', 'len([1, 2]).nope', 'await __import__("asyncio").sleep(0)'):
        shell.run_cell(line)
    shell.complete('os.pa')
    _close_loops(shell)
    atexit.unregister(shell.atexit_operations)
    shell.restore_sys_module_state()
    type(shell).clear_instance()


def _close_loops(shell):
    from IPython.core import async_helpers

    shell.pt_loop.close()
    if async_helpers._asyncio_event_loop is not None:
        async_helpers._asyncio_event_loop.close()
        async_helpers._asyncio_event_loop = None
    asyncio.set_event_loop_policy(None)

