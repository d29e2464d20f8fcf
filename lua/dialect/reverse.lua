--- The reverse format, which resellers of the web service speak: one submit
-- route for text and image, more for clips, and a feed that answers in four
-- shapes.
--
-- Pure functions. What is sent, and the readers of the answers, are in
-- dialect/reverse/.

local answer = require "dialect.reverse.answer"
local body = require "dialect.reverse.body"
local fields = require "dialect.reverse.fields"
local models = require "dialect.reverse.models"

local M = {
    name = "reverse",
    version = "2026-03-13", -- of these tables
    as_of = models.as_of,
    models = models.models,
    data_uri = false,
    list_complete = true, -- where it says so of itself
    fields = fields.fields,
    check = fields.check,
    defaults = body.defaults,
    accepted = require("dialect.reverse.bought").accepted,
    state = require("dialect.reverse.state").state,
    listed = require("dialect.reverse.list").listed,
    callback = answer.callback,
}

-- Of the API's paths, by the gateway's profile.
local PREFIXES <const> = { v1 = "/runway/v1" }
local PREFIX <const> = "/runway"
local LIST_ROWS <const> = 100 -- on a page

--- Points of one call.
function M.price(route, request)
    return models.price(route, answer.given(request.model))
end

local function call(ctx, path, content)
    local prefix = ctx.prefix or PREFIXES[ctx.profile] or PREFIX
    while prefix:sub(-1) == "/" do
        prefix = prefix:sub(1, -2)
    end
    return {
        method = "POST",
        path = prefix .. path,
        headers = { ["X-Runway-Version"] = "2024-11-06" },
        body = content,
    }
end

--- One purchase.
function M.submit(route, request, ctx)
    return call(ctx, body.build(route, request, ctx.callback_url))
end

function M.poll(task_id, ctx)
    return call(ctx, "/feed", { task_id = task_id })
end

function M.list(page, ctx)
    local path = ("/list?page=%d&limit=%d"):format(page, LIST_ROWS)
    return call(ctx, path, { page = page, limit = LIST_ROWS })
end

return M
