# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""OpenRC 0.45 and 0.56, which read no newline: by a pid file, and under supervise-daemon by a ready file."""
import tap
from managers.cases import OncePerLife, Recipe, Respawning, Scenarios, add_cases
from managers.manager import StartFailed
from managers.scripts import OpenRC, OpenRC56, OpenRC56Supervised, OpenRCSupervised
from upstart_host import poll_until

FORKING = ["-i", "forking", "--pidfile={pid}", "--stdio=null"]
ITSELF = "{dir}/{name}.pid"  # one that goes there by itself writes the service's own file
READY_FILE = ["--ready-file={ready}"]


class InTheBackground:
    """Its start waits for whoever was started, and holds a lock meanwhile: without the bridge for ever."""

    test_a_prefix_that_does_nothing_does_not_pass = None
    test_a_stranger_does_not_make_it_ready = None
    test_never_ready_is_never_ready = None
    test_each_target_can_end_unready = None

    def test_death_before_readiness_fails_the_start_at_once(self):
        """Until then there is no pid file by which anybody could know the daemon."""
        with self.world() as world:
            self.service(world, "job", "exit=3")
            with self.assertRaises(StartFailed):
                world.start("job")
            self.assertEqual(world.leftovers(), ([], []))


class UnderSuperviseDaemon:
    def test_its_own_pid_file_is_not_the_daemons(self):
        """Whoever is named there is stopped, and supervise-daemon starts the next one."""
        with self.world() as world:
            path = world.pid_path("job")
            self.service(world, "job", "on-term=exit:0", "fork-exit", "setsid", "pid-file=" + path, "pause",
                         target="forking", options=("--daemon-pidfile=" + path,))
            world.begin("job")
            poll_until(lambda: world.log("job"))
            self.assertRegex(world.log("job"), r"\Across-init-bridge: --daemon-pidfile: %s is our parent's own, process "
                             r"\d+ \(supervise-daemo\), which could not be stopped any more" % path)
            world.give_up("job")


CASES = {
    "ForkingCase": (Recipe(OpenRC, FORKING, daemon_pid=ITSELF), InTheBackground, OncePerLife, Scenarios),
    "Forking56Case": (Recipe(OpenRC56, FORKING, daemon_pid=ITSELF), InTheBackground, OncePerLife, Scenarios),
    "SupervisedCase": (Recipe(OpenRCSupervised, READY_FILE, supervised=True), UnderSuperviseDaemon, Respawning, Scenarios),
    "Supervised56Case": (Recipe(OpenRC56Supervised, READY_FILE, supervised=True), UnderSuperviseDaemon, Respawning, Scenarios),
}
add_cases(globals(), CASES)
del OncePerLife, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
