"""Measures what the tests catch, by mutants: gan_tf with one operator or constant changed.

    python experiments/mutants.py --seed 0 --num 60 --jobs 2

A mutant is killed if a test fails or the time limit passes. The tests of its own folder run
first, then the fast suite, then the slow one. Each result is written to
experiments/results/mutants.json, so the command can be stopped and repeated; results of
lines that have changed since are dropped.
"""

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
from pathlib import Path

import records

_SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not",
    "is not": "is", "in": "not in", "not in": "in", "+": "-", "-": "+", "*": "/",
    "/": "*", "//": "*", "and": "or", "or": "and",
}  # fmt: skip
_OPERATOR = re.compile(r"\b(is not|is|not in|in|and|or)\b|//|\*\*|[<>=!]=|[<>+*/-]")
_IGNORED = shutil.ignore_patterns(".git", ".venv", "runs", "again", "__pycache__")
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
_SECONDS = 1_800  # of a mutant


def mutants_of(root: Path, file: Path):
    """Returns a list per line: [(whole source, {"file", "line", "before", "after"})]."""
    source, found, excluded = file.read_bytes(), collections.defaultdict(list), set()
    tree, edits = ast.parse(source), []  # of (start, end, text in place of these bytes)
    starts = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]

    def span(node):
        start = starts[node.lineno - 1] + node.col_offset
        return start, starts[node.end_lineno - 1] + node.end_col_offset

    for node in ast.walk(tree):  # annotations, raised errors and f-strings stay
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        parts.append(node if isinstance(node, (ast.Raise, ast.JoinedStr)) else None)
        excluded |= {id(sub) for part in filter(None, parts) for sub in ast.walk(part)}
    for node in (node for node in ast.walk(tree) if id(node) not in excluded):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            edits.append((span(node)[0], span(node.operand)[0], ""))
        elif isinstance(node, ast.Constant) and type(node.value) in _NEIGHBOURS:
            values = _NEIGHBOURS[type(node.value)](node.value)
            edits += [(*span(node), str(value)) for value in values]
        elif type(node) in _OPERANDS:
            for left, right in itertools.pairwise(_OPERANDS[type(node)](node)):
                start, end = span(left)[1], span(right)[0]
                match = _OPERATOR.search(source[start:end].decode())
                if match and match[0] in _SWAPS:
                    place = start + match.start(), start + match.end()
                    edits.append((*place, _SWAPS[match[0]]))
    for start, end, text in edits:
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


def test(source: bytes, record: dict, root: Path) -> dict:
    """Returns the mutant's record with which test killed it, after how many seconds."""
    file, start, killed_by = record["file"], time.monotonic(), "survived"
    own = Path("tests", *Path(file).parts[1:-1])
    arguments = {"own": [str(own)], "fast": [], "slow": ["-m", "slow"]}
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(root, Path(folder) / "copy", ignore=_IGNORED)
        (copy / file).write_bytes(source)
        options = {"cwd": copy, "env": {**os.environ, "PYTHONPATH": str(copy)}}
        has_own = own != Path("tests") and (copy / own).exists()
        for stage in _STAGES if has_own else _STAGES[1:]:
            left = max(1.0, start + _SECONDS - time.monotonic())
            command = ["timeout", "-k", "5", f"{left}", sys.executable, "-m", "pytest"]
            command += ["-x", "-q", *arguments[stage]]
            ran = subprocess.run(command, capture_output=True, text=True, **options)
            if ran.returncode not in (0, 5):  # 5: the stage has no tests
                failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
                reason = "time limit" if ran.returncode in (124, 137) else "no test ran"
                killed_by = f"{stage}: {failed[0] if failed else reason}"
                break
    spent = round(time.monotonic() - start, 1)
    return {**record, "killed_by": killed_by, "seconds": spent}


def main(argv=None) -> None:
    """Tests mutants of `num` lines, one per line, spread evenly over the package."""
    parser = records.plain_parser(__doc__)
    for flag, default in (("seed", 0), ("num", 60), ("jobs", 2)):
        parser.add_argument(f"--{flag}", type=int, default=default)
    parser.add_argument("--root", type=Path, default=records.ROOT, help="the source tree")
    args = parser.parse_args(argv)
    file = args.root / records.RESULTS / "mutants.json"
    sources, rng = sorted(args.root.glob("gan_tf/**/*.py")), random.Random(args.seed)
    pool = [of_line for source in sources for of_line in mutants_of(args.root, source)]
    num = min(args.num, len(pool))
    places = (int((i + rng.random()) * len(pool) / num) for i in range(num))
    current = [record for of_line in pool for _, record in of_line]
    known = records.read(file, {"mutants": []})["mutants"]
    done = [one for one in known if any(r.items() <= one.items() for r in current)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as workers:
        jobs = []
        for source, record in (rng.choice(pool[place]) for place in places):
            if not any(record.items() <= one.items() for one in done):
                jobs.append(workers.submit(test, source, record, args.root))
        for job in concurrent.futures.as_completed(jobs):
            done.append(job.result())
            records.write(file, {"seed": args.seed, "mutants": done})
            print("{file}:{line}: {killed_by}".format(**done[-1]), flush=True)
    killed = sum(one["killed_by"] != "survived" for one in done)
    print(f"{killed} of {len(done)} mutants killed")


if __name__ == "__main__":
    main()
