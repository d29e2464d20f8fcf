"""The five pages that the service began with: a row for each sentence that says
something about the API, and their examples as they stand.

A row names its page ("002"), quotes the sentence, and asks, under the profile
of that page, for something that would come out differently if the sentence
were not kept.
"""
import base64
import json
import re
import subprocess
import urllib.request

import pytest

from conftest import DEADLINE, until
from seeds import (BODIES, CURLS, OWN, Page, an_object, both, chinese, clip_is_there, code_is,
                   data_is, default_pixels, default_ratio, default_seconds, each_axis,
                   exec_time_is, header_wanted, hears, hears_of_failure, image_counts,
                   invisible_at_first, is_followed, json_body, keeps_the_id, kind, last_image,
                   moves_any, msg_is, no_header_needed, only, only_gen2, only_gen3, optional,
                   picture_clip_is_there, png, post_only, refuses, required, takes, task_id_is,
                   version_taken)
from test_gateway import UNKNOWN, Gateway

KEY = "s3cret"

# --- the table

RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"]
EMPTY = "callback_url_empty"


def no_callback(page):
    for value in (..., None, ""):
        page.refuses(EMPTY, code=EMPTY, callback_url=value)


V1 = [
    ("POST /runway/v1/pro/generate", post_only),
    ("Authorization string Optional", no_header_needed),
    ("Body Parameters application/json", json_body),
    ("ratio enum<string>", kind("ratio", 16)),
    ("ratio enum<string> Required", required("ratio")),
    ("Enum Values: 16:9 9:16 1:1 4:3 3:4 21:9", only("ratio", RATIOS, "1280:720")),
    ("prompt string", kind("prompt", 5)),
    ("prompt string Required", required("prompt")),
    ("style string", kind("style", 5)),
    ("style string Required", required("style")),
    ("model enum<string>", kind("model", 2)),
    ("model enum<string> Required", required("model")),
    ("Enum Values: gen2 gen3 gen4", only("model", ["gen2", "gen3", "gen4"], "gen4_turbo")),
    ("image string", kind("image", 5)),
    ("image string Optional", both(optional("image"), takes(image="string"))),
    ("options object", kind("options", [])),
    ("options object Required", required("options")),
    ("seconds enum<integer>", both(kind("options__seconds", "5"), kind("options__seconds", 5.5))),
    ("seconds enum<integer> Required", required("options__seconds")),
    ("Enum Values: 5 10", only("options__seconds", [5, 10], 7)),
    ("motion_vector object", kind("options__motion_vector", 4)),
    ("motion_vector object Required", required("options__motion_vector")),
    ("Currently only gen-2 is supported", only_gen2("gen4")),
    ("callback_url string", kind("callback_url", 5)),
    ("callback_url string Required", no_callback),
    ('"motion_vector": { "x": 0 , "y": 0 , "z": 0 , "r": 0 , "bg_x_pan": 0 , "bg_y_pan": 0 }',
     each_axis),
    ("200 Success", code_is),
    ("text object", an_object),
]

