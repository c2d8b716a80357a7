# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the family of daemontools, which waits for nobody: what it, or others, look at is a file."""
import os
import signal

import tap
from managers.cases import TARGETS, Crowd, ManagerTestCase, Recipe, Respawning, Scenarios, add_cases
from managers.supervision import Daemontools, Runit
from upstart_host import poll_until

READY_FILE = ["--ready-file={ready}"]


class Mates(ManagerTestCase):
    """All services are in the manager's own session and process group: whatever ends one of them, it is that one."""

    recipe = Recipe(Runit, READY_FILE)
    targets = {"systemd": (dict(target="systemd"), (), ["notify=READY=1"]),
               "supervised": (dict(target="systemd"), ("--supervise", "--notify-access=all"), ["notify=READY=1"]), **TARGETS}

    def check(self, world, name, number):
        how, options, actions = self.targets[name]
        self.service(world, "job", *actions, "pause", options=options, **how)
        self.service(world, "mate", *["on-%s=touch:{dir}/told" % name for name in ("hup", "int", "usr1")],
                     "on-term=exit:0", "notify=READY=1", "pause")
        for service in "mate", "job":
            world.start(service)
        mate = world.pid_of("mate")
        self.assertEqual(self.session(world, mate), self.session(world, world.process(mate).ppid))
        if number:
            world.kill(world.pid_of("job"), number)
            poll_until(lambda: not world.is_ready("job"))
        world.stop("job")
        poll_until(lambda: len(world.babysitters()) == 1)
        self.assertEqual(world.pid_of("mate"), mate)
        self.assertFalse(os.path.exists(world.dir + "/told"))
        self.assertTrue(world.is_ready("mate"))

    @staticmethod
    def session(world, pid):
        return world.proc(pid, "stat").rpartition(")")[2].split()[2:4]  # the process group, and the session

    def test_nobody_elses_process_is_signaled(self):
        rows = [(name, 0) for name in self.targets]
        rows += [(name, signal.SIGKILL) for name in ("supervised", "upstart", "forking")]   # one of ours ends the daemon
        for name, number in rows:
            with self.subTest(name, number=number), self.world() as world:
                self.check(world, name, number)


CASES = {
    "RunitCase": (Recipe(Runit, READY_FILE), Crowd, Respawning, Scenarios),
    "DaemontoolsCase": (Recipe(Daemontools, READY_FILE), Respawning, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
