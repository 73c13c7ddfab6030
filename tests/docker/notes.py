"""The service of docker/api, asked as a client does."""

import http.client
import json
import time

from docker_lab import docker, eventually


def ask(address, method, path, body=None, port=5000):
    """Returns status and decoded answer; raises OSError while nobody serves."""
    connection = http.client.HTTPConnection(address, port, timeout=10)
    try:
        connection.request(method, path, body and json.dumps(body), {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def answers(address, path="/", port=5000):
    """The decoded answer once there is a good one, else None."""
    try:
        status, answer = ask(address, "GET", path, port=port)
    except (OSError, http.client.HTTPException):
        return None
    return answer if status == 200 else None


def statuses(address, over, describe, port=5000):
    """Those of all answers of the api, from the first on, until ten have come since the migration is over."""
    found, left, deadline = [], 10, time.monotonic() + 120
    while left:
        assert time.monotonic() < deadline, f"no end; so far {found}; {describe()}"
        try:
            found.append(ask(address, "GET", "/notes", port=port)[0])
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
            continue
        if left < 10 or over():
            left -= 1
    return found


def serves(container, network="bridge", deadline=60):
    """Waits until this container serves from its database; returns what it says about itself."""

    def condition():
        attached = container.inspect()["NetworkSettings"]["Networks"].get(network, {})
        address = attached.get("IPAddress")
        return address and answers(address)

    return eventually("the service answers", condition, deadline, container.describe)


def migrate(container):
    """As docker exec does it, in a container whose database is ready."""
    wrapped = ("waitfor", "db:5432", "--", "perl", "-Ilib", "bin/update-database", "1")
    return docker("exec", container.id, *wrapped).stdout


def works(address, port=5000):
    """Writes a note and reads it back."""
    status, written = ask(address, "POST", "/notes", {"text": "a note", "author": "test"}, port)
    assert status == 201, written
    assert written in answers(address, "/notes", port)
