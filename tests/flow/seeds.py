"""The examples of the five pages that the service began with, and what a
sentence of theirs is asked for. See test_seeds.py."""
import base64
import json
import re
import struct
import time
import zlib

from conftest import DEADLINE, until
from test_gateway import UNKNOWN, Hook, told

STILL = {"x": 0, "y": 0, "z": 0, "r": 0, "bg_x_pan": 0, "bg_y_pan": 0}
MOVES = {**STILL, "y": 0.3999999999999999, "r": -6}

# --- the examples of the pages, and the bodies in them

CURLS = {
    "000": """\
curl --location --request POST '/runway/v1/pro/generate' \\
--header 'Authorization: Bearer {{YOUR_API_KEY}}' \\
--header 'Content-Type: application/json' \\
--data-raw '{
    "ratio": "16:9",
    "prompt": "string",
    "style": "string",
    "model": "gen2",
    "image": "string",
    "options": {
        "seconds": 5,
        "motion_vector": {
            "x": 0,
            "y": 0,
            "z": 0,
            "r": 0,
            "bg_x_pan": 0,
            "bg_y_pan": 0
        }
    },
    "callback_url": "string"
}'""",
    "002": """\
curl --location -g --request POST '/runway/pro/generate' \\
--header 'Authorization: ' \\
--header 'Content-Type: application/json' \\
--data-raw '{
    "callback_url": "http://baidu.com",
    "ratio": "16:9",
    "prompt": "cat",
    "style": "cinematic",
    "model": "gen3",
    "options": {
        "seconds": 10,
        "motion_vector": {
            "x": 0,
            "y": 0.3999999999999999,
            "z": 0,
            "r": -6,
            "bg_x_pan": 0,
            "bg_y_pan": 0
        }
    }
}'""",
    "003": """\
curl --request POST \\
  --url https://api.cometapi.com/runway/pro/generate \\
  --header 'Authorization: Bearer <token>' \\
  --header 'Content-Type: application/json' \\
  --data '
{
  "callback_url": "http://baidu.com",
  "ratio": "16:9",
  "prompt": "a cat",
  "style": "cinematic",
  "model": "gen4",
  "options": {
    "seconds": 10,
    "motion_vector": {
      "x": 0,
      "y": 0.3999999999999999,
      "z": 0,
      "r": -6,
      "bg_x_pan": 0,
      "bg_y_pan": 0
    }
  }
}
'""",
    "004": """\
curl --request POST \\
  --url https://api.cometapi.com/runway/pro/generate \\
  --header 'Authorization: Bearer <token>' \\
  --header 'Content-Type: application/json' \\
  --data '
{
  "callback_url": "http://baidu.com",
  "image": "https://db.xiaohuhd.com/1.jpeg",
  "model": "gen4",
  "prompt": "Smile, Eat Burger"
}
'""",
}
CURLS["001"] = CURLS["000"]  # the same page in another dress
OWN = {"000": "v1", "001": "v1", "002": "apifox", "003": "comet", "004": "comet"}
PATHS = {"v1": "/runway/v1", "apifox": "/runway", "comet": "/runway", "lenient": "/runway"}
BODIES = {page: json.loads(text[text.index("{\n"):text.rindex("}") + 1])
          for page, text in CURLS.items()}


def png(red, green, blue, width=64, height=36):
    """A picture in one colour, as a data: URI."""
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = (b"\0" + bytes((red, green, blue)) * width) * height
    raw = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
           + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(raw).decode()


# --- what a row asks for


def waits(ask):
    """It waits for clips: not behind those of the other rows."""
    ask.waits = True
    return ask


