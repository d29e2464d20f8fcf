"""What Runway's own service, or a relay before it, says of a purchase."""
import json

from day import Bench, Day
from office import Office

DOCS = "https://docs.dev.runwayml.com/api"


def office(bench):
    service = bench.office = Office(bench.rogue.clip)
    service.bought = bench.rogue.bought
    bench.undo.append(service.close)
    bench.recipe(Bench.RECIPE + "limits: {unknown_wait: 0s}\n")
    bench.gateway(url=service.url, dialect="official", poll_min=0.1)
    return service


def mended(bench):
    bench.office.submit = bench.office.buy


def submits(status, answer):
    def when(bench):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        service = office(bench)
        service.submit = service.says(text, status)
    return when


def refused(what, status, answer, why, next_step, code=8):
    return Day(what, submits(status, answer),
               f"✗ r/r: 'h' refused it (HTTP {status}: {why}); nothing was bought; {next_step}",
               code, ledger=("refused",), mend=mended)


def unknown(what, status, answer, why):
    return Day(what, submits(status, answer),
               f"tarmac: warning: r/r: 'h' did not say whether it was bought ({why}); it is "
               "not sent again",
               code=6, ledger=("unknown",))


def moderated(bench):
    service = office(bench)

    def task(call, task_id):
        service.json(call, 200, {
            "id": task_id, "status": "FAILED", "createdAt": "2026-11-21T19:00:00.000Z",
            "failure": "not that", "failureCode": "SAFETY.INPUT.TEXT"})
    service.task = task


DAYS = [
    refused("Runway's own service does not know the key", 401, {"error": "Unauthorized"},
            "Unauthorized", "check the key in the configuration and run again"),
    refused("Runway's own service has no credits left for us", 400,
            {"error": "You do not have enough credits to run this task.", "docUrl": DOCS},
            "You do not have enough credits to run this task.", "add credits there and run again"),
    refused("Runway's own service has made enough for the day", 429,
            {"error": "Your daily task limit has been reached."},
            "Your daily task limit has been reached.", "run again tomorrow"),
    refused("Runway's own service does not take the request", 400,
            {"error": "Validation of body failed", "docUrl": DOCS, "issues": [
                {"code": "too_big", "message": "too long", "path": ["promptText"]}]},
            "Validation of body failed: promptText: too long", "mend the request and run again",
            code=4),
    unknown("A relay of Runway's own service lost its call", 400,
            {"error": "upstream request timeout"}, "HTTP 400: upstream request timeout"),
    unknown("Runway's own service is in maintenance", 503,
            {"error": "Service unavailable"}, "HTTP 503: Service unavailable"),
    Day("Runway's own service fails a task for its words", moderated,
        "✗ r/r: 'h' failed at task … (SAFETY.INPUT.TEXT: not that (its input is not refunded; "
        "other words or another seed may pass)); --retry-failed buys it again",
        code=4, ledger=("failed",), bought=1),
]
