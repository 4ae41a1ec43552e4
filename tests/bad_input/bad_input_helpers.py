"""What the tests of bad input share: commands, the files that they leave, a pickle."""

from gan_tf import evaluate, export, generate, train

COMMANDS = {
    "train": train.main,
    "generate": generate.main,
    "evaluate": evaluate.main,
    "export": export.main,
}


def files_in(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class Spell:
    """What a pickle can do: write a file when it is read."""

    path = "spell-was-cast"

    def __reduce__(self):
        return open, (self.path, "w")