class Page:
    """A gateway under a profile, asked in the words of one page."""

    def __init__(self, gateway, page, profile):
        self.gateway, self.page, self.profile = gateway, page, profile
        self.prefix = PATHS[OWN[page]]

    def body(self, **changes):
        """The page's own example with some of it changed; `...` takes a field
        away, and `options__seconds` means the one in `options`."""
        body = json.loads(json.dumps(BODIES[self.page]))
        for name, value in changes.items():
            *folders, last = name.split("__")
            place = body
            for folder in folders:
                place = place.setdefault(folder, {})
            if value is ...:
                place.pop(last, None)
            else:
                place[last] = value
        return body

    def post(self, headers=None, **changes):
        return self.gateway.post(f"{self.prefix}/pro/generate", self.body(**changes), headers)

    def takes(self, **changes):
        status, answer = self.post(**changes)
        assert status == 200, answer
        return answer["data"]["task_id"]

    def refuses(self, says, code="invalid_request", **changes):
        status, answer = self.post(**changes)
        assert (status, answer["code"]) == (400, code), answer
        assert answer["message"].startswith(says), answer
        assert answer["data"] is None

    def feed(self, task):
        return self.gateway.feed(task, self.prefix)

    def ends(self, task, status="3"):
        data = until(lambda: (d := self.feed(task))["status"] in "23" and d, task, DEADLINE)
        assert data["status"] == status, data
        return data

    def bytes_of(self, url):
        return self.gateway.ask("GET", url.removeprefix(self.gateway.url))[2]


def required(field, says=None):
    def ask(page):
        page.takes()
        page.refuses(says or f"{field.replace('__', '.')}: required", **{field: ...})
        page.refuses(says or f"{field.replace('__', '.')}: required", **{field: None})
    return ask


def optional(field):
    return lambda page: page.takes(**{field: ...})


def only(field, values, other):
    """These are taken, and `other` is refused with all of them named."""
    def ask(page):
        for value in values:
            page.takes(**{field: value})
        page.refuses(f"{field.replace('__', '.')}: ", **{field: other})
        named = page.post(**{field: other})[1]["message"]
        assert all(str(value) in named for value in values), named
    return ask


def takes(**changes):
    return lambda page: page.takes(**changes)


def refuses(says, **changes):
    return lambda page: page.refuses(says, **changes)


def kind(field, wrong):
    """It is of this type: another one is refused."""
    return lambda page: page.refuses(f"{field.replace('__', '.')}: ", **{field: wrong})


def both(*asks):
    def ask(page):
        for one in asks:
            one(page)
    return waits(ask) if any(hasattr(one, "waits") for one in asks) else ask


def size_of(page, task):
    """Of the picture that a clip begins with, in lowest terms of 320 pixels."""
    raw = page.bytes_of(page.ends(task)["poster"])
    return struct.unpack(">II", raw[16:24])


@waits
def default_ratio(page):
    # With --draft the longer side has 320 pixels.
    assert size_of(page, page.takes(ratio=..., options__seconds=5, model="gen3")) == (320, 180)
    assert size_of(page, page.takes(ratio="9:16", options__seconds=5, model="gen3")) == (180, 320)


@waits
def default_pixels(page):
    inner = {"image": png(200, 40, 40, 128, 72), "options": {"seconds": 5}}
    assert size_of(page, page.takes(ratio=..., **inner)) == (320, 180)
    assert size_of(page, page.takes(ratio="1280:720", **inner)) == (320, 180)


def default_seconds(page):
    for seconds, points in ((..., "50"), (5, "25"), (10, "50")):
        assert page.feed(page.takes(options__seconds=seconds))["point"] == points


def moves(page, model, does):
    """Whether the last picture differs between still and moving."""
    pictures = []
    for motion in (STILL, {**STILL, "x": 8}):
        task = page.takes(model=model, options__seconds=5, options__motion_vector=motion)
        pictures.append(page.bytes_of(page.ends(task)["last_frame"]))
    assert (pictures[0] != pictures[1]) == does


def only_gen2(other):
    def ask(page):
        moves(page, "gen2", True)
        moves(page, other, False)
    return waits(ask)


@waits
def moves_any(page):
    moves(page, "gen4", True)


def each_axis(page):
    for axis in STILL:
        page.takes(options__motion_vector={**STILL, axis: -1.5})
        page.refuses(f"options.motion_vector.{axis}: a number",
                     options__motion_vector={**STILL, axis: "up"})


def only_gen3(page):
    """A length that only gen-3 has: another model's clip has its own."""
    assert page.feed(page.takes(model="gen3", options__seconds=5))["point"] == "25"
    assert page.feed(page.takes(model="gen2", options__seconds=5))["point"] == "50"


def post_only(page):
    status, headers, _ = page.gateway.ask("GET", f"{page.prefix}/pro/generate")
    assert status == 405 and headers["Allow"] == "POST"
    page.takes()


