# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The two manual pages, and the READMEs: true, complete, and readable in every reader.

Each message of DIAGNOSTICS is one of the sources', each unit and job that is shown is a file of the
examples, each page is rendered at 80 columns without a complaint. That they have the options of the
parser is a test of its own (test_options.c), as is that the examples work (test_examples.py).
"""
import os
import re
import shutil
import subprocess
import unittest

import pages
import tap

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH = 80
FIRST_PAGE_LINES = 450
README_LINES = 120


def render(*command, path):
    """The page as lines, as a terminal would show it, and what the program complained of."""
    with open(path, encoding="utf-8") as page:
        result = subprocess.run(command, stdin=page, capture_output=True, text=True, errors="replace",
                                env={**os.environ, "LC_ALL": "C.UTF-8"}, check=True)
    return re.sub("\x1b\\[[0-9;]*m|.\b", "", result.stdout).splitlines(), result.stderr


# What `man -l` runs, and what systems without groff have.
READERS = {
    "groff": ["groff", "-k", "-t", "-mandoc", "-Tutf8", "-rLL=78n", "-rLT=78n", "-ww"],
    "mandoc": ["mandoc", "-T", "utf8", "-O", "width=78", "-W", "warning"],
}


def needs(program):
    return unittest.skipUnless(shutil.which(program), program + " is not installed")


class Content(unittest.TestCase):
    maxDiff = None

    def sources(self, folder):
        """Names of the C files of a folder of src/ and of those below, from there."""
        top = os.path.join(pages.SOURCE, "src")
        found = [os.path.relpath(os.path.join(path, name), os.path.join(top, folder))
                 for path, _, names in os.walk(os.path.join(top, folder)) for name in names if name.endswith(".c")]
        return sorted(found)

    def source(self, name):
        with open(os.path.join(pages.SOURCE, "src", name), encoding="utf-8") as file:
            return file.read()

    def test_each_message_is_printed(self):
        texts = pages.strings()
        messages = pages.messages()
        self.assertGreater(len(messages), 40)
        for message in messages:
            with self.subTest(message=message.replace(pages.ANY, "...")):
                self.assertTrue(pages.is_said(message, texts), "no source prints this message")

    def test_a_message_that_nobody_prints_is_noticed(self):
        texts = pages.strings()
        for invented in "systemd has not confirmed within 5 s that the daemon is ready", "the moon is full":
            self.assertFalse(pages.is_said(invented, texts), invented)

    def test_each_condition_is_explained(self):
        kinds = re.findall(r'^\t\[AWAITED_[A-Z_]+\] = \{ "([a-z-]+):', self.source("condition/condition.c"), re.M)
        self.assertGreater(len(kinds), 6)
        items = " ".join(re.findall(r"^\.It (.*)$", pages.read("1").split(".Sh CONDITIONS")[1], re.M)).split()
        for kind in kinds:
            self.assertIn(kind, items, "no condition of man/cross-init-bridge.1")

    def test_each_host_is_named(self):
        hosts = re.findall(r'\.name = "([a-z0-9-]+)"', "".join(self.source("hosts/" + name) for name in self.sources("hosts")))
        self.assertGreater(len(hosts), 15)
        for section in pages.SECTIONS:
            words = set(re.findall(r"[\w-]+", pages.read(section).lower()))
            for host in hosts:
                self.assertIn(host, words, "man/cross-init-bridge.%s does not name this host" % section)

    def test_each_member_of_the_json_output_is_explained(self):
        names = set(re.findall(r'json_\w+\(&?json, "(\w+)"', "".join(self.source(name) for name in self.sources("."))))
        self.assertGreater(len(names), 40)
        text = re.search(r"^\.Sh OUTPUT FOR PROGRAMS\n(.*?)^\.Sh", pages.read("7"), re.S | re.M)[1]
        said = set(re.findall(r"\w+", text))
        self.assertEqual(names - said, set(), "not in OUTPUT FOR PROGRAMS")

    def test_what_is_shown_is_a_file_of_the_examples(self):
        shown = pages.shown_files()
        for name in pages.examples():
            with self.subTest(example=name):
                text = pages.read_example(name)
                if len(text) < 10:  # the number in notification-fd
                    continue
                if name not in shown:
                    self.fail("the manual does not show it")
                if os.path.dirname(name) in pages.IN_ONE_LINE:
                    self.assertEqual(shown.pop(name).split(), text.split())
                else:
                    self.assertEqual(shown.pop(name), text)
        self.assertEqual(shown, {})

    def test_each_example_is_run(self):
        """Its name is in one of the tests that run them."""
        text = ""
        for name in "test_examples.py", "test_managers.py":
            with open(os.path.join(HERE, name), encoding="utf-8") as file:
                text += file.read()
        for name in pages.examples():
            folder, file = os.path.split(name)
            words = name, folder, file, file.removesuffix(".conf")  # as the tests name them
            self.assertTrue(any('"%s"' % word in text for word in words), name)

    def test_each_example_is_installed(self):
        with open(os.path.join(pages.MANUAL, "meson.build"), encoding="utf-8") as file:
            listed = set(re.findall(r"'examples/([^']+)'", file.read()))
        self.assertEqual(listed, set(pages.examples()))

    def test_a_script_is_executable_as_it_is_installed(self):
        for name in pages.examples():
            path = os.path.join(pages.EXAMPLES, name)
            with open(path, encoding="utf-8") as file, self.subTest(example=name):
                self.assertEqual(os.access(path, os.X_OK), file.read(2) == "#!")

    def test_version_and_date_agree(self):
        with open(os.path.join(pages.SOURCE, "meson.build"), encoding="utf-8") as file:
            version = re.search(r"^  version: '(.*)',$", file.read(), re.M)[1]
        heads = [re.search(r"^\.Dd (.*)\n\.Dt (.*) .\n\.Os (.*)$", pages.read(section), re.M).groups()
                 for section in pages.SECTIONS]
        self.assertEqual(heads[0], heads[1])
        self.assertEqual(heads[0][2], "cross-init-bridge " + version)
        with open(os.path.join(pages.SOURCE, "NEWS"), encoding="utf-8") as file:
            newest, said = re.search(r"^(\d+\.\d+\.\d+), (.*)$", file.read(), re.M).groups()
        if said != "not yet released":
            self.assertEqual((version, heads[0][0]), (newest, said))

    def test_references_lead_somewhere(self):
        for section in pages.SECTIONS:
            text = pages.read(section)
            titles = set(re.findall(r"^\.S[hs] (.*)$", text, re.M))
            for line in re.findall(r"^\.Sx (.*)$", text, re.M):
                for title in re.split(r" , | \.$| ,$|$", line.replace(" )", "")):
                    if title.strip(" ."):
                        self.assertIn(title.strip(" ."), titles)

    def test_nothing_is_said_twice(self):
        seen = {}
        for section in pages.SECTIONS:
            for sentence in pages.sentences(section):
                if len(sentence) > 60:
                    self.assertNotIn(sentence, seen)
                    seen[sentence] = section


class Readmes(unittest.TestCase):
    def read(self, name):
        with open(os.path.join(pages.SOURCE, name), encoding="utf-8") as file:
            return file.read()

    def git(self, *words):
        return subprocess.run(["git", "-C", pages.SOURCE, *words], capture_output=True, text=True)

    def test_the_first_is_short(self):
        self.assertLessEqual(self.read("README").count("\n"), README_LINES, "README is to be read: shorten or join rows")

    def test_the_maps_have_each_folder(self):
        for top in "src", "tests":
            text = self.read(top + "/README")
            for folder, _, files in os.walk(os.path.join(pages.SOURCE, top)):
                name = os.path.relpath(folder, os.path.join(pages.SOURCE, top))
                if name != "." and any(file.endswith((".c", ".py")) for file in files):
                    self.assertIn("  %s/ " % name, text)

    def test_the_files_that_are_named_are_there(self):
        for name in re.findall(r"\b(?:[a-z-]+/)+[a-z_]+\.(?:c|h|py|sh)\b", self.read("src/README")):
            self.assertTrue(any(os.path.exists(os.path.join(pages.SOURCE, top, name)) for top in ("", "src")), name)

    @needs("git")
    def test_the_commits_that_are_named_are_there(self):
        if self.git("rev-parse", "--is-shallow-repository").stdout != "false\n":
            self.skipTest("there is no history here")
        commits = re.findall(r"\b[0-9a-f]{7}\b", self.read("src/README"))
        self.assertGreater(len(commits), 3)
        for commit in commits:
            self.assertEqual(self.git("merge-base", "--is-ancestor", commit, "HEAD").returncode, 0, commit)


class Rendering(unittest.TestCase):
    def check_pages(self, reader):
        for section in pages.SECTIONS:
            with self.subTest(section=section):
                lines, complaints = render(*READERS[reader], path=pages.path_of(section))
                self.assertEqual(complaints, "")
                self.assertEqual([line for line in lines if len(line) > WIDTH], [])
                # A word that is a macro, as "In" or "At", is taken for one in a title.
                titles = {line.strip() for line in lines if re.match(" {0,3}[^ ]", line)}
                for title in re.findall(r"^\.S[hs] (.*)$", pages.read(section), re.M):
                    self.assertIn(pages.unescape(title), titles)
                if section == "1":
                    self.assertLessEqual(len(lines), FIRST_PAGE_LINES)

    @needs("groff")
    def test_groff(self):
        self.check_pages("groff")

    @needs("mandoc")
    def test_mandoc(self):
        self.check_pages("mandoc")

    @needs("mandoc")
    def test_lint(self):
        for section in pages.SECTIONS:
            result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", pages.path_of(section)],
                                    capture_output=True, text=True)
            self.assertEqual(result.stdout + result.stderr, "")

    @needs("codespell")
    def test_spelling(self):
        paths = [pages.path_of(section) for section in pages.SECTIONS]
        readmes = subprocess.run(["find", pages.SOURCE, "-name", "README", "-not", "-path", "*/.*"],
                                 capture_output=True, text=True, check=True).stdout.split()
        result = subprocess.run(["codespell", "--ignore-words-list=nd", *paths, *readmes, pages.EXAMPLES],
                                capture_output=True, text=True)
        self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    tap.main()
