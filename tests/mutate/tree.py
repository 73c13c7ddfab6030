"""A copy of the tree in build/mutate, in which edits are made, built and tested. The checkout itself is never edited."""

import os
import re
import shutil
import subprocess

from edits import ROOT, unit_programs

PLACE = ROOT / "build/mutate"
PROGRAM = "build/dev/waitfor"
# Debian's, to which its python3-pytest belongs, whatever else is first in PATH.
PYTHON = "/usr/bin/python3"
LIMIT = 120         # seconds for one test; one that takes longer has not noticed anything
BUILD_LIMIT = 580


class Broken(Exception):
    """A build or a test that says nothing about an edit."""


def environment(**more):
    """Without what a make around this one has set: its jobs, its variables."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))} | more


def tracked():
    """The files of the checkout as they are now, new ones too; not what git ignores."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


class Tree:
    def __init__(self, number, commands):
        self.root = PLACE / f"tree-{number}"
        self.commands = commands
        self.libraries = ""     # of third-party/build; make asks it unless they are known

    def update(self):
        """Makes the copy what the checkout is. A file that is the same keeps its time, and what was built of it stays."""
        names = set(tracked())
        for old in [path for path in self.root.glob("**/*") if path.is_file() or path.is_symlink()]:
            name = str(old.relative_to(self.root))
            if not name.startswith("build/") and name not in names:
                old.unlink()
        for name in names:
            source, copy = ROOT / name, self.root / name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)

    def take_over(self, other):
        """Becomes a copy of another tree, with its objects; programs are linked again when they are needed."""
        shutil.rmtree(self.root, ignore_errors=True)
        programs = other.root / "build/dev/unit"
        def left_out(folder, names):
            return [name for name in names if "." not in name and (programs in (other.root / folder).parents
                    and (other.root / folder / name).is_file())]
        shutil.copytree(other.root, self.root, symlinks=True, ignore=left_out)
        self.libraries = other.libraries

    def build_all(self, targets, jobs):
        """Builds the tree for the first time."""
        code, text = self.commands.run(["third-party/build", "dev"], self.root, environment(), None)
        if code != 0:
            raise Broken("the libraries cannot be built:\n" + "\n".join(text.splitlines()[-15:]))
        self.libraries = text.splitlines()[-1]
        self.build(targets, jobs)

    def build(self, targets, jobs=1):
        words = ["make", "--no-print-directory", f"-j{jobs}", "VARIANT=dev", "SANITIZE=",
                 f"BUILT_LIBRARIES={self.libraries}", *targets]
        code, text = self.commands.run(words, self.root, environment(), BUILD_LIMIT)
        if code != 0:
            raise Broken("it does not compile:\n" + "\n".join(text.splitlines()[-15:]))

    def run(self, test):
        """Runs one test, as it is named in a list. Returns what noticed something; "" if all of it passed."""
        kind, name = test
        return self._run_e2e(name) if kind == "e2e" else self._run_unit(name)

    def _run_unit(self, pattern):
        for program in unit_programs(pattern, self.root):
            code, text = self.commands.run([f"build/dev/unit/{program}"], self.root, environment(), LIMIT)
            if code is None:
                raise Broken(f"unit {program} did not end within {LIMIT} s; name a test that fails")
            if code != 0:
                failed = re.findall(r"^\[ *FAILED *\] (test_\w+)", text, re.M)
                return failed[0] if failed else f"it ended with {code}"
            if "[  SKIPPED ]" in text:
                raise Broken(f"unit {program} skips tests here, which notice nothing")
        return ""

    def _run_e2e(self, node):
        words = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-x", "--tb=line", node]
        code, text = self.commands.run(words, self.root / "tests/e2e", environment(WAITFOR=str(self.root / PROGRAM)), LIMIT)
        if code is None:
            raise Broken(f"e2e {node} did not end within {LIMIT} s; name a test that fails")
        if code not in (0, 1) or (code == 0 and not re.search(r"\d passed", text)):
            raise Broken(f"e2e {node} did not run:\n" + "\n".join(text.splitlines()[-15:]))
        failed = re.findall(r"^FAILED \S*?::(.+?)(?: - .*)?$", text, re.M)
        if code and not failed:
            raise Broken(f"e2e {node} failed before its test began:\n" + "\n".join(text.splitlines()[-15:]))
        return failed[0] if failed else ""


def targets_of(tests):
    """What make has to build for these tests."""
    units = {program for kind, name in tests if kind == "unit" for program in unit_programs(name)}
    return sorted(f"build/dev/unit/{program}" for program in units) + (
        [PROGRAM] if any(kind == "e2e" for kind, _ in tests) else [])
