"""The rows of `speed.py`: trainers and samplers in this process, and whole commands."""

import importlib.resources
import itertools
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import cache, partial
from pathlib import Path

import numpy as np
import records
from baselines import multiply_adds
from baselines.timing import Effort, Worker, alternate, compared, rate, seconds

from gan_tf import data
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.models import model_class
from gan_tf.monitoring.recorder import Recorder
from gan_tf.run_dir.run import Run
from gan_tf.sampling import image_io
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices
from gan_tf.training.trainer import Trainer

# Steps in one measurement: about two seconds each.
_STEPS = {"acgan-classic": 20, "gan-classic": 2_000, "acgan": 40}
_KERAS, _SESSION = {"classic Keras": "keras"}, {"TF 1 session": "session"}
_TORCH = {f"PyTorch {k}": k for k in ("eager", "channels_last", "channels_last_bfloat16")}
# {row: [(preset, other program, {side: its loop}, its module and arguments)]}.
_PROGRAMS = {
    "1": [("acgan-classic", "the classic Keras loop", _KERAS, "keras_acgan")],
    "2": [("acgan-classic", "PyTorch", _TORCH, "torch_gans", "acgan")],
    "4": [
        ("gan-classic", "a TensorFlow 1 session", _SESSION, "tf1_gan", "logits"),
        ("gan-classic", "PyTorch", {"PyTorch eager": "eager"}, "torch_gans", "gan"),
    ],
}
# The second one where it is fast.
_PRECISIONS = ("float32", "off"), ("bfloat16", "on")
_PREDICT_BATCH, _LABEL = 32, 7
# The settings of the default acgan on a GPU, then with one of them changed.
_GPU_SIDES = {
    "defaults": {}, "steps_per_loop 1": {"steps_per_loop": 1},
    "steps_per_loop 200": {"steps_per_loop": 200}, "without XLA": {"jit_compile": "off"},
    "float32": {"mixed_precision": "off"},
}  # fmt: skip
_GPU_QUERY = "nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits".split()
_IMPORT = [sys.executable, "-c", "import tensorflow"]
# Trains one step by the command's own code, prints that and exits at once.
_FIRST_STEP = """
import os, sys
from gan_tf import startup
startup.import_tensorflow()
import gan_tf.train
from gan_tf.training.trainer import Trainer
train = Trainer.train
def train_and_exit(self, num_steps):
    train(self, num_steps)
    print("trained to step", self.step, flush=True)
    os._exit(0)
Trainer.train = train_and_exit
sys.modules["gan_tf.train"].main(["train", *sys.argv[1:]])
"""
# The kernel counts the memory of a process's parent as its own until it starts: a small
# parent is between this process, which is large, and the one that is measured.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
"""


@cache
def trainer(preset: str, **settings) -> Trainer:
    """Returns a trainer of `preset` on MNIST, with `auto` resolved as the commands do."""
    config, dataset = Config(preset=preset, **settings), mnist()
    model_type = model_class(config.model)
    config = config.resolved(devices.fast_choices(model_type, config))
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = model_type(config, dataset.image_shape, dataset.num_classes, dtype)
    return Trainer(model, dataset.x_train, dataset.y_train, config)


@cache
def mnist() -> data.Dataset:
    """Returns MNIST, read once."""
    return data.load("mnist")


def against(effort: Effort, preset, what, loops, module, *kind, num=None) -> dict:
    """Returns the row of `preset` and of the program `what`, with its batch size, on MNIST.

    `loops` are {side: name of a loop} of `python -m baselines.<module> <kind>`, `num` the
    steps in one measurement; None for those of the rows of speed.py.
    """
    what, python = f"`{preset}` against {what}", sys.executable
    if module == "torch_gans":
        python = effort.torch_python
        command = [python, "-c", "import torch"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return {"what": what, "skipped": "PyTorch is not installed"}
    num, ours = num or effort.num(_STEPS[preset]), trainer(preset)
    file = importlib.resources.files("gan_tf") / "datasets" / "mnist.npz"
    arguments = [*kind, str(file), str(ours.config.batch_size)]
    with Worker(python, module, arguments) as worker:
        runs = {"gan_tf": ours.train}
        runs |= {side: partial(worker.run, name) for side, name in loops.items()}
        sides = {side: rate(run, num) for side, run in runs.items()}
        values = alternate(sides, effort.rounds)
    return compared(what, "steps/s", values, version=worker.version)


def against_programs(row: str, effort: Effort) -> list[dict]:
    """Presets of the tutorials against other programs, the best of PyTorch's settings."""
    return [against(effort, *program) for program in _PROGRAMS[row]]


