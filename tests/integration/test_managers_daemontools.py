# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the family of daemontools, which waits for nobody: what it, or others, look at is a file."""
import tap
from managers.cases import Crowd, ManagerTestCase, Recipe, Respawning, Scenarios, add_cases
from managers.supervision import Daemontools, Runit

READY_FILE = ["--ready-file={ready}"]
CASES = {
    "RunitCase": (Recipe(Runit, READY_FILE), Crowd, Respawning, Scenarios),
    "DaemontoolsCase": (Recipe(Daemontools, READY_FILE), Respawning, Scenarios),
}
add_cases(globals(), CASES)
del ManagerTestCase, Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
