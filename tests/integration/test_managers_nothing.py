# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under service managers that wait for nobody: what they, or others, look at is a file. (The family of daemontools is
in test_managers_daemontools.py.)
"""
import os

import tap
from fake_report import Report
from managers.cases import ManagerTestCase, Recipe, Respawning, Scenarios, add_cases
from managers.inits import Busybox
from managers.supervisord import Supervisord
from upstart_host import poll_until

READY_FILE = ["--ready-file={ready}"]


class FcgiSocket(ManagerTestCase):
    """A program with a socket, which supervisord puts on standard input: every target finds it where it looks."""

    recipe = Recipe(Supervisord, kind="fcgi-program")
    # target -> how it says that it is ready, options, where it finds the socket, a variable that tells of it
    targets = {
        "systemd": (["notify=READY=1"], ("-N", "--ready-file={ready}"), 3, "LISTEN_FDS"),
        "upstart": (["stop"], ("-N", "--ready-file={ready}", "--job=web"), None, "UPSTART_FDS"),
        "forking": (["fork-exit", "setsid"], ("-N", "--ready-file={ready}"), 3, "LISTEN_FDS"),
        "inetd": (["touch={ready}"], (), 0, None),
    }

    def test_a_target_that_takes_none_is_refused(self):
        with self.world() as world:
            self.service(world, "job", "touch={dir}/ran", target="s6", notify=(), options=("--daemon-fd=7",),
                         socket="unix://%s/socket" % world.dir, autorestart="false")
            world.begin("job")
            poll_until(lambda: world.log("job"))
            world.wait_down("job")
            self.assertIn("a daemon for s6 is handed no sockets, and 1 were: let it open its own, or choose the target whose "
                          "sockets it takes", world.log("job"))
            self.assertFalse(os.path.exists(world.dir + "/ran"))

    def test_it_is_handed_over(self):
        with self.world() as world:
            for target, (say, options, _, _) in self.targets.items():
                options = [option.format(ready=world.ready_path(target)) for option in options]
                self.service(world, target, "report={dir}/report-" + target,
                             *[word.format(ready=world.ready_path(target)) for word in say], "on-term=exit:0", "pause",
                             target=target, options=options, notify=(),
                             socket="unix://%s/socket-%s" % (world.dir, target))
            for target, (_, _, number, variable) in self.targets.items():
                with self.subTest(target):
                    world.start(target)
                    with open(world.dir + "/report-" + target) as file:
                        report = Report(file.read())
                    if target == "upstart":
                        number = int(report.env[variable])  # any that was free
                    self.assertIn("/socket-" + target, report.fds[number])
                    self.assertEqual([fd for fd, what in report.fds.items() if "/socket-" in what and fd not in (1, 2)],
                                     [number])
                    self.assertTrue(variable is None or variable in report.env)
                    self.assertEqual(self.bridge_lines(world, target), [])


CASES = {
    "SupervisordCase": (Recipe(Supervisord, READY_FILE), Respawning, Scenarios),
    "BusyboxCase": (Recipe(Busybox, READY_FILE), Respawning, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