APIFOX = [
    ("POST /runway/pro/generate", post_only),
    ("Authorization string optional", no_header_needed),
    ("Body Params application/json", json_body),
    ("callback_url string 回调地址", kind("callback_url", 5)),
    ("callback_url string 回调地址 required", no_callback),
    ("视频生成状态(生成中进度变化/失败/成功)发生改变之后,生成结果将会以 POST 形式发送到此 Webhook URL。", hears),
    ("(…/失败/…)", hears_of_failure),
    ("ratio enum<string> 画面尺寸", kind("ratio", 16)),
    ("ratio optional", optional("ratio")),
    ("gen-3仅支持16:9和9:16", both(takes(ratio="16:9"), takes(ratio="9:16"),
                                 refuses("ratio: 16:9 or 9:16", ratio="1:1"))),
    ("目前仅支持gen-2", takes(model="gen2", ratio="1:1")),
    ("Allowed values: 16:99:161:14:321:9",
     both(*(takes(model="gen2", ratio=r) for r in ("16:9", "9:16", "1:1", "4:3", "21:9")),
          refuses("ratio: 16:9, 9:16, 1:1, 4:3 or 21:9", model="gen2", ratio="3:4"))),
    ("Default: 16:9", default_ratio),
    ("prompt string 描述词", kind("prompt", 5)),
    ("prompt required", required("prompt")),
    ("支持中文", chinese),
    ("style enum<string> 风格 optional", optional("style")),
    ("style: 目前仅支持gen-2", both(takes(model="gen2", style="cinematic"),
                                takes(model="gen3", style="cinematic"))),
    ("Allowed value: cinematic", only("style", ["cinematic"], "noir")),
    ("style Default: cinematic", takes(style=None)),
    ("model enum<string> 模型 required", required("model")),
    ("Allowed values: gen2gen3", only("model", ["gen2", "gen3"], "gen4")),
    ("model Default: gen3", takes(model="gen3")),
    ("options object 参数", kind("options", [])),
    ("options optional", optional("options")),
    ("motion_vector object 镜头控制", kind("options__motion_vector", 4)),
    ("motion_vector optional", optional("options__motion_vector")),
    ("motion_vector: 目前仅支持gen-2", only_gen2("gen3")),
    ("seconds enum<integer> 视频时长",
     both(kind("options__seconds", "5"), kind("options__seconds", 5.5))),
    ("seconds optional", optional("options__seconds")),
    ("seconds: 目前仅支持gen-3", only_gen3),
    ("Allowed values: 510", only("options__seconds", [5, 10], 7)),
    ("seconds Default: 10", default_seconds),
    ('"y": 0.3999999999999999, … "r": -6', each_axis),
    ("200成功", code_is),
    ("code integer required", code_is),
    ("msg string required", msg_is),
    ('"msg": "成功"', msg_is),
    ("data object required", data_is),
    ("task_id string 任务ID required", both(task_id_is, keeps_the_id)),
    ("exec_time number required", exec_time_is),
]

COMET_WORDS = [
    ("POST / runway / pro / generate", post_only),
    ("callback_url is currently required by the wrapper", no_callback),
    ("prompt, ratio, style, and model define the generation request",
     both(*(required(f) for f in ("prompt", "ratio", "style", "model")))),
    ("options.seconds and options.motion_vector are required by the current wrapper schema",
     both(required("options__seconds"), required("options__motion_vector"))),
    ("Header: X-Runway-Version: 2024-11-06", version_taken),
    ("Model: gen4_turbo", takes(model="gen4_turbo")),
    ("Response: code: 200, msg: 成功, and data.task_id", both(code_is, msg_is, task_id_is)),
    ("Submit the request and store the returned task_id.", keeps_the_id),
    ("Continue with Feed Get Task to follow the task state.", is_followed),
    ("Once a video URL is available, move it into your own storage pipeline.", clip_is_there),
    ("If you omit callback_url, the current CometAPI wrapper returns callback_url_empty",
     no_callback),
    ("X-Runway-Version: Optional Runway API version header, for example 2024-11-06.",
     version_taken),
    ("callback_url string default:https://example.com/webhook required",
     both(takes(callback_url="https://example.com/webhook"), kind("callback_url", 5))),
    ("Webhook URL that receives a POST request with the result when the task completes.", hears),
    ("ratio string default:16:9 required", both(required("ratio"), kind("ratio", 16))),
    ("Aspect ratio of the generated video, e.g. 16:9, 9:16, 1:1.",
     both(*(takes(ratio=r) for r in ("16:9", "9:16", "1:1")),
          refuses("ratio: ", ratio="5:7"))),
    ("prompt string default:A cat sitting on a windowsill. required",
     both(takes(prompt="A cat sitting on a windowsill."), kind("prompt", 5))),
    ("style string default:cinematic required", both(required("style"), kind("style", 5))),
    ("Artistic style for the generated video, e.g. cinematic.", takes(style="cinematic")),
    ("model string default:gen4 required", both(required("model"), kind("model", 4))),
    ("Model version to use, e.g. gen4.", takes(model="gen4")),
    ("options object required", both(required("options"), kind("options", []))),
    ("Advanced generation options including duration and camera motion.",
     moves_any),
    ("200 - application/json", code_is),
    ("code integer required", code_is),
    ("msg string required", msg_is),
    ("data object required", data_is),
    ("Execution time of the API interface itself (in seconds), does not represent the total "
     "video generation time", exec_time_is),
]

