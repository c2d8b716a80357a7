# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What the two manual pages say, as data: their displays, their messages, their sentences.

Knows as much of mdoc(7) as these pages use. Separate from the tests, because the tests of the
examples read the pages as well.
"""
import os
import re
import shlex

SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
MANUAL = os.path.join(SOURCE, "man")
EXAMPLES = os.path.join(MANUAL, "examples")
SECTIONS = ("1", "7")
ANY = "\0"  # stands for an argument of a message: "Ar pid" here, "%d" in the sources

MACROS = {"Li", "Ar", "Ns", "No", "Fl", "Cm", "Ev", "Dv", "Pa", "Ql", "Pq", "Pf"}
CLOSING = {",", ":", ";", ".", ")", "?"}

# Where a file of the examples belongs, and its folder; the longest first.
PLACES = {
    "/etc/supervisor/conf.d/": "supervisord",
    "/etc/systemd/system/": "systemd",
    "/srv/haproxy/": "container",
    "/srv/nginx/": "container/nginx",
    "/etc/monit/conf.d/": "monit",
    "/etc/cron.d/": "cron",
    "/etc/dinit.d/": "dinit",
    "/etc/shepherd/": "shepherd",
    "/etc/finit.d/": "finit",
    "/etc/init.d/": "start-stop-daemon",
    "/etc/inetd.conf": "inetd",
    "/etc/init/": "upstart",
    "/etc/s6/": "s6",
    "/etc/sv/": "runit",
}
IN_ONE_LINE = ("cron", "dinit", "finit", "inetd")   # what is too long for a page, and shown in several


def path_of(section):
    return os.path.join(MANUAL, "cross-init-bridge." + section)


def read(section):
    with open(path_of(section), encoding="utf-8") as file:
        return file.read()


def unescape(text):
    for escaped, plain in (("\\(dq", '"'), ("\\&", ""), ("\\e", "\\"), ("\\-", "-")):
        text = text.replace(escaped, plain)
    return text


def displays(section):
    """The texts of the literal displays of a page."""
    found = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", read(section), re.S | re.M)
    return [unescape(text) for text in found]


def shown_files():
    """{name of an example: the text} of each display whose first line, but for "#!", tells its path."""
    found = {}
    for section in SECTIONS:
        for text in displays(section):
            named = re.match(r"(#!.*\n)?[#;]+ (/\S+)\n", text)
            if named:
                name = example_of(named[2], named[1])
                assert name not in found, "%s is shown twice" % name
                found[name] = text
    return found


def example_of(path, interpreter):
    """The file of the examples that the manual shows as @path."""
    if interpreter and "openrc" in interpreter:
        return os.path.join("openrc", os.path.basename(path))
    for place, folder in PLACES.items():
        if path.startswith(place):
            return os.path.join(folder, path[len(place):] or os.path.basename(path))
    raise AssertionError("pages.PLACES has no folder for " + path)


def examples():
    """The files of the examples, by their names below EXAMPLES."""
    for folder, _, names in sorted(os.walk(EXAMPLES)):
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), EXAMPLES)


def read_example(name):
    """Without what is said of its licence, which the manual does not show."""
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        return re.sub(r"^[#;]+ (SPDX-License-Identifier:|Copyright \(C\)) .*\n", "", file.read(), flags=re.M)


def item_text(line):
    """The text of an ".It" line, each argument in it as one ANY."""
    words = shlex.shlex(line.replace("\\&", ""), posix=True, punctuation_chars=False)
    words.whitespace_split, words.quotes, words.escape, words.commenters = True, '"', "", ""
    text, macro, joined = "", None, True
    for word in words:
        if word in MACROS:
            macro = word if word != "Ns" else macro
            joined = joined or word == "Ns"
            continue
        if word not in CLOSING and not joined:
            text += " "
        if macro == "Ar" and word not in CLOSING or word == "...":
            text = text if text.endswith(ANY) else text.removesuffix(ANY + " ") + ANY
        else:
            text += ("-" if macro == "Fl" else "") + word
        joined = False
    return text


def messages():
    """Each message of DIAGNOSTICS: the items of its lists, and of lists in these."""
    section = read("7").partition("\n.Sh DIAGNOSTICS\n")[2].partition("\n.Sh ")[0]
    return [item_text(line[len(".It "):]) for line in section.splitlines() if line.startswith(".It ")]


def sources():
    for folder, _, names in os.walk(os.path.join(SOURCE, "src")):
        for name in names:
            if name.endswith((".c", ".h")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    yield file.read()


LITERAL = r'"(?:[^"\\\n]|\\.)*"'


def strings():
    """Every text of the sources, each conversion in it as one ANY, as is what a macro adds between two."""
    found, texts = set(), list(sources())
    macros = dict(re.findall(r"^#\s*define ([A-Z_]+) (%s)$" % LITERAL, "\n".join(texts), re.M))
    for text in texts:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"\b[A-Z_]+\b", lambda match: macros.get(match[0], match[0]), text)
        for match in re.finditer(r"%s(?:\s*(?:[A-Za-z_]\w*\s*)?%s)*" % (LITERAL, LITERAL), text):
            joined = re.sub(r'"\s*"', "", match[0])
            joined = re.sub(r'"\s*[A-Za-z_]\w*\s*"', ANY, joined)[1:-1]
            joined = joined.replace('\\"', '"').replace("\\n", "")
            found.add(re.sub(r"%[-.*0-9]*[a-z]+", ANY, joined))
    return found


def agreement(message, text):
    """How many characters of @message stand in @text literally if it is the beginning of that, else None.

    An ANY on either side agrees with one character or more of the other.
    """
    rows = {0: 0}  # where in @text we may be -> the most characters that agree so far
    for letter in message:
        following = {}

        def reach(at, score):
            if at <= len(text) and following.get(at, -1) < score:
                following[at] = score

        for at, score in rows.items():
            if letter == ANY:
                for end in range(at + 1, len(text) + 1):
                    reach(end, score)
                continue
            if at < len(text) and text[at] == letter:
                reach(at + 1, score + 1)
            if at < len(text) and text[at] == ANY:
                reach(at + 1, score)
            if at > 0 and text[at - 1] == ANY:
                reach(at, score)
        rows = following
        if not rows:
            return None
    return max(rows.values())


def is_said(message, texts):
    """Whether one of @texts says @message: most of its letters literally, so that "%s: %s" says nothing.

    A part of it may be another of @texts: what a host calls its settings, for example.
    """
    parts = [text for text in texts if len(text) > 8 and ANY not in text and text in message and text != message]
    return any(is_said_by_one(whole, texts) for whole in [message, *(message.replace(part, ANY) for part in parts)])


def is_said_by_one(message, texts):
    letters = len(message.replace(ANY, ""))
    return any((agreement(message, text) or 0) >= max(0.7 * letters, min(letters, 12)) for text in texts)


def sentences(section):
    """The sentences of a page's text, without displays and markup, each in one line."""
    text = re.sub(r"^\.Bd -literal.*?^\.Ed$", "", read(section), flags=re.S | re.M)
    text = re.sub(r"^\.(It|Sh|Ss|Bl|El|Pp|Sx|Xr|Dd|Dt|Os|\\\").*$", "", text, flags=re.M)
    text = re.sub(r"^\.[A-Z][a-z] ", "", text, flags=re.M)
    for sentence in re.split(r"(?<=[.:])\n", text):
        yield " ".join(sentence.split())
