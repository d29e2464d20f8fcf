#!/usr/bin/env python3
"""How fast the previz renderer is: five seconds of every place, and of what is
made of pictures and films, in two sizes, beside ffmpeg that only zooms into one
picture with the same encoder.

Usage: render.py BENCH_RENDER [RUNS]. Each line is the median of RUNS (5) runs,
the start of the process among them. A report: it has no opinion on the figures.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SECONDS, FPS = 5, 24
SIZES = [(1280, 720), (320, 180)]
PROMPTS = [
    "a lighthouse at dusk",
    "a city at night",
    "a village in the meadow",
    "a pine forest",
    "snow in the morning",
    "a desert, noon",
]
# What is made of a picture or a film, with words that say it in the report.
WORKS = [
    ("image", "picture", "a picture"),
    ("fade", "picture", "a place, and a picture at the end"),
    ("restyle", "film", "a film in other colours"),
    ("perform", "film", "a picture that moves as a film does"),
    ("upscale", "film", "a film in the same size"),
]


def measure(argv):
    """CPU and wall seconds of a command."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"failed: {' '.join(argv)}")
    return usage.ru_utime + usage.ru_stime, wall


def report(what, argv, runs):
    figures = [measure(argv) for _ in range(runs)]
    cpu = statistics.median(f[0] for f in figures)
    wall = statistics.median(f[1] for f in figures)
    fps = SECONDS * FPS / wall
    print(f"{what:<36} {cpu:>6.2f} {wall:>6.2f} {fps:>7.0f}", flush=True)


def zoompan(picture, width, height, out):
    frames = SECONDS * FPS
    zoom = (f"zoompan=z=1+0.2*on/{frames}:x=(iw-iw/zoom)/2:y=(ih-ih/zoom)/2"
            f":d={frames}:s={width}x{height}:fps={FPS},format=yuv420p")
    return ["ffmpeg", "-v", "error", "-y", "-i", picture, "-vf", zoom,
            "-frames:v", str(frames), "-c:v", "libx264", "-preset", "veryfast",
            "-crf", "20", "-threads", "2", out]


def main():
    program = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="tarmac-bench-") as folder:
        print(f"{SECONDS} s at {FPS} fps, {os.cpu_count()} cores, load "
              f"{os.getloadavg()[0]:.1f}; medians of {runs}")
        for width, height in SIZES:
            print(f"\n{f'{width}x{height}':<36} {'cpu s':>6} {'wall s':>6} "
                  f"{'fps':>7}")
            size = [str(width), str(height)]
            for prompt in PROMPTS:
                report(prompt, [program, "scene", *size, prompt, folder], runs)
            inputs = {"picture": f"{folder}/picture.png",
                      "film": f"{folder}/film.mp4"}
            os.rename(f"{folder}/last.png", inputs["picture"])
            os.rename(f"{folder}/scene.mp4", inputs["film"])
            for work, of, words in WORKS:
                report(words, [program, work, *size, PROMPTS[0], folder,
                               inputs[of]], runs)
            if shutil.which("ffmpeg"):
                argv = zoompan(f"{folder}/poster.png", width, height,
                               f"{folder}/zoom.mp4")
                report("ffmpeg zoompan, one picture", argv, runs)


if __name__ == "__main__":
    main()
