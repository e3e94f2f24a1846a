"""Reads freed memory in a forked child that nobody looks at: ASan must leave a report of it."""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]

freed = libc.malloc(64)
libc.free(freed)
child = os.fork()
if child == 0:
    ctypes.string_at(freed, 8)
    os._exit(0)
os.waitpid(child, 0)
