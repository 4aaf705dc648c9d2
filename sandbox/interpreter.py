"""IPython, made ready once in the template and entered by every fork of it.

Whatever costs time is done in `warm()`: the imports, a completion, a traceback, and a first prompt drawn on
a scratch terminal. A fork then only has to open what must never be shared (event loops, history) and go.
"""

import asyncio
import atexit
import gc
import importlib
import os
import pty
import sys
import threading
import tty

from . import linux

# Typed at the scratch terminal: the answer to the cursor position query that the prompt asks, then end of input.
SCRATCH_INPUT = b'\x1b[1;1R\x04'


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
        # Python's own generators seed themselves in a fork; numpy's does not.
        if 'numpy' in sys.modules:
            sys.modules['numpy'].random.seed()

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

    imports: names of modules that the environment wants imported before the first prompt.
    Raises ImportError for one that is missing, RuntimeError where something would be shared by the forks.
    """
    for name in imports:
        importlib.import_module(name)
    with _ScratchTerminal() as scratch:
        # IPython asks at its import whether it has a terminal, and stays dumb for ever if not.
        _exercise(_make_app())
        app = _make_app()
        scratch.type(SCRATCH_INPUT)
        try:
            app.shell.prompt_for_code()
        except EOFError:
            pass
        _close_loops(app.shell)
    if threading.active_count() != 1:
        raise RuntimeError(f'threads at the time of the fork: {threading.enumerate()}')
    gc.collect()
    gc.freeze()
    return Interpreter(app)


class _ScratchTerminal:
    """A terminal nobody sees, on descriptors 0 to 2; the standard streams are opened anew on it."""

    def __enter__(self):
        self._keyboard, screen = pty.openpty()
        tty.setraw(screen)
        for fd in (0, 1, 2):
            os.dup2(screen, fd)
        os.close(screen)
        open_standard_streams()
        # What is drawn is read and thrown away, or the drawing would block once the terminal's buffer is full.
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()
        return self

    def type(self, keys):
        os.write(self._keyboard, keys)

    def _drain(self):
        try:
            while os.read(self._keyboard, 65536):
                pass
        except OSError:
            pass  # the last holder of the screen has closed it

    def __exit__(self, *_):
        sys.stdout.flush()
        null = os.open('/dev/null', os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)
        self._reader.join()
        os.close(self._keyboard)


def open_standard_streams():
    """Makes sys.stdin, stdout and stderr afresh: Python decided at its start that it has no terminal."""
    sys.stdin = sys.__stdin__ = open(0, encoding='utf-8', closefd=False)
    sys.stdout = sys.__stdout__ = open(1, 'w', encoding='utf-8', buffering=1, closefd=False)
    sys.stderr = sys.__stderr__ = open(2, 'w', encoding='utf-8', errors='backslashreplace', buffering=1, closefd=False)


def _make_app():
    from IPython.terminal.ipapp import TerminalIPythonApp
    from prompt_toolkit.history import InMemoryHistory
    from traitlets.config import Config

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

