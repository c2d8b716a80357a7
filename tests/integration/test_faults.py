# SPDX-License-Identifier: GPL-3.0-or-later
"""Every system call of ours fails once, and at each a signal comes: the daemon starts right, or nothing
is left of the attempt.

One run per call and error, by tests/support/inject, which plays the service manager as well, since
the stand-in for Upstart would be too slow for a thousand of them. What a fault costs is not judged
here, only that it costs neither the daemon nor the host anything: no process and no file stays
behind, nobody is left stopped, nobody waits for ever.
"""
import atexit
import concurrent.futures
import copy
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import namespaces
import tap

BRIDGE, DAEMON, INJECT = os.environ["CIB"], os.environ["CIB_FAKE_DAEMON"], os.environ.get("CIB_INJECT", "")
TIMEOUT = 60        # of a run that hangs; each has its own deadlines
SIGTERM = "signal:15"

# Runs wait more than they work.
AT_ONCE = 2 * os.cpu_count()

# Calls that old kernels do not have, and that lists of seccomp forbid.
WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
NEW_CALLS = {"getrandom": 318, "pidfd_send_signal": 424, "pidfd_open": 434, "close_range": 436, "pidfd_getfd": 438}
ENOSYS, EPERM, EAGAIN, EINVAL = 38, 1, 11, 22
GRND_NONBLOCK, GRND_INSECURE = 1, 4

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
# What only execve(2) says no to.
NO_PROGRAM = os.path.join(tempfile.mkdtemp(), "no-program")
with open(NO_PROGRAM, "w", encoding="ascii") as no_program:
    no_program.write("neither a program nor a script\n")
os.chmod(NO_PROGRAM, 0o755)
os.chmod(os.path.dirname(NO_PROGRAM), 0o755)
atexit.register(shutil.rmtree, os.path.dirname(NO_PROGRAM))

LISTEN_IN_VAIN = [Scene(world, awaited, ["-t", "systemd", *options, "--listen=/run/made/l.sock"], [], (0, 0), command=NO_PROGRAM)
                  for world, awaited, options in (("bare", "start", []), ("upstart", "stop", ["-N"]),
                                                  ("upstart", "stop", ["-N", "--supervise"]))]


