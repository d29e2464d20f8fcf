local json = require("machine").json
local reverse = require "dialect.reverse"

local CTX = { callback_url = "http://baidu.com" }

-- The bodies that the services publish as examples.
local PUBLISHED = {
    v1 = [[{
        "ratio": "16:9", "prompt": "string", "style": "string", "model": "gen2",
        "image": "string",
        "options": {"seconds": 5, "motion_vector":
            {"x": 0, "y": 0, "z": 0, "r": 0, "bg_x_pan": 0, "bg_y_pan": 0}},
        "callback_url": "string"}]],
    gen3 = [[{
        "callback_url": "http://baidu.com", "ratio": "16:9", "prompt": "cat",
        "style": "cinematic", "model": "gen3",
        "options": {"seconds": 10, "motion_vector":
            {"x": 0, "y": 0.3999999999999999, "z": 0, "r": -6, "bg_x_pan": 0, "bg_y_pan": 0}}}]],
    gen4 = [[{
        "callback_url": "http://baidu.com", "ratio": "16:9", "prompt": "a cat",
        "style": "cinematic", "model": "gen4",
        "options": {"seconds": 10, "motion_vector":
            {"x": 0, "y": 0.3999999999999999, "z": 0, "r": -6, "bg_x_pan": 0, "bg_y_pan": 0}}}]],
    image = [[{
        "callback_url": "http://baidu.com", "image": "https://db.xiaohuhd.com/1.jpeg",
        "model": "gen4", "prompt": "Smile, Eat Burger"}]],
}

local STILL = { x = 0, y = 0, z = 0, r = 0, bg_x_pan = 0, bg_y_pan = 0 }

local function submit(request, ctx)
    return reverse.submit("generate", request, ctx or CTX)
end

local function body_of(request, ctx)
    return submit(request, ctx).body
end

describe("reverse: a submit", function()
    it("is the published body of the /v1/ family", function()
        local call = submit({
            prompt = "string", model = "gen2", style = "string", image = "string",
        }, { callback_url = "string", prefix = "/runway/v1" })
        assert.same(json.decode(PUBLISHED.v1), call.body)
        assert.equal("POST", call.method)
        assert.equal("/runway/v1/pro/generate", call.path)
    end)

    it("is the published body for gen3", function()
        assert.same(json.decode(PUBLISHED.gen3), body_of {
            prompt = "cat", model = "gen3", seconds = 10,
            motion = { y = 0.3999999999999999, r = -6 },
        })
    end)

    it("is the published body for gen4", function()
        assert.same(json.decode(PUBLISHED.gen4), body_of {
            prompt = "a cat", model = "gen4", ratio = "16:9", style = "cinematic", seconds = 10,
            motion = { x = 0, y = 0.3999999999999999, z = 0, r = -6, bg_x_pan = 0, bg_y_pan = 0 },
        })
    end)

    it("is the published body with an image, and what other services require", function()
        local expected = json.decode(PUBLISHED.image)
        expected.ratio, expected.style = "16:9", "cinematic"
        expected.options = { seconds = 5, motion_vector = STILL }
        assert.same(expected, body_of {
            prompt = "Smile, Eat Burger", model = "gen4",
            image = "https://db.xiaohuhd.com/1.jpeg",
        })
    end)

    it("has the version header, and the usual prefix", function()
        local call = submit { prompt = "a" }
        assert.same({ ["X-Runway-Version"] = "2024-11-06" }, call.headers)
        assert.equal("/runway/pro/generate", call.path)
    end)

    it("needs no slash at the end of a prefix", function()
        local call = submit({ prompt = "a" }, { callback_url = "u", prefix = "/runway/v1/" })
        assert.equal("/runway/v1/pro/generate", call.path)
    end)

    it("adds the defaults that it declares", function()
        local body = body_of { prompt = "a" }
        local defaults = reverse.defaults.generate
        assert.equal(defaults.model, body.model)
        assert.equal(defaults.ratio, body.ratio)
        assert.equal(defaults.style, body.style)
        assert.same({ seconds = defaults.seconds, motion_vector = STILL }, body.options)
    end)

    it("takes a null for a field that is not set", function()
        assert.same(body_of { prompt = "a" }, body_of {
            prompt = "a", image = json.null, motion = json.null, ratio = json.null,
            extra = json.null, seed = json.null,
        })
    end)

    it("carries seed and last_image", function()
        local body = body_of { prompt = "a", seed = 0, last_image = "https://h/e.png" }
        assert.equal(0, body.options.seed)
        assert.equal("https://h/e.png", body.last_image)
    end)

    it("lays extra below its own fields", function()
        local body = body_of {
            prompt = "a", seconds = 10,
            extra = {
                prompt = "b", callback_url = "http://elsewhere", ip = "1",
                options = { seconds = 3, flip = true, motion_vector = { x = 9, roll = 1 } },
            },
        }
        assert.equal("a", body.prompt)
        assert.equal("http://baidu.com", body.callback_url)
        assert.equal("1", body.ip)
        assert.equal(10, body.options.seconds)
        assert.is_true(body.options.flip)
        assert.equal(0, body.options.motion_vector.x)
        assert.equal(1, body.options.motion_vector.roll)
    end)

    it("leaves the request as it was", function()
        local request = { prompt = "a", motion = { x = 1 }, extra = { options = { flip = true } } }
        body_of(request)
        assert.same(
            { prompt = "a", motion = { x = 1 }, extra = { options = { flip = true } } }, request)
    end)

    it("knows its routes", function()
        assert.has_error(function()
            reverse.submit("upscale", { prompt = "a" }, CTX)
        end, "reverse has no route 'upscale'")
    end)
end)

