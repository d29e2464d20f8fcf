"""Files sent ahead of a request, at the built-in service.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import json
import os

import pytest

from test_official import TURBO, media, start  # noqa: F401 (fixtures)


def form(fields, file=None, boundary="XXsend"):
    parts = [(f'name="{k}"', v.encode()) for k, v in fields.items()]
    if file is not None:
        parts.append(('name="file"; filename="a b.bin"', file))
    body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
                    % (boundary.encode(), name.encode(), value) for name, value in parts)
    return body + b"--%s--\r\n" % boundary.encode(), {
        "Content-Type": f"multipart/form-data; boundary={boundary}"}


def send(gateway, path, fields, file):
    body, headers = form(fields, file)
    return gateway.ask("POST", path, body, headers)


def place(gateway):
    status, answer = gateway.call("POST", "/v1/uploads",
                                  {"filename": "a.png", "type": "ephemeral"})
    assert status == 200, answer
    assert answer["uploadUrl"].startswith(f"{gateway.url}/uploads/")
    return answer


def test_upload(start, media, tmp_path):
    gateway = start()
    given = place(gateway)
    path = given["uploadUrl"].removeprefix(gateway.url)
    assert gateway.ask("GET", path)[0] == 404
    status, _, raw = send(gateway, path, given["fields"], media["png"])
    assert (status, raw) == (204, b"")
    status, headers, raw = gateway.ask("GET", path)
    assert (status, headers["Content-Type"], raw) == (200, "image/png", media["png"])
    task = gateway.create("image_to_video", **TURBO, promptImage=given["runwayUri"])
    assert gateway.ended(task)["status"] == "SUCCEEDED"
    assert send(gateway, path, given["fields"], media["png"])[0] == 409
    names = [p.name for p in (gateway.data / "uploads").iterdir()]
    assert names == [path.removeprefix("/uploads/") + ".png"]


def test_an_uploaded_film(start, media):
    gateway = start()
    given = place(gateway)
    path = given["uploadUrl"].removeprefix(gateway.url)
    assert send(gateway, path, given["fields"], media["mp4"])[0] == 204
    task = gateway.create("video_to_video", model="aleph2", videoUri=given["runwayUri"],
                          promptText="in snow")
    assert gateway.ended(task)["status"] == "SUCCEEDED"


def test_uploads_that_are_refused(start, media):
    gateway = start()
    given = place(gateway)
    path, fields = given["uploadUrl"].removeprefix(gateway.url), given["fields"]
    png = media["png"]
    assert send(gateway, "/uploads/" + "0" * 32, fields, png)[0] == 404
    assert send(gateway, "/uploads/../tasks.db", fields, png)[0] == 404
    assert send(gateway, path, {}, png)[0] == 400
    assert send(gateway, path, {"key": "0" * 32}, png)[0] == 400
    assert send(gateway, path, fields, None)[0] == 400
    assert send(gateway, path, fields, b"")[0] == 400
    assert send(gateway, path, fields, b"#!/bin/sh\n")[0] == 415
    assert gateway.ask("POST", path, png)[0] == 400
    assert send(gateway, path, fields, png)[0] == 204  # is still to be had
    for body in ("{", {}, {"filename": "a", "type": "eternal"}, {"filename": "", "type": "ephemeral"}):
        assert gateway.call("POST", "/v1/uploads", body)[0] == 400


def test_a_large_upload(start):
    gateway = start()
    given = place(gateway)
    path = given["uploadUrl"].removeprefix(gateway.url)
    clip = b"\0\0\0\x20ftypisom" + bytes(range(251)) * (40 * 4096)
    assert send(gateway, path, given["fields"], clip)[0] == 204
    status, headers, raw = gateway.ask("GET", path)
    assert (status, headers["Content-Type"]) == (200, "video/mp4")
    assert raw == clip
    status, _, raw = gateway.ask("GET", path, headers={"Range": "bytes=5000000-15000000"})
    assert status == 206
    assert raw == clip[5000000:15000001]


def test_old_uploads_go(start):
    gateway = start()
    given = place(gateway)
    gateway.end()
    file, = (gateway.data / "uploads").iterdir()
    os.utime(file, (0, 0))
    gateway = start()
    assert not list((gateway.data / "uploads").iterdir())
    path = "/uploads/" + given["fields"]["key"]
    assert send(gateway, path, given["fields"], b"\xff\xd8\xff")[0] == 404


@pytest.mark.parametrize("prefix", ["/runway", "/runway/v1"])
def test_the_other_family_sends_at_once(start, media, prefix):
    gateway = start()
    status, _, raw = send(gateway, f"{prefix}/uploads", {}, media["png"])
    answer = json.loads(raw)
    assert (status, answer["code"], answer["msg"]) == (200, 200, "成功")
    url = answer["data"]["url"]
    assert gateway.ask("GET", url.removeprefix(gateway.url))[2] == media["png"]
    task = gateway.buy(prefix, image=url)
    assert gateway.finished(task)["status"] == "3"
    status, _, raw = send(gateway, f"{prefix}/uploads", {}, None)
    assert (status, json.loads(raw)["code"]) == (400, "invalid_request")
