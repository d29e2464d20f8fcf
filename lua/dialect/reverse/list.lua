--- The answer to a list: which tasks does the service have?
--
-- Nothing is published about its shape. The built-in gateway's says of itself
-- that it is complete; of another one, nothing is believed but that it may name
-- a task, which a poll confirms.

local answer = require "dialect.reverse.answer"

local M = {}

local ROWS_MAX <const> = 1000
local URL_MAX <const> = 8192

local inside = answer.inside

local function whole(v)
    return math.type(v) == "integer" and v >= 0 and v or nil
end

-- "" of a task that has none; nil: it is not told, or not as it was sent.
local function url_of(row)
    local url = row.callback_url
    if type(url) == "string" and #url <= URL_MAX and utf8.len(url) and not url:find "%c" then
        return url
    end
end

-- The rows, and how many there are; nil where one of them names no task.
local function tasks_of(rows)
    local tasks = {}
    for _, row in ipairs(rows) do
        local id = answer.task_id_of(inside(row).task_id)
        if not id or #tasks == ROWS_MAX then
            return nil
        end
        tasks[#tasks + 1] = { task_id = id, callback_url = url_of(row) }
    end
    return tasks
end

-- Another shape, or no such route: not to be asked for again.
local function not_ours()
    return { complete = false }
end

--- What this page says: {complete, more, total, uptime_ms, tasks}. nil: it is
--- no answer, and may be one the next time.
function M.listed(status, _, body)
    if status == 404 or status == 405 or status == 501 then
        return not_ours()
    end
    local doc = answer.decode(body)
    if status ~= 200 or not doc then
        return nil
    end
    local data = inside(doc.data)
    local page, limit, total = whole(data.page), whole(data.limit), whole(data.total)
    if data.complete ~= true or not (page and limit and total) or type(data.tasks) ~= "table" then
        return not_ours()
    end
    local tasks = tasks_of(data.tasks)
    if not tasks then
        return not_ours()
    end
    return {
        complete = true,
        more = page * limit < total,
        total = total,
        uptime_ms = whole(data.uptime_ms),
        tasks = tasks,
    }
end

return M
