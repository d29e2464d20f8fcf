--- The bodies of the reverse format, from neutral requests.

local fields = require "dialect.reverse.fields"
local models = require "dialect.reverse.models"

local given = require("dialect.reverse.answer").given
local ipairs, next, type = ipairs, next, type -- the sandbox's take a while to find

local M = {}

-- Added when a request is sent, never hashed.
M.defaults = {
    generate = {
        model = models.usual_model.generate, ratio = "16:9", style = "cinematic", seconds = 5,
    },
    video2video = { model = models.usual_model.video2video, seconds = 5 },
    act_one = {},
    act_two = {},
    aleph = { seconds = 5 },
}

-- Lay `extra` below `into`: what is there stays.
local function merge_below(into, extra)
    for key, v in pairs(extra) do
        if into[key] == nil then
            into[key] = v
        elseif type(into[key]) == "table" and type(v) == "table" then
            merge_below(into[key], v)
        end
    end
end

-- Ratio, style, seconds and all of motion_vector are always sent: some services
-- require them, none refuses them.
local function generate(pick, request)
    local asked = given(request.motion) or {}
    local motion = {}
    for _, axis in ipairs(fields.AXES) do
        motion[axis] = given(asked[axis]) or 0
    end
    return "/pro/generate", {
        prompt = pick "prompt",
        model = pick "model",
        ratio = pick "ratio",
        style = pick "style",
        image = pick "image",
        last_image = pick "last_image",
        options = { seconds = pick "seconds", seed = pick "seed", motion_vector = motion },
    }
end

local function video2video(pick)
    return "/pro/video2video", {
        video = pick "video",
        model = pick "model",
        prompt = pick "prompt",
        options = {
            structure_transformation = pick "structure",
            flip = pick "flip",
            seconds = pick "seconds",
            seed = pick "seed",
        },
    }
end

local function act_one(pick)
    return "/pro/act_one", {
        video = pick "video",
        image = pick "image",
        options = { flip = pick "flip" },
    }
end

local function act_two(pick)
    return "/pro/act_two", {
        video = pick "video",
        image = pick "image",
        character_video = pick "character_video",
        options = {
            expression_intensity = pick "expression_intensity",
            body_control = pick "body_control",
            flip = pick "flip",
        },
    }
end

local function aleph(pick)
    local image = pick "image"
    return "/pro/aleph", {
        video = pick "video",
        prompt = pick "prompt",
        images = image and { image },
        options = { seconds = pick "seconds", seed = pick "seed" },
    }
end

--- Each route's path and body, of pick(name) and the request.
M.routes = {
    generate = generate, video2video = video2video, act_one = act_one, act_two = act_two,
    aleph = aleph,
}

--- The path and the body of one request.
function M.build(route, request, callback_url)
    local build = M.routes[route] or error("reverse has no route '" .. route .. "'", 0)
    local defaults = M.defaults[route]
    local function pick(name)
        local v = given(request[name])
        if v == nil then
            v = defaults[name]
        end
        return v
    end
    local path, body = build(pick, request)
    body.callback_url = callback_url
    merge_below(body, given(request.extra) or {})
    if not next(body.options) then
        body.options = nil -- an empty table could be a list
    end
    return path, body
end

return M
