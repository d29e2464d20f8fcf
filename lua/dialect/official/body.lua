--- The bodies of Runway's own API, from neutral requests.

local answer = require "dialect.reverse.answer"
local models = require "dialect.official.models"
local motion = require "dialect.official.motion"

local M = {}

local given = answer.given

-- Added when a request is sent, never hashed.
M.defaults = {
    generate = { model = models.usual_model.generate, ratio = "16:9", seconds = 5 },
    video2video = { model = models.usual_model.video2video },
    act_two = { model = models.usual_model.act_two, ratio = "16:9" },
    upscale = { model = models.usual_model.upscale },
}

-- Lay `extra` below the body: what is there stays.
local function finish(body, request)
    for key, v in pairs(given(request.extra) or {}) do
        if body[key] == nil then
            body[key] = v
        end
    end
    return body
end

local function model_of(route, request)
    local name = given(request.model) or models.usual_model[route]
    return name, models.find(route, name) or { words = models.usual, image = models.usual }
end

local function images(request)
    local first, last = given(request.image), given(request.last_image)
    if not last then
        return first
    end
    return { { uri = first, position = "first" }, { uri = last, position = "last" } }
end

local function generate(request)
    local defaults = M.defaults.generate
    local name, model = model_of("generate", request)
    local image = given(request.image)
    local ratios = model.words
    if image then
        ratios = model.image
    end
    return image and "/image_to_video" or "/text_to_video", finish({
        model = name,
        promptText = motion.prompt(request),
        promptImage = image and images(request),
        ratio = ratios and models.pixels(ratios, given(request.ratio) or defaults.ratio) or nil,
        duration = given(request.seconds) or defaults.seconds,
        seed = given(request.seed),
    }, request)
end

local function video2video(request)
    local name, model = model_of("video2video", request)
    local ratio = given(request.ratio)
    return "/video_to_video", finish({
        model = name,
        promptText = given(request.prompt),
        [model.video or "videoUri"] = given(request.video),
        [model.ratio or "ratio"] = ratio and models.pixels(model.words, ratio),
        duration = given(request.seconds),
        seed = given(request.seed),
    }, request)
end

local function act_two(request)
    local name, model = model_of("act_two", request)
    local image, video = given(request.image), given(request.character_video)
    local ratio = given(request.ratio) or M.defaults.act_two.ratio
    return "/character_performance", finish({
        model = name,
        character = { type = image and "image" or "video", uri = image or video },
        reference = { type = "video", uri = given(request.video) },
        bodyControl = given(request.body_control),
        expressionIntensity = given(request.expression_intensity),
        ratio = models.pixels(model.words, ratio),
        seed = given(request.seed),
    }, request)
end

local function upscale(request)
    local name = model_of("upscale", request)
    return "/video_upscale", finish({ model = name, videoUri = given(request.video) }, request)
end

--- Of each route: its path, and its body.
M.routes = {
    generate = generate, video2video = video2video, act_two = act_two, upscale = upscale,
}

return M