def json_body(page):
    path = f"{page.prefix}/pro/generate"
    status, answer = page.gateway.post(path, "ratio=16:9&prompt=cat")
    assert status == 400 and answer["message"].startswith("body: not JSON")
    status, answer = page.gateway.post(path, [])
    assert status == 400 and answer["message"] == "body: a JSON object, found a list"


def no_header_needed(page):
    page.takes(headers={})


def answers(page):
    status, answer = page.post()
    assert status == 200
    return answer


def an_object(page):
    assert isinstance(answers(page), dict)


def code_is(page):
    assert answers(page)["code"] == 200


def msg_is(page):
    assert answers(page)["msg"] == "成功"


def data_is(page):
    assert isinstance(answers(page)["data"], dict)


def task_id_is(page):
    ids = {answers(page)["data"]["task_id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", i) for i in ids)


def exec_time_is(page):
    """Seconds of the call, in microseconds, and not those of the clip."""
    times = []
    for _ in range(5):
        begin = time.monotonic()
        times.append(answers(page)["exec_time"])
        assert 0 < times[-1] <= time.monotonic() - begin
    assert any(t * 1000 % 1 for t in times), times


def keeps_the_id(page):
    task = page.takes()
    assert page.feed(task)["task_id"] == task
    status, answer = page.gateway.post(f"{page.prefix}/feed", {"task_id": UNKNOWN})
    assert (status, answer["code"]) == (400, "task_not_exist")


@waits
def is_followed(page):
    task = page.takes(options__seconds=5)
    assert page.feed(task)["status"] in "013"
    assert page.ends(task)["state"] == "succeeded"


@waits
def clip_is_there(page):
    data = page.ends(page.takes(options__seconds=5))
    assert page.bytes_of(data["video_url"])[4:8] == b"ftyp"


def chinese(page):
    prompt = "灯台の光，一只猫在窗台上"
    assert page.feed(page.takes(prompt=prompt))["prompt"] == prompt


@waits
def picture_clip_is_there(page):
    data = page.ends(page.takes(image=png(1, 2, 3), options={"seconds": 5}))
    assert page.bytes_of(data["video_url"])[4:8] == b"ftyp"


@waits
def last_image(page):
    """The clip ends with that picture: its colour, not the first one's."""
    fields = {"image": png(220, 20, 20), "options": {"seconds": 5}}
    alone = page.ends(page.takes(**fields))
    both_ends = page.ends(page.takes(**fields, last_image=png(20, 20, 220)))
    assert page.bytes_of(alone["poster"]) == page.bytes_of(both_ends["poster"])
    assert page.bytes_of(alone["last_frame"]) != page.bytes_of(both_ends["last_frame"])


@waits
def image_counts(page):
    task = page.takes(image=png(10, 200, 10), options={"seconds": 5})
    other = page.takes(image=png(10, 10, 200), options={"seconds": 5})
    assert page.bytes_of(page.ends(task)["poster"]) != page.bytes_of(page.ends(other)["poster"])


def header_wanted(page):
    """One page requires it and has an example without it: the answer warns."""
    path = f"{page.prefix}/pro/generate"
    for headers, warns in (({}, True), ({"X-Runway-Version": "2024-11-06"}, False)):
        status, got, _ = page.gateway.ask("POST", path, page.body(), headers)
        assert status == 200
        assert ("X-Runway-Version" in got.get("Warning", "")) == warns


def version_taken(page):
    page.takes(headers={"X-Runway-Version": "2024-11-06"})
    page.takes(headers={})


@waits
def hears(page):
    """Of progress, and of the end; the body is the task itself."""
    hook = Hook()
    task = page.takes(callback_url=hook.url(), options__seconds=5)
    news = told(hook)
    hook.shutdown()
    hook.server_close()
    assert {one["task_id"] for one in news} == {task}
    assert "1" in {one["status"] for one in news}
    assert news[-1]["status"] == "3" and news[-1] == page.feed(task)


@waits
def hears_of_failure(page):
    hook = Hook()
    page.takes(callback_url=hook.url(), image="data:image/png;base64,Zm9v")
    news = told(hook)
    hook.shutdown()
    hook.server_close()
    assert news[-1]["status"] == "2" and "image" in news[-1]["msg"]


def invisible_at_first(page):
    task = page.takes()
    until(lambda: page.gateway.post(f"{page.prefix}/feed", {"task_id": task})[0] == 200,
          task, DEADLINE)
