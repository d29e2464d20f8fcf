--- The reverse format, which resellers of the web service speak: one submit
-- route for text and image, and a feed that answers in four shapes.
--
-- Pure functions. What is sent is here; the answers are read in
-- dialect/reverse/.

local answer = require "dialect.reverse.answer"

local given = answer.given

local M = {
    name = "reverse",
    version = "2026-03-13", -- of these tables
    data_uri = false,
    list_complete = true, -- where it says so of itself
    accepted = require("dialect.reverse.bought").accepted,
    state = require("dialect.reverse.state").state,
    listed = require("dialect.reverse.list").listed,
    callback = answer.callback,
}

local PREFIX <const> = "/runway" -- others: "/runway/v1"
local LIST_ROWS <const> = 100 -- on a page
local SEED_MAX <const> = 4294967295
local AXES <const> = { "x", "y", "z", "r", "bg_x_pan", "bg_y_pan" }

-- With an image it is image-to-video, on the same route.
M.routes = { generate = "/pro/generate" }

-- Added when a request is sent, never hashed. The model is the one whose
-- motion vector the services honour.
M.defaults = {
    generate = { model = "gen2", ratio = "16:9", style = "cinematic", seconds = 5 },
}

local function fields_of_generate()
    local fields = {
        { name = "prompt", type = "text", required = true },
        { name = "model", type = "text" },
        {
            name = "ratio",
            type = "text",
            choices = {
                "16:9", "9:16", "1:1", "4:3", "3:4", "21:9",
                "1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672",
            },
        },
        { name = "style", type = "text" },
        { name = "seconds", type = "integer", choices = { 5, 10 } },
    }
    for _, axis in ipairs(AXES) do
        fields[#fields + 1] = { name = "motion." .. axis, type = "number", models = { "gen2" } }
    end
    fields[#fields + 1] = { name = "image", type = "file" }
    fields[#fields + 1] = { name = "last_image", type = "file" }
    -- options.seed: an extension, which the built-in gateway understands.
    fields[#fields + 1] = { name = "seed", type = "integer", min = 0, max = SEED_MAX }
    fields[#fields + 1] = { name = "extra", type = "any" }
    return fields
end

M.fields = { generate = fields_of_generate() }

--- Resellers set their own prices; they are the user's `prices:`.
function M.price()
    return nil
end

-- --- what is sent

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

local function call(ctx, path, body)
    local prefix = ctx.prefix or PREFIX
    while prefix:sub(-1) == "/" do
        prefix = prefix:sub(1, -2)
    end
    return {
        method = "POST",
        path = prefix .. path,
        headers = { ["X-Runway-Version"] = "2024-11-06" },
        body = body,
    }
end

--- One generation. Ratio, style, seconds and all of motion_vector are always
-- sent: some services require them, none refuses them.
function M.submit(route, request, ctx)
    local path = M.routes[route] or error("reverse has no route '" .. route .. "'", 0)
    local defaults = M.defaults[route]
    local function pick(name)
        return given(request[name]) or defaults[name]
    end
    local asked = given(request.motion) or {}
    local motion = {}
    for _, axis in ipairs(AXES) do
        motion[axis] = given(asked[axis]) or 0
    end
    local body = {
        callback_url = ctx.callback_url,
        prompt = pick "prompt",
        model = pick "model",
        ratio = pick "ratio",
        style = pick "style",
        image = pick "image",
        last_image = pick "last_image",
        options = { seconds = pick "seconds", seed = pick "seed", motion_vector = motion },
    }
    merge_below(body, given(request.extra) or {})
    return call(ctx, path, body)
end

function M.poll(task_id, ctx)
    return call(ctx, "/feed", { task_id = task_id })
end

function M.list(page, ctx)
    local path = ("/list?page=%d&limit=%d"):format(page, LIST_ROWS)
    return call(ctx, path, { page = page, limit = LIST_ROWS })
end

return M
