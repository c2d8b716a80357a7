# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Is there IPv6 on this machine? Without it, a unit, a job or a command that needs it is not tried.

Separate because both hosts of the tests ask, with each text that they are given: so a row of a table
is skipped that names an IPv6 address, and the others run.
"""
import re
import socket
import unittest

# An address, a family, or a port by itself, which is a socket of both families where there are both.
NAMED = re.compile(r"\[[0-9a-f]*:[0-9a-f:]*\]|PROTO=inet6|\b(tcp|udp)6\b|socket\.AF_INET6|"
                   r"\bListen(Stream|Datagram)=\d+$|--listen=(udp:)?\d+(?![\d.])", re.MULTILINE)


def is_there():
    """As a namespace has it: the loopback device of this one may have been denied it."""
    try:
        socket.socket(socket.AF_INET6).close()
        return True
    except OSError:
        return False


IS_THERE = is_there()


def need(text):
    """Skips the test, or the row of its table, if @text names something of IPv6 and there is none."""
    if not IS_THERE and NAMED.search(text):
        raise unittest.SkipTest("there is no IPv6")
