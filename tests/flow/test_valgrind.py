"""hello.yaml, small pictures, under valgrind: no error and no leak, in any of the
programs."""
import os
import pathlib
import subprocess

from conftest import SOURCE, Gateway, Project

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])


def test_hello_is_clean(tmp_path):
    service = Gateway(tmp_path / "service")
    project = Project(tmp_path, PLAIN)
    project.configure(h={"url": service.url})
    project.write("hello.yaml", (SOURCE / "recipes/hello.yaml").read_text())
    logs = tmp_path / "valgrind"
    logs.mkdir()
    words = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
             "--show-leak-kinds=definite,indirect,possible", "--track-fds=no",
             "--trace-children=yes", f"--log-file={logs}/%p.log",
             PLAIN / "tarmac", "run", "hello.yaml", "--gateway", "h"]
    for _ in range(2):  # buying, and having
        child = subprocess.run(words, cwd=project.root, env=project.env,
                               capture_output=True, text=True, timeout=600)
        said = child.stdout + child.stderr + "".join(
            p.read_text() for p in logs.glob("*.log"))
        assert child.returncode == 0, said
    assert len(project.outputs()) == 1
    logged = {p.name: p.read_text() for p in logs.glob("*.log")}
    assert len(logged) >= 2  # the runner twice, and a worker that checked the clip
    assert not any(logged.values()), logged
    service.stop()
