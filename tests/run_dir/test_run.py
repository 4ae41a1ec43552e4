import base64
import dataclasses
import errno
import json
import os
import threading
from pathlib import Path
from unittest import mock

import pytest
import tensorflow as tf
from tiny import random_images, tiny_config

from gan_tf.data import IN_MEMORY
from gan_tf.errors import InputError
from gan_tf.monitoring.console import print_next_commands
from gan_tf.run_dir import lock
from gan_tf.run_dir.find import open_run
from gan_tf.run_dir.lock import locked, locked_evaluations
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling import image_io


def test_a_run_is_read_as_it_was_created(run, data):
    again = Run(run.path)
    assert again.config == run.config and again.data == data
    record = json.loads((run.path / "config.json").read_text())
    assert record["device"] == "CPU" and record["versions"] == versions()


def test_lines_that_are_damaged_or_of_later_steps_are_left_out_of_the_log(run):
    log, file = run.metrics_log, run.path / "metrics.jsonl"
    log.truncate_after(3)  # there is none yet
    rows = [{"step": step, "losses/d_loss": step / 2} for step in (1, 2, 3, 4)]
    for row in rows:
        log.append({"losses/d_loss": row["losses/d_loss"]}, row["step"])
    file.write_bytes(file.read_bytes()[:-9])  # the last line was cut
    assert log.rows() == rows[:3]
    log.truncate_after(4)
    assert file.read_text() == "".join(json.dumps(row) + "\n" for row in rows[:3])
    with open(file, "a") as opened:
        opened.write('{"step": 2, "losses\n[]\n{}\n"step"\n')
    log.truncate_after(2)
    assert log.rows() == rows[:2]


def test_one_process_at_a_time_writes_evaluations(run):
    written, entered = [], threading.Event()

    def write():
        entered.set()
        with locked_evaluations(run.path):
            written.append("second")

    with locked_evaluations(run.path):
        other = threading.Thread(target=write)
        other.start()
        entered.wait()
        other.join(0.2)
        written.append("first")
    other.join()
    assert written == ["first", "second"]


def test_a_full_disk_is_named_and_leaves_the_files_unchanged(run, save, full_disk):
    run.metrics_log.append({"losses/d_loss": 1.0}, 2)
    save(run, 2)
    large = tf.train.Checkpoint(x=tf.Variable(tf.zeros([1_000])))
    for write in (
        lambda: run.save(large, 4),
        lambda: [run.metrics_log.append({"d_loss": 1.0}, step) for step in range(100)],
        lambda: run.update_config(dataclasses.replace(run.config, steps=9)),
    ):
        with pytest.raises(InputError) as error, full_disk():
            write()
        message = f"run_dir ({run.path}) cannot be written (File too large)"
        assert message in str(error.value)
    assert run.checkpoints.steps() == [2] and run.checkpoints.is_intact(2)
    assert Run(run.path).config.steps == 4
    run.metrics_log.truncate_after(2)
    assert (run.path / "metrics.jsonl").read_text().startswith('{"step": 2, ')


def test_a_run_resumes_with_other_output_settings_only(run, data):
    output = {"log_every": 1, "print_every": 3, "sample_every": 4, "save_every": 1}
    output |= {"keep_checkpoints": 2, "eval_every": 2, "on_nan": "rollback"}
    config = tiny_config("gan", **output, steps=8)
    run.check_resumable(dataclasses.replace(config, jit_compile="auto"), data)
    run.check_resumable(config, data)
    run.update_config(run.updated_config(config))
    assert run.config == Run(run.path).config == config
    # As on another device.
    off = dataclasses.replace(config, jit_compile="off", mixed_precision="off")
    run.check_resumable(off, data)
    assert run.updated_config(off) == off
    auto = dataclasses.replace(config, jit_compile="auto", mixed_precision="auto")
    assert run.updated_config(auto) == config
    others = {"seed": 1, "beta_1": 0.25, "steps_per_loop": 1}
    with pytest.raises(InputError) as error:
        run.check_resumable(dataclasses.replace(config, **others), data)
    for name, value in others.items():
        assert f"{name}={getattr(config, name)} (now {value})" in str(error.value)
    assert run.updated_config(dataclasses.replace(config, **others)) == config


def test_a_run_of_minutes_has_no_steps_before_a_checkpoint(run, data, monkeypatch):
    run.update_config(dataclasses.replace(run.config, minutes=5.0))
    fewer = dataclasses.replace(run.config, minutes=0.0, steps=run.config.steps - 1)
    run.check_resumable(fewer, data)
    longer = dataclasses.replace(run.config, minutes=10.0)
    run.check_resumable(longer, data)
    monkeypatch.setattr(type(run.checkpoints), "steps", lambda _: [2])
    with pytest.raises(InputError, match="must be at least the run's"):
        run.check_resumable(fewer, data)
    with pytest.raises(InputError, match="minutes .10. is for a new run"):
        run.check_resumable(longer, data)


