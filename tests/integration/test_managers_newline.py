# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under service managers that read a newline from a descriptor, the real ones and stand-ins for those that Debian has not."""
import tap
from managers.cases import Crowd, Recipe, Respawning, Scenarios, add_cases
from managers.inits import Finit
from managers.supervision import S6


class FinitsOwn:
    """It hears no newline of the life after one that ended unready, whoever writes it."""

    test_death_before_readiness_is_a_new_start = None
    without_target = {"s6_in_parts": "it wants the newline to be the last byte of a read, and a daemon for s6 writes "
                      "to it by itself"}


CASES = {
    "S6Case": (Recipe(S6), Crowd, Respawning, Scenarios),
    "S6AtNumber9": (Recipe(S6, notification_fd=9), Respawning, Scenarios),
    "FinitCase": (Recipe(Finit, ["--host-fd=%n"]), FinitsOwn, Respawning, Scenarios),
}
add_cases(globals(), CASES)
del Respawning, Scenarios

if __name__ == "__main__":
    tap.main()