def against_matrix_product(effort: Effort) -> list[dict]:
    """Multiply-adds per second of the step against those of a matrix product."""
    rows, least = [], 0.02 if effort.quick else 0.5
    for preset, num in _STEPS.items():
        for dtype, mixed in _PRECISIONS[: 1 + devices.multiplies_bfloat16()]:
            # R1, of some steps, has second derivatives, which are not counted.
            ours = trainer(preset, mixed_precision=mixed, r1_gamma=0.0)
            work = multiply_adds.of_step(ours.train_step.model, ours.config)
            sides = {"gan_tf": rate(ours.train, effort.num(num), work / 1e9)}
            sides["matrix product"] = partial(multiply_adds.matmul_rate, dtype, least)
            values, unit = alternate(sides, effort.rounds), "G multiply-adds/s"
            what = f"`{preset}` in {dtype}: fraction of the matrix-product rate"
            rows.append(compared(what, unit, values, multiply_adds_per_step=work))
    return rows


def generation(effort: Effort) -> list[dict]:
    """Making images by the sampler against a loop of generator.predict."""
    ours = trainer("acgan")
    generator, model = ours.train_step.ema_generator, ours.train_step.model

    def predict(num):
        made = []
        for start in range(0, num, _PREDICT_BATCH):
            size = min(_PREDICT_BATCH, num - start)
            z = np.random.normal(size=(size, ours.config.latent_dim))
            inputs = [z.astype(np.float32), np.full(size, _LABEL, np.int32)]
            made.append(generator.predict(inputs, verbose=0))
        return image_io.to_uint8(np.concatenate(made), *model.image_range)

    num = 64 if effort.quick else 10_000
    sampler = Sampler(generator, model.image_range, ours.config.noise, mnist().class_names)
    runs = {"gan_tf": partial(sampler.generate, _LABEL), "predict at 32": predict}
    values = alternate({k: rate(run, num) for k, run in runs.items()}, effort.rounds)
    return [compared(f"`acgan`: making {num:,} images", "images/s", values)]


def batch_sizes(effort: Effort) -> list[dict]:
    """Training at batch 512 against 128 and 32, images per second."""
    rows = []
    for model, num_images in (("gan", 51_200), ("acgan", 16_384)):
        sides = {}
        for size in (512, 128, 32):
            run = trainer(model, batch_size=size).train
            sides[f"batch {size}"] = rate(run, effort.num(num_images // size), size)
        what = f"`{model}`: training at batch 512 against 128 and 32"
        rows.append(compared(what, "images/s", alternate(sides, effort.rounds)))
    return rows


def outputs(effort: Effort) -> list[dict]:
    """Training with the default logging, samples and checkpoints against none of it."""
    rows = []
    for preset in ("gan",) if effort.quick else ("gan", "acgan"):
        ours = trainer(preset)
        steps = effort.num(ours.config.log_every)
        turns, writing = _output_seconds(ours, steps, effort)
        # Per step, samples and checkpoints cost too little to show in a difference.
        every = {"samples": ours.config.sample_every, "checkpoint": ours.config.save_every}
        per_step = sum(statistics.median(v) / every[k] for k, v in writing.items())
        sides = {"all outputs": [1 / (s / steps + per_step) for s in turns["with"]]}
        sides["none"] = [steps / s for s in turns["without"]]
        what = f"`{preset}`: all outputs at their defaults against none"
        rows.append(compared(what, "steps/s", sides, seconds_of_writing=writing))
    return rows


def _output_seconds(ours, steps, effort):
    """{"with" or "without" a log step: [seconds of `steps`]}, {output: [of writing it]}."""
    model, numbers, num_turns = ours.train_step.model, itertools.count(), effort.num(15)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), ours.config, describe(mnist()), "")
        with Recorder(run, model, ours.train_step.ema_generator, mnist(), "") as recorder:

            def logged():
                metrics, snapshot = ours.train(steps)
                scalars = metrics | ours.learning_rates() | recorder.speed(ours.step)
                tensors = ours.tensors(snapshot)
                scalars |= recorder.write_histograms(tensors, ours.step)
                recorder.write_scalars(scalars, ours.step)

            def checkpoint():
                recorder.save(ours.checkpoint, next(numbers))

            ours.train(steps)
            recorder.start(ours.step, math.inf)
            samples = partial(recorder.write_sample_grid, 0)
            for warm_up in (logged, checkpoint, samples):
                warm_up()
            # A log step costs less than the machine's own changes: many short turns.
            sides = {"with": seconds(logged), "without": seconds(lambda: ours.train(steps))}
            turns = alternate(sides, num_turns)
            sides = {"samples": seconds(samples), "checkpoint": seconds(checkpoint)}
            return turns, alternate(sides, effort.rounds)