def test_the_newest_run_may_be_behind_a_link(run, save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(run.path)
    (run.path / "loop").symlink_to(tmp_path / "runs")
    save(run, 2)
    assert open_run({}, conditional=False).path == Path("runs/linked")


def test_a_config_that_an_editor_has_marked_as_utf_8_is_read(run):
    file = run.path / "config.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert Run(run.path).config == run.config


def test_rows_that_another_program_has_written_have_numbers_alone(run):
    lines = ['{"step": "2", "a": 1}', '{"step": 1e999, "a": 1}', '{"step": 4, "a": null}']
    (run.path / "metrics.jsonl").write_text("\ufeff" + "\n".join(lines), "utf-8")
    assert run.metrics_log.rows() == [{"step": 2, "a": 1}, {"step": 4}]
    run.metrics_log.truncate_after(4)  # which leaves what it does not know
    assert '{"step": 4, "a": null}' in (run.path / "metrics.jsonl").read_text()


def test_a_lock_is_held_once_and_its_holder_removes_temporary_files(run):
    with locked(run.path):
        with pytest.raises(InputError, match="is being trained by another process"):
            locked(run.path).__enter__()
    temporary = ["metrics.json", "metrics.jsonl", "samples/4.png", "checkpoints/checkpoint"]
    for name in temporary:
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / f"{name}.1.tmp").write_text("partial")
    (run.path / "notes.tmp").write_text("mine")
    with locked(run.path):  # a released lock does not interfere
        # An evaluation, which has a lock of its own, may be writing the first one.
        left = sorted(f.name for f in run.path.rglob("*.tmp"))
        assert left == ["metrics.json.1.tmp", "notes.tmp"]
    with locked_evaluations(run.path):
        (run.path / "evaluation" / "events.0.tmp.1.tmp").write_text("partial")
    with locked_evaluations(run.path):
        assert [f.name for f in run.path.rglob("*.tmp")] == ["notes.tmp"]


def test_without_a_lock_no_temporary_file_of_another_writer_is_removed(run, monkeypatch):
    monkeypatch.setattr(lock, "_lock", mock.Mock(side_effect=OSError(errno.ENOLCK, "none")))
    (run.path / "metrics.json.1.tmp").write_text("being written")
    with locked_evaluations(run.path):
        assert (run.path / "metrics.json.1.tmp").exists()


def test_a_file_system_without_locks_is_one_line(run, monkeypatch):
    refuse = mock.Mock(side_effect=OSError(errno.ENOLCK, "No locks available"))
    monkeypatch.setattr(lock, "_lock", refuse)
    message = r"cannot be locked .No locks available.: name one on another"
    with pytest.raises(InputError, match=message):
        locked(run.path).__enter__()


def test_a_directory_that_cannot_be_read_is_one_line(tmp_path, data, monkeypatch):
    refuse = mock.Mock(side_effect=PermissionError(errno.EACCES, "Permission denied"))
    monkeypatch.setattr(os, "listdir", refuse)
    message = "cannot be read .Permission denied.: name another --run_dir"
    with pytest.raises(InputError, match=message):
        Run.create(tmp_path, tiny_config("gan"), data, "CPU")


