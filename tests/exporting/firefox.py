"""A client of headless Firefox: its Marionette protocol over a socket.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import contextlib
import json
import shutil
import socket
import subprocess
import time

PROGRAM = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)


class Firefox:
    """A window of the browser."""

    def __init__(self, connection):
        self._connection, self._buffer, self._last_id = connection, b"", 0
        self._read()  # the greeting
        self.send("WebDriver:NewSession")
        self.send("WebDriver:SetTimeouts", script=120_000)

    def send(self, command, **params):
        """Sends a command and returns its result."""
        self._last_id += 1
        text = json.dumps([0, self._last_id, command, params]).encode()
        self._connection.sendall(b"%d:%b" % (len(text), text))
        _, _, error, result = self._read()
        assert error is None, (command, error)
        return result

    def _read(self):
        while b":" not in self._buffer:
            self._receive()
        size, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(size):
            self._receive()
        message, self._buffer = self._buffer[: int(size)], self._buffer[int(size) :]
        return json.loads(message)

    def _receive(self):
        chunk = self._connection.recv(1 << 20)
        assert chunk, "the browser has ended"
        self._buffer += chunk

    def open(self, url):
        """Opens `url` and waits until it is loaded."""
        self.send("WebDriver:Navigate", url=url)

    def run(self, promise):
        """Returns what a JavaScript promise resolves to."""
        script = f"({promise}).then(arguments[0], (e) => arguments[0](e.message))"
        # Without a sandbox, the page's own objects can be used.
        arguments = {"script": script, "args": [], "sandbox": None}
        return self.send("WebDriver:ExecuteAsyncScript", **arguments)["value"]

    def errors(self):
        """Returns the console's errors and warnings that come from a page."""
        script = """return Services.console.getMessageArray().filter((message) =>
          message instanceof Ci.nsIScriptError &&
          /^(file|blob|data):/.test(message.sourceName)).map(String)"""
        self.send("Marionette:SetContext", value="chrome")
        found = self.send("WebDriver:ExecuteScript", script=script, args=[])["value"]
        self.send("Marionette:SetContext", value="content")
        return found


@contextlib.contextmanager
def firefox(folder):
    """Yields a new `Firefox` whose profile is in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = folder / "firefox"
    profile.mkdir()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});')
    command = [PROGRAM, "--headless", "--marionette", "--remote-allow-system-access"]
    command += ["--profile", str(profile)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        try:
            for _ in range(1500):
                with contextlib.suppress(ConnectionRefusedError):
                    connection = socket.create_connection(("127.0.0.1", port), 300)
                    break
                time.sleep(0.2)
            with connection:
                yield Firefox(connection)
        finally:
            process.kill()
