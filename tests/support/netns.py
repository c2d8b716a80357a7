# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Sockets in the network namespace of another process.

Separate because both hosts of the tests have such a namespace, and because it takes a thread: one can
visit a namespace by itself, a whole process only for good.
"""
import ctypes
import socket
import threading

import ipv6

CLONE_NEWNET = 0x40000000
TIMEOUT_S = 15


def make_socket(pid, family, kind=socket.SOCK_STREAM):
    """A socket in the network namespace of the process @pid."""
    if family == socket.AF_INET6:
        ipv6.need("socket.AF_INET6")
    made = []

    def visit():
        with open("/proc/%d/ns/net" % pid) as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) == 0:
                made.append(socket.socket(family, kind))

    thread = threading.Thread(target=visit)
    thread.start()
    thread.join()
    made[0].settimeout(TIMEOUT_S)
    return made[0]
