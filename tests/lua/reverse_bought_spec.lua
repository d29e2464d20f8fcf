require "machine"
local accepted = require("dialect.reverse").accepted

local UUID = "0ab3bfe2-be23-4635-8c35-890fb2c1732d"
local HTML = "<html>\r\n<head><title>502 Bad Gateway</title></head></html>"

local function bought(status, body)
    local id, why = accepted(status, {}, body)
    assert.is_nil(why)
    return id
end

-- "no" and its kind, or "unknown".
local function outcome(status, body)
    local id, why = accepted(status, {}, body)
    assert.is_nil(id)
    assert.is_string(why.reason)
    assert.equal(why.bought == "no", why.kind ~= nil)
    return why.bought, why.kind
end

local function task_error(code, message)
    return ('{"code":"%s","message":"%s","data":null}'):format(code, message or "m")
end

local function platform(code, message)
    return ('{"error":{"message":"%s (request id: 20260313)","type":"comet_api_error",'
        .. '"param":"","code":%s}}'):format(message or "m", code and '"' .. code .. '"' or "null")
end

describe("reverse: an accepted submit", function()
    it("names its task in every published answer", function()
        local bodies = {
            [[{"code":200,"msg":"成功","data":{"task_id":"%s"},"exec_time":0.67573}]],
            [[{"code":200,"msg":"成功","data":{"task_id":"%s"},"exec_time":0.6,"ip":"1.2.3.4"}]],
            [[{"code":200,"message":"","msg":"success","data":{"task_id":"%s"}}]],
            [[{"code":200,"msg":"成功","data":{"task_id":"%s","state":"","status":"0",
               "prompt":"","prompt_en":null,"video_url":null,"raw_video_url":null,"poster":null,
               "last_frame":null,"msg":null,"create_time":"0","update_time":"0"},"exec_time":0}]],
            [[{"code":"success","message":"","data":{"task_id":"%s"}}]],
            [[{"task_id":"%s"}]],
            "\xEF\xBB\xBF" .. [[{"code":200,"data":{"task_id":"%s"}}]],
        }
        for _, body in ipairs(bodies) do
            assert.equal(UUID, bought(200, body:format(UUID)))
        end
    end)

    it("may name it by a number, however long", function()
        assert.equal("42", bought(200, '{"code":200,"data":{"task_id":42}}'))
        assert.equal("42", bought(200, '{"code":200,"data":{"task_id":42.0}}'))
    end)

    it("counts whatever the code or the HTTP status", function()
        assert.equal("t", bought(201, '{"data":{"task_id":"t"}}'))
        assert.equal("t", bought(500, '{"code":500,"msg":"x","data":{"task_id":"t"}}'))
        assert.equal("t", bought(200, '{"task_id":"t","error":{"message":"slow"}}'))
    end)

    it("is salvaged from what does not parse", function()
        local cut = '{"code":200,"msg":"成功","data":{"task_id" : "' .. UUID .. '","exec_t'
        assert.equal(UUID, bought(200, cut))
        assert.equal(UUID, bought(200, "Warning: line 3\n" .. cut))
        assert.equal("t", bought(200, '{"task_id":"","x":{"task_id":null,"task_id":"t"'))
        assert.equal("t", bought(200, '{"code":200,"data":{"list":[{"task_id":"t"}]}}'))
    end)

    it("is not made up", function()
        for _, body in ipairs {
            '{"code":200,"data":{"task_id":"' .. UUID, -- cut inside
            '{"code":200,"data":{"task_id":""}}',
            '{"code":200,"data":{"task_id":"  "}}',
            '{"code":200,"data":{"task_id":null}}',
            '{"code":200,"data":{"task_id":true}}',
            '{"code":200,"data":{"task_id":0}}',
            '{"code":200,"data":{"task_id":1.5}}',
            '{"code":200,"data":{"task_id":["t"]}}',
            '{"code":200,"data":{"task_id":"a\\nb"}}',
            '{"code":200,"data":{"task_id":"\xFF"}}',
            '{"code":200,"data":{"task_id":"' .. ("x"):rep(513) .. '"}}',
            '{"code":200,"data":{"task_id":"' .. ("x"):rep(513),
            '{"code":200,"msg":"成功","data":null}',
            '{"code":200,"data":"' .. UUID .. '"}',
        } do
            assert.equal("unknown", outcome(200, body))
        end
    end)
end)

