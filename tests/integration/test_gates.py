# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What the bridge may cost: limits on counts and sizes that do not depend on the machine's speed.

Where a number depends on the dynamic loader and not on us, the limit is on what comes on top of a
program that only executes the command, measured in the same run and the same world: the loader reads
the environment, too. The bridge under test may be the dynamic one or the static one: the column is
chosen by the file itself. Limits of the dynamic build hold for that of a distribution (-z now,
_FORTIFY_SOURCE): the loader looks up every function that is imported, which is most of what is
counted. A static one is made to be small, and so optimised. What was measured is printed on stderr.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import measure
import namespaces
import tap
from measure import Counts, Subject, probe

NOTIFY = probe("notify", "wait")
IDLE_S = 3          # long enough for a timer of one second to show
PAGE_KIB = os.sysconf("SC_PAGESIZE") // 1024

# name -> (world, awaited, the bridge's options, the daemon)
STARTS = {
    "no-op": ("systemd", "start", ["-t", "systemd"], probe()),
    "sockets, -t systemd": ("upstart-socket", "start", ["-t", "systemd"], probe()),
    "sockets, -t upstart": ("systemd-socket", "start", ["-t", "upstart"], probe()),
    "-t systemd -N": ("upstart", "stop", ["-t", "systemd", "-N"], NOTIFY),
    "-t upstart -N": ("systemd", "hand-over", ["-t", "upstart", "-N"], probe("stop", "wait")),
}
ATTEND = "-t systemd -N"

# The same on hosts that learn otherwise -> system calls more than there: the pipe is compared with 0, 1 and 2, and
# moved; a babysitter that cannot be a known parent's child is nobody's.
OTHERS = {
    "newline": (("newline", "start", ["-i", "newline", "--host-fd=5", "-t", "systemd", "-N"], probe()), 9),
    "datagram": (("systemd", "start", ["-i", "datagram", "-t", "systemd", "-N"], probe()), 0),
}

# On the way from the bridge's first instruction to the daemon's, by kind of file: system calls
# beyond those of a program that only executes the command; instructions as a multiple of that program's, since
# glibc's own part depends on its version and the environment, or with musl absolute: the same program takes 80 more or
# less where its path is longer.
LIMITS = {
    "musl": {
        "no-op": Counts(3500, 4),
        "sockets, -t systemd": Counts(12600, 19),
        "sockets, -t upstart": Counts(11520, 10),
        "-t systemd -N": Counts(11650, 25),
        "-t upstart -N": Counts(11250, 41),
    },
    "static": {
        "no-op": Counts(1.3, 4),
        "sockets, -t systemd": Counts(1.9, 19),
        "sockets, -t upstart": Counts(1.95, 10),
        "-t systemd -N": Counts(1.93, 25),
        "-t upstart -N": Counts(1.93, 41),
    },
    "dynamic": {
        "no-op": Counts(1.1, 4),
        "sockets, -t systemd": Counts(1.205, 19),
        "sockets, -t upstart": Counts(1.2, 10),
        "-t systemd -N": Counts(1.2, 25),
        "-t upstart -N": Counts(1.195, 41),
    },
}

# KiB of the babysitter that no other process shares, with pages of 4 KiB; where the stack happens to begin
# makes a difference of three pages: measured up to 24, 56 and 112.
PRIVATE_DIRTY = {"musl": 24, "static": 60, "dynamic": 116}


def bridge():
    return os.environ["CIB"]


def subject(name, words):
    """The start @name with @words before the daemon."""
    world, awaited, _, daemon = STARTS[name]
    return Subject(name, world, awaited, [*words, *daemon])


def bridge_subject(name):
    return subject(name, [bridge(), *STARTS[name][2], "--"])


class Gate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := namespaces.missing():
            raise unittest.SkipTest(reason)
        if measure.is_instrumented(bridge()):
            raise unittest.SkipTest("a build with sanitizers, whose cost is not ours")
        cls.kind = measure.flavour(bridge())
        try:
            cls.prepare()
        except measure.Unavailable as reason:
            raise unittest.SkipTest(str(reason))

    @classmethod
    def prepare(cls):
        """What all tests of the class need."""


class Start(Gate):
    """From the first instruction of the bridge to the daemon's."""

    @classmethod
    def prepare(cls):
        floor = measure.floor("exec-only", cls.kind)
        if floor is None:
            raise measure.Unavailable("no program to compare with was built for %s" % cls.kind)
        only = [Subject("exec only: " + name, start[0], "start", [floor, *probe()])
                for name, start in STARTS.items()]
        counts = measure.counts([*only, *map(bridge_subject, STARTS)])
        cls.base = {name: counts["exec only: " + name] for name in STARTS}
        cls.counts = {name: counts[name] for name in STARTS}
        for name, count in cls.counts.items():
            base = cls.base[name]
            print("%s: %s: %d instructions (%.3f of exec only), %d system calls (%d more)" % (
                cls.kind, name, count.instructions, count.instructions / base.instructions,
                count.system_calls, count.system_calls - base.system_calls), file=sys.stderr)

    def test_makes_no_more_system_calls(self):
        for name, count in self.counts.items():
            with self.subTest(name):
                self.assertLessEqual(count.system_calls - self.base[name].system_calls,
                                     LIMITS[self.kind][name].system_calls)

    def test_takes_no_more_instructions(self):
        for name, count in self.counts.items():
            unit = self.base[name].instructions if self.kind != "musl" else 1
            with self.subTest(name):
                self.assertLessEqual(count.instructions / unit, LIMITS[self.kind][name].instructions)


