"""Format hub: a folder that `hf upload` can publish as a model of the Hugging Face Hub."""

import contextlib
import importlib.metadata
import json
import math
import shlex
from pathlib import Path, PureWindowsPath
from typing import Any

from gan_tf.config import Config
from gan_tf.data import IN_MEMORY
from gan_tf.evaluation.table import METRICS
from gan_tf.exporting import keras_file
from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import check_plain, plain_keras, save
from gan_tf.models import model_class
from gan_tf.presets import PRESETS
from gan_tf.run_dir import evaluations
from gan_tf.run_dir.run import Run

# {dataset: (its name on the Hub, its licence)}.
_DATASETS = {
    "mnist": ("ylecun/mnist", "MNIST is by Y. LeCun, C. Cortes and C. J. C. Burges, "
              "under CC BY-SA 3.0."),
    "fashion_mnist": ("zalando-datasets/fashion_mnist", "Fashion-MNIST is by Zalando SE, "
                      "under the MIT licence."),
}
_WEIGHTS = {"ema": "EMA of the weights", "raw": "trained weights, without EMA"}
_TASK = "unconditional-image-generation"  # the Hub has no task of images from labels


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the folder; returns the largest difference of a pixel of generator.keras."""
    out.mkdir()
    difference = keras_file.write(out / "generator.keras", model_info)
    discriminator = plain_keras(model_info.run.model(model_info.step).discriminator)
    check_plain(discriminator)
    save(discriminator, out / "discriminator.keras")
    model_info.sampler.grid().save(out / "samples.png")
    run = model_info.run
    record = json.dumps({"config": _config(run), "data": run.data}, indent=2)
    (out / "config.json").write_text(record + "\n", encoding="utf-8")
    (out / "LICENSE").write_text(_licence(), encoding="utf-8")
    (out / "README.md").write_text(_card(model_info), encoding="utf-8")
    return difference


def training_command(run: Run) -> str:
    """Returns the command that trains such a run: its preset, and what differs from it."""
    config = _config(run)
    default = Config(preset=run.config.preset, model=run.config.model).as_dict()
    config["minutes"] = default["minutes"]  # the steps say how many fitted into them
    changed = {name: value for name, value in config.items() if value != default[name]}
    kind = "preset" if run.config.preset in PRESETS else "model"
    words = ["python", "-m", "gan_tf.train", f"--{kind}", run.config.preset]
    for name, value in changed.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        words.append(f"--{name}={text}")
    return shlex.join(words)


def _config(run):
    """Returns {setting: value}, of paths of this machine without their folders."""
    # Those of a run that was trained on Windows may be read elsewhere.
    data, init_from = run.config.data, PureWindowsPath(run.config.init_from).name
    file = "" if data in (*_DATASETS, IN_MEMORY) else PureWindowsPath(data).name
    file = _data_name(run) if file in ("", "..") else file
    if data not in _DATASETS and file in _DATASETS:  # a folder of that name
        file = f"./{file}"
    return {**run.config.as_dict(), "data": file, "init_from": init_from}


def _data_name(run):
    """Returns the name of the data, not their path on this machine."""
    if run.config.data == IN_MEMORY:
        return "my_data"
    return run.config.data if run.config.data in _DATASETS else run.data["name"]


def _metrics(model_info: ModelInfo) -> tuple[dict[str, float], list[str]]:
    """Returns ({metric: value}, what to know of them) of the checkpoint's evaluation."""
    key, crc32 = (model_info.step, model_info.weights), model_info.run.data["crc32"]
    # The largest number of images first.
    for record in reversed(evaluations.read(model_info.run.path)):
        if evaluations.key(record) == key and record.get("crc32") == crc32:
            found = {name: record["metrics"].get(name) for name in METRICS}
            finite = {k: v for k, v in found.items() if v is not None and math.isfinite(v)}
            num = f"{record.get('num', 0):,}"
            notes = record.get("notes", [])
            return finite, [f"{num} images against as many real ones.", *notes]
    return {}, []


