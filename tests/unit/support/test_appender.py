"""What is heard of an appender that was killed is all that it said."""

from __future__ import annotations

import socket

from tests.support.appender import Appender, Heard, Order

ORDER = Order(url="sqlite:///suyuan.db", folder=".", senders={"pty_1": 1}, count=2)


def test_all_that_an_appender_said_is_heard_though_it_ended_before_it_had_read_what_it_was_told() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"ready\n")
        appender = Appender(0, ours, ORDER)
        appender.go()
        theirs.sendall(b"ack pty_1 1 7 0\nack pty_1 2 8 1\nack pty_1 3")
        # The kernel tells our end of it as of a reset connection, since the order and the word to go were never read.
        theirs.close()
        appender.hear_out()
    assert appender.acks == [Heard("ack", "pty_1", 1, seq=7), Heard("ack", "pty_1", 2, seq=8, again=True)]
