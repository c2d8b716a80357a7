# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Runs the unittest cases of the main module and speaks TAP 13 on stdout.

It knows nothing of the bridge. It is separate because unittest has no such output, and because
every integration test needs the same care: nothing but TAP on stdout, whatever the test or its
children print; clean-ups that run also when the test is told to end (meson's timeout is a
SIGTERM); a skip that is seen.

    python3 test_x.py            all tests
    python3 test_x.py word...    those whose name contains one of the words
"""
import os
import signal
import sys
import traceback
import unittest


def flatten(suite):
    """The test cases of a suite, in order."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def name_of(test):
    """Class.method, and the row of a subtest; what follows a "#" would be a directive."""
    whole = getattr(test, "test_case", test).id()
    return (".".join(whole.split(".")[-2:]) + test.id()[len(whole):]).replace("#", "")


class TapResult(unittest.TestResult):
    """Numbers each test as it ends; a failed subtest fails its test, a skipped one has a line of its own."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.number = 0
        self.seen = set()
        self.running = None
        self.failed = False     # the running test, by a subtest
        self.skipped_rows = self.passed_rows = 0    # of the running test
        self.whole_class = {}   # class name -> why none of its tests ran

    def line(self, test, ok, directive=""):
        self.number += 1
        self.seen.add(test.id())
        print("%sok %d - %s%s" % ("" if ok else "not ", self.number, name_of(test), directive),
              file=self.out, flush=True)

    @staticmethod
    def diagnose(title, text):
        for line in [title] + text.rstrip().splitlines():
            print("# " + line, file=sys.stderr, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.running = test
        self.failed = False
        self.skipped_rows = self.passed_rows = 0

    def addSuccess(self, test):
        self.line(test, not self.failed)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if not err:
            self.passed_rows += 1
        if err:
            self.failed = True
            self.diagnose(str(subtest), "".join(traceback.format_exception(*err)))

    def stopTest(self, test):
        super().stopTest(test)
        if test.id() in self.seen:
            return
        # No addSuccess: subtests failed, or were skipped, perhaps all of them.
        self.seen.add(test.id())
        if self.failed or self.passed_rows or not self.skipped_rows:
            self.line(test, bool(self.passed_rows) and not self.failed)

    def addFailure(self, test, err):
        self.diagnose(name_of(test), "".join(traceback.format_exception(*err)))
        if isinstance(test, unittest.TestCase):
            self.failures.append((test, ""))
            if test.id() not in self.seen:
                self.line(test, False)
        else:                               # setUpClass: none of its tests will be called
            self.errors.append((test, ""))
            self.whole_class[class_of(test)] = None

    addError = addFailure

    def addSkip(self, test, reason):
        reason = " ".join(reason.split())   # one line, whatever a program had to say
        self.diagnose(name_of(test), "skipped: " + reason)
        if isinstance(test, unittest.TestCase):
            self.line(test, True, " # SKIP " + reason)
            self.skipped_rows += 1
        else:
            self.whole_class[class_of(test)] = reason

    def addExpectedFailure(self, test, err):
        self.line(test, True)

    def addUnexpectedSuccess(self, test):
        self.failures.append((test, ""))
        self.line(test, False)

    def account_for(self, tests):
        """A line for each, also for those that were never called."""
        for test in tests:
            if test.id() not in self.seen:
                reason = self.whole_class.get(type(test).__qualname__)
                self.line(test, reason is not None, " # SKIP " + reason if reason else "")


def class_of(holder):
    """setUpClass (module.Class) -> Class"""
    return holder.id().split("(")[-1].rstrip(")").split(".")[-1]


def interrupt(_signum, _frame):
    """The only exception that unittest does not take for the failure of one test."""
    raise KeyboardInterrupt


def main():
    # The real stdout is for TAP alone; everybody else's goes to stderr.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    # A shell has them ignored in what it starts beside itself, and so would our children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

    words = sys.argv[1:]
    everything = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    tests = [t for t in flatten(everything)
             if not words or any(word in name_of(t) for word in words)]
    result = TapResult(out)
    print("TAP version 13", file=out, flush=True)
    try:
        unittest.TestSuite(tests).run(result)
    except KeyboardInterrupt:
        print("Bail out! interrupted", file=out, flush=True)
        if result.running:
            result.running.doCleanups()     # which unittest leaves out then
        sys.exit(130)
    result.account_for(tests)
    print("1..%d" % result.number, file=out, flush=True)    # not before: a skipped row counts as well
    sys.exit(0 if result.wasSuccessful() and tests else 1)
