# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""System calls that old kernels do not have, and that lists of seccomp forbid, fail whenever they are made."""
import concurrent.futures
import os
import sys

import tap
from fault_case import ATTEND, HAND_OVER, SUPERVISE, FaultCase

WITHOUT_CALL = os.path.join(os.path.dirname(os.path.abspath(tap.__file__)), "without_call.py")
NEW_CALLS = {"getrandom": 318, "pidfd_send_signal": 424, "pidfd_open": 434, "close_range": 436, "pidfd_getfd": 438}
ENOSYS, EPERM, EAGAIN, EINVAL = 38, 1, 11, 22
GRND_NONBLOCK, GRND_INSECURE = 1, 4
# Where nothing tells of an end, all of it waits for the next look; so most of these do nothing.
AT_ONCE = 6


class OldKernelTest(FaultCase):
    def check_without(self, rows):
        """Of each (scene, calls): these fail, whenever they are made."""
        def run(row):
            scene, calls = row
            return scene.run(0, 0, 0, [word for call, error in calls for word in (
                sys.executable, WITHOUT_CALL, str(call), str(error))])

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for (scene, calls), outcome in zip(rows, pool.map(run, rows)):
                with self.subTest(calls=calls, words=scene.words[4:]):
                    self.assertTrue(scene.is_started(outcome) and outcome.is_clean(scene.files), outcome)

    def test_old_kernels(self):
        """One kind of call or all."""
        self.check_without([(scene, [(NEW_CALLS[name], error) for name in names])
                            for scene in (ATTEND, SUPERVISE, HAND_OVER)
                            for names in (["pidfd_open"], ["close_range"], list(NEW_CALLS))
                            for error in (ENOSYS, EPERM)])

    def test_before_the_kernel_has_entropy(self):
        """Early at boot: getrandom(2) that may wait would; whoever makes that call is killed here."""
        may_wait = ("0", "kill")    # the last: Python itself makes it, where the kernel gives getrandom(3) a page
        refused = [("%d" % GRND_NONBLOCK, EAGAIN), may_wait]
        before_5_6 = [("%d" % GRND_NONBLOCK, EAGAIN), ("%d" % GRND_INSECURE, EINVAL), may_wait]
        self.check_without([(scene, [("%d:%s" % (NEW_CALLS["getrandom"], flags), error) for flags, error in calls])
                            for calls in (refused, before_5_6) for scene in (ATTEND, SUPERVISE, HAND_OVER)])


if __name__ == "__main__":
    tap.main()
