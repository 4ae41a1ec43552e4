from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import gan_tf
from gan_tf.evaluation import classifier_cache as judge_cache
from gan_tf.evaluation.classifier_cache import JUDGES, SHIPPED, fingerprint, load_judge


@pytest.fixture(scope="module")
def mnist():
    path = Path(gan_tf.__file__).parent / "datasets" / "mnist.npz"
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_a_fingerprint_sees_every_pixel_and_label(bars):
    images, labels = bars
    data = fingerprint(images, labels)
    assert len(data) == 64
    assert fingerprint(images[..., 0], labels.astype(np.uint8)) == data
    other = images.copy()
    other[-1, -1, -1] ^= 1
    assert fingerprint(other, labels) != data
    assert fingerprint(images, (labels + 1) % 3) != data
    assert fingerprint(images.reshape(240, 28, 7), labels) != data


def test_a_judge_is_trained_once(bars, tmp_path, monkeypatch):
    trained = []

    def train(x, y, seed, **options):
        trained.append(seed)
        return judge_cache.Judge(options["name"], x.shape[1:], 3, seed)

    monkeypatch.setattr(judge_cache, "train_judge", train)
    first = load_judge(*bars, tmp_path)
    again = load_judge(*bars, tmp_path)
    assert trained == [0]
    # Weights rest in float16, so what is read back is compared with what is read back.
    assert_array_equal(
        again.network.get_weights()[0],
        first.network.get_weights()[0].astype(np.float16).astype(np.float32),
    )
    load_judge(*bars, tmp_path, seed=1)
    load_judge(*bars, tmp_path, name="audit", seed=1)
    load_judge(bars[0], (bars[1] + 1) % 3, tmp_path)
    assert trained == [0, 1, 1, 0]
    assert len(list(tmp_path.glob("*.npz"))) == len(list(tmp_path.iterdir())) == 4


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert judge_cache.default_cache_dir() == tmp_path / "gan_tf" / "judges"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = tmp_path / ".cache" / "gan_tf" / "judges"
    assert judge_cache.default_cache_dir() == expected


def test_the_shipped_judge_reads_the_mnist_test_split(mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(judge_cache, "train_judge", None)
    judge = load_judge(mnist["x_train"], mnist["y_train"], tmp_path)
    assert not list(tmp_path.iterdir())
    predicted = judge.probabilities(mnist["x_test"]).argmax(axis=1)
    # Another machine may round an image or two to the other side.
    accuracy = np.mean(predicted == mnist["y_test"])
    assert accuracy == pytest.approx(0.9959, abs=0.0003)
    assert accuracy >= 0.994


def test_shipped_judges_are_small():
    for name in SHIPPED.values():
        assert (JUDGES / name).stat().st_size < 2_000_000
