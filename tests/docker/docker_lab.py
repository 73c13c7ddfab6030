"""Containers, networks and images of one test: made here, watched with deadlines, removed by their own ids."""

import datetime
import fcntl
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "docker" / "examples"
LABEL = "waitfor-test=run"
# For whatever happens at once on an idle machine; long enough for a loaded one.
SOON = 30


def docker(*arguments, check=True, timeout=300, **options):
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    result = subprocess.run(
        ["docker", *map(str, arguments)], capture_output=True, text=True, timeout=timeout, env=environment, **options
    )
    if check and result.returncode:
        raise AssertionError(f"docker {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}")
    return result


def eventually(what, condition, deadline=SOON, describe=lambda: ""):
    """The first true value of condition(); polls, since the engine has no event for most of what is asked."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}\n{describe()}")
        time.sleep(0.05)


def _instant(stamp):
    """Seconds since 1970 of the engine's time stamp, which has more digits than Python's."""
    whole, fraction = stamp.rstrip("Z").split(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + fraction)


class Container:
    def __init__(self, identity):
        self.id = identity

    def start(self):
        docker("start", self.id)
        return self

    def inspect(self):
        return json.loads(docker("inspect", self.id).stdout)[0]

    def started(self):
        return _instant(self.inspect()["State"]["StartedAt"])

    def ended(self):
        """By the engine's clock: it reports an end seconds late where its DNS still waits for an answer."""
        return _instant(self.inspect()["State"]["FinishedAt"])

    def address(self, network="bridge"):
        return self.inspect()["NetworkSettings"]["Networks"][network]["IPAddress"]

    @property
    def stdout(self):
        return docker("logs", self.id).stdout

    @property
    def stderr(self):
        return docker("logs", self.id).stderr

    def describe(self):
        logs = docker("logs", self.id, check=False)
        state = json.dumps(self.inspect()["State"], indent=1)
        return f"--- stdout\n{logs.stdout}--- stderr\n{logs.stderr}--- state\n{state}"

    def said(self, text, deadline=SOON, times=1):
        """Waits until a line with this text was logged, on either stream."""

        def condition():
            logs = docker("logs", self.id)
            return (logs.stdout + logs.stderr).count(text) >= times

        eventually(f"log says {text!r}", condition, deadline, self.describe)
        return self

    def exit_code(self, deadline=SOON):
        def condition():
            state = self.inspect()["State"]
            return not state["Running"] and state["Status"] == "exited"

        eventually("container ends", condition, deadline, self.describe)
        return self.inspect()["State"]["ExitCode"]

    def exec(self, *command, check=True):
        return docker("exec", self.id, *command, check=check)

    def signal(self, name):
        docker("kill", "--signal", name, self.id)

    def environment(self):
        """What the wrapped toolbox was given, once it has shown it."""
        self.said("\nenv ")
        lines = [line[4:] for line in self.stdout.splitlines() if line.startswith("env ")]
        return dict(line.split("=", 1) for line in lines)


class Lab:
    """Everything gets a name nobody else has and a label, and goes when the lab closes."""

    def __init__(self, tools):
        self.tools = tools
        self.prefix = f"waitfor-test-{os.getpid()}-{secrets.token_hex(4)}"
        self._undo = []

    def name(self, suffix):
        return f"{self.prefix}-{suffix}"

    def close(self):
        problems = []
        # Containers first, since they keep networks and images in use whichever was made first; the newest of a kind first.
        kinds = ("rm", "network", "rmi")
        undo = sorted(reversed(self._undo), key=lambda arguments: kinds.index(arguments[0]))
        self._undo.clear()
        for arguments in undo:
            result = docker(*arguments, check=False)
            if result.returncode and "No such" not in result.stderr:
                problems.append(result.stderr)
        assert not problems, problems

    def create(self, image, *command, options=()):
        identity = docker("create", "--label", LABEL, *options, image, *command).stdout.strip()
        self._undo.append(("rm", "--force", "--volumes", identity))
        return Container(identity)

    def run(self, image, *command, options=()):
        return self.create(image, *command, options=options).start()

    def network(self, *options):
        """Returns the network's name, which is what `docker run` and inspect speak of."""
        name = self.name(f"net{len(self._undo)}")
        identity = docker("network", "create", "--label", LABEL, *options, name).stdout.strip()
        self._undo.append(("network", "rm", identity))
        return name

    def toolbox(self, *command, options=()):
        """A peer or a server made of the toolbox alone, once it says that it serves."""
        return self.run(self.tools.toolbox_image, *command, options=options).said("serving")

    def nameless(self, network):
        """Options that join this network with nobody's DNS but ours behind the engine's: unknown names stay here."""
        upstream = self.toolbox("dns", options=("--network", network))
        return ("--network", network, "--dns", upstream.address(network))

    def build(self, dockerfile):
        """Builds an image from a Dockerfile's text, with waitfor and app around it; returns its id."""
        identity = build(self.tools.context, dockerfile, f"{LABEL}-{self.prefix}")
        self._undo.append(("rmi", "--force", identity))
        return identity


