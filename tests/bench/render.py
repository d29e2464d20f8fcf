#!/usr/bin/env python3
"""How fast the previz renderer is: five seconds of every place, and of what is
made of pictures and films, in two sizes, beside ffmpeg that only zooms into the
first picture of the same clip (its zoompan filter), with the same size, frames
a second, pixel format and x264: preset, rate factor, group of pictures, threads.

Usage: render.py BENCH_RENDER [RUNS]. Both take turns, RUNS (5) times; each
figure is the median, the start of the process among them. Printed are CPU
seconds and frames per second of wall time of both, and how many times zoompan's
frames per second ours are: by the wall, and by the CPU. A report: it has no
opinion on the figures.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import figures

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


def ratio(pairs, which):
    """Of frames per second, ours to zoompan's: of each turn, the median."""
    ours, theirs = ([took[which] for took in turn] for turn in zip(*pairs))
    return figures.ratio(theirs, ours)


def report(what, ours, theirs, runs):
    pairs = []
    for _ in range(runs):
        ours_took = measure(ours)
        pairs.append((ours_took, measure(theirs) if theirs else ours_took))
    cpu, wall = ([statistics.median(pair[of][which] for pair in pairs)
                  for of in (0, 1)] for which in (0, 1))
    line = f"{what:<36} {cpu[0]:>6.2f} {SECONDS * FPS / wall[0]:>6.0f}"
    if theirs:
        line += (f" {cpu[1]:>6.2f} {SECONDS * FPS / wall[1]:>6.0f}"
                 f" {ratio(pairs, 1):>6.2f} {ratio(pairs, 0):>6.2f}")
    print(line, flush=True)


def zoompan(picture, width, height, out):
    frames = SECONDS * FPS
    zoom = (f"zoompan=z=1+0.2*on/{frames}:x=(iw-iw/zoom)/2:y=(ih-ih/zoom)/2"
            f":d={frames}:s={width}x{height}:fps={FPS},format=yuv420p")
    return ["ffmpeg", "-v", "error", "-y", "-i", picture, "-vf", zoom,
            "-frames:v", str(frames), "-c:v", "libx264", "-preset", "veryfast",
            "-crf", "20", "-g", str(2 * FPS), "-threads", "2", out]


def main():
    program = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="tarmac-bench-") as folder:
        print(f"{SECONDS} s at {FPS} fps, {os.cpu_count()} cores, load "
              f"{os.getloadavg()[0]:.1f}; medians of {runs}")
        for width, height in SIZES:
            print(f"\n{'':<36} {'ours':^13} {'zoompan':^13} {'ratio':^13}\n"
                  f"{f'{width}x{height}':<36} {'cpu s':>6} {'fps':>6} "
                  f"{'cpu s':>6} {'fps':>6} {'wall':>6} {'cpu':>6}")
            size = [str(width), str(height)]
            # The first picture of the clip before, which ours writes.
            zoom = shutil.which("ffmpeg") and zoompan(
                f"{folder}/poster.png", width, height, f"{folder}/zoom.mp4")
            for prompt in PROMPTS:
                report(prompt, [program, "scene", *size, prompt, folder], zoom,
                       runs)
            inputs = {"picture": f"{folder}/picture.png",
                      "film": f"{folder}/film.mp4"}
            os.rename(f"{folder}/last.png", inputs["picture"])
            os.rename(f"{folder}/scene.mp4", inputs["film"])
            for work, of, words in WORKS:
                report(words, [program, work, *size, PROMPTS[0], folder,
                               inputs[of]], zoom, runs)


if __name__ == "__main__":
    main()