describe("reverse: its other routes", function()
    local URL = "https://h/a.mp4"

    local function call_of(route, request, ctx)
        return reverse.submit(route, request, ctx or CTX)
    end

    it("redraws a clip", function()
        local call = call_of("video2video", {
            video = URL, prompt = "oil", model = "gen4", structure = 0.5, flip = true, seconds = 10,
        })
        assert.equal("/runway/pro/video2video", call.path)
        assert.same({
            callback_url = "http://baidu.com", video = URL, model = "gen4", prompt = "oil",
            options = { structure_transformation = 0.5, flip = true, seconds = 10 },
        }, call.body)
        call = call_of("video2video", { video = URL, prompt = "oil", flip = false })
        assert.equal("gen3", call.body.model)
        assert.same({ flip = false, seconds = 5 }, call.body.options)
    end)

    it("lets a character act", function()
        local call = call_of("act_one", {
            video = URL, image = "https://h/c.png", extra = { options = { motion_multiplier = 3 } },
        })
        assert.equal("/runway/pro/act_one", call.path)
        assert.same({
            callback_url = "http://baidu.com", video = URL, image = "https://h/c.png",
            options = { motion_multiplier = 3 },
        }, call.body)
        call = call_of("act_two", {
            video = URL, character_video = "https://h/c.mp4", expression_intensity = 4,
            body_control = false,
        })
        assert.equal("/runway/pro/act_two", call.path)
        assert.same({
            callback_url = "http://baidu.com", video = URL, character_video = "https://h/c.mp4",
            options = { expression_intensity = 4, body_control = false },
        }, call.body)
    end)

    it("sends no empty options, which could be a list", function()
        assert.is_nil(call_of("act_one", { video = URL, image = URL }).body.options)
    end)

    it("changes a clip by words", function()
        local call = call_of("aleph", { video = URL, prompt = "snow", image = "https://h/s.png" },
            { callback_url = "u", profile = "v1" })
        assert.equal("/runway/v1/pro/aleph", call.path)
        assert.same({
            callback_url = "u", video = URL, prompt = "snow", images = { "https://h/s.png" },
            options = { seconds = 5 },
        }, call.body)
        assert.is_nil(call_of("aleph", { video = URL, prompt = "snow" }).body.images)
    end)

    it("finds what no single field shows", function()
        local function wrong(route, request)
            local list = reverse.check(route, request)
            return list[1] and list[1].field
        end
        assert.equal("image", wrong("act_two", { video = URL }))
        assert.equal("image", wrong("act_two", { image = URL, character_video = URL }))
        assert.is_nil(wrong("act_two", { image = URL, character_video = json.null }))
        assert.is_nil(wrong("aleph", { prompt = ("é"):rep(1000) }))
        assert.equal("prompt", wrong("aleph", { prompt = ("é"):rep(1001) }))
        assert.is_nil(wrong("generate", { prompt = ("a"):rep(5000) }))
    end)
end)

