local json = require("machine").json
local official = require "dialect.official"

local PNG = "https://h/a.png"
local MP4 = "https://h/a.mp4"

local function submit(route, request, ctx)
    return official.submit(route, request, ctx or { callback_url = "http://baidu.com" })
end

-- What is wrong, by field; nil where nothing is.
local function wrong(route, request)
    local first = official.check(route, request)[1]
    return first and first.field, first and first.text
end

describe("official: a generation", function()
    it("is made from words", function()
        local call = submit("generate", { prompt = "a pier" })
        assert.equal("POST", call.method)
        assert.equal("/v1/text_to_video", call.path)
        assert.same({ ["X-Runway-Version"] = "2024-11-06" }, call.headers)
        assert.same({
            model = "gen4.5", promptText = "a pier", ratio = "1280:720", duration = 5,
        }, call.body)
    end)

    it("is made from an image", function()
        local call = submit("generate", {
            prompt = "a pier", image = PNG, model = "gen4_turbo", ratio = "1:1", seconds = 10,
            seed = 7,
            extra = { contentModeration = { publicFigureThreshold = "low" }, ratio = "x" },
        })
        assert.equal("/v1/image_to_video", call.path)
        assert.same({
            model = "gen4_turbo", promptText = "a pier", promptImage = PNG, ratio = "960:960",
            duration = 10, seed = 7, contentModeration = { publicFigureThreshold = "low" },
        }, call.body)
    end)

    it("is made from two images", function()
        local call = submit("generate", {
            image = PNG, last_image = "https://h/b.png", model = "veo3.1", seconds = 8,
        })
        assert.same({
            { uri = PNG, position = "first" }, { uri = "https://h/b.png", position = "last" },
        }, call.body.promptImage)
        assert.is_nil(call.body.promptText)
    end)

    it("has the ratio in the model's own pixels", function()
        local function ratio(model, image)
            return submit("generate", {
                prompt = "a", model = model, image = image, ratio = "4:3", seconds = 5,
            }).body.ratio
        end
        assert.equal("1104:832", ratio("gen4.5", PNG))
        assert.equal("1112:834", ratio "seedance2")
        assert.equal("1108:832", ratio "happyhorse_1_0")
        assert.is_nil(ratio("happyhorse_1_0", PNG)) -- it takes the image's
        assert.equal("1104:832", ratio "gen9")
        assert.equal("768:1280", submit("generate", {
            prompt = "a", image = PNG, model = "gen3a_turbo", ratio = "9:16",
        }).body.ratio)
    end)

    it("says in words how the camera moves, and only what moves", function()
        local function text(motion, prompt)
            return submit("generate", { prompt = prompt, motion = motion, image = PNG })
                .body.promptText
        end
        assert.equal("a pier Camera: x 4, y 0.5, z -2, r 6, bg_x_pan 1, bg_y_pan 1.", text({
            x = 4, y = 0.5, z = -2, r = 6, bg_x_pan = 1, bg_y_pan = 1,
        }, "a pier"))
        assert.equal("a Camera: y 0.4, r -6.", text({ x = 0, y = 0.4, r = -6.0 }, "a"))
        assert.equal("a", text({ x = 0, y = json.null, r = 0.0 }, "a"))
        assert.equal("Camera: z 1.", text({ z = 1 }, nil))
    end)

    it("leaves the request as it was", function()
        local request = { prompt = "a", motion = { x = 1 }, extra = { audio = false } }
        submit("generate", request)
        assert.same({ prompt = "a", motion = { x = 1 }, extra = { audio = false } }, request)
    end)

    it("takes a null for a field that is not set", function()
        assert.same(submit("generate", { prompt = "a" }), submit("generate", {
            prompt = "a", image = json.null, motion = json.null, ratio = json.null,
            extra = json.null, seed = json.null, model = json.null,
        }))
    end)
end)

describe("official: its other routes", function()
    it("change a clip", function()
        local call = submit("video2video", { video = MP4, prompt = "snow", ratio = "9:16" })
        assert.equal("/v1/video_to_video", call.path)
        assert.same({
            model = "aleph2", videoUri = MP4, promptText = "snow", targetAspectRatio = "9:16",
        }, call.body)
        assert.same({
            model = "seedance2", promptVideo = MP4, promptText = "snow", ratio = "1280:720",
            duration = 5, seed = 1,
        }, submit("video2video", {
            model = "seedance2", video = MP4, prompt = "snow", ratio = "16:9", seconds = 5,
            seed = 1,
        }).body)
    end)

    it("let a character act", function()
        local call = submit("act_two", {
            video = MP4, image = PNG, body_control = false, expression_intensity = 4,
        })
        assert.equal("/v1/character_performance", call.path)
        assert.same({
            model = "act_two", character = { type = "image", uri = PNG },
            reference = { type = "video", uri = MP4 }, bodyControl = false,
            expressionIntensity = 4, ratio = "1280:720",
        }, call.body)
        assert.same({ type = "video", uri = "https://h/c.mp4" },
            submit("act_two", { video = MP4, character_video = "https://h/c.mp4" })
                .body.character)
    end)

    it("make a clip larger", function()
        local call = submit("upscale", { video = MP4, extra = { resolution = "4k" } })
        assert.equal("/v1/video_upscale", call.path)
        assert.same({
            model = "magnific_video_upscaler_creative", videoUri = MP4, resolution = "4k",
        }, call.body)
    end)

    it("are all there is", function()
        assert.has_error(function()
            submit("aleph", { video = MP4 })
        end, "official has no route 'aleph'")
    end)
end)

