# SPDX-License-Identifier: GPL-3.0-or-later
"""Under service managers that wait for nobody: what they, or others, look at is a file."""
import tap
from managers.cases import Crowd, Recipe, Respawning, Scenarios, add_cases
from managers.inits import Busybox
from managers.supervision import Daemontools, Runit
from managers.supervisord import Supervisord

READY_FILE = ["--ready-file={ready}"]
CASES = {
    "RunitCase": (Recipe(Runit, READY_FILE), Crowd, Respawning, Scenarios),
    "DaemontoolsCase": (Recipe(Daemontools, READY_FILE), Respawning, Scenarios),
    "SupervisordCase": (Recipe(Supervisord, READY_FILE), Respawning, Scenarios),
    "BusyboxCase": (Recipe(Busybox, READY_FILE), Respawning, Scenarios),
}
add_cases(globals(), CASES)
del Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
