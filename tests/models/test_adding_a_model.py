"""The model of docs/adding_a_model.md trains with its file and its line alone."""

import re
from pathlib import Path

from tiny import TINY

import gan_tf
from gan_tf import train as train_command
from gan_tf.models import MODELS
from gan_tf.run_dir.run import Run

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_model.md"


def test_the_example_trains_and_makes_images(tmp_path, monkeypatch, blob_file):
    module, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (tmp_path / "lsgan.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    ((name, target),) = re.findall(r'^ *"(\w+)": "gan_tf\.models\.(.*)",$', line, re.M)
    monkeypatch.setitem(MODELS, name, target)
    monkeypatch.chdir(tmp_path)
    flags = [f"--{k}={v}" for k, v in TINY.items()]
    train_command.main(["train", f"--model={name}", f"--data={blob_file}", *flags])
    assert Run(tmp_path / "runs" / name).checkpoints.steps() == [2, 4]
    assert gan_tf.load(tmp_path / "runs" / name).generate(num=3).shape == (3, 8, 8, 1)