describe("official: a task", function()
    it("is asked for, and cancelled, by its own path", function()
        local call = official.poll("t-1", {})
        assert.equal("GET", call.method)
        assert.equal("/v1/tasks/t-1", call.path)
        assert.is_nil(call.body)
        call = official.cancel("t-1", { prefix = "/runwayml/" })
        assert.equal("DELETE", call.method)
        assert.equal("/runwayml/v1/tasks/t-1", call.path)
    end)

    it("cannot lead to another path", function()
        assert.equal("/v1/tasks/..%2Forganization%3Fa%25",
            official.poll("../organization?a%", {}).path)
    end)
end)

describe("official: its tables", function()
    local function rows(route, name, model)
        local found = {}
        for _, field in ipairs(official.fields[route]) do
            for _, m in ipairs(field.models or {}) do
                if field.name == name and m == model then
                    found[#found + 1] = field
                end
            end
        end
        return found
    end

    it("have one row of a field for a model", function()
        for route, models in pairs(official.models) do
            for _, model in ipairs(models) do
                for _, name in ipairs { "ratio", "seconds", "seed", "last_image" } do
                    assert.is_true(#rows(route, name, model) <= 1)
                end
            end
        end
        assert.same({ 4, 6, 8 }, rows("generate", "seconds", "veo3.1")[1].choices)
        assert.is_true(rows("generate", "seconds", "veo3")[1].required)
        assert.equal(2, rows("generate", "seconds", "gen4.5")[1].min)
        assert.is_nil(rows("generate", "last_image", "gen4_turbo")[1])
        assert.equal(1, #rows("generate", "last_image", "veo3.1"))
    end)

    it("have usual models that they know", function()
        for route, defaults in pairs(official.defaults) do
            local known = false
            for _, model in ipairs(official.models[route]) do
                known = known or model == defaults.model
            end
            assert.is_true(known)
        end
    end)

    it("know prices", function()
        local function price(request, route)
            return official.price(route or "generate", request)
        end
        assert.equal(60, price { prompt = "a" })
        assert.equal(50, price { model = "gen4_turbo", seconds = 10 })
        assert.equal(320, price { model = "veo3.1", seconds = 8 })
        assert.equal(160, price { model = "veo3.1", seconds = 8, extra = { audio = false } })
        assert.equal(320, price { model = "veo3", seconds = 8, extra = { audio = false } })
        assert.is_nil(price { model = "happyhorse_1_0" })
        assert.is_nil(price { model = "gen9" })
        assert.equal(840, price({ video = MP4 }, "video2video")) -- of the longest clip
        assert.same({ 840, 56 }, { price({ video = MP4 }, "video2video") })
        assert.same({ 60, 60 }, { price { seconds = 5 } })
        assert.equal(180, price({ model = "seedance2", seconds = 5 }, "video2video"))
        assert.equal(150, price({ video = MP4 }, "act_two"))
        assert.is_nil(price({ video = MP4 }, "upscale"))
    end)
end)

describe("official: a check", function()
    it("finds nothing in what is right", function()
        for _, request in ipairs {
            { prompt = "a" },
            { prompt = "a", ratio = "9:16" },
            { prompt = "a", image = PNG, ratio = "1:1" },
            { model = "gen4_turbo", image = PNG },
            { model = "veo3.1", image = PNG, last_image = PNG, seconds = 8 },
            { model = "gen9", ratio = "2:1", last_image = PNG },
        } do
            assert.is_nil(wrong("generate", request))
        end
        assert.is_nil(wrong("video2video", { video = MP4, prompt = "a" }))
        assert.is_nil(wrong("act_two", { video = MP4, image = PNG }))
        assert.is_nil(wrong("upscale", { video = MP4 }))
    end)

    it("finds what one field does not show", function()
        assert.equal("prompt", wrong("generate", {}))
        assert.equal("prompt", wrong("generate", { image = PNG }))
        assert.equal("model", wrong("generate", { model = "gen4_turbo", prompt = "a" }))
        assert.equal("ratio", wrong("generate", { prompt = "a", ratio = "1:1" }))
        assert.equal("ratio",
            wrong("generate", { model = "happyhorse_1_0", image = PNG, ratio = "1:1" }))
        assert.equal("last_image",
            wrong("generate", { model = "veo3.1", prompt = "a", last_image = PNG }))
        assert.equal("prompt", wrong("video2video", { video = MP4 }))
        assert.equal("image", wrong("act_two", { video = MP4 }))
        assert.equal("character_video",
            wrong("act_two", { video = MP4, image = PNG, character_video = MP4 }))
    end)

    it("counts a prompt in UTF-16 units, the camera's words too", function()
        assert.is_nil(wrong("generate", { prompt = ("é"):rep(1000) }))
        assert.equal("prompt", wrong("generate", { prompt = ("é"):rep(1001) }))
        assert.is_nil(wrong("generate", { prompt = ("😀"):rep(500) }))
        assert.equal("prompt", wrong("generate", { prompt = ("😀"):rep(501) }))
        local long = ("a"):rep(988)
        assert.is_nil(wrong("generate", { prompt = long }))
        local field, text = wrong("generate", { prompt = long, motion = { x = 4 } })
        assert.equal("prompt", field)
        assert.equal("'prompt' is 1001 characters long, with the camera's words: model 'gen4.5' "
            .. "takes at most 1000", text)
        assert.is_nil(wrong("generate", { model = "seedance2", prompt = ("a"):rep(3500) }))
    end)
end)
