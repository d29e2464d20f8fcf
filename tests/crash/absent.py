#!/usr/bin/env python3
"""Programs built without -DTARMAC_CRASH_POINTS=ON know of no crash points.

Usage: absent.py DIR, where tarmac and tarmac-media are.
"""
import pathlib
import sys

bad = [name for name in ("tarmac", "tarmac-media")
       if b"TARMAC_CRASH_AT" in pathlib.Path(sys.argv[1], name).read_bytes()]
sys.exit(f"can be made to crash: {bad}" if bad else 0)
