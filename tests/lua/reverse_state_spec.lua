require "machine"
local read = require("dialect.reverse").state

local function state(body, status)
    return read(status or 200, body)
end

-- The native form; `fields` as JSON members that replace or follow the usual.
local function native(fields)
    return ('{"code":200,"msg":"成功","exec_time":0,"data":{"task_id":"t",%s}}'):format(fields)
end

local function wrapped(fields)
    return ('{"code":"success","message":"","data":{"task_id":"t",%s}}'):format(fields)
end

local function platform(message)
    return ('{"error":{"message":"%s (request id: 2026)","type":"comet_api_error","param":"",'
        .. '"code":"invalid_request"}}'):format(message or "m")
end

local function is(expected, body, status)
    assert.equal(expected, state(body, status).state, body)
end

describe("reverse: the native form", function()
    it("succeeds with its files and its price", function()
        assert.same({
            state = "succeeded",
            urls = { "https://h/a.mp4" },
            last_frame = "https://h/last.png",
            charge = 320,
        }, state [[{"code":200,"msg":"成功","exec_time":0,"ip":"1.2.3.4",
            "data":{"task_id":"t","state":"succeeded","status":"3","prompt":"p","prompt_en":"e",
            "video_url":"https://h/a.mp4","raw_video_url":"https://h/in.mp4",
            "poster":"https://h/p.png","last_frame":"https://h/last.png","msg":null,
            "point":"320","refund":"0","create_time":"1734078348","update_time":"1734078452"}}]])
    end)

    it("is new right after the submit", function()
        assert.same({ state = "running" }, state [[{"code":200,"msg":"成功","data":{
            "task_id":"t","state":"","status":"0","prompt":"","prompt_en":null,"video_url":null,
            "raw_video_url":null,"poster":null,"last_frame":null,"msg":null,"create_time":"0",
            "update_time":"0"},"exec_time":0}]])
    end)

    it("has its status as a digit, text or number", function()
        is("running", native '"status":"0"')
        is("running", native '"status":"1"')
        is("running", native '"status":1')
        is("failed", native '"status":"2"')
        is("failed", native '"status":2')
        is("succeeded", native '"status":"3","video_url":"http://h/a.mp4"')
        is("succeeded", native '"status":3,"video_url":"http://h/a.mp4"')
        is("succeeded", native '"status":3.0,"video_url":"http://h/a.mp4"')
    end)

    it("fails with its reason, refunded", function()
        assert.same({ state = "failed", reason = "GPU lost", charge = 0 },
            state(native '"status":"2","msg":"GPU lost","point":"320","refund":"1"'))
        assert.equal("moderation", state(native '"status":"2","msg":"内容违规"').kind)
        assert.equal("moderation", state(native '"status":"2","msg":"NSFW detected"').kind)
        assert.is_nil(state(native '"status":"2","msg":"timeout"').kind)
    end)

    it("believes a clip where 2 and 3 are the other way round", function()
        local swapped = state(native '"status":"2","video_url":"https://h/a.mp4","refund":"0"')
        assert.equal("succeeded", swapped.state)
        is("failed", native '"status":"2","video_url":"https://h/a.mp4","refund":"1"')
        assert.same({ state = "succeeded" }, state(native '"status":"3","msg":"bad prompt"'))
    end)

    it("never takes the input for the result", function()
        assert.is_nil(state(native '"status":"3","raw_video_url":"https://h/in.mp4"').urls)
    end)

    it("trusts state over status, and says so", function()
        local body = native '"state":"processing","status":"3","video_url":"https://h/a.mp4"'
        assert.same({ state = "running", reason = "state says 'processing', status says '3'" },
            state(body))
        is("succeeded", native '"state":"succeeded","status":"2","video_url":"https://h/a.mp4"')
        is("failed", native '"state":"failed","status":"3"')
        is("running", native '"state":"polishing","status":"2"')
        is("succeeded", native '"state":"done","status":"3","video_url":"https://h/a.mp4"')
        is("running", native '"state":"done","status":"3"')
    end)

    it("takes every unknown word for running", function()
        for _, word in ipairs { '"4"', "4", '"THROTTLED"', '"UNKNOWN"', '"finished?"', '"生成中"' } do
            is("running", native('"status":' .. word))
        end
    end)

    it("says no price that is not one", function()
        local points = { '"3.5"', '"-1"', '""', "null", "[]", '"9999999999999999"', "-3" }
        for _, point in ipairs(points) do
            local body = native('"status":"3","video_url":"https://h/a","point":' .. point)
            assert.is_nil(state(body).charge)
        end
        assert.equal(25, state(native '"status":"3","video_url":"https://h/a","point":25').charge)
    end)
end)

