"""How large a tool is, and what an image grows by: the program with all the files that it cannot do without."""

import gzip
import io
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from peers import PORT_LOOP, POSTGRES_LOOP, SHELL_SCRIPT

# What their lines call, next to the program.
HELPERS = {
    SHELL_SCRIPT: ("bash", "env", "timeout", "sleep", "date"),
    PORT_LOOP: ("sleep",),
    POSTGRES_LOOP: ("sh", "sleep"),
}


def libraries_of(path):
    """The shared objects of a program, its interpreter among them; none of a static one or a script."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True)
    return re.findall(r"(/\S+) \(0x", done.stdout) if done.returncode == 0 else []


def files_of(path, helpers):
    """The program, its helpers and their libraries, each once."""
    programs = [os.path.realpath(path), *(os.path.realpath(shutil.which(name)) for name in helpers)]
    found = [*programs, *(os.path.realpath(library) for program in programs for library in libraries_of(program))]
    return list(dict.fromkeys(found))


def layer_of(files):
    """The bytes of an image's layer that holds these files, packed as registries keep it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path in files:
            archive.add(path)
    return len(gzip.compress(plain.getvalue(), 9))


def size_of(path, helpers=()):
    files = files_of(path, helpers)
    return {"program": Path(path).stat().st_size, "files": len(files),
            "unpacked": sum(Path(file).stat().st_size for file in files), "layer": layer_of(files)}


def sizes(lab):
    """{tool: [sample]}"""
    own = Path(lab.waitfor)
    tls = own.with_name("waitfor-tls")
    measured = {"waitfor": size_of(own), **({"waitfor-tls": size_of(tls)} if tls.exists() else {}),
                **{peer.name: size_of(peer.path, HELPERS.get(peer.name, ())) for peer in lab.peers}}
    return {name: [sample] for name, sample in measured.items()}
