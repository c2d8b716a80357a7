# SPDX-License-Identifier: GPL-3.0-or-later
"""As process 1 of a container, under the runtimes that relay what is said there."""
import tap
from managers.cases import Crowd, OncePerLife, Recipe, Scenarios, add_cases
from managers.containers import Crun, Runc



class Container:
    """The bridge is process 1, and another is the babysitter."""

    tracked = "cross-init-brid"
    ours = 2


class Hangs:
    """runc waits on when process 1 has ended unready, whatever that was."""

    test_death_before_readiness_fails_the_start_at_once = None


CASES = {
    "CrunCase": (Recipe(Crun), Crowd, Container, OncePerLife, Scenarios),
    "RuncCase": (Recipe(Runc), Hangs, Container, OncePerLife, Scenarios),
}
add_cases(globals(), CASES)
del OncePerLife, Scenarios

if __name__ == "__main__":
    tap.main()