COMET_PICTURE = [
    ("con una o más imágenes de referencia", image_counts),
    ("Envía el encabezado X-Runway-Version requerido, por ejemplo 2024-11-06", header_wanted),
    ("Usa model: gen4", takes(model="gen4")),
    ("Proporciona la image de origen y el prompt que describe el movimiento",
     both(required("prompt"), kind("image", 5))),
    ("Mantén la primera solicitud simple antes de añadir estilo y ajustes de vector de "
     "movimiento", takes()),
    ("Envía el prompt, la imagen, la relación de aspecto y las opciones, y luego guarda el id "
     "de tarea devuelto.",
     lambda page: page.feed(page.takes(ratio="1280:720", options={"seconds": 5}))),
    ("Si el primer sondeo devuelve task_not_exist, espera unos segundos y vuelve a intentarlo.",
     invisible_at_first),
    ("Cuando la tarea se complete, almacena el recurso final",
     picture_clip_is_there),
    ("Optional Runway version header, for example 2024-11-06.", version_taken),
    ("callback_url string predeterminado:https://example.com/webhook requerido", no_callback),
    ("Webhook URL that receives a POST request with the result when the task completes.",
     hears_of_failure),
    ("ratio string predeterminado:1280:720 requerido", both(default_pixels, kind("ratio", 16))),
    ("Aspect ratio of the generated video, e.g. 1280:720.", takes(ratio="1280:720")),
    ("prompt string predeterminado:A paper boat gently rocks on calm water. requerido",
     both(required("prompt"), kind("prompt", 5),
          takes(prompt="A paper boat gently rocks on calm water."))),
    ("model string predeterminado:gen4 requerido", both(required("model"), kind("model", 4))),
    ("Model version to use, e.g. gen4.", takes(model="gen4")),
    # Without a picture it is the other page's request, which wants more.
    ("image string predeterminado:https://db.xiaohuhd.com/1.jpeg requerido",
     both(takes(image="https://db.xiaohuhd.com/1.jpeg"),
          refuses("ratio: required", image=...))),
    ("URL of the source image to animate.", refuses("image: an http or https URL", image="cat")),
    ("style string", both(takes(style="cinematic"), kind("style", 5))),
    ("Artistic style for the generated video, e.g. cinematic.", optional("style")),
    ("options object", both(takes(options={}), kind("options", []))),
    ("last_image string", both(kind("last_image", 5), optional("last_image"))),
    ("URL of the end-frame image. When provided, the video transitions toward this frame.",
     last_image),
    ("HTTP status code or business status code, 200 usually indicates success", code_is),
    ("Text description of the status code", msg_is),
    ("Specific response data content", data_is),
    ("Time spent processing this request", exec_time_is),
]

ROWS = ([("000", *row) for row in V1] + [("001", *row) for row in V1]
        + [("002", *row) for row in APIFOX] + [("003", *row) for row in COMET_WORDS]
        + [("004", *row) for row in COMET_PICTURE])


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    """One under each profile, begun when it is first asked for."""
    running = {}

    def get(*options):
        if options not in running:
            running[options] = Gateway(tmp_path_factory.mktemp("seeds"), *options)
        return running[options]

    yield get
    for gateway in running.values():
        gateway.end()


def options_of(profile, ask):
    faults = ("--faults", "invisible=1:2") if ask is invisible_at_first else ()
    return ("--profile", profile, "--renders", "1", *faults)


@pytest.fixture
def alone(tmp_path):
    """A gateway that has nothing else to do."""
    running = []

    def get(*options):
        running.append(Gateway(tmp_path, *options))
        return running[-1]

    yield get
    for gateway in running:
        gateway.end()


