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

    it("know no price", function()
        assert.is_nil(reverse.price("generate", { seconds = 5 }))
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
