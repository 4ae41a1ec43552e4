import dataclasses
import errno
import json
import os

import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.errors import InputError
from gan_tf.run_dir import lock as locks
from gan_tf.run_dir import run as runs
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.search import newest_run
from gan_tf.run_dir.versions import versions

DATA = {
    "name": "blobs",
    "image_shape": [8, 8, 1],
    "class_names": ["0", "1", "2"],
    "num_images": 60,
    "crc32": 1,
}


@pytest.fixture
def run(tmp_path):
    return Run.create(
        tmp_path / "r", tiny_config("gan", keep_checkpoints=3), DATA, "CPU"
    )


def save(run, *steps):
    variable = tf.Variable(0.0)
    checkpoint = tf.train.Checkpoint(x=variable)
    for step in steps:
        variable.assign(step)
        run.checkpoints.save(checkpoint, step)
    return checkpoint, variable


def test_a_run_is_read_back_as_it_was_made(run):
    again = Run(run.path)
    assert again.config == run.config and again.data == DATA
    record = json.loads((run.path / "config.json").read_text())
    assert record["device"] == "CPU" and record["versions"] == versions()


def test_the_newest_checkpoints_are_kept(run):
    save(run, 2, 4, 10, 100)
    assert run.checkpoints.steps() == [4, 10, 100]


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "index"])
def test_a_damaged_checkpoint_is_passed_over_with_a_word(run, damage):
    checkpoint, variable = save(run, 2, 4)
    (file,) = run.path.glob("checkpoints/step-4.data*")
    whole = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "flip":
        whole[0] ^= 0xFF
        file.write_bytes(whole)
    elif damage == "missing":
        file.unlink()
    else:
        (run.path / "checkpoints" / "step-4.index").write_bytes(b"")
    step, skipped = run.checkpoints.restore(checkpoint)
    assert step == 2 and variable.numpy() == 2
    assert len(skipped) == 1 and "checkpoint 4 is damaged" in skipped[0]


def damage(run, step):
    """Cuts a checkpoint's shard."""
    (file,) = run.path.glob(f"checkpoints/step-{step}.data*")
    file.write_bytes(file.read_bytes()[:-1])


def test_only_a_checkpoint_that_can_be_read_is_whole(run):
    save(run, 2, 4)
    damage(run, 2)
    assert [run.checkpoints.is_whole(step) for step in (2, 4)] == [False, True]


def test_what_was_passed_over_is_made_again_and_pushes_no_good_one_out(run):
    save(run, 2, 4, 10)
    damage(run, 10)
    checkpoint, variable = save(run)
    assert run.checkpoints.restore(checkpoint)[0] == 4
    run.checkpoints.rewind(4)
    assert run.checkpoints.steps() == [2, 4]
    aside = {file.name for file in (run.path / "checkpoints/passed_over").iterdir()}
    assert aside == {"step-10.index", "step-10.data-00000-of-00001"}
    variable.assign(10)
    for step in (6, 10):
        run.checkpoints.save(checkpoint, step)
    assert run.checkpoints.steps() == [4, 6, 10] and run.checkpoints.is_whole(10)


def test_what_a_kill_left_half_done_is_cleared_away(run):
    save(run, 2, 4)
    folder = run.path / "checkpoints"
    before = {file.name for file in folder.iterdir()}
    (folder / "step-6_temp").mkdir()
    (folder / "step-6_temp" / "part-0").write_bytes(b"half")
    (folder / "step-6.data-00000-of-00001").write_bytes(b"no index yet")
    run.checkpoints.rewind(4)
    assert {file.name for file in folder.iterdir()} == before


def test_a_full_disk_is_one_line_and_leaves_what_was_there(run, full_disk):
    run.log.add({"losses/d_loss": 1.0}, 2)
    save(run, 2)
    large = tf.train.Checkpoint(x=tf.Variable(tf.zeros([1_000])))
    for write in (
        lambda: run.checkpoints.save(large, 4),
        lambda: [run.log.add({"losses/d_loss": 1.0}, step) for step in range(100)],
        lambda: run.adopt(dataclasses.replace(run.config, steps=9)),
    ):
        with pytest.raises(InputError) as error, full_disk():
            write()
        text = str(error.value)
        assert f"run_dir ({run.path}) cannot be written (File too large)" in text
        assert "\n" not in text
    assert run.checkpoints.steps() == [2] and run.checkpoints.is_whole(2)
    assert Run(run.path).config.steps == 4
    run.log.rewind(2)
    assert (run.path / "metrics.jsonl").read_text().startswith('{"step": 2, ')


def test_nothing_to_restore_is_step_0_and_nothing_readable_is_an_error(run):
    checkpoint = tf.train.Checkpoint(x=tf.Variable(0.0))
    assert run.checkpoints.restore(checkpoint) == (0, [])
    save(run, 2)
    (run.path / "checkpoints" / "step-2.index").write_bytes(b"no")
    with pytest.raises(InputError, match="checkpoint 2 is damaged"):
        run.checkpoints.restore(checkpoint)
    save(run, 4)
    others = [
        tf.train.Checkpoint(x=tf.Variable(0.0), y=tf.Variable(0.0)),
        tf.train.Checkpoint(x=tf.Variable([0.0, 0.0])),
    ]
    for other in others:
        with pytest.raises(InputError, match="checkpoint 4 is of another version"):
            run.checkpoints.restore(other)