@pytest.mark.parametrize("seed,sentence,ask", ROWS,
                         ids=[f"{seed} {sentence}"[:60] for seed, sentence, _ in ROWS])
def test_sentence(gateways, alone, seed, sentence, ask):
    profile = OWN[seed]
    get = alone if getattr(ask, "waits", False) else gateways
    ask(Page(get(*options_of(profile, ask)), seed, profile))


def test_bearer(gateways):
    """002: "Provide your bearer token in the Authorization header when making
    requests to protected resources"; 003, 004: "Authorization string header
    required. Bearer token authentication"; 000: "Bearer {{YOUR_API_KEY}}"."""
    gateway = gateways("--key", KEY)
    for seed in OWN:
        page = Page(gateway, seed, "lenient")
        for headers in ({}, {"Authorization": ""}, {"Authorization": KEY},
                        {"Authorization": "Bearer other"}):
            status, answer = page.post(headers)
            assert status == 401 and answer["error"]["code"] == "invalid_api_key"
        assert page.post({"Authorization": f"Bearer {KEY}"})[0] == 200


def with_host(text, url):
    """The example with nothing but its host changed."""
    return text.replace("https://api.cometapi.com/", f"{url}/").replace("'/runway/", f"'{url}/runway/")


@pytest.mark.parametrize("profile", ["lenient", "own"])
@pytest.mark.parametrize("seed", sorted(CURLS))
def test_curl(gateways, seed, profile):
    gateway = gateways("--profile", OWN[seed] if profile == "own" else profile)
    text = with_host(CURLS[seed], gateway.url)
    assert text.count(gateway.url) == 1
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=DEADLINE)
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["code"] == 200, answer
    assert answer["msg"] == "成功" and isinstance(answer["exec_time"], float)
    assert set(answer) == {"code", "msg", "data", "exec_time"}
    task = answer["data"]["task_id"]
    assert gateway.feed(task)["prompt"] == BODIES[seed]["prompt"]


@pytest.mark.parametrize("seed", sorted(CURLS))
def test_lenient_takes_what_any_page_takes(gateways, seed):
    page = Page(gateways("--profile", "lenient"), seed, "lenient")
    for changes in ({}, {"callback_url": ...}, {"callback_url": "string"}, {"style": ...},
                    {"ratio": "1280:720"}, {"ratio": "3:4"}, {"model": "gen4_turbo"},
                    {"model": "gen3", "ratio": "1:1"}, {"options": ...}, {"options": None},
                    {"options__seconds": "5"}, {"options__motion_vector": ...},
                    {"image": "string"}, {"image": ""}):
        page.takes(**changes)


# --- the forms of a feed


def feed_in(gateway, task, path="/runway/feed"):
    status, _, raw = gateway.ask("POST", path, {"task_id": task})
    return status, json.loads(raw)


def test_wrapper(gateways):
    gateway = gateways("--shape", "wrapper", "--latency", "300")
    task = Page(gateway, "003", "lenient").takes(options__seconds=5)
    seen = set()

    def ended():
        status, answer = feed_in(gateway, task)
        assert (status, answer["code"], answer["message"]) == (200, "success", "")
        data = answer["data"]
        assert data["task_id"] == data["data"]["task_id"] == task
        assert re.fullmatch(r"\d{1,3}%", data["progress"]) and data["submit_time"] > 1e9
        seen.add(data["status"])
        return data["status"] in ("SUCCESS", "FAILURE") and data
    data = until(ended, task, DEADLINE)
    assert seen <= {"QUEUED", "IN_PROGRESS", "SUCCESS"} and data["status"] == "SUCCESS"
    assert data["progress"] == "100%" and data["fail_reason"] == ""
    assert data["result_url"] == data["data"]["video_url"] == f"{gateway.url}/assets/{task}.mp4"
    assert data["finish_time"] >= data["start_time"] >= data["submit_time"]
    status, answer = feed_in(gateway, UNKNOWN)
    assert (status, answer["code"]) == (400, "task_not_exist")
    bad = Page(gateway, "004", "lenient").takes(image="data:image/png;base64,Zm9v")
    until(lambda: feed_in(gateway, bad)[1]["data"]["status"] == "FAILURE", bad, DEADLINE)
    data = feed_in(gateway, bad)[1]["data"]
    assert "image" in data["fail_reason"] and "result_url" not in data


