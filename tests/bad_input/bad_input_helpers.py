"""What the tests of bad input share: commands, the files that they leave, a pickle."""

from gan_tf import evaluate, export, generate, train

COMMANDS = {
    "train": train.main,
    "generate": generate.main,
    "evaluate": evaluate.main,
    "export": export.main,
}


def files_in(folder):
    """{path: (size, time of its last change)}; of a folder, None.

    A file that is written differs, even unchanged. To read all bytes of the runs, hundreds
    of times, would take longer than the tests.
    """
    found = {}
    for path in folder.rglob("*"):
        stat = path.stat() if path.is_file() else None
        found[path] = stat and (stat.st_size, stat.st_mtime_ns)
    return found


class Spell:
    """What a pickle can do: write a file when it is read."""

    path = "spell-was-cast"

    def __reduce__(self):
        return open, (self.path, "w")
