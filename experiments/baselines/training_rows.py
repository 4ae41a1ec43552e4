"""Rows 1 to 5, 8, 9 and "gpu": trainers and samplers in this process."""

import functools
import importlib.resources
import itertools
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from baselines import multiply_adds
from baselines.timing import Effort, Worker, alternate, compared, has_torch, rate, seconds

from gan_tf import data
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.sampling import image_io
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices
from gan_tf.training.trainer import Trainer

# Steps in one measurement: about two seconds each.
_STEPS = {"acgan-classic": 20, "gan-classic": 2_000, "acgan": 40}
# The second one where it is fast.
_PRECISIONS = ("float32", "off"), ("bfloat16", "on")
_PREDICT_BATCH, _LABEL = 32, 7
# The settings of the default acgan on a GPU, then with one of them changed.
_GPU_SIDES = {
    "defaults": {},
    "steps_per_loop 1": {"steps_per_loop": 1},
    "steps_per_loop 200": {"steps_per_loop": 200},
    "without XLA": {"jit_compile": "off"},
    "float32": {"mixed_precision": "off"},
}
_GPU_STEPS = 1_000
_GPU_QUERY = "nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits".split()
_SECONDS_BETWEEN_QUERIES = 0.25


@functools.cache
def trainer(preset: str, **settings) -> Trainer:
    """Returns a trainer of `preset` on MNIST, with `auto` resolved as the commands do."""
    config, dataset = Config.from_preset(preset, **settings), mnist()
    model_type = model_class(config.model)
    config = config.resolved(devices.fast_choices(model_type, config))
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = model_type(config, dataset.image_shape, dataset.num_classes, dtype)
    return Trainer(model, dataset.x_train, dataset.y_train, config)


@functools.cache
def mnist() -> data.Dataset:
    """Returns MNIST, read once."""
    return data.load("mnist")


def against(
    effort: Effort, preset, what, loops, module, *kind, num=None, python=sys.executable
) -> dict:
    """Returns the row of `preset` and of the loops of another program, on MNIST.

    Args:
        effort: how much to measure.
        preset: name of a preset; the other program has its batch size.
        what: the other program, in the title of the row.
        loops: {side: name of a loop} of `python -m baselines.<module>`.
        module: the module of the other program.
        *kind: its first arguments.
        num: steps in one measurement; None for those of the rows of speed.py.
        python: the interpreter that runs it.
    """
    num, ours = num or effort.num(_STEPS[preset]), trainer(preset)
    file = importlib.resources.files("gan_tf") / "datasets" / "mnist.npz"
    arguments = [*kind, str(file), str(ours.config.batch_size)]
    with Worker(python, module, arguments) as worker:
        runs = {"gan_tf": ours.train}
        runs |= {side: partial(worker.run, name) for side, name in loops.items()}
        sides = {side: rate(run, num) for side, run in runs.items()}
        values = alternate(sides, effort.rounds)
    what = f"`{preset}` against {what}"
    return compared(what, "steps/s", values, version=worker.version)


def acgan_against_keras(effort: Effort) -> list[dict]:
    """acgan-classic against predict and three train_on_batch."""
    what, loops = "the classic Keras loop", {"classic Keras": "keras"}
    return [against(effort, "acgan-classic", what, loops, "keras_acgan")]


def against_torch(effort: Effort, preset: str = "acgan-classic") -> list[dict]:
    """acgan-classic against the best of three settings of PyTorch; or another preset."""
    if not has_torch(effort.torch_python):
        what = f"`{preset}` against PyTorch"
        return [{"what": what, "skipped": "PyTorch is not installed"}]
    model, settings = trainer(preset).config.model, ["eager"]
    if model == "acgan":
        settings += ["channels_last", "channels_last_bfloat16"]
    loops, python = {f"PyTorch {name}": name for name in settings}, effort.torch_python
    return [against(effort, preset, "PyTorch", loops, "torch_gans", model, python=python)]


def against_matrix_product(effort: Effort) -> list[dict]:
    """Multiply-adds per second of the step against those of a matrix product."""
    rows, least = [], 0.02 if effort.quick else 0.5
    for preset, num in _STEPS.items():
        for dtype, mixed in _PRECISIONS[: 1 + devices.multiplies_bfloat16()]:
            # R1, of some steps, has second derivatives, which are not counted.
            ours = trainer(preset, mixed_precision=mixed, r1_gamma=0.0)
            work = multiply_adds.of_step(ours.train_step.model, ours.config)
            sides = {
                "gan_tf": rate(ours.train, effort.num(num), work / 1e9),
                "matrix product": partial(multiply_adds.matmul_rate, dtype, least),
            }
            values = alternate(sides, effort.rounds)
            what = f"`{preset}` in {dtype}: fraction of the matrix-product rate"
            unit = "G multiply-adds/s"
            rows.append(compared(what, unit, values, multiply_adds_per_step=work))
    return rows


