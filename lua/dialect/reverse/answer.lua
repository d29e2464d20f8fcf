--- What every answer of the reverse format may hold: JSON or not, an envelope,
-- a task_id in one of several places. Answers are hostile: every reader here
-- takes any type and returns nil for what it is not.

local json = require "json"

-- Read for every answer: what is looked up in the sandbox each time, through
-- its views, takes longer than the call.
local type, math_type, tostring, tonumber = type, math.type, tostring, tonumber
local byte, find, lower, utf8_len = string.byte, string.find, string.lower, utf8.len

local M = {}

local ID_MAX <const> = 512
local REASON_MAX <const> = 500

--- A null is as good as nothing.
function M.given(v)
    if v == json.null then
        return nil
    end
    return v
end

-- A text that says something, or nil: null, "" and other types do not.
local function text(v)
    if type(v) == "string" and ((byte(v) or 0) > 32 or find(v, "%S")) then
        return v
    end
end
M.text = text

-- A table, or an empty one to look into.
local NOTHING <const> = {}
local function inside(v)
    return type(v) == "table" and v or NOTHING
end
M.inside = inside

--- A word of the format, in lower case: 3, "3" and "SUCCESS" are all in use.
local function word(v)
    if math_type(v) == "integer" then
        return tostring(v)
    end
    return text(v) and lower(v)
end
M.word = word

function M.has_any(s, words)
    for _, w in ipairs(words) do
        if find(s, w, 1, true) then
            return true
        end
    end
    return false
end

--- One line of valid UTF-8 for people, or nil.
function M.one_line(v)
    local s = text(v)
    if not s then
        return nil
    end
    local cut = REASON_MAX
    while cut > 0 and #s > cut and (s:byte(cut + 1) & 0xC0) == 0x80 do
        cut = cut - 1 -- not inside a character
    end
    s = s:sub(1, cut)
    if not utf8.len(s) then
        s = s:gsub("[\128-\255]", "?")
    end
    return (s:gsub("[%s%c]+", " "))
end

--- The JSON object (or list) of a body, or nil.
function M.decode(body)
    if body:sub(1, 3) == "\xEF\xBB\xBF" then
        body = body:sub(4)
    end
    local ok, doc = pcall(json.decode, body)
    if ok and type(doc) == "table" then
        return doc
    end
end

--- A task_id is opaque; some services send a number.
function M.task_id_of(v)
    if math_type(v) == "integer" and v > 0 then
        return tostring(v)
    end
    local id = text(v)
    if id and #id <= ID_MAX and not find(id, "%c") and utf8_len(id) then
        return id
    end
end

function M.task_id_in(doc)
    local data = inside(doc.data)
    return M.task_id_of(doc.task_id)
        or M.task_id_of(data.task_id)
        or M.task_id_of(inside(data.data).task_id)
end

--- The task_id of a text that does not parse: cut off, or with a warning of
--- the server before it. In small pieces, because patterns are bounded.
function M.salvage(body)
    local from = 1
    for _ = 1, 100 do
        local at = body:find('"task_id"', from, true)
        if not at then
            return nil
        end
        local piece = body:sub(at, at + ID_MAX + 64)
        local id = M.task_id_of(piece:match '^"task_id"%s*:%s*"([^"\\]+)"')
        if id then
            return id
        end
        from = at + 1
    end
end

--- The envelope around an answer: `code` (a number, or a word in lower case),
--- `name` (the code where it is a word), `error` (the error object or text),
--- `type` of the error, `message`; `ok` where the code says so.
function M.envelope(doc)
    local err = inside(doc.error)
    local name = word(err.code)
    local code = tonumber(M.given(doc.code))
    if not code then
        name = word(doc.code) or name
    end
    return {
        code = code or name,
        name = name,
        ok = code == 200 or name == "success",
        type = word(err.type),
        error = text(doc.error) or next(err) and err or nil,
        message = text(err.message) or text(doc.error) or text(doc.message) or text(doc.msg)
            or text(doc.detail),
    }
end

--- Where the state of a task stands: outside if it does, else in `data`; never
--- deeper, because the raw answer of another service may lie there. Then the
--- word that says it, or nil.
function M.task_in(doc)
    local task = doc
    if not word(doc.status) and not word(doc.state) then
        task = inside(doc.data)
    end
    return task, word(task.status) or word(task.state)
end

--- The name of the task that an answer is about, or nil. The official form
--- calls it `id`, beside its status.
function M.task_named(doc)
    return M.task_id_in(doc) or (M.task_in(doc) == doc and M.task_id_of(doc.id)) or nil
end

--- The task that a callback's body is about, or nil. A hint, believed only
--- after a poll.
function M.callback(body)
    local doc = M.decode(body)
    if not doc then
        return M.salvage(body)
    end
    return M.task_named(doc)
end

return M
