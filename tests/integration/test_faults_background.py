# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""With every system call of ours comes a signal, where the daemon goes to the background, with us or by itself:
it is named in the pid file and the start has succeeded, or nothing is left of the attempt. One run per call.
"""
import re
import signal

import tap
from fault_case import FaultCase, Scene

IN_BACKGROUND = [Scene("bare", "exit", ["-i", "forking", "--pidfile=/run/d.pid", "-N", *options], [says, "pause"], (0, 0),
                       launcher="exit:0")
                 for options, says in ((["-t", "systemd"], "notify=READY=1"),
                                       (["-t", "systemd", "--supervise"], "notify=READY=1"),
                                       (["-t", "upstart", "--job=d"], "stop"))]
FORKING = Scene("upstart", "stop", ["-t", "forking", "-N", "--daemon-pidfile=/run/d.pid"],
                ["fork-exit", "setsid", "pid-file=/run/d.pid", "pause"], (1, 0), files="d.pid,")


IN_PID_NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def is_right_in_background(role, number, stays):
    """@role got signal @number (0 is the launcher, 1 looks whether the pid file's file system answers); @stays: the
    process in the file is one of ours, not the daemon.
    """
    def is_right(_, outcome):
        files = outcome["files"]
        if number == signal.SIGKILL:    # who was killed cannot remove what is its to remove
            files = re.sub(r"cross-init-bridge\.\d+,", "", files)
            if role == 0:
                files = files.replace("d.pid.cross-init-bridge,", "")
            elif outcome["launcher"] == "exit:0":
                files = files.replace("d.pid,", "")
        is_told = outcome["launcher"] != "exit:0" or outcome["named"] != "none" or outcome["state"] in "-Z"
        return not outcome["left"] and not files and is_told and outcome["named"] in (
            "none", "role2" if stays else "daemon")
    return is_right


class FaultBackgroundTest(FaultCase):
    def sweep_all(self, number):
        for scene in IN_BACKGROUND:
            is_supervised = "--supervise" in scene.words
            for role in range(6 if is_supervised else 5):
                self.sweep_with_signal(scene, role, number,
                                       is_right_in_background(role, number, is_supervised or "upstart" in scene.words))

    def test_terminated(self):
        self.sweep_all(signal.SIGTERM)

    def test_killed(self):
        self.sweep_all(signal.SIGKILL)

    def test_forking_signaled(self):
        """But for the parent's end by SIGKILL: that is held back by a tracer, and the injector is one (test_forking has
        it). Among few processes: the parent looks at all of them, and each look is a call.
        """
        def is_right(_, outcome):
            is_stopped = outcome["launcher"] == "signal:15" or outcome["daemon"] == "0" or outcome.is_refused()
            return is_stopped and not outcome["left"] and re.fullmatch(r"(cross-init-bridge,)?(d\.pid,)?", outcome["files"])

        self.sweep_with_signal(FORKING, 0, signal.SIGTERM, is_right, wrap=IN_PID_NAMESPACE)
        for role in range(1, 4):    # who closes what is the daemon's, the daemon until it is executed, the babysitter
            for number in signal.SIGTERM, signal.SIGKILL:
                self.sweep_with_signal(FORKING, role, number, is_right, wrap=IN_PID_NAMESPACE)


if __name__ == "__main__":
    tap.main()