describe("reverse: a refused submit", function()
    it("was not bought when a TaskError says so", function()
        local kinds = {
            invalid_request = "invalid", invalid_api_platform = "invalid",
            channel_not_found = "invalid", task_channel_disable = "invalid",
            model_mapping_failed = "invalid", invalid_relay_mode = "invalid",
            model_price_error = "invalid", callback_url_empty = "invalid",
            quota_not_enough = "credits",
        }
        for code, kind in pairs(kinds) do
            assert.same({ "no", kind }, { outcome(400, task_error(code)) })
            assert.same({ "no", kind }, { outcome(422, task_error(code)) })
        end
        assert.same({ "no", "credits" }, { outcome(403, task_error "quota_not_enough") })
    end)

    it("may have been bought when a TaskError is about the leg behind", function()
        for _, code in ipairs {
            "build_request_failed", "do_request_failed", "read_response_body_failed",
            "unmarshal_response_body_failed", "task_failed", "invalid_response",
            "upstream_error", "get_task_failed", "insert_task_failed",
        } do
            for _, status in ipairs { 200, 400, 401, 403, 404, 429, 500, 502 } do
                assert.equal("unknown", outcome(status, task_error(code, "invalid token")))
                assert.equal("unknown", outcome(status, platform(code, "余额不足")))
            end
        end
        assert.equal("unknown", outcome(400, task_error("fail_to_fetch_task", "upstream: no")))
        assert.equal("unknown", outcome(400, task_error "a_new_code"))
    end)

    it("was not bought when the platform's envelope says so", function()
        assert.same({ "no", "invalid" }, { outcome(400, platform "invalid_request") })
        assert.same({ "no", "invalid" }, { outcome(400, platform(nil)) })
        assert.same({ "no", "auth" }, { outcome(401, platform "") })
        assert.same({ "no", "auth" }, { outcome(403, platform(nil, "no access")) })
        assert.same({ "no", "credits" }, { outcome(403, platform("insufficient_user_quota")) })
        assert.same({ "no", "credits" }, { outcome(403, platform(nil, "用户额度不足")) })
        assert.same({ "no", "credits" }, { outcome(402, platform(nil)) })
        assert.same({ "no", "auth" },
            { outcome(401, '{"error":{"message":"Invalid signature","type":"401"}}') })
        assert.same({ "no", "auth" }, { outcome(401, '{"message":"No API key found"}') })
        assert.same({ "no", "auth" }, { outcome(401, platform "invalid_request") })
        assert.same({ "no", "invalid" }, { outcome(404, platform(nil, "Invalid URL")) })
        assert.same({ "no", "invalid" }, { outcome(405, '{"detail":"Method Not Allowed"}') })
    end)

    it("was too fast, or too much for a day", function()
        assert.same({ "no", "rate" }, { outcome(429, platform(nil, "too many requests")) })
        assert.same({ "no", "rate" },
            { outcome(429, task_error("fail_to_fetch_task", "当前分组上游负载已饱和，请稍后再试")) })
        assert.same({ "no", "rate" }, { outcome(429, task_error "queue_full") })
        assert.same({ "no", "daily" },
            { outcome(429, '{"error":"Your daily task limit has been reached."}') })
        assert.same({ "no", "credits" }, { outcome(429, platform(nil, "insufficient quota")) })
    end)

    it("is believed when the built-in gateway is about to end", function()
        local body = '{"error":{"message":"m","type":"%s","param":"","code":"shutting_down"}}'
        assert.same({ "no", "rate" }, { outcome(503, body:format "tarmac_api_error") })
        assert.equal("unknown", outcome(503, body:format "comet_api_error"))
    end)

    it("with HTTP 200 counts only where its text leaves no doubt", function()
        local function native(msg)
            return ('{"code":400,"msg":"%s","data":null}'):format(msg)
        end
        assert.same({ "no", "credits" }, { outcome(200, native "余额不足，请充值") })
        assert.same({ "no", "credits" }, { outcome(200, native "Insufficient Balance") })
        assert.same({ "no", "auth" }, { outcome(200, native "无效的令牌") })
        assert.same({ "no", "auth" }, { outcome(200, native "Unauthorized") })
        assert.same({ "no", "invalid" }, { outcome(200, native "参数错误: ratio") })
        assert.same({ "no", "invalid" }, { outcome(200, native "callback_url_empty") })
        assert.same({ "no", "credits" }, { outcome(200, '{"error":"quota_not_enough"}') })
        for _, msg in ipairs { "", "系统繁忙", "submit failed", "timeout", "upstream error" } do
            assert.equal("unknown", outcome(200, native(msg)))
        end
    end)

    it("is unknown in everything else", function()
        local everything_else = {
            { 200, "" }, { 200, "{}" }, { 200, "[]" }, { 200, "null" }, { 200, "\0" },
            { 200, HTML }, { 200, '{"code":200,"msg":"成功"}' }, { 200, '{"status":"ok"}' },
            { 202, '{"message":"accepted"}' }, { 301, HTML },
            { 302, platform(nil, "invalid token") },
            { 400, HTML }, { 400, "{}" }, { 400, '{"code":200,"msg":"成功"}' },
            { 400, '{"error":"Validation of body failed"}' }, { 401, HTML }, { 401, "{}" },
            { 403, "<html>cloudflare</html>" }, { 404, HTML }, { 408, platform(nil) },
            { 409, platform(nil) }, { 429, "slow down" }, { 500, platform "invalid_request" },
            { 500, task_error "quota_not_enough" }, { 502, HTML }, { 503, platform(nil) },
            { 504, platform(nil) }, { 524, "" },
        }
        for _, case in ipairs(everything_else) do
            assert.equal("unknown", outcome(case[1], case[2]))
        end
    end)

    it("gives its reason in one line that fits", function()
        local _, why = accepted(400, {}, platform("invalid_request", "a\\n\\tb"))
        assert.equal("HTTP 400: a b (request id: 20260313)", why.reason)
        _, why = accepted(502, {}, HTML)
        assert.equal("HTTP 502: a web page, not JSON", why.reason)
        _, why = accepted(200, {}, " \n")
        assert.equal("HTTP 200: an empty answer", why.reason)
        _, why = accepted(200, {}, "[[[")
        assert.equal("HTTP 200: not JSON", why.reason)
        _, why = accepted(200, {}, '{"msg":"' .. ("成"):rep(400) .. '"}')
        assert.is_truthy(utf8.len(why.reason))
        assert.is_true(#why.reason <= 520)
        _, why = accepted(200, {}, '{"msg":"caf\xE9"}')
        assert.equal("HTTP 200: caf?", why.reason)
    end)
end)
