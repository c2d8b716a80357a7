# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The completions of the shells against --help: every option, its values, and the command behind them."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import tap

BRIDGE = os.environ["CIB"]
FOLDER = os.environ["CIB_COMPLETIONS"]

BASH = """
source "$1"
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
compopt() { :; }
_cross_init_bridge
printf '%s\\n' "${COMPREPLY[@]}"
"""

# A zsh that completes in a terminal of its own, and shows all matches as lines. The next line is not typed before it
# has: what is there to be read already may keep it from that.
ZSH = r"""
zmodload zsh/zpty
zpty z 'zsh -f -i'
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; setopt list_rows_first"
zpty -w z "zstyle ':completion:*' list-separator '#'; LISTMAX=1000; COLUMNS=200; LINES=200; stty rows 200 columns 200"
zpty -w z "show() { zle list-choices; zle -R; print -n SHO''WN }; zle -N show; bindkey '^I' show; print START''ED"
zpty -r -m z line '*STARTED*'
zpty -w -n z "$2"$'\t'
zpty -r -m z shown '*SHOWN*'
zpty -w -n z $'\x15print END''ED\n'
zpty -r -m z line '*ENDED*'
print -r -- "$shown$line"
"""


def split(line):
    """As readline does it: "=" and ":" are words of their own, the last one is that of the cursor."""
    words = []
    for word in line.split(" "):
        words += [part for part in re.split("([=:]+)", word) if part] or [""]
    return words


class CompletionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(os.path.join(FOLDER, "cross-init-bridge")):
            raise unittest.SkipTest("this build has no completions")
        text = subprocess.run([BRIDGE, "--help"], capture_output=True, text=True, check=True).stdout
        cls.options = dict(re.findall(r"^  (?:-\w, |    )--([a-z-]+)(?:=(\S+))?", text, re.M))
        cls.targets = re.sub(",| or", "", re.search(r"^TARGET is (.*)$", text, re.M)[1]).split()

    def setUp(self):
        self.assertIn("ready-when", self.options)

    def need(self, shell):
        if not shutil.which(shell):
            self.skipTest(shell + " is not installed")

    def bash(self, line):
        path = os.path.join(FOLDER, "cross-init-bridge")
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", path, *split(line)], capture_output=True, text=True,
                              check=True)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def fish(self, line):
        with tempfile.TemporaryDirectory() as home:    # it writes there
            done = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                                   os.path.join(FOLDER, "cross-init-bridge.fish"), line],
                                  capture_output=True, text=True, check=True, env={**os.environ, "HOME": home})
        return {entry.split("\t")[0] for entry in done.stdout.splitlines()}

    def zsh(self, line):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(FOLDER, "_cross-init-bridge"), folder)
            done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", folder, line], capture_output=True, text=True, check=True,
                                  env={**os.environ, "HOME": folder, "TERM": "dumb"}, timeout=60)
        return set(re.findall(r"[\w./:=-]+", done.stdout))

    def values(self):
        """Options with a list of words."""
        yield "target", self.targets
        for name, argument in self.options.items():
            if "|" in argument and argument == argument.lower():
                yield name, argument.split("|")

    def test_bash_knows_every_option(self):
        found = self.bash("cross-init-bridge --")
        self.assertEqual(found, {"--%s%s" % (name, "=" if argument else "") for name, argument in self.options.items()})

    def test_bash_knows_the_values(self):
        for name, words in self.values():
            for line in "cross-init-bridge --%s=", "cross-init-bridge --%s ", "cross-init-bridge -N --explain --%s=":
                with self.subTest(line=line % name):
                    self.assertEqual(self.bash(line % name), set(words))
        for line, words in (("cross-init-bridge -t ", self.targets), ("cross-init-bridge -Nt up", ["upstart"]),
                            ("cross-init-bridge --log=s", ["status"]), ("cross-init-bridge --ready-when=t", ["tcp:"]),
                            ("cross-init-bridge --wait-for tcp:*:1 --wait-for se", ["session-dbus:"]),
                            ("cross-init-bridge --ready-when=path:/etc/passw", ["/etc/passwd", "/etc/passwd-"]),
                            ("cross-init-bridge --listen=/etc/passw", []), ("cross-init-bridge --start-timeout=", []),
                            ("cross-init-bridge --ready-file=/etc/hostn", ["/etc/hostname"])):
            with self.subTest(line=line):
                self.assertEqual(self.bash(line), {word for word in words if os.path.exists(word) or word[0] != "/"})

    def test_bash_leaves_the_command_alone(self):
        for line in ("cross-init-bridge -t systemd -N -- /etc/hostn", "cross-init-bridge -t systemd cat /etc/hostn",
                     "cross-init-bridge --log=all --wait-for=tcp:*:1 cat /etc/hostn"):
            with self.subTest(line=line):
                self.assertEqual(self.bash(line), {"/etc/hostname"})
        self.assertEqual(self.bash("cross-init-bridge -t systemd cat --no"), set())
        self.assertIn("cat", self.bash("cross-init-bridge -t systemd ca"))

    def test_fish(self):
        self.need("fish")
        for name in self.options:
            with self.subTest(option=name):
                self.assertIn("--" + name, self.fish("cross-init-bridge --" + name))
        for name, words in self.values():
            with self.subTest(values=name):
                self.assertEqual(self.fish("cross-init-bridge --%s " % name), set(words))
        self.assertEqual(self.fish("cross-init-bridge -t systemd -- cat --notify-acc"), set())
        self.assertEqual(self.fish("cross-init-bridge -t systemd cat --notify-acc"), set())

    def test_zsh(self):
        self.need("zsh")
        found = self.zsh("cross-init-bridge --")
        self.assertLessEqual({"--" + name for name in self.options}, found)
        self.assertLessEqual(set(self.targets), self.zsh("cross-init-bridge -t "))
        self.assertLessEqual({"none", "status", "all"}, self.zsh("cross-init-bridge --log="))
        self.assertIn("hostname", self.zsh("cross-init-bridge -t systemd -- cat /etc/hostn"))


if __name__ == "__main__":
    tap.main()