def gan_against_others(effort: Effort) -> list[dict]:
    """gan-classic against a TensorFlow 1 session, and against PyTorch."""
    what, loops = "a TensorFlow 1 session", {"TF 1 session": "session"}
    row = against(effort, "gan-classic", what, loops, "tf1_gan", "logits")
    return [row, *against_torch(effort, "gan-classic")]


def generation(effort: Effort) -> list[dict]:
    """Making images by the sampler against a loop of generator.predict."""
    ours = trainer("acgan")
    generator, model = ours.ema_generator, ours.train_step.model

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
    runs = {"gan_tf": lambda num: sampler.generate(_LABEL, num), "predict at 32": predict}
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
        sides = {
            "all outputs": [1 / (s / steps + per_step) for s in turns["with"]],
            "none": [steps / s for s in turns["without"]],
        }
        what = f"`{preset}`: all outputs at their defaults against none"
        rows.append(compared(what, "steps/s", sides, seconds_of_writing=writing))
    return rows


def _output_seconds(ours, steps, effort):
    """Returns two {side: [seconds per round]}.

    The first is of `steps` steps "with" one log step and "without". A checkpoint flushes
    the events of many log steps at once; each log step's fraction of that is added. The
    second is of writing "samples" and a "checkpoint".
    """
    from gan_tf.data.fingerprint import describe
    from gan_tf.monitoring.recorder import Recorder
    from gan_tf.run_dir.run import Run

    model, numbers, num_turns = ours.train_step.model, itertools.count(), effort.num(15)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), ours.config, describe(mnist()), "")
        with Recorder(run, model, ours.ema_generator, mnist(), "") as recorder:

            def logged():
                metrics, snapshot = ours.train(steps)
                scalars = metrics | ours.learning_rates() | recorder.speed(ours.step)
                tensors = ours.tensors(snapshot)
                scalars |= recorder.write_histograms(tensors, ours.step)
                recorder.write_scalars(scalars, ours.step)

            def checkpoint():
                recorder.save(ours.checkpoint, next(numbers))

            ours.train(steps)
            recorder.start(ours.step, math.inf, math.inf)
            samples = partial(recorder.write_sample_grid, 0)
            for warm_up in (logged, checkpoint, samples):
                warm_up()
            # A log step costs less than the machine's own changes: many short turns.
            sides = {"with": seconds(logged), "without": seconds(lambda: ours.train(steps))}
            turns = alternate(sides, num_turns)
            flushing = seconds(checkpoint)()
            sides = {"samples": seconds(samples), "checkpoint": seconds(checkpoint)}
            writing = alternate(sides, effort.rounds)
    flush = max(0.0, flushing - statistics.median(writing["checkpoint"])) / num_turns
    return turns | {"with": [spent + flush for spent in turns["with"]]}, writing


def gpu(effort: Effort) -> list[dict]:
    """The default acgan against itself with one setting changed; one row a setting.

    A row has the name of the device and, where there is `nvidia-smi`, the fraction of the
    time in which the GPU was busy while the defaults were measured.
    """
    device, num = devices.select_gpus(), effort.num(_GPU_STEPS)
    runs = {name: trainer("acgan", **more).train for name, more in _GPU_SIDES.items()}
    sides = {name: rate(run, num) for name, run in runs.items()}
    values = alternate(sides, effort.rounds)
    busy = _busy_fraction(lambda: runs["defaults"](num))
    ours = {"defaults": values.pop("defaults")}
    start = f"`acgan` on {device}: its defaults against "
    return [
        compared(start + name, "steps/s", {**ours, name: rates}, busy=busy)
        for name, rates in values.items()
    ]


def _busy_fraction(work: Callable[[], object]) -> float | None:
    """Returns the GPU's median utilization during `work`; None without nvidia-smi."""
    found: list[float] = []
    done = threading.Event()

    def sample():
        while not done.wait(_SECONDS_BETWEEN_QUERIES):
            printed = subprocess.run(_GPU_QUERY, capture_output=True, text=True, check=True)
            found.append(float(printed.stdout.split()[0]) / 100)

    if not shutil.which(_GPU_QUERY[0]):
        return None
    thread = threading.Thread(target=sample)
    thread.start()
    work()
    done.set()
    thread.join()
    return statistics.median(found) if found else None