class StartElsewhere(Gate):
    """-N on a host that learns by a newline or a datagram, beside Upstart."""

    def test_takes_no_more_than_on_upstart(self):
        floor = measure.floor("exec-only", self.kind)
        if floor is None:
            self.skipTest("no program to compare with was built for %s" % self.kind)
        rows = {ATTEND: STARTS[ATTEND], **{name: start for name, (start, _) in OTHERS.items()}}
        counts = measure.counts(
            [Subject("exec only: " + name, start[0], "start", [floor, *probe()]) for name, start in rows.items()] +
            [Subject(name, start[0], start[1], [bridge(), *start[2], "--", *start[3]]) for name, start in rows.items()])
        more = {name: Counts(*map(int.__sub__, counts[name], counts["exec only: " + name])) for name in rows}
        for name, (_, calls) in OTHERS.items():
            print("%s: %s: %s, on Upstart %s" % (self.kind, name, more[name], more[ATTEND]), file=sys.stderr)
            with self.subTest(name):
                self.assertLessEqual(more[name].instructions, more[ATTEND].instructions)
                self.assertLessEqual(more[name].system_calls, more[ATTEND].system_calls + calls)


class Continue(unittest.TestCase):
    """How long a daemon that has stopped itself stands still, once the host is told that it is ready."""

    ROUNDS, LIMIT_S = 20, 0.015     # a wait is in each of them, a busy machine in some

    def stands_still_s(self, directory):
        """Until it has gone on, and ended, and the bridge with it."""
        address = os.path.join(directory, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as host:
            host.bind(address)
            host.settimeout(10)
            with subprocess.Popen(["sh", "-c", 'export SYSTEMD_EXEC_PID=$$; exec "$@"', "sh", bridge(), "-t", "upstart",
                                   "-N", "--supervise", "--job=x", "--", *probe("stop")],
                                  env={"NOTIFY_SOCKET": address}, stdout=subprocess.DEVNULL) as process:
                self.assertIn(b"READY=1", host.recv(4096))
                start = time.monotonic()
                self.assertEqual(process.wait(10), 0)
                took = time.monotonic() - start
        os.unlink(address)
        return took

    def test_waits_for_no_signal_where_none_came(self):
        with tempfile.TemporaryDirectory() as directory:
            best = min(self.stands_still_s(directory) for _ in range(self.ROUNDS))
        print("supervise: stands still for %.2f ms" % (best * 1000), file=sys.stderr)
        self.assertLess(best, self.LIMIT_S)


class Babysitter(Gate):
    """What stays beside a daemon that is ready."""

    @classmethod
    def prepare(cls):
        with measure.many(bridge_subject(ATTEND), 1) as started:
            pid, = started.others
            cls.resident, = measure.residents([pid], IDLE_S)
            cls.descriptors = measure.descriptors(pid)
        print("%s: %s" % (cls.kind, cls.resident), file=sys.stderr)

    def test_keeps_a_socket_and_the_daemon_and_nothing_else(self):
        kept = {number: what.split(":")[0] for number, what in self.descriptors.items()}
        self.assertEqual({n: kept.pop(n) for n in (0, 1, 2)}, dict.fromkeys((0, 1, 2), "/dev/null"))
        self.assertIn(sorted(kept.values()), (["anon_inode", "socket"], ["pidfd", "socket"]))

    def test_sleeps_while_nothing_happens(self):
        self.assertEqual(self.resident.wake_ups, 0)

    def test_keeps_no_more_memory_to_itself(self):
        self.assertLessEqual(self.resident.private_dirty, PRIVATE_DIRTY[self.kind] * PAGE_KIB / 4)


class Flood(Gate):
    """Messages after READY=1 that nobody will interpret or log."""

    N = 20000
    ONE_WAKE_UP_NS = 2e6    # from the first of them on the kernel drops them; to take each took 40 ms

    def test_costs_the_babysitter_nothing(self):
        words = bridge_subject(ATTEND).argv[:-len(NOTIFY)]
        for text in ("WATCHDOG=1", "x" * 5000):
            with self.subTest(text[:10]):
                daemon = probe("notify", "wait", "flood=%d:%s" % (self.N, text), "wait")
                # The least of a few: what others do at the same time costs it, too.
                least = min(measure.flood(subject(ATTEND, [])._replace(argv=words + daemon), self.N, after_ready=True)
                            .cpu_ns_per_message * self.N for _ in range(3))
                self.assertLess(least, self.ONE_WAKE_UP_NS)


if __name__ == "__main__":
    tap.main()
