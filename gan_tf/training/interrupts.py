"""Ctrl-C, SIGTERM and SIGHUP as requests to stop after the current call to the device."""

import signal
import threading


class StopRequest:
    """Within this context the first signal of each kind is recorded.

    The second of a kind has its usual effect.

    Attributes:
        requested: whether a signal has come.
    """

    def __init__(self):
        self.requested = False
        self._old: dict = {}

    def __enter__(self):
        # Python allows handlers in the main thread only.
        if threading.current_thread() is not threading.main_thread():
            return self
        names = "SIGINT", "SIGTERM", "SIGHUP"
        # Windows has no SIGHUP.
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            old = signal.getsignal(number)
            # What `nohup`, or `&` in a script, made a process ignore stays ignored; a
            # handler that Python did not install is None, and cannot be restored.
            if old not in (signal.SIG_IGN, None):
                self._old[number] = old
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception):
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        signal.signal(number, self._old[number])
        self.requested = True
