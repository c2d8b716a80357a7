# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A start with one thing wrong in it, by tests/support/inject: scenes, what one run of them printed, and a run for
each call of a process.

The injector plays the service manager as well, since the stand-in for Upstart would be too slow for a thousand of
them. What a fault costs is not judged here, only that it costs neither the daemon nor the host anything: no process
and no file stays behind, nobody is left stopped, nobody waits for ever.
"""
import collections
import concurrent.futures
import copy
import itertools
import os
import subprocess
import sys
import tempfile
import unittest

import namespaces

BRIDGE, DAEMON, INJECT = os.environ["CIB"], os.environ["CIB_FAKE_DAEMON"], os.environ.get("CIB_INJECT", "")
TIMEOUT = 150       # of an injector that hangs: it has its own deadlines, of up to 75 s, and says who is left
SIGTERM = "signal:15"

# Runs wait far more than they work.
AT_ONCE = 4 * os.cpu_count()

# What fails at the end, when something is to be removed, cannot be made good.
REMOVERS = ("unlink", "unlinkat", "rmdir")


class Outcome:
    """What one run printed."""

    def __init__(self, line, said):
        self.line, self.said = line.strip(), said
        self.values = dict(word.partition("=")[::2] for word in self.line.split())

    def __getitem__(self, key):
        return self.values[key]

    def is_refused(self):
        """With a word about it."""
        return self["launcher"] in ("exit:125", "exit:126", "exit:127") and "cross-init-bridge: " in self.said

    def is_clean(self, files):
        expected = "" if self.is_refused() else files
        return not self["left"] and (self["files"] in ("", expected) or self["call"] in REMOVERS)

    def __str__(self):
        return self.line + "\n" + self.said


class Scene:
    """One way to start a daemon: host, options, what the daemon does, and what is to be seen of it."""

    def __init__(self, world, awaited, options, actions, ready, launcher=SIGTERM, files="", lost=None, command=DAEMON):
        self.words = [DAEMON, world, awaited, BRIDGE, *options, "--", command, *actions]
        self.ready = ready          # stops, messages with READY=1
        self.launcher = launcher    # how the process ends that the host has started
        self.files = files          # that the daemon leaves
        self.lost = lost            # its end when it cannot be kept, and is killed before it is ready

    def run(self, role, n, which, wrap=()):
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run([*wrap, INJECT, str(role), str(n), str(which), *self.words], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=said, text=True, timeout=TIMEOUT)
            said.seek(0)
            outcome = said.read()
        if done.returncode == 77:
            raise unittest.SkipTest(outcome)
        if done.returncode:
            raise AssertionError("the injector failed: %d, %s" % (done.returncode, outcome))
        return Outcome(done.stdout, outcome)

    def run_signaled(self, role, n, whom, number):
        """@whom gets signal @number, which the daemon counts; returns the outcome, with the count."""
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o777)
            path = os.path.join(directory, "signals")
            scene = copy.copy(self)
            where = self.words.index("--") + 2
            words = [*self.words[:where], "on-%d=touch:%s" % (number, path), *self.words[where:]]
            scene.words = [word.replace("DIRECTORY", directory) for word in words]
            outcome = scene.run(role, n, "%s-%d" % (whom, number))
            try:
                with open(path, encoding="ascii") as file:
                    outcome.n_signals = len(file.readlines())
            except FileNotFoundError:
                outcome.n_signals = 0
        return outcome

    def is_started(self, outcome):
        # To end as the daemon did takes a kill(2), too: without it, by the shells' convention.
        ends = (self.launcher, "exit:143") if outcome["call"] == "kill" else (self.launcher,)
        return (outcome["daemon"] == "1" and outcome["state"] in "RSD" and outcome["launcher"] in ends
                and (int(outcome["stops"]), int(outcome["ready"])) == self.ready)

    def is_lost(self, outcome):
        """The daemon is killed where nobody could keep it."""
        return self.lost and outcome["launcher"] == self.lost

    def is_right(self, outcome, may_refuse):
        return outcome.is_clean(self.files) and (self.is_started(outcome) or (may_refuse and (
            outcome.is_refused() or self.is_lost(outcome))))


ATTEND = Scene("upstart", "stop", ["-t", "systemd", "-N"], ["notify=READY=1", "pause"], (1, 0))
SUPERVISE = Scene("upstart", "stop", ["-t", "systemd", "-N", "--supervise"], ["notify=READY=1", "pause"], (1, 0))
HAND_OVER = Scene("systemd", "hand-over", ["-t", "upstart", "-N"], ["stop", "pause"], (0, 1), launcher="exit:0",
                  lost="signal:9")
HAND_OVER_WHEN = Scene("systemd", "hand-over", ["-t", "systemd", "--ready-when=path:DIRECTORY/up"],
                       ["touch=DIRECTORY/up", "pause"], (0, 1), launcher="exit:0", lost="signal:9")
TO_SYSTEMD = Scene("upstart-socket", "start", ["-t", "systemd"], ["pause"], (0, 0))
TO_UPSTART = Scene("systemd-socket", "start", ["-t", "upstart"], ["pause"], (0, 0))
LISTEN = Scene("bare", "start", ["-t", "systemd", "--listen=/run/l.sock", "--listen=5001"], ["pause"], (0, 0),
               files="l.sock,")


@unittest.skipUnless(os.path.exists(INJECT), "no injector for this kind of machine")
@unittest.skipIf(namespaces.missing(), namespaces.missing())
class FaultCase(unittest.TestCase):
    def each_call(self, run):
        """(n, run(n)) for all calls of one process; several runs at once, and none waits for a slow one before it."""
        numbers = itertools.count(1)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            begun = collections.deque()
            while True:
                while len(begun) < 4 * AT_ONCE:
                    n = next(numbers)
                    begun.append((n, pool.submit(run, n)))
                n, future = begun.popleft()
                outcomes = future.result()
                if outcomes[0]["call"] == "end":
                    pool.shutdown(wait=False, cancel_futures=True)
                    return
                yield n, outcomes

    def sweep_with_signal(self, scene, role, number, is_right, wrap=()):
        """One process of ours gets signal @number with each of its calls, from the first to the last."""
        n_signals = 0
        for n, (outcome,) in self.each_call(lambda n: [scene.run(role, n, -number, wrap)]):
            n_signals += 1
            with self.subTest(role=role, n=n, call=outcome["call"], signal=number, words=scene.words[4:]):
                self.assertTrue(is_right(scene, outcome), outcome)
        print("# %d signals" % n_signals, file=sys.stderr)
        self.assertGreater(n_signals, 0)
