"""The commands that bad input is tried on, and the files they may not change."""

from gan_tf import evaluate, generate, train

COMMANDS = {"train": train.main, "generate": generate.main, "evaluate": evaluate.main}


def files_in(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