def gpu(effort: Effort) -> list[dict]:
    """The default acgan against itself with one setting changed; one row a setting."""
    device, num = devices.select_gpus(), effort.num(1_000)
    runs = {name: trainer("acgan", **more).train for name, more in _GPU_SIDES.items()}
    values = alternate({k: rate(run, num) for k, run in runs.items()}, effort.rounds)
    busy = _busy_fraction(partial(runs["defaults"], num))
    ours = {"defaults": values.pop("defaults")}
    start = f"`acgan` on {device}: its defaults against "
    return [
        compared(start + name, "steps/s", {**ours, name: rates}, busy=busy)
        for name, rates in values.items()
    ]


def _busy_fraction(work):
    """Returns the GPU's median utilization during `work`; None without nvidia-smi."""
    found, done = [], threading.Event()

    def sample():
        while True:  # once at least
            printed = subprocess.run(_GPU_QUERY, capture_output=True, text=True, check=True)
            found.append(float(printed.stdout.split()[0]) / 100)
            if done.wait(0.25):
                return

    if not shutil.which(_GPU_QUERY[0]):
        return None
    thread = threading.Thread(target=sample)
    thread.start()
    work()
    done.set()
    thread.join()
    return statistics.median(found) if found else None


def start_up(effort: Effort) -> list[dict]:
    """Making 16 images, and the first step of a training, against the bare import."""
    with tempfile.TemporaryDirectory() as folder:
        run, numbers = f"{folder}/run", itertools.count()
        _run(records.train_command(model="acgan", steps=2, run_dir=run))
        generate = [sys.executable, "-m", "gan_tf.generate", "--run_dir", run]
        generate += ["--label", "7", "--num", "16", "--out", f"{folder}/sevens.png"]

        def first_step():
            # A new run: an existing one would be resumed.
            flags = ["--model=acgan", "--steps=1", f"--run_dir={folder}/{next(numbers)}"]
            _run([sys.executable, "-c", _FIRST_STEP, *flags], "trained to step 1\n")

        sides = {"generate": seconds(partial(_run, generate)), "train": seconds(first_step)}
        sides["import tensorflow"] = seconds(partial(_run, _IMPORT))
        values = alternate(sides, effort.rounds)
    bare = {"import tensorflow": values.pop("import tensorflow")}
    whats = {
        "generate": "`gan_tf.generate --label 7 --num 16`, whole process",
        "train": "`gan_tf.train --model acgan`, to the end of the first step",
    }
    return [
        compared(f"{whats[k]}, against `import tensorflow`", "s", {k: v, **bare})
        for k, v in values.items()
    ]


def memory(effort: Effort) -> list[dict]:
    """Peak memory of the default acgan training on MNIST."""
    with tempfile.TemporaryDirectory() as folder:
        flags = {"steps": effort.num(300), "run_dir": f"{folder}/run"}
        commands = {"gan_tf": records.train_command(model="acgan", **flags)}
        commands["import tensorflow"] = _IMPORT
        peaks = {k: _run([sys.executable, "-c", _PEAK, *v]) for k, v in commands.items()}
    values = {side: [int(peak) / 2**20] for side, peak in peaks.items()}
    return [compared("peak memory of training `acgan`", "MiB", values)]


def _run(command, last_words=""):
    """Returns what a process prints; raises if it failed, or did not end with the words."""
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if not printed.endswith(last_words):
        raise RuntimeError(f"{command} ended with {printed[-200:]!r}")
    return printed


# {row of speed.py: function}.
ROWS = {
    **{row: partial(against_programs, row) for row in _PROGRAMS},
    "3": against_matrix_product,
    **{"5": outputs, "6": start_up, "7": memory, "8": generation, "9": batch_sizes},
    "gpu": gpu,
}
