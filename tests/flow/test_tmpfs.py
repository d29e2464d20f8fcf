"""A disk that is really full, and one that is really read-only: small ones, in a
namespace of their own, where nobody else sees them."""
import os
import pathlib
import subprocess
import sys

import pytest

INSIDE = pathlib.Path(__file__).with_name("inside_tmpfs.py")


def test_in_a_namespace(tmp_path):
    words = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    probe = subprocess.run([*words, "mount", "-t", "tmpfs", "none", tmp_path],
                           capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {probe.stderr.strip()}")
    child = subprocess.run(
        [*words, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--basetemp={tmp_path}/inside", INSIDE],
        capture_output=True, text=True, check=False, cwd=INSIDE.parent)
    assert child.returncode == 0, child.stdout + child.stderr
