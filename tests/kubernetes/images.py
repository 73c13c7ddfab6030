"""The images of the node: those of docker/Makefile with build/waitfor in them, and one of the tests' own tools."""

import os

from docker_lab import Lab, Tools, Workflow, docker

from components import PAUSE
from shapes import DATABASE, TOOLBOX

# As docker/Dockerfile ends. That would compile waitfor and its libraries once more.
WAITFOR = """
FROM scratch
COPY waitfor /waitfor
USER 65532:65532
ENTRYPOINT ["/waitfor"]
"""
TOOLS = """
FROM scratch
COPY waitfor app /bin/
ENV PATH=/bin
USER 65532:65532
ENTRYPOINT ["/bin/app", "hold"]
"""


class Images:
    """Made by the engine. Those with packages are kept for the next run, as those of the Docker tests."""

    def __init__(self, context):
        self._workflow = Workflow(os.environ.get("WAITFOR_DEBIAN", "12"), "waitfor-test-node")
        self._tools = Tools(context)
        self._lab = Lab(self._tools)
        self._tagged = []

    def build(self):
        """Returns {name of the engine: names on the node}."""
        waitfor, tools = self._named("waitfor", WAITFOR), self._named("tools", TOOLS)
        self._workflow.make("perl-base-image", "api-image", "db-image", WAITFOR=waitfor)
        return {waitfor: ["localhost/waitfor:latest"], self._workflow.api: ["localhost/pw/api:latest"],
                self._workflow.db: [DATABASE], tools: [TOOLBOX, PAUSE]}

    def _named(self, name, dockerfile):
        """Only what has a name can be saved under it."""
        tag = self._lab.name(name)
        docker("tag", self._lab.build(dockerfile), tag)
        self._tagged.append(tag)
        return tag

    def close(self):
        for tag in self._tagged:
            docker("rmi", tag, check=False)
        self._lab.close()
        self._tools.close()
        self._workflow.close()
