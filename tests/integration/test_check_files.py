# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--check on files: the examples of the manual, what belongs to a file beside it, the exit status.

What is found in a text is test_check.c's.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

import pages
import tap

BRIDGE = os.environ["CIB"]
COMMAND = "/usr/bin/cross-init-bridge -t upstart -N -- /usr/sbin/d"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check(self, *paths, bridge=BRIDGE):
        result = subprocess.run([bridge, "--check", *paths], capture_output=True, text=True, timeout=20)
        return result.returncode, result.stdout, result.stderr

    def assert_found(self, status, found, *paths):
        """@found: what each line begins and ends with, the folder left out."""
        code, out, err = self.check(*paths)
        self.assertEqual((code, err), (status, ""), out)
        lines = [line.replace(self.folder + "/", "") for line in out.splitlines()]
        self.assertEqual(len(lines), len(found), out)
        for line, (beginning, end) in zip(lines, found):
            self.assertTrue(line.startswith(beginning) and line.endswith(end), line)


class Files(Case):
    NOT_READ = ("cron/redis", "monit/redis")    # no service manager's: the command is a word of theirs

    def test_the_examples_are_right(self):
        for name in pages.examples():
            with self.subTest(example=name):
                path = os.path.join(pages.EXAMPLES, name)
                code, out, err = self.check(path)
                if name in self.NOT_READ:
                    self.assertEqual((code, err), (3, ""), out)
                    self.assertIn("[not-found]", out)
                    continue
                self.assertEqual((code, err), (0, ""), out)
                if "cross-init-bridge" in pages.read_example(name) and not name.endswith(".socket"):
                    self.assertEqual(out, path + ": nothing was found\n")

    def test_a_fault_in_each_example_is_found(self):
        """So that "nothing was found" means something: without its target each is refused."""
        for name in pages.examples():
            text = pages.read_example(name)
            broken = text.replace("-t systemd", "-v").replace("-t upstart", "-v").replace("-t inetd", "-v") \
                .replace("-t s6", "-v").replace('"-t", "systemd"', '"-v"')
            if broken == text or name in self.NOT_READ:
                continue
            with self.subTest(example=name):
                code, out, _ = self.check(self.write(name, broken))
                self.assertEqual(code, 125, out)
                self.assertIn("[target]", out)

    def test_drop_ins_count_by_their_names(self):
        unit = self.write("a-b@.service", "[Service]\nExecStart=%s\n" % COMMAND)
        self.assert_found(125, [("a-b@.service:2: refused: -N", "[notify-type]")], unit)
        self.write("a-.service.d/20.conf", "[Service]\nType=notify\n")
        self.assert_found(0, [("a-b@.service: nothing", "found")], unit)
        self.write("service.d/10.conf", "[Service]\nType=exec\n")
        self.assert_found(0, [("a-b@.service: nothing", "found")], unit)
        self.write("a-b@.service.d/30.conf", "[Service]\nRestart=always\n")
        found = [("a-b@.service.d/30.conf:2: warning: Restart=", "[restart]")]
        self.assert_found(3, found, unit)
        self.assert_found(3, found, os.path.join(self.folder, "a-b@.service.d/30.conf"))

    def test_a_socket_and_its_service_are_one(self):
        self.write("x.service", "[Service]\nExecStart=%s\n" % COMMAND.replace(" -N", ""))
        socket = self.write("x.socket", "[Socket]\nListenDatagram=80\n")
        found = [("x.socket:2: refused: ListenDatagram=", "[socket-kind]")]
        self.assert_found(125, found, socket)
        self.assert_found(125, found, os.path.join(self.folder, "x.service"))
        self.write("x@.service", "[Service]\nExecStart=%s\n" % COMMAND.replace(" -N", ""))
        self.write("x.socket", "[Socket]\nListenStream=80\nAccept=yes\n")
        self.assert_found(125, [("x.socket:3: refused: Accept=yes", "[accept]")], socket)

    def test_a_directory_is_its_run_script(self):
        self.write("x/run", "#!/bin/sh\nexec %s\n" % COMMAND.replace("upstart", "systemd"))
        self.assert_found(3, [("x/run:2: warning: -N", "[ready-file]")], os.path.join(self.folder, "x"))
        self.write("x/notification-fd", "3\n")
        self.assert_found(0, [("", "nothing was found")], os.path.join(self.folder, "x"))
        os.unlink(os.path.join(self.folder, "x/notification-fd"))
        self.write("x/check", "#!/bin/sh\n")
        self.assert_found(125, [("x/run:2: refused: -N", "[ready-file]")], os.path.join(self.folder, "x"))

    def test_an_override_belongs_to_its_job(self):
        job = self.write("etc/init/x.conf", "expect stop\nexec %s\n" % COMMAND.replace("upstart", "systemd"))
        self.write("etc/init/x.override", "respawn\n")
        found = [("etc/init/x.override:1: warning: respawn", "[respawn]")]
        self.assert_found(3, found, job)
        self.assert_found(3, found, os.path.join(self.folder, "etc/init/x.override"))

    def test_the_worst_is_the_status(self):
        good = self.write("a.service", "[Service]\nType=notify\nExecStart=%s\n" % COMMAND)
        warning = self.write("b.service", "[Service]\nType=notify\nRestart=always\nExecStart=%s\n" % COMMAND)
        refused = self.write("c.service", "[Service]\nExecStart=%s\n" % COMMAND)
        for status, paths in ((0, [good]), (3, [good, warning]), (125, [refused, good]), (125, [warning, refused])):
            self.assertEqual(self.check(*paths)[0], status)

    def test_what_has_no_bridge_is_said(self):
        self.assert_found(0, [("x.service: no command in it is", "bridge")],
                          self.write("x.service", "[Service]\nExecStart=/usr/sbin/d\n"))
        self.assert_found(0, [("x: nothing is known of this kind of file", "")], self.write("x", "text\n"))

    def test_what_cannot_be_read_is_an_error(self):
        huge = self.write("huge.service", "[Service]\n" + "Environment=A=b\n" * 2000)
        binary = self.write("binary.service", "[Service]\n\0\n")
        link = os.path.join(self.folder, "link.service")
        os.symlink(link, link)
        fifo = os.path.join(self.folder, "fifo.service")
        os.mkfifo(fifo)
        for path in os.path.join(self.folder, "none"), huge, binary, link, fifo, self.folder, "/dev/zero":
            with self.subTest(path=path):
                code, out, err = self.check(path)
                self.assertEqual((code, out), (125, ""))
                self.assertRegex(err, "^cross-init-bridge: .*%s" % path)

    def test_no_file_is_an_error(self):
        code, _, err = self.check()
        self.assertEqual(code, 125)
        self.assertIn("no file", err)


class Program(Case):
    def test_without_the_program_it_is_named(self):
        alone = os.path.join(self.folder, "cross-init-bridge")
        shutil.copy(BRIDGE, alone)
        code, _, err = self.check("x.service", bridge=alone)
        if code != 125 or "is not installed" not in err:
            self.skipTest("one is installed: " + err)
        self.assertRegex(err, "--check: the program for it, /.*/cross-init-bridge/check, is not installed")

    def test_what_follows_are_files_only(self):
        path = self.write("-N", "[Service]\nExecStart=%s\n" % COMMAND)
        result = subprocess.run([BRIDGE, "--check", "-N"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((result.returncode, path[-2:]), (125, "-N"))
        self.assertIn("-N:2: refused", result.stdout)


if __name__ == "__main__":
    tap.main()
