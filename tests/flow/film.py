"""Small clips, each its own: what a service gives that is asked for many, and the
runs whose pages are looked at."""
import hashlib
import json
import struct
import subprocess

from conftest import Project
from rogue import Rogue

LOOKS = 6
SECONDS = 2


def reel(folder):
    """A few clips of 160×90 that differ in colour, as bytes."""
    words = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
             f"testsrc2=size=160x90:rate=24:duration={SECONDS}"]
    for i in range(LOOKS):
        words += ["-vf", f"hue=h={i * 360 // LOOKS}", "-c:v", "libx264", "-preset", "ultrafast",
                  "-pix_fmt", "yuv420p", "-movflags", "+faststart", folder / f"{i}.mp4"]
    subprocess.run(words, check=True)
    return [(folder / f"{i}.mp4").read_bytes() for i in range(LOOKS)]


class Studio(Rogue):
    """Sells a clip that nobody else gets; what it is asked for decides its look."""

    def __init__(self, reel):
        super().__init__(reel[0])
        self.reel = reel

    def send_clip(self, call):
        task_id = call.path.split("/")[-1].split(".")[0]
        asked = json.dumps(self.bought[task_id], sort_keys=True)
        look = int(hashlib.sha256(asked.encode()).hexdigest(), 16) % LOOKS
        # A box that players skip.
        mark = struct.pack(">I4s16s", 24, b"free", task_id.encode()[:16])
        self.send_bytes(call, self.reel[look] + mark, "video/mp4")


class Set:
    """A project that buys from a studio, and the pages of its runs."""

    def __init__(self, root, reel):
        self.studio = Studio(reel)
        self.project = Project(root)
        self.project.configure(h={"url": self.studio.url})

    def recipe(self, name, text, outputs="${recipe}/${index}"):
        self.project.write(f"{name}.yaml", f"tarmac: 1\nname: {name}\ngateway: h\n"
                                           "outputs: {name: '%s', embed: false}\n%s"
                           % (outputs, text))

    def report(self, *words):
        """The path of its page."""
        child = self.project.run("report", *words)
        path = self.project.root / child.stdout_text.strip()
        assert path.name == "index.html" and path.is_file(), child.stdout_text
        return path

    def clip(self, output):
        """How the page calls the clip that stands at out/`output`.mp4."""
        data = (self.project.root / "out" / f"{output}.mp4").read_bytes()
        return hashlib.sha256(data).hexdigest()[:32]

    def close(self):
        self.studio.close()