describe("reverse: the wrapped form", function()
    it("is queued as published", function()
        assert.same({ state = "running", progress = 0 }, state [[{"code":"success","message":"",
            "data":{"task_id":"t","action":"IMAGE_TO_VIDEO","status":"QUEUED","fail_reason":"",
            "submit_time":1773366766,"start_time":0,"finish_time":0,"progress":"0%",
            "data":{"id":"x","status":"PENDING","createdAt":"2026-03-13T09:52:46+08:00"}}}]])
    end)

    it("waits in each of its words", function()
        for _, word in ipairs { "NOT_START", "SUBMITTED", "QUEUED", "IN_PROGRESS", "UNKNOWN" } do
            is("running", wrapped('"status":"' .. word .. '","progress":"50%"'))
        end
    end)

    it("has its result in one of many places, the outermost first", function()
        local function url(fields)
            return state(wrapped('"status":"SUCCESS",' .. fields)).urls
        end
        local inner = '"data":{"task_id":"n","status":"1","video_url":"https://h/inner.mp4"}'
        assert.same({ "https://h/a.mp4" }, url('"result_url":"https://h/a.mp4",' .. inner))
        assert.same({ "https://h/a.mp4" }, url('"video_url":"https://h/a.mp4",' .. inner))
        assert.same({ "https://h/inner.mp4" }, url(inner))
        assert.same({ "https://h/a.mp4" }, url '"fail_reason":"https://h/a.mp4"')
        assert.same({ "https://h/inner.mp4" }, url('"fail_reason":"https://h/a.mp4",' .. inner))
        assert.same({ "https://h/deep.mp4" },
            url '"data":{"code":200,"data":{"video_url":"https://h/deep.mp4"}}')
        assert.same({ "https://h/1", "https://h/2" },
            url '"data":{"output":["https://h/1","ftp://h","https://h/2"]}')
        assert.same({ "https://h/1" }, url '"output":"https://h/1"')
        assert.same({ "https://h/1" }, url '"url":"https://h/1"')
        assert.same({ "https://h/1" }, url '"assets":{"video":"https://h/1"}')
        assert.is_nil(url '"data":{"raw_video_url":"https://h/in.mp4"}')
    end)

    it("takes only http and https for a result", function()
        for _, url in ipairs { "file:///etc/passwd", "/a.mp4", "ftp://h/a", "https://",
            "http://h/a b", "https://h/\\u0000", "javascript:1", "" } do
            assert.is_nil(state(wrapped('"status":"SUCCESS","video_url":"' .. url .. '"')).urls)
        end
        assert.same({ "HTTPS://h/a.mp4" },
            state(wrapped '"status":"SUCCESS","video_url":"HTTPS://h/a.mp4"').urls)
    end)

    it("fails, whatever the inner answer says", function()
        assert.same({ state = "failed", progress = 1, reason = "task timed out (30 minutes)" },
            state(wrapped [["status":"FAILURE","progress":"100%",
                "fail_reason":"task timed out (30 minutes)","data":{"status":"RUNNING"}]]))
        assert.equal("moderation",
            state(wrapped '"status":"FAILURE","fail_reason":"flagged by content moderation"').kind)
    end)

    it("is not done at 100 %", function()
        assert.same({ state = "running", progress = 1 },
            state(wrapped '"status":"IN_PROGRESS","progress":"100%"'))
    end)

    it("is no news without a task", function()
        is("no_news", '{"code":"success","message":"","data":null}')
        is("no_news", '{"code":200,"msg":"成功","data":null}')
        is("no_news", '{"code":200,"msg":"成功","data":{}}')
        is("no_news", "{}")
        is("no_news", "[]")
    end)
end)

describe("reverse: the flat form", function()
    it("runs while it only names the task", function()
        assert.same({ state = "running" }, state '{"task_id":"t"}')
        assert.same({ state = "running" }, state '{"task_id":"t","code":null}')
    end)

    it("has its state outside", function()
        assert.same({ state = "succeeded", progress = 1, urls = { "https://h/a.mp4" } },
            state [[{"task_id":"t","action":"generate","status":"SUCCESS","progress":"100%",
                "result_url":"https://h/a.mp4","fail_reason":"","submit_time":1,"start_time":1,
                "finish_time":2,"data":{"status":"1"}}]])
        is("running", '{"task_id":"t","status":"IN_PROGRESS","data":{"status":"3"}}')
        is("failed", '{"task_id":"t","status":"FAILURE","fail_reason":"x"}')
        assert.same({ "https://h/a.mp4" },
            state '{"task_id":"t","status":"SUCCESS","data":{"video_url":"https://h/a.mp4"}}'.urls)
    end)

    it("is not the envelope's own status", function()
        is("no_news", '{"status":"error","message":"too many requests"}')
        is("no_news", '{"status":"failed","data":{"x":1}}')
        is("succeeded", '{"status":"SUCCESS","result_url":"https://h/a.mp4"}')
    end)
end)

