# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Sockets of jobs of the stand-in for Upstart: their kinds, their clients, and what a daemon was given.

Shared by the tests of what Upstart hands over and of what it forgets. Clients decide: each connects to
the sockets and looks which descriptor of which process answers.
"""
import socket

from upstart_case import DAEMON, DEADLINE, READY, UpstartTestCase, bridge, run

# What is removed from the daemon's environment.
VARIABLES = {"UPSTART_FDS", "UPSTART_EVENTS", "UPSTART_JOB", "UPSTART_INSTANCE", "PROTO", "PORT", "ADDR", "SOCKET_PATH"}


class Kind:
    """A socket: the condition in `start on`, how a client comes to it, and how fake-daemon describes it."""

    def __init__(self, condition, family, address, described):
        self.condition = condition
        self.family = family
        self.address = address
        self.described = described

    def connect(self, host):
        on_disk = isinstance(self.address, str)
        connection = host.connect(self.family, host.path(self.address) if on_disk else self.address)
        connection.settimeout(DEADLINE)
        return connection


def inet(port, address="127.0.0.1"):
    return Kind("socket PROTO=inet PORT=%d ADDR=%s" % (port, address), socket.AF_INET, (address, port),
                "inet stream listening %s:%d rw" % (address, port))


def inet6(port):
    return Kind("socket PROTO=inet6 PORT=%d ADDR=::1" % port, socket.AF_INET6, ("::1", port),
                "inet6 stream listening [::1]:%d rw" % port)


# upstart-socket-bridge wants PATH= and announces SOCKET_PATH=, and of an abstract socket nothing.
def unix(path):
    return Kind("(socket PROTO=unix PATH=%s or socket PROTO=unix SOCKET_PATH=%s)" % (path, path), socket.AF_UNIX, path,
                "unix stream listening %s rw" % path)


def abstract(name):
    return Kind('(socket PROTO=unix PATH=@%s or socket PROTO=unix SOCKET_PATH="")' % name, socket.AF_UNIX,
                b"\0" + name.encode().ljust(107, b"\0"), "unix stream listening @%s rw" % name)


def anywhere(kind, text, described):
    """The same without an address in the condition."""
    condition, _, _ = kind.condition.partition(" ADDR=")
    return Kind(condition, kind.family, kind.address, kind.described.replace(text, described))


INET, INET_2, INET_3 = inet(5001), inet(5002), inet(5003)
INET_ELSEWHERE = inet(5001, "127.0.0.2")
INET6 = inet6(5006)
UNIX, UNIX_2 = unix("/run/sock"), unix("/run/sock2")
ABSTRACT, ABSTRACT_2 = abstract("sock"), abstract("sock2")
INET_ANY = anywhere(INET, "127.0.0.1", "0.0.0.0")
INET6_ANY = anywhere(INET6, "[::1]", "[::]")

RESPAWN = "respawn\nnormal exit 125\n"

# A job's sockets, and one of another's job that is at the first's number after a respawn.
FOREIGN = {
    "other port": ([INET], INET_2),
    "other address": ([INET], INET_ELSEWHERE),
    "other family": ([INET], INET6),
    "any address": ([INET_2], INET_ANY),
    "inet for unix": ([UNIX], INET),
    "other path": ([UNIX], UNIX_2),
    "other name": ([ABSTRACT], ABSTRACT_2),
    "path for name": ([ABSTRACT], UNIX),
    "one of two": ([INET, INET_3], INET_2),
    "one of two paths": ([UNIX, INET_3], UNIX_2),
}


def slow(kind, gate):
    """A job whose start takes as long as the gate is closed: so long its listener leaks to all others."""
    return starts_on([kind]) + "expect stop\n" + run(DAEMON, "wait-file=%s" % gate, "stop", "serve")


def starts_on(kinds, word="and"):
    return "start on %s\n" % (" %s " % word).join(kind.condition for kind in kinds)


def ask(connection):
    """(descriptor, pid) of who answers."""
    with connection, connection.makefile() as stream:
        answer = stream.readline().split()
    return int(answer[1]), int(answer[2])


class SocketTestCase(UpstartTestCase):
    def serve(self, host, stanzas, kinds, *options, actions=(), job="job"):
        """A job that clients of all @kinds start: each is answered by its own descriptor. The daemon's report."""
        expects = "expect stop\n" if "--notify" in options else ""
        path = "%s/report-%s" % (host.dir, job)
        host.job(job, stanzas + expects + run(*bridge(
            *options, "report=" + path, *([READY] if expects else []), *actions, "serve")))
        self.meet(host, kinds, job)
        return host.read_report("report-" + job)

    def meet(self, host, kinds, job="job"):
        """Clients of all @kinds come and are answered."""
        answers = [ask(connection) for connection in [kind.connect(host) for kind in kinds]]
        host.wait(job, "start/running")  # before that PID 1 keeps the descriptors
        pid = host.status(job).pid
        self.assertEqual(answers, [(3 + i, pid) for i in range(len(kinds))])

    def report_of(self, host, job, stanzas, options):
        """The report of a daemon without sockets."""
        post, path = host.signpost("post-" + job), "%s/report-%s" % (host.dir, job)
        ready = [READY] if "--notify" in options else []
        host.job(job, stanzas + "expect stop\n" * len(ready) + run(*bridge(
            *options, "report=" + path, *ready, "touch=%s" % post, "pause")))
        self.assertEqual(host.start(job).rc, 0)
        post.wait()
        return host.read_report("report-" + job)

    def assert_handed_over(self, report, kinds, job="job"):
        count = len(kinds)
        self.assertEqual(report.inherited(), {3 + i: kind.described for i, kind in enumerate(kinds)})
        self.assertEqual({name: text for name, text in report.env.items() if name.startswith("LISTEN_")},
                         {"LISTEN_PID": report["pid"], "LISTEN_FDS": str(count),
                          "LISTEN_FDNAMES": ":".join([job + ".socket"] * count)})
        self.assertFalse(VARIABLES & set(report.env))

    def assert_babysitter_is_bare(self, host):
        fds = host.fds_of(host.settled_babysitter().pid)
        self.assertEqual(sorted(fds)[:3], [0, 1, 2])
        self.assertEqual(len(fds), 5, fds)
