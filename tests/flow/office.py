"""Runway's own API, as far as a run needs it, with an account that a test arranges."""
import json
import uuid

from rogue import Rogue


class Office(Rogue):
    """Runway's own routes, as far as a run needs them."""

    def heal(self):
        super().heal()
        self.organization = self.tell
        self.asked = []      # headers of the questions about the account
        self.credits, self.models, self.usage = 1000, {}, {}
        self.running = 2     # polls of a task, before it is done
        self.most = {}       # model -> the most of it that ran at once

    def handler(self):
        office = self

        class Handler(super().handler()):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with office.lock:
                    office.posts.append((dict(self.headers), body))
                office.submit(self, body)

            def do_GET(self):
                if self.path == "/v1/organization":
                    office.asked.append((dict(self.headers), len(office.posts)))
                    office.organization(self)
                elif self.path.startswith("/v1/tasks/"):
                    office.task(self, self.path.rsplit("/", 1)[1])
                else:
                    super().do_GET()

        return Handler

    def tell(self, call):
        self.json(call, 200, {
            "creditBalance": self.credits, "tier": {"models": self.models},
            "usage": {"models": {m: {"dailyGenerations": n} for m, n in self.usage.items()}}})

    def buy(self, call, body):
        task_id = str(uuid.uuid4())
        with self.lock:
            self.bought[task_id] = body
            self.counts[task_id] = 0
            model = body["model"]
            running = [t for t, of in self.bought.items()
                       if of["model"] == model and self.counts[t] <= self.running]
            self.most[model] = max(self.most.get(model, 0), len(running))
        self.json(call, 200, {"id": task_id})

    def task(self, call, task_id):
        with self.lock:
            self.counts[task_id] += 1
            done = self.counts[task_id] > self.running
        answer = {"id": task_id, "status": "SUCCEEDED" if done else "RUNNING",
                  "createdAt": "2026-11-21T19:00:00.000Z"}
        if done:
            answer["output"] = [self.video(task_id)]
        self.json(call, 200, answer)

    def allow(self, model, at_once, a_day):
        self.models[model] = {"maxConcurrentGenerations": at_once, "maxDailyGenerations": a_day}
