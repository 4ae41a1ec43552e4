"""Workers on this machine, started as a launcher starts them on several."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
from tiny import TINY

# Long enough for a busy machine: nothing here takes ten seconds.
_TIMEOUT = 300


class Cluster:
    """Processes that end with the test."""

    def __init__(self):
        self.started = []

    def start(self, num, arguments, only=None):
        """Starts Python with `arguments` as each of `num` workers, or as one of them."""
        servers = [socket.create_server(("localhost", 0)) for _ in range(num)]
        addresses = [f"localhost:{server.getsockname()[1]}" for server in servers]
        for server in servers:
            server.close()
        config = {"cluster": {"worker": addresses}}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        for index in range(num) if only is None else [only]:
            config["task"] = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps(config)
            command = [sys.executable, *arguments]
            self.started.append(subprocess.Popen(command, env=environment, **options))
        return self.started[-num if only is None else -1 :]

    def train(self, num, program=("-m", "gan_tf.train"), **settings):
        """Starts a training on `num` workers; returns the processes, the chief's first."""
        settings = {**TINY, "model": "gan", "strategy": "multi_worker", **settings}
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return self.start(num, [*program, *flags])

    def finish(self, processes):
        """Waits until the processes end; returns [(status, stdout, stderr)]."""
        ended = [process.communicate(timeout=_TIMEOUT) for process in processes]
        return [(p.returncode, *output) for p, output in zip(processes, ended)]

    def wait_for_checkpoint(self, run_dir, after, processes):
        """Waits for a checkpoint beyond step `after`; all processes must still run."""
        deadline = time.monotonic() + _TIMEOUT
        while True:
            names = [file.stem for file in run_dir.glob("checkpoints/step-*.index")]
            if any(int(name.removeprefix("step-")) > after for name in names):
                return
            assert time.monotonic() < deadline
            assert all(process.poll() is None for process in processes)
            time.sleep(0.05)


@pytest.fixture
def cluster():
    cluster = Cluster()
    yield cluster
    for process in cluster.started:
        process.kill()
        process.communicate()