describe("reverse: a poll", function()
    it("is a POST to the feed of either family", function()
        local call = reverse.poll("t-1", {})
        assert.equal("POST", call.method)
        assert.equal("/runway/feed", call.path)
        assert.same({ task_id = "t-1" }, call.body)
        assert.equal("/runway/v1/feed", reverse.poll("t-1", { prefix = "/runway/v1" }).path)
    end)
end)

describe("reverse: its tables", function()
    local by_name = {}
    for _, field in ipairs(reverse.fields.generate) do
        by_name[field.name] = field
    end

    it("require a prompt and nothing else", function()
        for name, field in pairs(by_name) do
            assert.equal(name == "prompt" or nil, field.required)
        end
    end)

    it("take any model, and give motion to the one that moves", function()
        assert.is_nil(by_name.model.choices)
        for axis in pairs(STILL) do
            assert.same({ "gen2" }, by_name["motion." .. axis].models)
        end
    end)

    it("have defaults that they accept", function()
        local defaults = reverse.defaults.generate
        local function accepts(name)
            for _, choice in ipairs(by_name[name].choices) do
                if choice == defaults[name] then
                    return true
                end
            end
        end
        assert.is_true(accepts "ratio")
        assert.is_true(accepts "seconds")
    end)

    it("know what their models cost", function()
        assert.equal(320, reverse.price("generate", { seconds = 5 }))
        assert.equal(320, reverse.price("generate", { model = "gen4", seconds = 10 }))
        assert.equal(900, reverse.price("video2video", { model = "gen3" }))
        assert.equal(500, reverse.price("act_one", {}))
        assert.equal(500, reverse.price("act_two", {}))
        assert.equal(1000, reverse.price("aleph", {}))
        assert.is_nil(reverse.price("generate", { model = "gen9" }))
        assert.is_nil(reverse.price("upscale", {}))
    end)

    it("know every usual model", function()
        for route, defaults in pairs(reverse.defaults) do
            assert.equal(defaults.model == nil, reverse.models[route] == nil)
            assert.is_true(not defaults.model or reverse.price(route, defaults) ~= nil)
        end
    end)
end)

describe("reverse: a callback", function()
    it("names its task in every form", function()
        local bodies = {
            [[{"task_id":"t-1","status":"3","prompt":"p","prompt_en":"e",
               "video_url":"https://h/a.mp4","poster":"https://h/a.png","last_frame":null,
               "msg":null,"point":"320","refund":"0","create_time":"1734078348",
               "update_time":"1734078452"}]],
            [[{"task_id":"t-1","status":"completed","progress":100,
               "result":{"video_url":"https://h/a.mp4"}}]],
            [[{"code":200,"msg":"","data":{"task_id":"t-1","status":"1"}}]],
            [[{"id":"t-1","status":"RUNNING"}]],
            [[{"task_id":"t-1","sta]],
        }
        for _, body in ipairs(bodies) do
            assert.equal("t-1", reverse.callback(body))
        end
    end)

    it("may name none", function()
        for _, body in ipairs { "", "{}", "[]", "null", '"t-1"', "<html>", '{"id":"t-1"}',
            '{"task_id":null}', '{"task_id":""}', '{"task_id":{"a":1}}', '{"data":[]}' } do
            assert.is_nil(reverse.callback(body))
        end
    end)
end)
