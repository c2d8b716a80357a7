# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Every system call of ours fails once, in each way in which it can: the daemon starts right, or nothing is left of
the attempt. One run per call and error.
"""
import sys

import tap
from fault_case import ATTEND, HAND_OVER, LISTEN, SUPERVISE, TO_SYSTEMD, TO_UPSTART, FaultCase


class FaultTest(FaultCase):
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

    def test_nothing_fails(self):
        for scene in ATTEND, SUPERVISE, HAND_OVER, TO_SYSTEMD, TO_UPSTART, LISTEN:
            outcome = scene.run(0, 0, 0)
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

    def test_sockets(self):
        self.sweep(TO_SYSTEMD, 0)
        self.sweep(TO_UPSTART, 0)

    def test_listen(self):
        self.sweep(LISTEN, 0)


if __name__ == "__main__":
    tap.main()
