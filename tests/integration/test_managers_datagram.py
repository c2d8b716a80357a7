# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under service managers that take READY=1 in a datagram, and start a service by a command that then leaves."""
import time

import tap
from managers.cases import Crowd, ManagerTestCase, OncePerLife, Recipe, Scenarios, add_cases
from managers.manager import StartFailed
from managers.scripts import OpenRCOfDpkg, StartStopDaemon
from upstart_case import BRIDGE
from upstart_host import poll_until

AWAIT = 'command_background=true\nstart_stop_daemon_args="--notify-await --notify-timeout 20"\n'

class Failures(ManagerTestCase):
    """dpkg's start-stop-daemon sees no death, and would wait for its limit; ERRNO= ends that."""

    recipe = Recipe(StartStopDaemon)
    # what the daemon does, how the line is another, what start-stop-daemon says of it
    rows = {
        "it exits": (["exit=3"], {}, "No child processes"),
        "it exits with 0": (["exit=0"], {}, "No child processes"),
        "a signal": (["abort"], {}, "No child processes"),
        "it says why": ([r"notify=STATUS=No file\nERRNO=2", "exit=3"], {}, "No such file or directory"),
        "it says why and stays": (["notify=ERRNO=13", "pause"], {}, "Permission denied"),
        "no error, and no number": (["notify=ERRNO=0", "notify=ERRNO=", "notify=ERRNO=x", "exit=3"], {}, "No child processes"),
        "supervised": (["exit=3"], {"options": ["--supervise"]}, "No child processes"),
        "upstart": (["exit=3"], {"target": "upstart", "options": ["--job=web"]}, "No child processes"),
        "upstart, with 0": (["exit=0"], {"target": "upstart", "options": ["--job=web"]}, "No child processes"),
        "upstart, a signal": (["abort"], {"target": "upstart", "options": ["--job=web"]}, "No child processes"),
        "s6": (["exit=3"], {"target": "s6", "options": ["--daemon-fd=9"]}, "No child processes"),
        "forking": (["exit=3"], {"target": "forking", "options": ["--daemon-pidfile={dir}/daemon.pid"]}, "No child processes"),
        "a condition": (["exit=3"], {"notify": [], "options": ["--ready-when=path:{dir}/never"]}, "No child processes"),
        "refused": (["exit=3"], {"target": "inetd"}, "No child processes"),
        "its own limit": (["pause"], {"options": ["--start-timeout=1"]}, "No child processes"),
    }

    def check(self, name, begin, expected):
        began = time.monotonic()
        with self.assertRaisesRegex(StartFailed, "program failed to initialize .%s." % expected):
            begin().wait()
        self.assertLess(time.monotonic() - began, 10, name)

    def test_a_start_that_fails_is_over_at_once(self):
        with self.world() as world:
            for name, (actions, how, expected) in self.rows.items():
                with self.subTest(name):
                    service = name.replace(" ", "-").replace(",", "")
                    self.service(world, service, "on-term=exit:0", *actions, **how)
                    self.check(name, lambda: world.begin(service), expected)
                    poll_until(lambda: self.bridge_lines(world, service) or "stays" in name)

    def test_a_daemon_that_is_not_there(self):
        with self.world() as world:
            world.service("job", [BRIDGE, "-t", "systemd", "-N", "--", "/nowhere"])
            self.check("job", lambda: world.begin("job"), "No child processes")

    def test_an_error_that_comes_with_readiness_is_none(self):
        with self.world() as world:
            self.service(world, "job", "on-term=exit:0", r"notify=ERRNO=5\nREADY=1", "notify=ERRNO=6", "barrier", "pause")
            world.start("job")
            self.assertTrue(world.is_ready("job"))


CASES = {
    "DpkgCase": (Recipe(StartStopDaemon), Crowd, OncePerLife, Scenarios),
    "OpenRCCase": (Recipe(OpenRCOfDpkg, settings=AWAIT), OncePerLife, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, OncePerLife, Scenarios

if __name__ == "__main__":
    tap.main()
