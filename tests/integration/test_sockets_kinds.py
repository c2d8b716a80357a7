# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Which kind of socket reaches which daemon: each cell of the table in the manual (Which sockets reach which daemons).

The taker is built on libsystemd, so what is compared is what sd_listen_fds_with_names(3) and the
sd_is_socket(3) functions say of each descriptor. Separate from the tests of each direction, which ask
what else a daemon sees. What comes from inetd is in test_inetd.py, which has one.
"""
import contextlib
import os
import socket

import tap
import upstart_case
from systemd_case import BRIDGE, OUT, SystemdTestCase
from systemd_host import wait_until
from upstart_case import UpstartTestCase, run
from upstart_socket_case import ABSTRACT, INET, INET6, UNIX, starts_on

TAKER = "/srv/bin/listen-taker"
REPORT = OUT + "/taken"

PASSED, FORCED = "passed", "only with --force-sockets"

# name: Listen directive, what libsystemd says of it, and how it comes to a daemon of Upstart's, and of inetd's
KINDS = {
    "unix stream": ("ListenStream=/srv/out/stream", "stream listening /srv/out/stream", PASSED, PASSED),
    "abstract stream": ("ListenStream=@stream", "stream listening @stream", PASSED, PASSED),
    "TCP": ("ListenStream=127.0.0.1:5001", "stream listening 127.0.0.1:5001", PASSED, PASSED),
    "TCP on IPv6": ("ListenStream=[::1]:5001", "stream listening [::1]:5001", PASSED, PASSED),
    "TCP on both": ("ListenStream=5002", "stream listening [::]:5002", PASSED, PASSED),
    "unix datagram": ("ListenDatagram=/srv/out/dgram", "dgram /srv/out/dgram", FORCED, PASSED),
    "abstract datagram": ("ListenDatagram=@dgram", "dgram @dgram", FORCED, PASSED),
    "UDP": ("ListenDatagram=127.0.0.1:5003", "dgram 127.0.0.1:5003", FORCED, PASSED),
    "UDP on IPv6": ("ListenDatagram=[::1]:5003", "dgram [::1]:5003", FORCED, PASSED),
    "unix seqpacket": ("ListenSequentialPacket=/srv/out/seq", "seqpacket listening /srv/out/seq", FORCED, PASSED),
    "abstract seqpacket": ("ListenSequentialPacket=@seq", "seqpacket listening @seq", FORCED, PASSED),
    "FIFO": ("ListenFIFO=/srv/out/fifo", "fifo", FORCED, FORCED),
    "netlink": ("ListenNetlink=kobject-uevent 1", "raw netlink", FORCED, FORCED),
    "message queue": ("ListenMessageQueue=/queue", "mq", FORCED, FORCED),
}

# Those that --listen opens, too.
LISTEN = {
    "unix stream": "/srv/out/stream",
    "abstract stream": "@stream",
    "TCP": "127.0.0.1:5001",
    "TCP on IPv6": "[::1]:5001",
    "TCP on both": "5002",
    "unix datagram": "dgram:/srv/out/dgram",
    "abstract datagram": "dgram:@dgram",
    "UDP": "udp:127.0.0.1:5003",
    "UDP on IPv6": "udp:[::1]:5003",
    "unix seqpacket": "seqpacket:/srv/out/seq",
    "abstract seqpacket": "seqpacket:@seq",
    "FIFO": "fifo:/srv/out/fifo",
}

# Of Accept=yes: the directive, the family, how a client calls it, what libsystemd says of the connection.
CONNECTIONS = {
    "TCP": ("ListenStream=127.0.0.1:5001", socket.AF_INET, ("127.0.0.1", 5001), "stream 127.0.0.1:5001"),
    "TCP on IPv6": ("ListenStream=[::1]:5001", socket.AF_INET6, ("::1", 5001), "stream [::1]:5001"),
    "unix stream": ("ListenStream=/srv/out/stream", socket.AF_UNIX, "/srv/out/stream", "stream /srv/out/stream"),
    "unix seqpacket": ("ListenSequentialPacket=/srv/out/seq", socket.AF_UNIX, "/srv/out/seq",
                       "seqpacket /srv/out/seq"),
}


def directives(names):
    return [KINDS[name][0] for name in names]


def described(names):
    return [KINDS[name][1] for name in names]


def taken(text):
    """The lines of a report as (number, name, what)."""
    lines = [line.split(" ", 2) for line in text.splitlines()]
    return [(int(number), name, what) for number, name, what in lines]


class TakerCase(SystemdTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.host.install(os.environ["CIB_LISTEN_TAKER"], "listen-taker")

    def socket_unit(self, name, lines, service="x.service"):
        lines = ["Service=" + service, *lines] if service else lines
        self.host.unit(name + ".socket", "[Socket]\n%s\n" % "\n".join(lines))

    def take(self, words, **service):
        """Runs the taker as x.service, which sockets have been written for; what it took."""
        sockets = [name for name in self.host.written if name.endswith(".socket")]
        self.host.service("x", *words, TAKER, REPORT, **{"Type": "exec", "Sockets": " ".join(sockets), **service})
        for name in sockets:
            self.assert_started(name)
        self.assert_started("x.service")
        return taken(self.host.wait_file(REPORT))


class FromSystemd(TakerCase):
    def test_every_kind_arrives_unchanged(self):
        """Several units, told apart by name; in order within each, which systemd does not promise between them."""
        kinds = list(KINDS)
        units = {"first": kinds[0::2], "second": kinds[1::2]}
        for words in ([], [BRIDGE, "-t", "systemd", "--"]):
            with self.row(words=words):
                self.socket_unit("a", ["FileDescriptorName=first", *directives(units["first"])])
                self.socket_unit("b", ["FileDescriptorName=second", *directives(units["second"])])
                found = self.take(words)
                self.assertEqual([number for number, _, _ in found], list(range(3, 3 + len(kinds))))
                for name, names in units.items():
                    self.assertEqual([what for _, given, what in found if given == name], described(names))

    def test_nonblock_is_kept(self):
        """It belongs to the open file, which systemd holds, too."""
        for target, number in ("systemd", 3), ("upstart", 3), ("inetd", 0):
            for flag, word in ("yes", " nonblock"), ("no", ""):
                with self.row(target=target, NonBlocking=flag):
                    self.socket_unit("a", directives(["TCP"]))
                    (found,) = self.take([BRIDGE, "-t", target, "--"], NonBlocking=flag)
                    self.assertEqual((found[0], found[2]), (number, KINDS["TCP"][1] + word))

    def test_each_kind_for_a_daemon_of_upstart(self):
        self.check_target("upstart", 3, 2)

    def test_each_kind_for_a_daemon_of_inetd(self):
        self.check_target("inetd", 0, 3)

    def check_target(self, target, number, column):
        for name, row in KINDS.items():
            with self.row(kind=name):
                self.socket_unit("a", [row[0]])
                words = [BRIDGE, "-t", target, "--"]
                if row[column] == FORCED:
                    self.assert_not_taken(words)
                    words.insert(1, "--force-sockets")
                self.assertEqual(self.take(words), [(number, "-", row[1])])

    def assert_not_taken(self, words):
        self.host.service("x", *words, TAKER, REPORT, Sockets="a.socket")
        self.assert_started("a.socket")
        self.assert_refused("x.service", "descriptor 3", "--force-sockets")
        self.assertFalse(self.host.exists(REPORT))
        self.host.systemctl("reset-failed")
        self.host.stop("a.socket")

    def test_several_for_a_daemon_of_upstart(self):
        """In order, at the numbers they have."""
        kinds = [name for name, row in KINDS.items() if row[2] == PASSED]
        self.socket_unit("a", directives(kinds))
        self.assertEqual(self.take([BRIDGE, "-t", "upstart", "--"]),
                         [(3 + i, "-", what) for i, what in enumerate(described(kinds))])


class FromSystemdAccepted(TakerCase):
    """A connection instead of what it came to."""

    @contextlib.contextmanager
    def called(self, words, directive, family, address):
        """The taker as x@.service, and the client that has started it."""
        self.socket_unit("x", [directive, "Accept=yes"], service=None)
        self.host.service("x@", *words, TAKER, REPORT)
        self.assert_started("x.socket")
        kind = socket.SOCK_SEQPACKET if "Packet" in directive else socket.SOCK_STREAM
        with self.host.client_socket(family, kind) as client:
            client.connect(self.host.path(address) if family == socket.AF_UNIX else address)
            try:
                yield client
            finally:
                self.host.systemctl("stop", "x@*.service")

    def test_each_kind(self):
        for target, number, given in ("systemd", 3, "connection"), ("inetd", 0, "-"):
            for name, (*way, what) in CONNECTIONS.items():
                with self.row(target=target, kind=name), self.called([BRIDGE, "-t", target, "--"], *way):
                    self.assertEqual(taken(self.host.wait_file(REPORT)), [(number, given, what)])

    def test_no_kind_for_a_daemon_of_upstart(self):
        for name, (*way, _) in CONNECTIONS.items():
            with self.row(kind=name), self.called([BRIDGE, "-t", "upstart", "--force-sockets", "--"], *way) as client:
                self.assertEqual(client.recv(1), b"")
                (line,) = wait_until(self.bridge_lines, "a refusal")
                self.assertIn("is a single connection", line)
                self.assertFalse(self.host.exists(REPORT))


class FromNobody(TakerCase):
    """In a unit without sockets --listen opens them."""

    def options(self, *names):
        return ["--listen=" + LISTEN[name] for name in names]

    def test_each_kind_for_a_daemon_of_systemd(self):
        for name in LISTEN:
            with self.row(kind=name):
                self.assertEqual(self.take([BRIDGE, "-t", "systemd", *self.options(name), "--"]),
                                 [(3, "x.socket", KINDS[name][1])])

    def test_all_kinds_with_names(self):
        names = ["name-%d" % i for i in range(len(LISTEN))]
        options = [*self.options(*LISTEN), "--fdname=" + ":".join(names)]
        self.assertEqual(self.take([BRIDGE, "-t", "systemd", *options, "--"]),
                         [(3 + i, name, what) for i, (name, what) in enumerate(zip(names, described(LISTEN)))])

    def test_each_kind_for_a_daemon_of_upstart(self):
        self.check_target("upstart", 3, 2)

    def test_each_kind_for_a_daemon_of_inetd(self):
        self.check_target("inetd", 0, 3)

    def check_target(self, target, number, column):
        for name in LISTEN:
            with self.row(kind=name):
                words = [BRIDGE, "-t", target, *self.options(name), "--"]
                if KINDS[name][column] == FORCED:
                    self.host.service("x", *words, TAKER, REPORT)
                    self.assert_refused("x.service", "descriptor 3", "change the --listen option", "--force-sockets")
                    self.assertEqual(os.listdir(self.host.path(OUT)), [])
                    self.host.systemctl("reset-failed")
                    words.insert(1, "--force-sockets")
                self.assertEqual(self.take(words), [(number, "-", KINDS[name][1])])


class FromUpstart(UpstartTestCase):
    """It hands over listening stream sockets only."""

    SOCKETS = {"TCP": (INET, "stream listening 127.0.0.1:5001"),
               "TCP on IPv6": (INET6, "stream listening [::1]:5006"),
               "unix": (UNIX, "stream listening /run/sock"),
               "abstract": (ABSTRACT, "stream listening @sock")}

    def take(self, kinds, *options):
        """What the taker gets, as the job that clients of all kinds start."""
        with upstart_case.Host() as host, contextlib.ExitStack() as clients:
            report = os.path.join(host.dir, "taken")
            host.job("job", starts_on(kinds) + run(upstart_case.BRIDGE, *options, "--",
                                                   os.environ["CIB_LISTEN_TAKER"], report))
            for kind in kinds:
                clients.enter_context(kind.connect(host))
            upstart_case.wait_until(lambda: os.path.exists(report), "report")
            with open(report) as file:
                return taken(file.read())

    def test_each_kind_for_a_daemon_of_systemd(self):
        for name, (kind, what) in self.SOCKETS.items():
            with self.subTest(name):
                self.assertEqual(self.take([kind], "-t", "systemd"), [(3, "job.socket", what)])

    def test_each_kind_for_a_daemon_of_inetd(self):
        for name, (kind, what) in self.SOCKETS.items():
            with self.subTest(name):
                self.assertEqual(self.take([kind], "-t", "inetd"), [(0, "-", what)])

    def test_nonblock_is_kept(self):
        """It belongs to the open file, which whoever sent the event holds, too."""
        for target, number in ("systemd", 3), ("inetd", 0):
            for blocking, word in (True, ""), (False, " nonblock"):
                with self.subTest(target=target, blocking=blocking), upstart_case.Host() as host:
                    report = os.path.join(host.dir, "taken")
                    host.job("job", "start on go\n" + run(upstart_case.BRIDGE, "-t", target, "--",
                                                          os.environ["CIB_LISTEN_TAKER"], report))
                    with host.socket(INET.family) as listener:
                        listener.setblocking(blocking)
                        listener.bind(INET.address)
                        listener.listen()
                        host.emit("go", "PROTO=inet", "PORT=5001", "ADDR=127.0.0.1", fd=listener.fileno())
                    upstart_case.wait_until(lambda: os.path.exists(report), "report")
                    with open(report) as file:
                        (found,) = taken(file.read())
                    self.assertEqual((found[0], found[2]), (number, "stream listening 127.0.0.1:5001" + word))

    def test_several_with_names(self):
        kinds, whats = zip(*self.SOCKETS.values())
        names = ["web", "web6", "", "control"]
        self.assertEqual(self.take(kinds, "-t", "systemd", "--fdname=" + ":".join(names)),
                         [(3 + i, name, what) for i, (name, what) in enumerate(zip(names, whats))])


if __name__ == "__main__":
    tap.main()
