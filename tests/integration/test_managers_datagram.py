# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under service managers that take READY=1 in a datagram, and start a service by a command that then leaves."""
import tap
from managers.cases import Crowd, OncePerLife, Recipe, Scenarios, add_cases
from managers.scripts import OpenRCOfDpkg, StartStopDaemon

AWAIT = 'command_background=true\nstart_stop_daemon_args="--notify-await --notify-timeout 20"\n'

CASES = {
    "DpkgCase": (Recipe(StartStopDaemon), Crowd, OncePerLife, Scenarios),
    "OpenRCCase": (Recipe(OpenRCOfDpkg, settings=AWAIT), OncePerLife, Scenarios),
}
add_cases(globals(), CASES)
del OncePerLife, Scenarios

if __name__ == "__main__":
    tap.main()
