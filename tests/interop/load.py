#!/usr/bin/env python3
"""How long a poll takes while clips are rendered.

    load.py URL [--connections N] [--every SECONDS] [--seconds N] [--clips N]

Orders clips at the built-in gateway and polls their feed over N kept
connections, each once in SECONDS (0: as fast as answers come), until the clips
are made or the time is over. Prints the spread of the times from the first byte
sent to the last received, in milliseconds.
"""
import argparse
import gc
import heapq
import json
import os
import random
import selectors
import socket
import time
import urllib.parse
import urllib.request


class Poller:
    """One connection; its request is always the same."""

    def __init__(self, address, request):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.request = request
        self.answer = b""
        self.began = 0.0

    def send(self):
        self.answer = b""
        self.began = time.perf_counter()
        assert self.socket.send(self.request) == len(self.request)

    def receive(self):
        """Milliseconds, once the answer is whole."""
        try:
            self.answer += self.socket.recv(65536)
        except BlockingIOError:
            return None
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            assert self.answer, "the gateway closed the connection"
            return None
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        if len(body) < length:
            return None
        assert head.startswith(b"HTTP/1.1 200 "), head
        return (time.perf_counter() - self.began) * 1000


def order(url, n):
    body = json.dumps({"prompt": f"a lighthouse in a storm, take {n}", "model": "gen2",
                       "options": {"seconds": 10}})
    request = urllib.request.Request(f"{url}/runway/pro/generate", body.encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]["task_id"]


def feed(host, task):
    body = json.dumps({"task_id": task}).encode()
    return (f"POST /runway/feed HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode() + body


def still_open(url):
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        tasks = json.load(answer)["tasks"]
    return tasks["queued"] + tasks["running"]


def poll(pollers, every, seconds):
    """The times of all polls, in milliseconds."""
    look, due, times = selectors.EpollSelector(), [], []
    now = time.perf_counter()
    for n, poller in enumerate(pollers):
        look.register(poller.socket, selectors.EVENT_READ, poller)
        heapq.heappush(due, (now + random.random() * every, n))
    number = {poller: n for n, poller in enumerate(pollers)}
    end = now + seconds
    while (now := time.perf_counter()) < end:
        while due and due[0][0] <= now:
            pollers[heapq.heappop(due)[1]].send()
        wait = max(0.0, min(due[0][0] if due else end, end) - now)
        for key, _ in look.select(wait):
            took = key.data.receive()
            if took is not None:
                times.append(took)
                next_one = key.data.began + every
                heapq.heappush(due, (next_one, number[key.data]))
    look.close()
    return times


def at(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("url")
    words.add_argument("--connections", type=int, default=200)
    words.add_argument("--every", type=float, default=0.5)
    words.add_argument("--seconds", type=float, default=10)
    words.add_argument("--clips", type=int, default=40)
    options = words.parse_args()
    place = urllib.parse.urlsplit(options.url)
    tasks = [order(options.url, n) for n in range(options.clips)] or [order(options.url, 0)]
    pollers = [Poller((place.hostname, place.port), feed(place.netloc, tasks[n % len(tasks)]))
               for n in range(options.connections)]
    gc.disable()  # a pause of ours is none of the gateway's
    times = sorted(poll(pollers, options.every, options.seconds))
    left = still_open(options.url)
    print(f"{options.connections} connections, each every {options.every:g} s: "
          f"{len(times) / options.seconds:.0f} polls a second, "
          f"p50 {at(times, .5):.2f} ms, p99 {at(times, .99):.2f} ms, "
          f"p99.9 {at(times, .999):.2f} ms, longest {times[-1]:.2f} ms; "
          f"{options.clips - left} of {options.clips} clips made meanwhile"
          + ("" if left else ", and then nothing to render"))
    for poller in pollers:
        poller.socket.close()


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "*")
    main()