def _front_matter(model_info: ModelInfo, metrics: dict[str, float]) -> str:
    run, data = model_info.run, _data_name(model_info.run)
    facts: dict[str, Any] = {
        "license": "mit",
        "library_name": "keras",
        "pipeline_tag": _TASK,
        "tags": sorted({"gan", run.config.model, "image-generation", "gan_tf"}),
    }
    hub_name = _DATASETS.get(run.config.data, (data,))[0]
    if run.config.data in _DATASETS:
        facts["datasets"] = [hub_name]
    if metrics:
        result = {
            "task": {"type": _TASK},
            "dataset": {"name": data, "type": hub_name},
            "metrics": [
                {"name": METRICS[name][1], "type": name, "value": float(f"{value:.4g}")}
                for name, value in metrics.items()
            ],
        }
        facts["model-index"] = [{"name": run.config.preset, "results": [result]}]
    # Values in JSON, which is YAML too.
    texts = {k: json.dumps(value, ensure_ascii=False) for k, value in facts.items()}
    return "\n".join(["---", *(f"{name}: {text}" for name, text in texts.items()), "---"])


def _card(model_info: ModelInfo) -> str:
    run, sampler = model_info.run, model_info.sampler
    metrics, notes = _metrics(model_info)
    size, labels = "x".join(map(str, sampler.image_shape)), sampler.class_names
    low, high = sampler.image_range
    draw = {
        "normal": f"rng.standard_normal((16, {sampler.latent_dim}))",
        "uniform": f"rng.uniform(-1, 1, (16, {sampler.latent_dim}))",
    }[sampler.noise]
    inputs = "[z, labels]" if labels else "z"
    use = [
        "import keras",
        "import numpy as np",
        "",
        'generator = keras.saving.load_model("generator.keras")',
        "rng = np.random.default_rng(0)",
        f'z = {draw}.astype("float32")',
    ]
    if labels:
        index = min(7, len(labels) - 1)
        use.append(f'labels = np.full(16, {index}, "int32")  # {json.dumps(labels[index])}')
    use.append(
        f"images = generator.predict({inputs})  # float32 [16, {size.replace('x', ', ')}] "
        f"in [{low:g}, {high:g}]"
    )
    table = []
    for name, value in metrics.items():
        better, text = METRICS[name]
        text = text.replace("|", r"\|")  # a bare one ends a column of the table
        table.append(f"| {name} | {value:.4g} | {better} | {text} |")
    heading = ["| metric | value | better | what it is |", "|---|---|---|---|"]
    scores = [*heading, *table, "", *(f"- {note}" for note in notes)]
    if not metrics:
        scores = ["Not measured: `python -m gan_tf.evaluate` does so."]
    names = json.dumps(labels, ensure_ascii=False)  # they may hold commas and Markdown
    where = []
    if run.config.data not in _DATASETS:
        data = _config(run)["data"]
        where = ["", f"`{data}` is the training data, which are not in this folder."]
    if run.config.init_from != "none":
        where += ["", "The run that `--init_from` names is not in this folder, either."]
    listing = ["Labels, in the order of their indices:", "", "```json", names, "```", ""]
    lines = [
        _front_matter(model_info, metrics),
        "",
        f"# {run.config.preset} on {_data_name(run)}",
        "",
        f"A generative adversarial network of {size} images, trained with gan_tf: the "
        f"{_WEIGHTS[model_info.kind_of_weights]} after {model_info.step:,} steps.",
        "",
        "![samples](samples.png)",
        "",
        *(listing if labels else []),
        "## Use",
        "",
        "Keras alone (3.6 or later) loads both networks. `discriminator.keras` takes "
        f"images in the range of the generator's and returns {_outputs(run)}. "
        "`model.json` states how gan_tf's seeds become z.",
        "",
        "```python",
        *use,
        "```",
        "",
        "## Metrics",
        "",
        *scores,
        "",
        "## Training",
        "",
        "```sh",
        training_command(run),
        "```",
        *where,
        "",
        "## Licence",
        "",
        f"MIT ([LICENSE](LICENSE)). {_DATASETS.get(run.config.data, ('', ''))[1]}".strip(),
    ]
    return "\n".join(lines) + "\n"


def _outputs(run: Run) -> str:
    """Returns in words what the discriminator returns."""
    source = "the logit [B, 1] of an image being real"
    if not model_class(run.config.model).conditional:
        return source
    num = len(run.data["class_names"])
    if run.config.class_loss == "ac":
        return f"{source}, and class logits [B, {num}]"
    return (
        f"{source}, and class logits [B, {2 * num}]: {num} of (class, real), then {num} of "
        "(class, fake); the class is the argmax of logaddexp of the two halves"
    )


def _licence() -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("gan_tf") or []:
            if file.name == "LICENSE":
                return file.read_text(encoding="utf-8")
    clone = Path(__file__).parents[2] / "LICENSE"
    return clone.read_text(encoding="utf-8")