def build(context, dockerfile, label):
    # A label of its own makes it an image of its own: the engine would hand out the one of another lab otherwise.
    arguments = ("build", "--quiet", "--label", label, "--file", "-", context)
    return docker(*arguments, input=dockerfile).stdout.strip().splitlines()[-1]


class Tools:
    """What images are made of: waitfor and the toolbox, named app, in a directory that is the build context."""

    def __init__(self, directory):
        self.context = pathlib.Path(directory)
        self.waitfor = pathlib.Path(os.environ.get("WAITFOR", REPOSITORY / "build" / "waitfor"))
        assert self.waitfor.is_file(), f"{self.waitfor} is missing: run make first"
        shutil.copy(self.waitfor, self.context / "waitfor")
        source = REPOSITORY / "tests" / "docker" / "toolbox.c"
        subprocess.run(
            ["cc", "-std=gnu11", "-O1", "-static", "-o", str(self.context / "app"), str(source)], check=True
        )
        label = f"{LABEL}-{secrets.token_hex(8)}"
        self.toolbox_image = build(self.context, 'FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n', label)

    def close(self):
        docker("rmi", "--force", self.toolbox_image)


def lock(name):
    """A file that nobody else has open by this function, until it is closed."""
    file = open(pathlib.Path(tempfile.gettempdir()) / f"{name}.lock", "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


class Workflow:
    """docker/Makefile, with images, network, database and port of one's own.

    Kept between runs, since packages and libraries take minutes: waitfor-test/{build,waitfor,perl-base,db}, those of
    other processes of pytest-xdist (waitfor-test-gw1/...), and the Debian they stand on. An older one goes when a newer
    takes its name; `docker rmi` removes what is kept.
    """

    KEPT = ("build", "waitfor", "perl-base", "db")

    def __init__(self, debian, prefix="waitfor-test"):
        """Waits for a run with the same names to end: it would take the api image away in the middle of this one."""
        # Another prefix lets two runs stand side by side.
        self.prefix = os.environ.get("WAITFOR_TEST_IMAGES", prefix)
        self._lock = lock(self.prefix.replace("/", "-"))
        self.waitfor, self.db, self.api = (f"{self.prefix}/{name}" for name in ("waitfor", "db", "api"))
        self._variables = {
            "IMAGES": self.prefix, "WAITFOR": self.waitfor, "DEBIAN": debian,
            "BUILD_OPTIONS": f"--label {LABEL.replace('run', 'base')}",
        }

    def make(
        self, *targets, check=True, timeout=1800, directory=REPOSITORY / "docker", environment=None, **variables
    ):
        """Runs targets of the Makefile in docker/, or in a copy of it; returns what subprocess.run returns."""
        given = {**self._variables, **variables}
        before = self._identities(given["IMAGES"])
        result = subprocess.run(
            ["make", "--no-print-directory", "-C", str(directory), *targets,
             *(f"{name}={value}" for name, value in given.items())],
            capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, env=environment,
        )
        self._remove_superseded(before, given["IMAGES"])
        if check and result.returncode:
            raise AssertionError(f"make {' '.join(targets)}\n{result.stdout}{result.stderr}")
        return result

    def build(self):
        """Makes the images. One run at a time: the next one finds in the engine's cache what the first has compiled."""
        with lock("waitfor-test-builds"):
            self.make("images")
            self.name_the_stage()

    @property
    def command(self):
        """What the api image runs once its database is ready."""
        return json.loads(docker("inspect", "--format", "{{json .Config.Cmd}}", self.api).stdout)

    def name_the_stage(self):
        """The stage that compiles waitfor would be nameless: kept by the engine, and nobody would know what it is."""
        arguments = self.make("--dry-run", "waitfor-image").stdout.strip().splitlines()[-1].split()[2:]
        arguments[arguments.index("--tag") + 1] = f"{self.prefix}/build"
        before = self._identities(self.prefix)
        docker("build", "--target", "build", *arguments, cwd=REPOSITORY / "docker")
        self._remove_superseded(before, self.prefix)

    @staticmethod
    def _identities(prefix):
        rows = docker("images", "--no-trunc", "--format", "{{.Repository}} {{.ID}}", f"{prefix}/*").stdout
        return dict(row.split() for row in rows.splitlines())

    def _remove_superseded(self, before, prefix):
        for name, identity in self._identities(prefix).items():
            old = before.get(name, identity)
            # The same image may still have another name, and by its id would lose that as well.
            if old != identity and docker("inspect", "--format", "{{len .RepoTags}}", old, check=False).stdout == "0\n":
                docker("rmi", old, check=False)

    def close(self):
        for name in self._identities(self.prefix):
            if name.removeprefix(f"{self.prefix}/") not in self.KEPT:
                docker("rmi", "--force", name)
        self._lock.close()
