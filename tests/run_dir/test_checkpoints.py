import dataclasses
from pathlib import Path
from unittest import mock

import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.run_dir.run import Run


def corrupt(run, step, how="cut"):
    (file,) = run.path.glob(f"checkpoints/step-{step}.data*")
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[:-1])
    elif how == "flip":
        file.write_bytes(bytes([content[0] ^ 0xFF]) + content[1:])
    elif how == "missing":
        file.unlink()
    else:
        run.checkpoints.index(step).write_bytes(b"")


def test_the_newest_are_kept_as_many_as_the_config_has_now_and_a_protected_one(run, save):
    checkpoint, _ = save(run, 2, 4, 10, 100)
    assert run.checkpoints.steps() == [4, 10, 100]
    run.checkpoints.save(checkpoint, 200)
    run.checkpoints.prune(keep=3, protected={4})
    assert run.checkpoints.steps() == [4, 10, 100, 200]
    run.update_config(dataclasses.replace(run.config, keep_checkpoints=2))
    save(run, 300)
    assert run.checkpoints.steps() == [200, 300]


@pytest.mark.parametrize("how", ["cut", "flip", "missing", "index"])
def test_a_corrupt_checkpoint_is_skipped_and_reported(run, save, how):
    checkpoint, variable = save(run, 2, 4)
    corrupt(run, 4, how)
    assert [run.checkpoints.is_intact(step) for step in (2, 4)] == [True, False]
    assert run.checkpoints.restore(checkpoint) == (2, ["corrupt checkpoint 4"])
    assert variable.numpy() == 2


def test_a_skipped_checkpoint_is_made_again_and_displaces_no_good_one(run, save):
    checkpoint, variable = save(run, 2, 4, 10)
    corrupt(run, 10)
    assert run.checkpoints.restore(checkpoint)[0] == 4
    run.checkpoints.truncate_after(4)
    assert run.checkpoints.steps() == [2, 4]
    moved = {file.name for file in (run.path / "checkpoints/corrupt").iterdir()}
    assert moved == {"step-10.index", "step-10.data-00000-of-00001"}
    variable.assign(10)
    for step in (6, 10):
        run.save(checkpoint, step)
    assert run.checkpoints.steps() == [4, 6, 10] and run.checkpoints.is_intact(10)


def test_partial_files_of_a_killed_save_are_removed(run, save):
    save(run, 2, 4)
    folder = run.path / "checkpoints"
    before = {file.name for file in folder.iterdir()}
    (folder / "step-6_temp").mkdir()
    for name in ("step-6_temp/part-0", "step-6.data-00000-of-00001"):
        (folder / name).write_bytes(b"partial")
    run.checkpoints.truncate_after(4)
    assert {file.name for file in folder.iterdir()} == before


def test_without_checkpoints_the_step_is_0_and_without_a_readable_one_an_error(run, save):
    checkpoint = tf.train.Checkpoint(x=tf.Variable(0.0))
    assert run.checkpoints.restore(checkpoint) == (0, [])
    save(run, 2)
    corrupt(run, 2, "index")
    with pytest.raises(InputError, match="corrupt checkpoint 2"):
        run.checkpoints.restore(checkpoint)
    save(run, 4)
    for other in ({"x": 0.0, "y": 0.0}, {"x": [0.0, 0.0]}):
        other = tf.train.Checkpoint(**{k: tf.Variable(v) for k, v in other.items()})
        with pytest.raises(InputError, match="incompatible checkpoint 4, corrupt"):
            run.checkpoints.restore(other)


def test_checkpoints_that_were_deleted_here_have_not_gone(run, save):
    assert not run.checkpoints.have_gone()
    save(run, 2)
    assert not run.checkpoints.have_gone()
    for file in (run.path / "checkpoints").iterdir():
        file.unlink()
    assert run.checkpoints.have_gone()
    save(run, 2, 4)
    run.checkpoints.delete_after(0)  # a rollback to the start
    assert not run.checkpoints.have_gone()


def test_tensorflow_finds_the_newest_checkpoint(run, save):
    def latest():
        return tf.train.latest_checkpoint(str(folder))

    checkpoint, _ = save(run, 2, 4, 6, 8)
    folder = run.path / "checkpoints"
    state = tf.train.get_checkpoint_state(str(folder))
    expected = [str(folder / f"step-{step}") for step in (4, 6, 8)]
    assert list(state.all_model_checkpoint_paths) == expected
    assert latest() == expected[2]
    run.checkpoints.delete_after(7)
    assert latest() == expected[1]
    # A missing or corrupt state file does not matter, and is written again.
    for damage in (lambda file: file.unlink(), lambda file: file.write_bytes(b"\xff")):
        damage(folder / "checkpoint")
        assert run.checkpoints.restore(checkpoint) == (6, [])
        run.checkpoints.truncate_after(6)
        assert latest() == expected[1]
    run.checkpoints.truncate_after(0)
    assert latest() is None


def test_a_bracket_needs_no_right_to_make_links(tmp_path, data, monkeypatch):
    refuse = mock.Mock(side_effect=OSError("a required privilege is not held"))
    monkeypatch.setattr(Path, "symlink_to", refuse)
    test_a_directory_may_have_any_name(tmp_path, data, "lr[1e-3]")


@pytest.mark.parametrize(
    "name", ["lr[1e-3]", "[", "*", "a?", "a b", "it's \"a\"", "ünï", "50%", "{a,b}", "a\\b"]
)
def test_a_directory_may_have_any_name(tmp_path, data, name):
    config = tiny_config("gan")
    run = Run.create(tmp_path / name / "r", config, data, "CPU")
    generator = model_class("gan").build_generator(config, (8, 8, 1), 3)
    for weight in generator.weights:
        weight.assign(tf.ones_like(weight))
    checkpoint = tf.train.Checkpoint(ema_generator=generator)
    for step in (2, 4):
        run.save(checkpoint, step)
    assert run.checkpoints.is_intact(4)
    assert run.checkpoints.restore(checkpoint) == (4, [])
    restored = Run(run.path).sampler().generator
    assert all((weight == 1).all() for weight in restored.get_weights())
    corrupt(run, 4)
    assert run.checkpoints.restore(checkpoint) == (2, ["corrupt checkpoint 4"])
    # The link that TensorFlow reads through is not followed when it is removed.
    assert run.checkpoints.steps() == [2, 4]
