"""Measures what the tests catch, by mutants: gan_tf with one operator or constant changed.

    python experiments/mutants.py --seed 0 --num 60 --jobs 2
    python experiments/mutants.py --list

A mutant is killed if a test fails or the time limit passes. The tests of its own folder run
first, then the fast suite, then the slow one. Each result is written to
experiments/results/mutants.json, so the command can be stopped and repeated; results of
lines that have changed since are dropped.
"""

import argparse
import ast
import collections
import concurrent.futures
import contextlib
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import records

_SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not",
    "is not": "is", "in": "not in", "not in": "in", "+": "-", "-": "+", "*": "/",
    "/": "*", "//": "*", "and": "or", "or": "and",
}  # fmt: skip
_OPERATOR = re.compile(r"\b(is not|is|not in|in|and|or)\b|//|\*\*|[<>=!]=|[<>+*/-]")
_IGNORED = shutil.ignore_patterns(".git", ".venv", "runs", "__pycache__")
_OPERANDS = {
    ast.Compare: lambda node: [node.left, *node.comparators],
    ast.BoolOp: lambda node: node.values,
    ast.BinOp: lambda node: [node.left, node.right],
}
_NEIGHBOURS = {
    bool: lambda value: [not value],
    int: lambda value: [value - 1, value + 1],
    float: lambda value: [2 * value or 1.0],
}
_STAGES = ("own", "fast", "slow")


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """All nodes except annotations, raised errors and f-strings."""
    excluded = set()
    for node in ast.walk(tree):
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        parts.append(node if isinstance(node, (ast.Raise, ast.JoinedStr)) else None)
        excluded |= {id(sub) for part in filter(None, parts) for sub in ast.walk(part)}
    return [node for node in ast.walk(tree) if id(node) not in excluded]


def _edits(tree: ast.Module, source: bytes) -> Iterator[tuple[int, int, str]]:
    """(start, end, text): `text` replaces the bytes from `start` to `end`."""
    starts = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]

    def span(node):
        start = starts[node.lineno - 1] + node.col_offset
        return start, starts[node.end_lineno - 1] + node.end_col_offset

    for node in _nodes(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield span(node)[0], span(node.operand)[0], ""
        elif isinstance(node, ast.Constant):
            neighbours = _NEIGHBOURS.get(type(node.value), lambda value: [])(node.value)
            yield from ((*span(node), str(value)) for value in neighbours)
        operands = _OPERANDS.get(type(node), lambda node: [])(node)
        for left, right in zip(operands, operands[1:]):
            start, end = span(left)[1], span(right)[0]
            match = _OPERATOR.search(source[start:end].decode())
            if match and match[0] in _SWAPS:
                yield start + match.start(), start + match.end(), _SWAPS[match[0]]


def mutants_of(root: Path, file: Path) -> Iterable[list[tuple[bytes, dict]]]:
    """Returns the mutants of each line of a file that has any.

    A mutant is the file's whole source and {"file", "line", "before", "after"}.
    """
    source, found = file.read_bytes(), collections.defaultdict(list)
    tree = ast.parse(source)
    for start, end, text in _edits(tree, source):
        mutated = source[:start] + text.encode() + source[end:]
        line = source[:start].count(b"\n")
        texts = (one.decode().split("\n")[line].strip() for one in (source, mutated))
        record = {"file": str(file.relative_to(root)), "line": line + 1}
        record |= dict(zip(("before", "after"), texts))
        # An edit of a comment changes nothing, and some edits are no Python.
        with contextlib.suppress(SyntaxError):
            if ast.dump(ast.parse(mutated)) != ast.dump(tree):
                found[line].append((mutated, record))
    return found.values()


def choose(root: Path, num: int, seed: int) -> list[tuple[bytes, dict]]:
    """Returns mutants of `num` lines, one per line, spread evenly over the package."""
    rng, files = random.Random(seed), sorted(root.glob("gan_tf/**/*.py"))
    pool = [of_line for file in files for of_line in mutants_of(root, file)]
    num = min(num, len(pool))
    return [rng.choice(pool[int((i + rng.random()) * len(pool) / num)]) for i in range(num)]


def test(source: bytes, record: dict, root: Path, stages: Sequence[str], limit: int):
    """Returns the mutant's record with which test killed it, after how many seconds."""
    file, start, killed_by = record["file"], time.monotonic(), "survived"
    own = Path("tests", *Path(file).parts[1:-1])
    arguments = {"own": [str(own)], "fast": [], "slow": ["-m", "slow"]}
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(root, Path(folder) / "copy", ignore=_IGNORED)
        (copy / file).write_bytes(source)
        options = {"cwd": copy, "env": {**os.environ, "PYTHONPATH": str(copy)}}
        if own == Path("tests") or not (copy / own).exists():
            stages = stages[1:]
        for stage in stages:
            left = max(1.0, start + limit - time.monotonic())
            command = ["timeout", "-k", "5", f"{left}", sys.executable, "-m", "pytest"]
            command += ["-x", "-q", *arguments[stage]]
            ran = subprocess.run(command, capture_output=True, text=True, **options)
            if ran.returncode not in (0, 5):  # 5: the stage has no tests
                failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
                reason = "time limit" if ran.returncode in (124, 137) else "no test ran"
                killed_by = f"{stage}: {failed[0] if failed else reason}"
                break
    seconds = round(time.monotonic() - start, 1)
    return {**record, "killed_by": killed_by, "seconds": seconds}


def main(argv: Sequence[str] | None = None) -> None:
    """Lists or tests the mutants."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for flag, default in (("seed", 0), ("num", 60), ("jobs", 2), ("limit", 1_800)):
        parser.add_argument(f"--{flag}", type=int, default=default)
    parser.add_argument("--only", choices=_STAGES, default="slow", help="last suite to run")
    parser.add_argument("--list", action="store_true", help="print the mutants only")
    parser.add_argument("--root", type=Path, default=records.ROOT, help="the source tree")
    args = parser.parse_args(argv)
    file = args.root / records.RESULTS / "mutants.json"
    known = records.read(file, {"mutants": []})["mutants"]
    files = args.root.glob("gan_tf/**/*.py")
    lines = itertools.chain(*(mutants_of(args.root, source) for source in files))
    current = [record for of_line in lines for _, record in of_line]
    done = [k for k in known if any(r.items() <= k.items() for r in current)]
    stages = _STAGES[: _STAGES.index(args.only) + 1]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs, options = [], (args.root, stages, args.limit)
        for source, record in choose(args.root, args.num, args.seed):
            if args.list:
                print("{file}:{line}: {before}  ->  {after}".format(**record))
            elif not any(record.items() <= one.items() for one in done):
                jobs.append(pool.submit(test, source, record, *options))
        for job in concurrent.futures.as_completed(jobs):
            done.append(job.result())
            records.write(file, {"seed": args.seed, "mutants": done})
            print("{file}:{line}: {killed_by}".format(**done[-1]), flush=True)
    if not args.list:
        killed = sum(one["killed_by"] != "survived" for one in done)
        print(f"{killed} of {len(done)} mutants killed")


if __name__ == "__main__":
    main()