def test_the_log_is_rewound_to_whole_lines_up_to_the_step(run):
    run.log.rewind(3)  # there is none yet
    for step in (1, 2, 3, 4):
        run.log.add({"losses/d_loss": step / 2}, step)
    with open(run.path / "metrics.jsonl", "a") as file:
        file.write('{"step": 2, "losses')
        file.write('\n[]\n{}\n"step"\n')
    run.log.rewind(3)
    text = (run.path / "metrics.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines == [{"step": s, "losses/d_loss": s / 2} for s in (1, 2, 3)]


def test_auto_stands_for_what_the_run_chose(run):
    auto = tiny_config("gan", keep_checkpoints=3, jit_compile="auto")
    run.check(auto, DATA)
    with pytest.raises(InputError, match="jit_compile=off .now on."):
        run.check(tiny_config("gan", keep_checkpoints=3, jit_compile="on"), DATA)


def test_a_lock_is_held_once(run):
    with locked(run.path):
        with pytest.raises(InputError, match="is being trained by another process"):
            with locked(run.path):
                pass
    with locked(run.path):  # a lock that was let go is not in the way
        pass


def test_a_file_system_without_locks_is_one_line(run, monkeypatch):
    def take(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_take", take)
    message = r"cannot be locked .No locks available.: name one on another"
    with pytest.raises(InputError, match=message):
        with locked(run.path):
            pass


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"config": {}}', '{"config": {"stepz": 1}, "data": {}}', "null"],
)
def test_a_damaged_config_is_one_line(run, text):
    (run.path / "config.json").write_text(text)
    with pytest.raises(InputError, match="config.json is damaged") as error:
        Run(run.path)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_config_is_not_a_run(tmp_path):
    with pytest.raises(InputError, match="is not a run: config.json cannot be read"):
        Run(tmp_path)


def test_a_path_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        Run.create(tmp_path / "file" / "r", tiny_config("gan"), DATA, "CPU")


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path, monkeypatch):
    def listdir(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(runs.os, "listdir", listdir)
    message = "cannot be read .Permission denied.: name another --run_dir"
    with pytest.raises(InputError, match=message):
        Run.create(tmp_path, tiny_config("gan"), DATA, "CPU")


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="has files in it and no config.json"):
        Run.create(tmp_path, tiny_config("gan"), DATA, "CPU")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_kill_before_the_config_was_there_is_no_obstacle(tmp_path):
    for name in ("lock", "config.json.tmp"):
        (tmp_path / name).write_text("half")
    Run.create(tmp_path, tiny_config("gan"), DATA, "CPU")
    assert Run(tmp_path).config.model == "gan"


def test_of_two_that_make_one_run_the_second_is_refused(run):
    before = (run.path / "config.json").read_text()
    with pytest.raises(InputError, match="made into a run by another process"):
        Run.create(run.path, tiny_config("acgan"), DATA, "CPU")
    with locked(run.path):
        with pytest.raises(InputError, match="is being trained by another process"):
            Run.create(run.path, tiny_config("acgan"), DATA, "CPU")
    assert (run.path / "config.json").read_text() == before


def test_sampler_says_which_checkpoints_there_are(run):
    with pytest.raises(InputError, match="has no checkpoint yet"):
        run.sampler()
    save(run, 2, 4)
    with pytest.raises(InputError, match="checkpoint .3. must be one of 2, 4"):
        run.sampler(checkpoint=3)
    with pytest.raises(InputError, match="weights .best. must be one of ema, raw"):
        run.sampler(weights="best")
    (file,) = run.path.glob("checkpoints/step-4.data*")
    file.unlink()
    with pytest.raises(InputError, match="checkpoint .4. in run_dir .* cannot be read"):
        run.sampler()


def test_the_newest_run_is_found_by_its_checkpoint(tmp_path):
    made = {}
    for number, name in enumerate(("a", "b", "c")):
        config = tiny_config("acgan" if name == "a" else "gan")
        made[name] = Run.create(tmp_path / name, config, DATA, "CPU")
        if name != "c":  # has no checkpoint
            save(made[name], 2)
            index = made[name].path / "checkpoints" / "step-2.index"
            os.utime(index, (1000 + number, 1000 + number))
    assert newest_run(tmp_path, conditional=False).path == made["b"].path
    assert newest_run(tmp_path, conditional=True).path == made["a"].path
    with pytest.raises(InputError, match="no run under .* holds a trained model"):
        newest_run(tmp_path / "c", conditional=False)


def test_weights_that_do_not_fit_are_not_taken(run):
    save(run, 2)
    with pytest.raises(InputError, match="checkpoint .2."):
        run.sampler()