def test_flat(gateways):
    gateway = gateways("--shape", "flat")
    task = Page(gateway, "003", "lenient").takes(options__seconds=5)
    until(lambda: feed_in(gateway, task)[1]["status"] == "SUCCESS", task, DEADLINE)
    _, answer = feed_in(gateway, task, "/runway/v1/feed")
    assert answer["task_id"] == task and "code" not in answer
    assert answer["result_url"] == answer["data"]["video_url"]
    status, answer = feed_in(gateway, UNKNOWN)
    assert status == 200
    assert answer == {"task_id": UNKNOWN, "code": "task_not_exist",
                      "message": "task_not_exist", "data": None}


@pytest.mark.parametrize("shape", ["wrapper", "flat"])
def test_faults_befall_every_form(gateways, shape):
    gateway = gateways("--shape", shape, "--faults", "unknown-state=1:2")
    task = Page(gateway, "003", "lenient").takes(options__seconds=5)

    def status_of():
        answer = feed_in(gateway, task)[1]
        return (answer if shape == "flat" else answer["data"])["status"]
    assert [status_of(), status_of()] == ["PONDERING", "PONDERING"]
    assert status_of() in ("QUEUED", "IN_PROGRESS", "SUCCESS")


# --- quota


def test_quota(gateways):
    gateway = gateways("--credits", "60")
    page = Page(gateway, "003", "lenient")
    page.takes(options__seconds=10)
    status, answer = page.post(options__seconds=10)
    assert (status, answer["code"], answer["data"]) == (403, "quota_not_enough", None)
    assert "50 of 60 credits" in answer["message"]
    assert page.post(options__seconds=5)[0] == 403


def test_refund_is_spent_again(gateways):
    gateway = gateways("--credits", "50")
    page = Page(gateway, "004", "lenient")
    page.ends(page.takes(image="data:image/png;base64,Zm9v"), "2")
    page.takes(image="data:image/png;base64,Zm9v")


# --- the routes beside generate


@pytest.mark.parametrize("prefix", ["/runway", "/runway/v1"])
def test_films(alone, prefix):
    gateway = alone("--profile", "lenient")
    film = gateway.finished(gateway.buy())["video_url"]
    for route, body in (
            ("video2video", {"prompt": "rain", "model": "gen3", "video": film,
                             "options": {"structure_transformation": 0.5}}),
            ("act_one", {"video": film, "image": png(200, 180, 90)}),
            ("act_two", {"video": film, "character_video": film}),
            ("aleph", {"prompt": "snow", "video": film, "images": [png(9, 9, 9)]})):
        status, answer = gateway.post(f"{prefix}/pro/{route}", body)
        assert status == 200, (route, answer)
        data = gateway.finished(answer["data"]["task_id"])
        assert data["status"] == "3", (route, data)
        assert data["raw_video_url"] == film
        assert data["point"] == "25"
        assert gateway.ask("GET", data["video_url"].removeprefix(gateway.url))[2][4:8] == b"ftyp"
    status, answer = gateway.post(f"{prefix}/pro/video2video", {"prompt": "p", "model": "gen3"})
    assert status == 400 and answer["message"].startswith("video: required")


def test_film_as_data(alone):
    gateway = alone("--profile", "lenient")
    film = gateway.finished(gateway.buy())["video_url"]
    raw = urllib.request.urlopen(film, timeout=DEADLINE).read()
    uri = "data:video/mp4;base64," + base64.b64encode(raw).decode()
    status, answer = gateway.post("/runway/pro/video2video",
                                  {"prompt": "rain", "model": "gen3", "video": uri})
    assert status == 200, answer
    data = gateway.finished(answer["data"]["task_id"])
    assert data["status"] == "3" and data["raw_video_url"] is None