@unittest.skipUnless(os.path.exists(INJECT), "no injector for this kind of machine")
@unittest.skipIf(namespaces.missing(), namespaces.missing())
class FaultTest(unittest.TestCase):
    def each_call(self, run):
        """(n, run(n)) for all calls of one process; several runs at once."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for first in itertools.count(1, 4 * AT_ONCE):
                numbers = range(first, first + 4 * AT_ONCE)
                for n, outcomes in zip(numbers, pool.map(run, numbers)):
                    if outcomes[0]["call"] == "end":
                        return
                    yield n, outcomes

    def sweep(self, scene, role, may_refuse=True):
        """All calls of one process of ours, with all of their errors. A babysitter never refuses."""
        def run(n):
            first = scene.run(role, n, 0)
            return [first, *(scene.run(role, n, which) for which in range(1, int(first["errors"])))]

        n_faults = 0
        for n, outcomes in self.each_call(run):
            for outcome in outcomes[:int(outcomes[0]["errors"])]:
                n_faults += 1
                with self.subTest(role=role, n=n, call=outcome["call"], errno=outcome["errno"]):
                    self.assertTrue(scene.is_right(outcome, may_refuse), outcome)
        print("# %d faults" % n_faults, file=sys.stderr)
        self.assertGreater(n_faults, 0)

    def sweep_with_signal(self, scene, role, number, is_right):
        """One process of ours gets signal @number with each of its calls, from the first to the last."""
        n_signals = 0
        for n, (outcome,) in self.each_call(lambda n: [scene.run(role, n, -number)]):
            n_signals += 1
            with self.subTest(role=role, n=n, call=outcome["call"], signal=number, words=scene.words[4:]):
                self.assertTrue(is_right(scene, outcome), outcome)
        print("# %d signals" % n_signals, file=sys.stderr)
        self.assertGreater(n_signals, 0)

    def test_nothing_fails(self):
        for scene in ATTEND, SUPERVISE, HAND_OVER, TO_SYSTEMD, TO_UPSTART, LISTEN:
            outcome = scene.run(0, 0, 0)
            self.assertTrue(scene.is_started(outcome) and outcome.is_clean(scene.files), outcome)

    def check_without(self, scene, names, error):
        wrap = [word for name in names for word in (sys.executable, WITHOUT_CALL, str(NEW_CALLS[name]), str(error))]
        outcome = scene.run(0, 0, 0, wrap)
        self.assertTrue(scene.is_started(outcome) and outcome.is_clean(scene.files), outcome)

    def test_old_kernels(self):
        """The same calls fail whenever they are made, one kind or all."""
        for scene in ATTEND, SUPERVISE, HAND_OVER:
            for names in ["pidfd_open"], ["close_range"], list(NEW_CALLS):
                for error in ENOSYS, EPERM:
                    with self.subTest(names=names, error=error, words=scene.words[4:]):
                        self.check_without(scene, names, error)

    def test_before_the_kernel_has_entropy(self):
        """Early at boot: getrandom(2) that may wait would; whoever makes that call is killed here."""
        refused = [("%d" % GRND_NONBLOCK, EAGAIN), ("0", "kill")]
        before_5_6 = [*refused, ("%d" % GRND_INSECURE, EINVAL)]
        for calls in refused, before_5_6:
            wrap = [word for flags, error in calls for word in (
                sys.executable, WITHOUT_CALL, "%d:%s" % (NEW_CALLS["getrandom"], flags), str(error))]
            for scene in ATTEND, SUPERVISE, HAND_OVER:
                with self.subTest(calls=calls, words=scene.words[4:]):
                    outcome = scene.run(0, 0, 0, wrap)
                    self.assertTrue(scene.is_started(outcome) and outcome.is_clean(scene.files), outcome)

    def test_attend_launcher(self):
        self.sweep(ATTEND, 0)

    def test_attend_babysitter(self):
        self.sweep(ATTEND, 1, may_refuse=False)

    def test_supervise_parent(self):
        self.sweep(SUPERVISE, 0)

    def test_supervise_daemon(self):
        self.sweep(SUPERVISE, 1)

    def test_supervise_babysitter(self):
        self.sweep(SUPERVISE, 2, may_refuse=False)

    def test_hand_over_launcher(self):
        self.sweep(HAND_OVER, 0)

    def test_hand_over_intermediate(self):
        self.sweep(HAND_OVER, 1)

    def test_hand_over_daemon(self):
        self.sweep(HAND_OVER, 2)

    def test_terminated(self):
        """Nothing of ours is left; what is made for the daemon is, as if it had begun, or is not yet there."""
        def is_right(scene, outcome):
            has_ended = outcome["launcher"] == SIGTERM or scene.is_started(outcome)     # or it was handed over
            return has_ended and not outcome["left"] and outcome["files"] in ("", scene.files)

        for scene in ATTEND, SUPERVISE, HAND_OVER, LISTEN:
            self.sweep_with_signal(scene, 0, signal.SIGTERM, is_right)

    def test_terminated_before_a_failure(self):
        """A signal in the last moment before what cannot be executed takes nothing away of the tidying up."""
        def is_right(_, outcome):
            return not outcome["left"] and not outcome["files"] and (
                outcome["launcher"] == SIGTERM or outcome.is_refused())

        for scene in LISTEN_IN_VAIN:
            for role in range(2 if "--supervise" in scene.words else 1):
                self.sweep_with_signal(scene, role, signal.SIGTERM, is_right)

    def test_all_signaled(self):
        """As a host stops it: systemd the cgroup, Upstart the group, at any moment: the daemon has it once.

        Before it has a handler it ends by it, and so does whoever stands for it.
        """
        for scene, whom in (SUPERVISE, "grp"), (HAND_OVER, "all"), (HAND_OVER_WHEN, "all"):
            for role in range(3):
                n_signals = 0
                for n, (outcome,) in self.each_call(
                        lambda n, s=scene, r=role, w=whom: [s.run_signaled(r, n, w, signal.SIGTERM)]):
                    if outcome["call"] == "none":
                        continue                # it is made when the daemon has ended
                    n_signals += 1
                    with self.subTest(role=role, n=n, call=outcome["call"], words=scene.words[4:]):
                        self.assertEqual(outcome["left"], "", outcome)
                        if outcome.n_signals != 1:
                            self.assertEqual((outcome.n_signals, outcome["launcher"]), (0, SIGTERM), outcome)
                print("# %d moments" % n_signals, file=sys.stderr)
                self.assertGreater(n_signals, 0)

    def test_killed(self):
        """Nobody is left, stopped or not; but perhaps nobody was there to remove the directory."""
        def is_right(_, outcome):
            return not outcome["left"] and re.fullmatch(r"(cross-init-bridge\.\d+,)?", outcome["files"])

        for scene, roles in (ATTEND, 2), (SUPERVISE, 3), (HAND_OVER, 3):
            for role in range(roles):
                self.sweep_with_signal(scene, role, signal.SIGKILL, is_right)

    def test_sockets(self):
        self.sweep(TO_SYSTEMD, 0)
        self.sweep(TO_UPSTART, 0)

    def test_listen(self):
        self.sweep(LISTEN, 0)


if __name__ == "__main__":
    tap.main()