describe("reverse: the official form", function()
    it("is read too", function()
        assert.same({ state = "succeeded", urls = { "https://h/a.mp4?_jwt=x" } },
            state [[{"id":"t","status":"SUCCEEDED","createdAt":"2026-03-13T09:52:46Z",
                "output":["https://h/a.mp4?_jwt=x"]}]])
        assert.same({ state = "running", progress = 0.275 },
            state '{"id":"t","status":"RUNNING","progress":0.275}')
        is("running", '{"id":"t","status":"THROTTLED"}')
        is("running", '{"id":"t","status":"PENDING"}')
        is("cancelled", '{"id":"t","status":"CANCELLED"}')
        assert.same({ state = "failed", kind = "moderation", reason = "SAFETY.INPUT.TEXT: no" },
            state '{"id":"t","status":"FAILED","failure":"no","failureCode":"SAFETY.INPUT.TEXT"}')
        assert.equal(1, state '{"id":"t","status":"RUNNING","progress":1}'.progress)
    end)
end)

describe("reverse: progress", function()
    it("is a percent string, a fraction or a percent", function()
        local function progress(v)
            return state(native('"status":"1","progress":' .. v)).progress
        end
        assert.equal(0.37, progress '"37%"')
        assert.equal(0.375, progress '" 37.5%"')
        assert.equal(0.37, progress "0.37")
        assert.equal(0.37, progress '"0.37"')
        assert.equal(0.37, progress "37")
        assert.equal(0.01, progress "1")
        assert.equal(0, progress "0")
        assert.equal(1, progress "100")
        assert.equal(1, progress '"250%"')
        for _, v in ipairs { '""', '"%"', '"soon"', "-1", "null", "true", "[]",
            '"' .. ("1"):rep(40) .. '%"' } do
            assert.is_nil(progress(v))
        end
    end)
end)

describe("reverse: a poll without news", function()
    it("finds no task, with any HTTP status", function()
        local missing = '{"code":"task_not_exist","message":"task_not_exist","data":null}'
        is("not_found", missing, 400)
        is("not_found", missing, 200)
        is("not_found", missing, 500)
        is("not_found", '{"code":404,"msg":"任务不存在"}', 200)
        is("not_found", '{"error":"Could not find Task"}', 404)
        is("not_found", '{"error":{"message":"x","code":"task_not_exist"}}', 400)
        is("not_found", '{"status":"error","message":"task not exist"}', 200)
    end)

    it("knows its own reason for failing from a missing task", function()
        is("failed", native '"status":"2","msg":"task not exist upstream"')
    end)

    it("is refused", function()
        for _, status in ipairs { 401, 403 } do
            assert.equal("auth", state(platform "bad key", status).kind)
            is("no_news", platform "bad key", status)
            assert.equal("auth", state("<html></html>", status).kind)
        end
        assert.equal("rate", state(platform "slow down", 429).kind)
        is("no_news", platform(), 400)
        is("no_news", platform(), 200)
    end)

    it("is not a failed task", function()
        local html = "<!DOCTYPE html><title>502</title>"
        for _, status in ipairs { 200, 301, 404, 500, 502, 503, 504, 524 } do
            is("no_news", html, status)
            is("no_news", "", status)
            is("no_news", '{"code":200,"data":{"task_id":"t","status":"2"', status)
        end
        is("no_news", native '"status":"2"', 500)
        is("no_news", wrapped '"status":"FAILURE"', 404)
        is("no_news", '{"code":"get_task_failed","message":"get task failed","data":null}', 500)
        is("no_news", '{"code":"fail_to_fetch_task","message":"generation failed","data":null}')
        is("no_news", '{"code":500,"msg":"系统繁忙","data":null}')
        is("no_news", '{"code":429,"msg":"rate limit violated"}')
        is("no_news", '{"code":500,"msg":"查询任务失败"}')
    end)

    it("may carry a code that is about the task", function()
        is("failed", '{"code":500,"msg":"x","data":{"task_id":"t","status":"2"}}')
        is("running", '{"code":500,"msg":"x","data":{"task_id":"t","status":"1"}}')
        assert.same({ state = "failed", reason = "视频生成失败" },
            state '{"code":500,"msg":"视频生成失败","data":null}')
        assert.same({ state = "failed", reason = "内容违规", kind = "moderation" },
            state '{"code":400,"msg":"内容违规","data":{"task_id":"t"}}')
    end)
end)

describe("reverse: hostile answers", function()
    local values = { "null", "true", "0", "-1", "1e308", '""', '"x"', "[]", "{}", "[[]]", '{"a":1}',
        '"\xFF\xFE"', '"' .. ("9"):rep(3000) .. '"' }
    local keys = { "code", "msg", "message", "error", "data", "task_id", "status", "state",
        "progress", "video_url", "result_url", "output", "assets", "fail_reason", "failure",
        "failureCode", "last_frame", "point", "refund", "url", "id" }

    it("never raise", function()
        for _, key in ipairs(keys) do
            for _, v in ipairs(values) do
                local member = ('"%s":%s'):format(key, v)
                for _, body in ipairs { "{" .. member .. "}", native(member),
                    native('"status":"3",' .. member), native('"status":"2",' .. member),
                    native('"status":"3","data":{' .. member .. "}") } do
                    assert.is_string(state(body).state)
                    assert.is_string(state(body, 400).state)
                end
            end
        end
    end)
end)
