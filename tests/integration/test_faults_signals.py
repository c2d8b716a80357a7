# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""With every system call of ours comes a signal: the daemon has it, or starts right, or nothing is left of the
attempt. One run per call.
"""
import atexit
import concurrent.futures
import os
import re
import shutil
import signal
import sys
import tempfile

import tap
from fault_case import ATTEND, HAND_OVER, HAND_OVER_WHEN, LISTEN, SIGTERM, SUPERVISE, FaultCase, Scene

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


class FaultSignalTest(FaultCase):
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
        rows = [(scene, whom, role) for scene, whom in ((SUPERVISE, "grp"), (HAND_OVER, "all"), (HAND_OVER_WHEN, "all"))
                for role in range(3)]

        def sweep(row):
            scene, whom, role = row
            return list(self.each_call(lambda n: [scene.run_signaled(role, n, whom, signal.SIGTERM)]))

        # Each has a few runs that end by a deadline: at the same time.
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for (scene, _, role), moments in zip(rows, pool.map(sweep, rows)):
                n_signals = 0
                for n, (outcome,) in moments:
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


if __name__ == "__main__":
    tap.main()
