"""Nothing fails open: when the system does not let waitfor find out, the app does not start."""

import pytest

from support.faults import inject

WAITS = "epoll_wait,epoll_pwait,epoll_pwait2"


# A C library may answer one ENOSYS with the older of the two calls, and go on: that is no failure.
FAILURES = [("EPERM", None), ("EPERM", "1"), ("EPERM", "2"), ("EBADF", "1"), ("EBADF", "2"), ("ENOSYS", None)]


@pytest.mark.parametrize(("error", "when"), FAILURES)
@pytest.mark.parametrize("options", [(), ("--once",), ("--any",), ("--down",)],
                         ids=lambda words: "".join(words) or "plain")
def test_a_loop_that_fails_is_125(waitfor, net, options, error, when):
    """A wait that never ends by itself, so that there is a second call of epoll_wait."""
    listener = net.socket()
    listener.bind(("10.77.0.1", 1))
    listener.listen(64)
    target = "tcp://10.77.0.1:1" if "--down" in options else f"tcp://{net.blackhole('10.77.0.9')}:1"
    result = waitfor("-t", "30", "--attempt-timeout", "20s", *options, target, "--", "echo", "started",
                     wrap=inject(WAITS, error, when), net=net)
    listener.close()
    assert (result.code, result.out) == (125, ""), result
    assert "the event loop failed" in result.err, result


@pytest.mark.parametrize("error", ["EINTR", "EINPROGRESS"])
def test_a_connection_that_was_never_made_is_not_ready(waitfor, net, error):
    """HOSTILE D11: the kernel leaves no error on such a socket, and poll calls it writable."""
    result = waitfor("-t", "1", "tcp://10.77.0.1:1", "--", "echo", "started",
                     wrap=inject("connect", error), net=net)
    assert (result.code, result.out) == (124, ""), result
    assert "cannot try: the connection was not made" in result.err, result
