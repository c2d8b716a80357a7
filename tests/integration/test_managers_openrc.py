# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenRC 0.45 and 0.56, which read no newline: by a pid file, and under supervise-daemon by a ready file."""
import tap
from managers.cases import OncePerLife, Recipe, Respawning, Scenarios, add_cases
from managers.manager import StartFailed
from managers.scripts import OpenRC, OpenRC56, OpenRC56Supervised, OpenRCSupervised

FORKING = ["-i", "forking", "--pidfile={pid}", "--stdio=null"]
READY_FILE = ["--ready-file={ready}"]


class InTheBackground:
    """Its start waits for whoever was started, and holds a lock meanwhile: without the bridge for ever."""

    test_a_prefix_that_does_nothing_does_not_pass = None
    test_a_stranger_does_not_make_it_ready = None
    test_never_ready_is_never_ready = None
    test_each_target_can_end_unready = None
    without_target = {"forking": "it is replaced: it goes to the background by itself, with the output that is waited for"}

    def test_death_before_readiness_fails_the_start_at_once(self):
        """Until then there is no pid file by which anybody could know the daemon."""
        with self.world() as world:
            self.service(world, "job", "exit=3")
            with self.assertRaises(StartFailed):
                world.start("job")
            self.assertEqual(world.leftovers(), ([], []))


class UnderSuperviseDaemon:
    without_target = {"forking": "ready and no earlier, but its processes are still there after the stop: to be looked into"}


CASES = {
    "ForkingCase": (Recipe(OpenRC, FORKING), InTheBackground, OncePerLife, Scenarios),
    "Forking56Case": (Recipe(OpenRC56, FORKING), InTheBackground, OncePerLife, Scenarios),
    "SupervisedCase": (Recipe(OpenRCSupervised, READY_FILE, supervised=True), UnderSuperviseDaemon, Respawning, Scenarios),
    "Supervised56Case": (Recipe(OpenRC56Supervised, READY_FILE, supervised=True), UnderSuperviseDaemon, Respawning, Scenarios),
}
add_cases(globals(), CASES)
del OncePerLife, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
