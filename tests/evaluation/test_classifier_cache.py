import os
import tempfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import gan_tf.data
from gan_tf.evaluation import cache
from gan_tf.evaluation.cache import (
    SHIPPED,
    cache_dir,
    cached,
    fingerprint,
    load_classifier,
)


def test_a_fingerprint_depends_on_every_pixel_and_label(bars):
    images, labels = bars
    data = fingerprint(images, labels)
    assert len(data) == 64
    assert fingerprint(images[..., 0], labels.astype(np.uint8)) == data
    other = images.copy()
    other[-1, -1, -1] ^= 1
    assert fingerprint(other, labels) != data
    assert fingerprint(images, (labels + 1) % 3) != data
    assert fingerprint(images.reshape(240, 28, 7), labels) != data


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """The seeds of all trainings; they leave the initial weights."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seeds = []

    def train(x, y, seed, **options):
        seeds.append(seed)
        return cache.Classifier(options["name"], x.shape[1:], 3, seed)

    monkeypatch.setattr(cache, "train_classifier", train)
    return seeds


def test_a_classifier_is_trained_once(bars, trained):
    first, again = load_classifier(*bars), load_classifier(*bars)
    assert trained == [0]
    # The file holds float16.
    weights = [c.network.get_weights()[0] for c in (first, again)]
    assert_array_equal(weights[1], weights[0].astype(np.float16).astype(np.float32))
    load_classifier(*bars, seed=1)
    load_classifier(*bars, name="audit", seed=1)
    load_classifier(bars[0], (bars[1] + 1) % 3)
    assert trained == [0, 1, 1, 0]
    files = list((cache_dir() / "classifiers").iterdir())
    assert len(files) == 4 and {file.suffix for file in files} == {".npz"}


def test_a_training_prints_its_epochs(bars, trained, monkeypatch, capsys):
    def train(*arguments, on_epoch, **options):
        for epoch in range(2):
            on_epoch(epoch, 0.5)
        return cache.Classifier("default", (28, 28, 1), 3, 0)

    monkeypatch.setattr(cache, "train_classifier", train)
    load_classifier(*bars)
    first, *epochs = capsys.readouterr().out.splitlines()
    assert first.startswith("No cached classifier for this dataset: training one")
    assert epochs == [f"epoch {i}: held-out accuracy 0.5000" for i in (1, 2)]
    load_classifier(*bars)
    assert not capsys.readouterr().out


def test_a_cache_that_cannot_be_written_costs_a_note(bars, tmp_path, trained, capsys):
    (tmp_path / "gan_tf").write_text("not a folder")
    for compute, expected in [
        (lambda: load_classifier(*bars).num_classes, 3),
        (lambda: cached("key", lambda: {"a": 1.0}), {"a": 1.0}),
        (lambda: cached("key", lambda: {"a": 2.0}), {"a": 2.0}),
    ]:
        assert compute() == expected
        printed = capsys.readouterr().out
        printed = printed[printed.index("note  ") :]
        assert printed.startswith("note  ") and "cannot be written" in printed
        assert printed.count("\n") == 1


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4 cut", b"no archive", "zeros", "encrypted", "compressed"]
)
def test_a_damaged_classifier_is_trained_again(bars, trained, content):
    load_classifier(*bars)
    (file,) = (cache_dir() / "classifiers").iterdir()
    whole = bytearray(file.read_bytes())
    if content == "zeros":
        whole[200:400] = bytes(200)
    elif isinstance(content, str):  # a flag, or a method that does not exist
        first = whole.index(b"PK\1\2") + {"encrypted": 8, "compressed": 10}[content]
        whole[first] = 99
    file.write_bytes(whole if isinstance(content, str) else content)
    load_classifier(*bars)
    load_classifier(*bars)
    assert trained == [0, 0]


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "gan_tf"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "gan_tf"
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # nobody's home is known
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    assert cache_dir() == tmp_path / "temporary" / ".cache" / "gan_tf"


def test_the_shipped_classifier_of_mnist(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "train_classifier", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    mnist = gan_tf.data.load("mnist")
    classifier = load_classifier(mnist.x_train, mnist.y_train)
    assert classifier.name == "default" and not list(tmp_path.iterdir())
    predicted = classifier.outputs(mnist.x_test).logits.argmax(axis=1)
    # Another machine may round an image or two to the other side.
    accuracy = np.mean(predicted == mnist.y_test)
    assert accuracy == pytest.approx(0.9959, abs=0.0003)
    assert all(file.stat().st_size < 2_000_000 for file in SHIPPED.values())
