#!/usr/bin/env python3
"""The JSON routes of the built-in gateway beside nginx with a file as long.

    beside_nginx.py BIN_DIR [--runs N] [--seconds S]

50 kept connections of wrk on one core, the servers on another, in turns:
medians. Once with nothing else to do, once while the gateway renders clips on
the core that it and nginx share. CPU is that of the thread that serves.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

CONNECTIONS = 50
WAITING = 8  # clips to render, while some should be
VERSION = {"X-Runway-Version": "2024-11-06"}
NGINX = """worker_processes 1;
daemon off;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    types {{ application/json json; }}
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{ listen 127.0.0.1:{port}; root {dir}; }}
}}
"""


def on_core(n):
    return ["taskset", "-c", str(n % os.cpu_count())]


def ask(url, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data, VERSION)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def order(url):
    body = {"prompt": "a lighthouse in a storm", "model": "gen2", "options": {"seconds": 10}}
    return json.loads(ask(url, "/runway/pro/generate", body))["data"]["task_id"]


def order_official(url):
    body = {"promptText": "a cat", "model": "gen4.5", "ratio": "1280:720", "duration": 5}
    return json.loads(ask(url, "/v1/text_to_video", body))["id"]


def open_tasks(url):
    tasks = json.loads(ask(url, "/healthz"))["tasks"]
    return tasks["queued"] + tasks["running"]


def cpu_seconds(pid):
    """Of the process's first thread."""
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text()
    return int(text.split()[0]) / 1e9


@contextlib.contextmanager
def running(command, **more):
    process = subprocess.Popen(on_core(0) + command, **more)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def listening_at(process):
    return re.search(r"http:\S+", process.stdout.readline())[0]


def worker_of(process):
    """nginx serves from a child."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not children.read_text().split():
        assert process.poll() is None, "nginx did not start"
        time.sleep(0.05)
    return int(children.read_text().split()[0])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measure(contestant, seconds):
    """Requests a second, and seconds of CPU for each."""
    url, script, pid = contestant
    before = cpu_seconds(pid)
    said = subprocess.run(
        [*on_core(1), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, url],
        capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    requests = int(re.search(r"(\d+) requests in", said)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return rate, (cpu_seconds(pid) - before) / requests


def script(folder, name, text):
    path = folder / f"{name}.lua"
    path.write_text(text)
    return path


def contestants(folder, url, gateway_pid, nginx_url, nginx_pid):
    task, official = order(url), order_official(url)
    while open_tasks(url):
        time.sleep(0.2)
    feed = json.dumps({"task_id": task})
    (folder / "feed.json").write_bytes(ask(url, "/runway/feed", {"task_id": task}))
    (folder / "task.json").write_bytes(ask(url, f"/v1/tasks/{official}"))
    post = script(folder, "post", f"wrk.method='POST' wrk.body='{feed}' "
                  "wrk.headers['Content-Type']='application/json'")
    get = script(folder, "get", f"wrk.headers['X-Runway-Version']='{VERSION['X-Runway-Version']}'")
    size = {name: (folder / name).stat().st_size for name in ("feed.json", "task.json")}
    return [
        (f"nginx, a file of {size['feed.json']} bytes",
         (f"{nginx_url}/feed.json", get, nginx_pid), None),
        ("`POST /runway/feed`", (f"{url}/runway/feed", post, gateway_pid), 0),
        (f"nginx, a file of {size['task.json']} bytes",
         (f"{nginx_url}/task.json", get, nginx_pid), None),
        ("`GET /v1/tasks/ID`", (f"{url}/v1/tasks/{official}", get, gateway_pid), 2),
    ]


def rounds(all_of_them, runs, seconds, before_each):
    """(requests a second, CPU of each) by contestant: medians."""
    got = [[] for _ in all_of_them]
    for _ in range(runs):
        for n, (_, contestant, _) in enumerate(all_of_them):
            before_each()
            got[n].append(measure(contestant, seconds))
    return [tuple(statistics.median(column) for column in zip(*rows)) for rows in got]


def print_rows(all_of_them, figures, note):
    for (name, _, beside), (rate, cpu) in zip(all_of_them, figures):
        ratios = "" if beside is None else (
            f"{figures[beside][0] / rate:.2f} × the time, {cpu / figures[beside][1]:.2f} × the CPU")
        print(f"| {name}{note} | {rate:,.0f} | {cpu * 1e6:.1f} µs | {ratios} |", flush=True)


def bench(bin_dir, runs, seconds, folder):
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(dir=folder, port=port))
    media = [str(bin_dir / "tarmac-media"), "gateway", "--listen", "127.0.0.1:0",
             "--data", str(folder / "data")]
    with open(folder / "log", "w") as log, \
            running(media, stdout=subprocess.PIPE, stderr=log, text=True) as gateway, \
            running(["nginx", "-e", f"{folder}/nginx.log", "-c", f"{folder}/nginx.conf"]) as nginx:
        url = listening_at(gateway)
        all_of_them = contestants(folder, url, gateway.pid, f"http://127.0.0.1:{port}",
                                  worker_of(nginx))

        def keep_rendering():
            for _ in range(WAITING - open_tasks(url)):
                order(url)

        print("| 50 kept connections, one core | requests/s | CPU each | beside nginx |")
        print("|---|---|---|---|")
        print_rows(all_of_them, rounds(all_of_them, runs, seconds, lambda: None), "")
        print_rows(all_of_them, rounds(all_of_them, runs, seconds, keep_rendering),
                   ", while clips are rendered")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("bin_dir", type=pathlib.Path)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--seconds", type=int, default=2)
    options = words.parse_args()
    lacking = [name for name in ("nginx", "wrk", "taskset") if not shutil.which(name)]
    if lacking:
        sys.exit(f"not installed: {', '.join(lacking)}. The comparison with nginx needs them: "
                 "apt-get install nginx-light wrk util-linux")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # nginx's worker may be another user
        bench(options.bin_dir, options.runs, options.seconds, pathlib.Path(folder))


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "*")
    main()
