"""Starts workers on this machine, as a launcher would on several."""

import json
import os
import socket
import subprocess
import sys
import time

from tiny import TINY

# Long enough for a busy machine: nothing here takes ten seconds.
_TIMEOUT = 300


def free_ports(num):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(num)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def tf_config(ports, index):
    addresses = [f"localhost:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})


class Cluster:
    """Processes that end with the test."""

    def __init__(self):
        self._started = []

    def start(self, arguments, ports, index):
        """Starts Python with `arguments` as worker `index`."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={
                **os.environ,
                "TF_CONFIG": tf_config(ports, index),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def train(self, num, program=("-m", "gan_tf.train"), **settings):
        """Starts a training on `num` workers; returns the processes, the chief's first."""
        settings = {**TINY, "model": "gan", "strategy": "multi_worker", **settings}
        flags = [f"--{name}={value}" for name, value in settings.items()]
        ports = free_ports(num)
        return [self.start([*program, *flags], ports, index) for index in range(num)]

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

    def close(self):
        for process in self._started:
            process.kill()
            process.communicate()
