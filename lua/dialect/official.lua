--- Runway's own API (https://api.dev.runwayml.com): a route for each kind of
-- input, tasks by GET, no callbacks and no list.
--
-- Pure functions. What is sent is here; fields, models and answers are in
-- dialect/official/.

local account = require "dialect.official.account"
local answer = require "dialect.reverse.answer"
local answers = require "dialect.official.answers"
local body = require "dialect.official.body"
local fields = require "dialect.official.fields"
local models = require "dialect.official.models"

local given = answer.given

local M = {
    name = "official",
    version = "2026-07-27", -- of these tables
    as_of = models.as_of,
    models = models.names(),
    data_uri = true,
    fields = fields.fields,
    check = fields.check,
    defaults = body.defaults,
    accepted = answers.accepted,
    state = answers.state,
    accounted = account.accounted,
}

local HEADERS <const> = { ["X-Runway-Version"] = "2024-11-06" }

local function call(ctx, method, path, content)
    local prefix = ctx.prefix or ""
    while prefix:sub(-1) == "/" do
        prefix = prefix:sub(1, -2)
    end
    return { method = method, path = prefix .. "/v1" .. path, headers = HEADERS, body = content }
end

-- Seconds of the result that are paid for, or the least and the most that may be.
local function seconds_of(route, request, model)
    local asked = given(request.seconds)
    if model.most and not asked then
        return 0, model.most
    end
    asked = asked or body.defaults[route].seconds
    return asked, asked
end

--- Credits, or nil where they are not known. Where the length is the given
--- clip's, the most that it can cost, and the least.
function M.price(route, request)
    local name = given(request.model) or models.usual_model[route]
    local model = models.find(route, name)
    if not model or not model.second then
        return nil
    end
    local extra = given(request.extra) or {}
    local second = model.silent and extra.audio == false and model.silent or model.second
    local least, most = seconds_of(route, request, model)
    if most then
        local bill = model.least or 0
        return math.max(second * most, bill), math.max(second * least, bill)
    end
end

function M.submit(route, request, ctx)
    local build = body.routes[route] or error("official has no route '" .. route .. "'", 0)
    local path, content = build(request)
    return call(ctx, "POST", path, content)
end

-- A task_id in a path.
local function escaped(task_id)
    return (task_id:gsub("[^%w%-_.~]", function(c)
        return ("%%%02X"):format(c:byte())
    end))
end

function M.poll(task_id, ctx)
    return call(ctx, "GET", "/tasks/" .. escaped(task_id))
end

--- The organization: its credits, and what its tier allows.
function M.account(ctx)
    return call(ctx, "GET", "/organization")
end

--- Also deletes what has finished: the engine asks first.
function M.cancel(task_id, ctx)
    return call(ctx, "DELETE", "/tasks/" .. escaped(task_id))
end

return M
