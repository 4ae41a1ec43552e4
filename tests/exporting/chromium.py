"""A client of headless Chromium: the DevTools protocol over a pair of pipes."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import time

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


class Page:
    """A page in a browser without a network.

    Attributes:
        errors: what the page reported as an error or a warning.
        requests: the URLs that it requested.
    """

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._buffer, self._last_id, self._session = b"", 0, None
        self.errors, self.requests = [], []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.send("Network.emulateNetworkConditions", offline=True, **conditions)

    def send(self, method, **params):
        """Sends a command and returns its result."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._read()
            if reply.get("id") == message["id"]:
                assert "error" not in reply, (method, reply["error"])
                return reply["result"]

    def _read(self):
        deadline = time.monotonic() + 60
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], deadline - time.monotonic())
            assert ready, "the browser does not answer"
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "the browser has ended"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"])
        elif method == "Log.entryAdded" and params["entry"]["level"] != "verbose":
            self.errors.append(params["entry"])
        elif method == "Runtime.consoleAPICalled":
            self.errors.append(params["args"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def close_browser(self):
        """Ends the browser with its processes, which write into its profile until then."""
        self._session = None
        self.send("Browser.close")

    def open(self, url):
        """Opens `url` and waits until its scripts have run."""
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def run(self, expression):
        """Returns the value of a JavaScript expression; a promise is awaited."""
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        reply = self.send("Runtime.evaluate", expression=expression, **how)
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def wait(self, expression, seconds=30):
        """Waits until `expression` is true."""
        deadline = time.monotonic() + seconds
        while not self.run(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)

    def key(self, key):
        """Presses and releases a key, such as "7" or "ArrowRight"."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = {"windowsVirtualKeyCode": 13} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def mouse(self, kind, x, y):
        """Sends "mousePressed", "mouseMoved" or "mouseReleased" at (x, y)."""
        event = {"type": kind, "x": x, "y": y, "button": "left"}
        self.send("Input.dispatchMouseEvent", **event, buttons=1, clickCount=1)


@contextlib.contextmanager
def browser_page(folder):
    """Yields the `Page` of a new browser whose profile and downloads are in `folder`."""
    command_read, command_write = os.pipe()
    reply_read, reply_write = os.pipe()
    command = [
        *(PROGRAM, "--headless=new", "--remote-debugging-pipe", "--no-sandbox"),
        *("--disable-gpu", "--no-first-run", f"--user-data-dir={folder / 'profile'}"),
    ]
    # Chromium reads commands from descriptor 3 and writes replies to 4.
    shell = f'exec "$@" 3<&{command_read} 4>&{reply_write}'
    with subprocess.Popen(
        ["bash", "-c", shell, "bash", *command],
        pass_fds=(command_read, reply_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(command_read)
        os.close(reply_write)
        try:
            page = Page(command_write, reply_read)
            yield page
            page.close_browser()
            process.wait(60)
        finally:
            os.close(command_write)
            os.close(reply_read)
            process.kill()