def test_only_the_remains_of_a_killed_creation_may_be_in_the_folder(tmp_path, data):
    for name in ("lock", "config.json.123.tmp"):
        (tmp_path / name).write_text("partial")
    before = sorted(os.listdir(tmp_path))
    for name in ("thesis.txt", "config.json.txt", "locks"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(InputError, match=rf"files in it \({name}\) and no config"):
            Run.create(tmp_path, tiny_config("gan"), data, "CPU")
        (tmp_path / name).unlink()
        assert sorted(os.listdir(tmp_path)) == before
    (tmp_path / ".DS_Store").write_text("of macOS")
    Run.create(tmp_path, tiny_config("gan"), data, "CPU")
    assert sorted(os.listdir(tmp_path)) == [".DS_Store", "config.json", "lock"]


def test_the_second_of_two_creations_of_a_run_is_refused(run, data):
    before = (run.path / "config.json").read_text()
    with pytest.raises(InputError, match="made into a run by another process"):
        Run.create(run.path, tiny_config("acgan"), data, "CPU")
    with locked(run.path):
        with pytest.raises(InputError, match="is being trained by another process"):
            Run.create(run.path, tiny_config("acgan"), data, "CPU")
    assert (run.path / "config.json").read_text() == before


def test_a_sampler_needs_a_checkpoint_and_one_of_two_kinds_of_weights(run, save):
    with pytest.raises(InputError, match="has no checkpoint yet"):
        run.sampler()
    save(run, 2, 4)  # of another model
    with pytest.raises(InputError, match="checkpoint .4. .*of other networks, or .*again"):
        run.sampler()
    next((run.path / "checkpoints").glob("step-4.data*")).write_bytes(b"")
    pattern = "checkpoint .4. .*cannot be read .*another one .2., or"
    with pytest.raises(InputError, match=pattern):
        run.sampler()
    with pytest.raises(InputError, match="weights .best. must be one of ema, raw"):
        run.sampler(weights="best")


def test_the_newest_run_is_found_by_its_checkpoint(
    tmp_path, data, save, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    a, b, c = (Path("runs", name) for name in "abc")
    for path, model, time in ((a, "acgan", 1000), (b, "gan", 1001), (c, "gan", 0)):
        created = Run.create(path, tiny_config(model), data, "CPU")
        if time:  # c has no checkpoint
            save(created, 2)
            os.utime(created.checkpoints.index(2), (time, time))
    assert open_run({}, conditional=False).path == b
    assert open_run({}, conditional=True).path == a
    assert capsys.readouterr().out == ""
    next((b / "checkpoints").glob("*.data*")).write_bytes(b"")
    assert open_run({}, conditional=False).path == a
    (b / "config.json").write_text("{")
    assert open_run({}, conditional=False).path == a
    first, second = capsys.readouterr().out.splitlines()
    skipped = f"note      skipped a newer run: run_dir ({b})"
    assert first == f"{skipped}: checkpoint 2 cannot be read"
    assert second.startswith(f"{skipped}: config.json is damaged")


def test_a_hub_folder_is_no_run(run, save):
    (run.path / "generator.keras").write_bytes(b"")
    Run(run.path)
    (run.path / "README.md").write_bytes(b"")
    with pytest.raises(InputError, match="is an export and no run: its README.md shows"):
        Run(run.path)
    save(run, 2)
    Run(run.path)  # a run in which someone exported


def test_sample_grids_are_in_order_of_their_steps(run, capsys):
    steps = [2, 9_999_999, 10_000_000, 99_999_999, 100_000_000]
    files = {step: run.path / "samples" / f"{step:08d}.png" for step in steps}
    for file in (*files.values(), run.path / "samples" / "real.png"):
        image_io.write_image(file, random_images(3, 3, 1))
    print_next_commands(run, None)
    assert f"samples   {files[100_000_000]}\n" in capsys.readouterr().out
    assert list(run.sample_grids().items()) == list(files.items())


def test_a_notebook_shows_a_run_with_its_newest_samples(run):
    run.data["name"] = "a<b"
    assert "a&lt;b" in run._repr_html_() and "<img" not in run._repr_html_()
    for step in (9, 10):
        picture = random_images(3, 3, 1, seed=step)
        image_io.write_image(run.path / "samples" / f"{step:08d}.png", picture)
    newest = (run.path / "samples" / "00000010.png").read_bytes()
    assert base64.b64encode(newest).decode() in run._repr_html_()
    assert "0 of 4" in run._repr_html_()


def test_repr_of_a_run(run, save):
    kind = f"{run.config.preset} of {run.data['name']}"
    assert repr(run) == f"<Run {run.path}: {kind}, 4 steps>"
    save(run, 2)
    assert repr(run) == f"<Run {run.path}: {kind}, 2 of 4 steps>"


def test_a_damaged_metrics_json_costs_no_checkpoint(run, save):
    (run.path / "metrics.json").write_text("{")
    with pytest.raises(InputError, match="metrics.json is damaged"):
        save(run, 2)
    assert run.checkpoints.steps() == [2]


def test_the_advice_for_the_best_of_images_in_memory_names_them(run, monkeypatch):
    monkeypatch.setattr(run, "config", dataclasses.replace(run.config, data=IN_MEMORY))
    with pytest.raises(InputError, match="--run_dir .* --data THE_SAME_IMAGES$"):
        run.resolve_checkpoint("best")


def test_images_in_memory_leave_the_path_of_the_data(run):
    config = dataclasses.replace(run.config, data=IN_MEMORY, steps=9)
    assert run.updated_config(config).data == run.config.data != IN_MEMORY
    assert run.updated_config(config).steps == 9
