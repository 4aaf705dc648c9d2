"""Which template of an environment is the current one, and who follows it when it is worn, used up or dead."""

from . import launch
from .log import log
from .template_process import TemplateProcess

# A template that dies is started again after these seconds, doubled with each death until one is ready.
FIRST_BACKOFF_S = 0.1
LAST_BACKOFF_S = 30

# From its start to its readiness; the imports are all that takes time, about half a second for the standard library.
START_DEADLINE_S = 30

# The successor starts when so many tenths of a template's launches are used up, and takes over when it is ready.
DUE_TENTHS = 9


class Succession:
    """At most one template that serves, and one that is to follow.

    promoted: called whenever another template has become the current one. failed: called when the first one has
    ended. The rest as for Templates.
    """

    def __init__(self, loop, environment, images, layers, base, slots, promoted, failed):
        # The template that serves, or None.
        self.current = None
        self.environment = environment
        # Whether one serves, or the successor of one that was used up is on its way.
        self.is_alive = False
        # What the next one is started with.
        self._wanted = environment
        self._next = None
        # Whether the next one takes over as soon as it is ready, and not only when the current one is used up.
        self._is_due = False
        self._backoff_s = FIRST_BACKOFF_S
        self._loop = loop
        self._images = images
        self._layers = layers
        self._base = base
        self._slots = slots
        self._promoted = promoted
        self._failed = failed
        # Whether the first one has ended before it was ready, and so have all that followed it.
        self.has_failed = False
        self._was_ever_ready = False
        launch.write_layers(layers)
        self._start()

    def replace(self, environment):
        """The next template is of another declaration, and is due now."""
        self._wanted = environment
        if self._next:
            self._next.close()
            self._next = None
        self._is_due = True
        self._start()

    def count_launch(self):
        """The current template was given a request. At its limit it is closed, and gets no more."""
        template = self.current
        template.launches += 1
        if template.launches >= self.environment.template.launches:
            self.current = None
            template.close()
            self._become_due()
        elif not self._is_due:
            self._look_ahead()

    def has_ended(self, template):
        """It is dead, or as good as dead. The next one starts after a pause, if it is not there already."""
        template.close()
        log('template gone', environment=template.environment.name, pid=template.pid, retry_in_s=self._backoff_s)
        if template is self._next:
            self._next = None
            self._give_up_wanted()
        elif template is self.current:
            self.current = None
            if self._next and self._next.is_ready:
                return self._promote()
        self.is_alive = self.current is not None
        self._retry()
        if self._was_ever_ready or self.has_failed:
            return
        self.has_failed = True
        self._failed()

    def _give_up_wanted(self):
        """What was declared anew does not work, and what was before does."""
        if self.current and self._wanted is not self.environment:
            log('environment stays as it was', environment=self.environment.name, error='its template has failed')
            self._wanted = self.environment

    def _start(self):
        if self._next is not None:
            return
        try:
            template = self._create()
        except OSError as error:
            log('template cannot start', environment=self._wanted.name, error=str(error))
            return self._retry()
        self._next = template
        self._loop.after(START_DEADLINE_S, lambda: self._is_late(template))

    def _create(self):
        return TemplateProcess(
            self._loop, self._wanted, self._images, self._layers, self._base, self._slots, self._heard,
        )

    def _retry(self):
        self._loop.after(self._backoff_s, self._start)
        self._backoff_s = min(2 * self._backoff_s, LAST_BACKOFF_S)

    def _is_late(self, template):
        if template is self._next and not template.is_ready:
            log('template does not get ready', environment=template.environment.name, pid=template.pid)
            template.kill()

    def _heard(self, template, message):
        """A template's message: it wants its users mapped, is ready, is gone, or says why it is about to go."""
        if message == b'unshared':
            try:
                template.set_up()
            except OSError as error:
                # Its end, which comes next, starts another one.
                log('template cannot be set up', environment=template.environment.name, error=str(error))
        elif message == b'ready':
            template.is_ready = True
            if self._is_due or not self.current:
                self._promote()
        elif message:
            log('template failed', environment=template.environment.name, error=message.decode(errors='replace'))
        else:
            self.has_ended(template)

    def _promote(self):
        """The next one, which is ready, becomes the current one."""
        previous, template = self.current, self._next
        self.current, self._next = template, None
        self.environment = template.environment
        self.is_alive = self._was_ever_ready = True
        self.has_failed = False
        self._is_due = False
        self._backoff_s = FIRST_BACKOFF_S
        if previous:
            previous.close()
        self._loop.after(self.environment.template.minutes * 60, lambda: self._is_aged(template))
        log('template ready', environment=self.environment.name, pid=template.pid)
        self._look_ahead()
        self._promoted()

    def _is_aged(self, template):
        if template is self.current:
            self._become_due()

    def _look_ahead(self):
        """Starts the successor in time. Where each launch needs a template of its own, the next is ready beforehand."""
        limit = self.environment.template.launches
        if self.current.launches >= max(1, DUE_TENTHS * limit // 10):
            self._become_due()
        elif limit == 1:
            self._start()

    def _become_due(self):
        self._is_due = True
        if self._next and self._next.is_ready:
            self._promote()
        else:
            self._start()
