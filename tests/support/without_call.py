# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Executes a program to which one system call fails, as in an old kernel or behind a seccomp filter.

    without_call.py NUMBER[:OPTION|@FIRST] ERRNO PROGRAM [ARGUMENT...]

FIRST restricts it to one value of the first argument: of prctl(2) what it is to do.
OPTION restricts it to one value of the third argument: of setsockopt(2) the option, of getrandom(2)
the flags. ERRNO "kill" ends whoever makes the call, which so stands for one that does not return.
A program of its own because the filter stays with the process, whatever it executes.
"""
import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, SKIP_UNLESS, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT, THIRD_ARGUMENT = 0, 16, 32      # where they are in struct seccomp_data; of the argument, what fits into an int
SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x80000000, 0x00050000, 0x7fff0000

error, words = sys.argv[2], sys.argv[3:]
place = FIRST_ARGUMENT if "@" in sys.argv[1] else THIRD_ARGUMENT
number, _, option = sys.argv[1].replace("@", ":").partition(":")
verdict = SECCOMP_RET_KILL_PROCESS if error == "kill" else SECCOMP_RET_ERRNO | int(error)
CODE = [(LOAD, 0, 0, NUMBER), (SKIP_UNLESS, 0, 3 if option else 1, int(number))]
if option:
    CODE += [(LOAD, 0, 0, place), (SKIP_UNLESS, 0, 1, int(option))]
CODE += [(RETURN, 0, 0, verdict), (RETURN, 0, 0, SECCOMP_RET_ALLOW)]
lines = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in CODE))
program = ctypes.create_string_buffer(struct.pack("@HP", len(CODE), ctypes.addressof(lines)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
    sys.exit("no seccomp: errno %d" % ctypes.get_errno())
os.execv(words[0], words)
