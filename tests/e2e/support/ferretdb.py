"""FerretDB, which speaks MongoDB's protocol: the last version that needs no other server (it keeps its data by SQLite)."""

import json
import shutil

from support import golang

VERSION = "v1.24.2"
USER, PASSWORD, DATABASE = "app", "s3cr3t Ω\u00a0/@:", "shop"


def ferretdb_program():
    """The built program; None where it cannot be built."""
    def build(folder):
        found = golang.go(folder, "mod", "download", "-json", f"github.com/FerretDB/FerretDB@{VERSION}")
        if not found:
            return
        source = folder / "source"
        shutil.copytree(json.loads(found)["Dir"], source, copy_function=shutil.copy)
        for each in (source, *source.rglob("*")):
            each.chmod(each.stat().st_mode | 0o200)
        # A file that its release process makes; without it the program ends at once.
        (source / "build" / "version" / "version.txt").write_text(VERSION + "\n", encoding="ascii")
        golang.go(source, "build", "-tags", "ferretdb_no_postgresql", "-o", folder / "ferretdb", "./cmd/ferretdb")
    return golang.program("ferretdb", VERSION.encode(), build)


def mongodb(server):
    """For support.servers.Server: it makes USER in DATABASE while it starts, and wants a login for all but hello."""
    return [ferretdb_program(), "--handler=sqlite", f"--sqlite-url=file:{server.folder}/", f"--state-dir={server.folder}",
            f"--listen-addr={server.target}", "--debug-addr=-", "--telemetry=disable", "--test-enable-new-auth",
            f"--setup-database={DATABASE}", f"--setup-username={USER}", f"--setup-password={PASSWORD}"]
