"""Starts workers on this machine, as a launcher would on several."""

import json
import os
import socket
import subprocess
import sys
import time

from tiny import TINY

FLAGS = {**TINY, "batch_size": 12, "strategy": "multi_worker", "model": "gan"}


def tf_config(num, index=0, ports=None):
    addresses = [f"localhost:{port}" for port in ports or range(20_000, 20_000 + num)]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})


def start(num, run_dir, data, **settings):
    """Starts `num` workers of one training; returns their processes, the chief's first."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(num)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    settings = {**FLAGS, "data": data, "run_dir": run_dir, **settings}
    command = [sys.executable, "-m", "gan_tf.train"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    return [
        subprocess.Popen(
            command,
            env={**os.environ, "TF_CONFIG": tf_config(num, index, ports)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(num)
    ]


def finish(processes):
    """Waits for the workers' ends; returns [(status, stdout, stderr)]."""
    try:
        outputs = [process.communicate(timeout=60) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(p.returncode, *output) for p, output in zip(processes, outputs)]


def wait_for_checkpoint(run_dir, processes):
    """Waits until a training has saved; all of its processes must still run."""
    deadline = time.monotonic() + 60
    while not list(run_dir.glob("checkpoints/*.index")):
        assert time.monotonic() < deadline
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)
