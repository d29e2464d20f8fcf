require "machine"
local official = require "dialect.official"

local UUID = "0ab3bfe2-be23-4635-8c35-890fb2c1732d"
local DOCS = [["docUrl":"https://docs.dev.runwayml.com/api"]]

local function outcome(status, body)
    local id, why = official.accepted(status, {}, body)
    assert.is_nil(id)
    assert.is_string(why.reason)
    assert.equal(why.bought == "no", why.kind ~= nil)
    return why.kind or why.bought, why.reason
end

describe("official: an accepted submit", function()
    it("names its task", function()
        for _, body in ipairs {
            '{"id":"%s"}',
            '{"id":"%s","estimatedCost":{"credits":63}}',
            '{"id":"%s","estimatedCost":{"cre', -- cut off
            'Warning: slow\n{"createdAt":"x","id":"%s"}',
            '{"code":"success","message":"","data":{"task_id":"%s"}}', -- relayed
        } do
            assert.equal(UUID, official.accepted(200, {}, body:format(UUID)))
        end
    end)

    it("is not made up", function()
        for _, body in ipairs { "", "{}", "[]", "null", '{"id":null}', '{"id":{}}', '{"id":""}',
            '{"id":"' .. UUID, "<html>", '{"id":[1]}',
            '<html><script>var page = {"id":"login"}</script>', -- of a hotel's network
            '{"request":{"id":"r"},"i', '[{"id":"r"},' } do
            assert.equal("unknown", outcome(200, body))
        end
        assert.equal("unknown", outcome(502, '{"id":"' .. UUID .. '"}'))
    end)
end)

describe("official: a refusal", function()
    it("is one by what the service documents", function()
        local invalid = '{"error":"Validation of body failed","issues":[{"code":"too_big",'
            .. '"maximum":30,"message":"Too big","path":["videoUri"]}],' .. DOCS .. "}"
        local kind, reason = outcome(400, invalid)
        assert.equal("invalid", kind)
        assert.equal("HTTP 400: Validation of body failed: videoUri: Too big", reason)
        assert.equal("credits", outcome(400,
            '{"error":"You do not have enough credits to run this task.",' .. DOCS .. "}"))
        assert.equal("auth", outcome(401, '{"error":"Unauthorized"}'))
        assert.equal("invalid", outcome(404, '{"error":"Not found"}'))
        assert.equal("invalid", outcome(405, '{"error":"Method not allowed"}'))
        assert.equal("daily", outcome(429, '{"error":"Your daily task limit has been reached."}'))
        assert.equal("rate", outcome(429, '{"error":"Too many requests"}'))
    end)

    it("is hostile, and read all the same", function()
        assert.equal("invalid", outcome(400, '{"error":"x","issues":{"a":1}}'))
        assert.equal("invalid", outcome(400, '{"error":"x","issues":[{"path":{},"message":1}]}'))
        assert.equal("invalid", outcome(400, '{"error":"x","issues":[3]}'))
    end)

    it("is not proved by anything else", function()
        for _, status in ipairs { 200, 500, 502, 503, 504, 408, 409, 302 } do
            assert.equal("unknown", outcome(status, '{"error":"Something went wrong"}'))
        end
        for _, status in ipairs { 400, 403, 404, 500, 502 } do
            assert.equal("unknown", outcome(status, "<html>"))
            assert.equal("unknown", outcome(status, ""))
        end
        assert.equal("unknown", outcome(400, '{"code":"task_failed","message":"m","data":null}'))
        -- A relay's own call was lost, and may have bought.
        assert.equal("unknown", outcome(400, '{"error":"upstream request timeout"}'))
        assert.equal("unknown", outcome(400, '{"error":"do_request_failed"}'))
        assert.equal("invalid", outcome(400,
            '{"error":"promptImage: timed out",' .. DOCS .. "}")) -- its own fetch of a picture
    end)

    it("may be the gateway's own, that ends", function()
        assert.equal("rate", outcome(503, '{"error":{"message":"m","type":"tarmac_api_error",'
            .. '"param":"","code":"shutting_down"}}'))
    end)
end)

local function task(rest)
    return '{"id":"t","createdAt":"2026-01-01T00:00:00Z",' .. rest .. "}"
end

describe("official: a task's state", function()
    it("is read", function()
        for word, state in pairs {
            PENDING = "running", THROTTLED = "running", RUNNING = "running", WAITING = "running",
            CANCELLED = "cancelled", FAILED = "failed", SUCCEEDED = "succeeded",
        } do
            assert.equal(state, official.state(200, task('"status":"' .. word .. '"')).state)
        end
        assert.equal(0.275,
            official.state(200, task '"status":"RUNNING","progress":0.275').progress)
    end)

    it("has its result, and what it cost", function()
        local done = official.state(200, task
            '"status":"SUCCEEDED","output":["https://h/a.mp4?_jwt=x"],"cost":{"credits":63}')
        assert.same({ "https://h/a.mp4?_jwt=x" }, done.urls)
        assert.equal(63, done.charge)
        assert.is_nil(official.state(200, task
            '"status":"SUCCEEDED","output":["https://h/a.mp4"],"cost":{"credits":-1}').charge)
        assert.is_nil(official.state(200, task '"status":"SUCCEEDED","cost":[]').charge)
    end)

    it("says why it failed, by the first words of its code", function()
        local function failed(code)
            local about = official.state(200, task(
                '"status":"FAILED","failure":"no luck","failureCode":' .. code))
            assert.equal("failed", about.state)
            return about.kind, about.reason
        end
        assert.equal("moderation", failed '"SAFETY.INPUT.TEXT"')
        assert.equal("moderation", failed '"SAFETY.OUTPUT.VIDEO.CODE01"')
        assert.equal("moderation", failed '"INPUT_PREPROCESSING.SAFETY.TEXT"')
        assert.equal("invalid", failed '"ASSET.INVALID"')
        local kind, reason = failed '"INPUT_PREPROCESSING.INTERNAL"'
        assert.is_nil(kind)
        assert.equal("INPUT_PREPROCESSING.INTERNAL: no luck (it can be bought again)", reason)
        assert.is_nil(failed '"INTERNAL.BAD_OUTPUT.CODE01"')
        assert.is_nil(failed '"THIRD_PARTY.UNAVAILABLE"')
        kind, reason = failed "null"
        assert.is_nil(kind)
        assert.equal("no luck", reason)
    end)

    it("may be unknown to the service", function()
        assert.equal("not_found", official.state(404, '{"error":"Could not find Task"}').state)
    end)

    it("is no news where nothing is said of the task", function()
        for _, body in ipairs { "", "<html>", '{"error":"busy"}', "[]", "null" } do
            assert.equal("no_news", official.state(503, body).state)
        end
        assert.equal("no_news", official.state(404, "<html>").state)
        assert.equal("no_news", official.state(401, '{"error":"Unauthorized"}').state)
    end)
end)
