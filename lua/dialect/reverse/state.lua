--- The answer to a poll: how is the task going?
--
-- Three shapes (native, wrapped, flat) and the official one are read by one
-- rule each. A failed poll is not a failed task, an unknown word is "running",
-- 100 % is not success; a task has "failed" only where the answer says so of
-- the task itself.

local answer = require "dialect.reverse.answer"

local M = {}

local has_any, inside, one_line = answer.has_any, answer.inside, answer.one_line
local text, word = answer.text, answer.word
local type, ipairs, tostring, tonumber = type, ipairs, tostring, tonumber
local find, match, utf8_len = string.find, string.match, utf8.len

local URL_MAX <const> = 8192
local URLS_MAX <const> = 64

local MEANING <const> = {
    ["0"] = "running",
    ["1"] = "running",
    ["2"] = "failed",
    ["3"] = "succeeded",
    succeeded = "succeeded",
    success = "succeeded",
    completed = "succeeded",
    failed = "failed",
    fail = "failed",
    failure = "failed",
    error = "failed",
    cancelled = "cancelled",
    canceled = "cancelled",
    -- Words that are known to mean waiting.
    not_start = "running",
    submitted = "running",
    queued = "running",
    pending = "running",
    throttled = "running",
    processing = "running",
    in_progress = "running",
    running = "running",
}

local SAYS_MISSING <const> = {
    "task_not_exist", "task not exist", "task does not exist", "could not find task",
    "任务不存在",
}
-- Why a task failed, once it is known that it did.
local SAYS_MODERATION <const> = {
    "moderat", "safety", "nsfw", "sensitive", "inappropriate", "content policy", "violat",
    "prohibited", "违规", "敏感", "审核", "不合规",
}
-- That a task failed, where nothing else says so: "get task failed" or "in
-- moderation" do not.
local SAYS_FAILED <const> = {
    "generation failed", "failed to generate", "生成失败", "nsfw", "content policy",
    "sensitive content", "sensitive word", "moderation failed", "内容违规", "违规内容",
    "敏感内容", "敏感词", "审核未通过", "审核不通过", "内容不合规",
}

local function web(v)
    local url = text(v)
    if url and #url <= URL_MAX and utf8_len(url)
        and find(url, "^[hH][tT][tT][pP][sS]?://[^%s%c]+$") then
        return url
    end
end

local function outputs(v)
    local list = {}
    for _, item in ipairs(type(v) == "table" and v or { v }) do
        if #list < URLS_MAX then
            list[#list + 1] = web(item)
        end
    end
    return list[1] and list
end

-- The results that one table names. Not raw_video_url: that is the input.
local function urls_in(t)
    local url = web(t.result_url) or web(t.video_url)
    if url then
        return { url }
    end
    local list = outputs(t.output)
    if list then
        return list
    end
    url = web(t.url) or web(inside(t.assets).video)
    return url and { url }
end

local function urls_of(task)
    local data = inside(task.data)
    return urls_in(task) or urls_in(data) or urls_in(inside(data.data))
end

-- Older servers put the result of a success into fail_reason.
local function old_url_of(task)
    local url = web(task.fail_reason)
    return url and { url }
end

-- "37%", 37 or 0.37. A lone 1 is one percent where tasks have a task_id, and
-- all of it in the official form, which counts to 1.
local function progress_of(task)
    local v = task.progress
    if type(v) ~= "string" and type(v) ~= "number" or #tostring(v) > 32 then
        return nil
    end
    local percent = match(tostring(v), "^%s*(.+)%%$")
    local n = tonumber(percent or v)
    if not n or n < 0 then
        return nil
    end
    if percent or n > 1 or (n == 1 and task.task_id) then
        n = n / 100
    end
    return math.min(n, 1)
end

-- What the words say together, and a note when they contradict each other.
-- `state` wins. A `state` that nobody knows is "running", unless `status` says
-- success and the clip is there.
local function meaning(task, urls)
    local state, status = word(task.state), word(task.status)
    local by_state, by_status = MEANING[state], MEANING[status]
    if not state then
        -- One reseller has 2 and 3 the other way round. A failed task has no
        -- clip, so a clip that was not refunded is believed.
        if status == "2" and web(task.video_url) and word(task.refund) ~= "1" then
            return "succeeded"
        end
        return by_status or "running"
    elseif not by_state then
        return by_status == "succeeded" and urls and "succeeded" or "running"
    elseif by_status and by_status ~= by_state then
        return by_state, ("state says '%s', status says '%s'"):format(state, status)
    end
    return by_state
end

-- The first of these fields that says something.
local function first(t, names)
    for _, name in ipairs(names) do
        if text(t[name]) then
            return t[name]
        end
    end
end

local function fail_reason(task, env)
    local data = inside(task.data)
    local code = text(task.failureCode) or text(data.failureCode)
    local why = first(task, { "fail_reason", "failure", "msg", "message", "error" })
        or text(inside(task.error).message)
        or first(data, { "fail_reason", "failure", "msg" })
        or (not env.ok and env.message or nil)
    if code and why then
        return code .. ": " .. why
    end
    return code or why
end

local function kind_of_failure(reason)
    return reason and has_any(reason:lower(), SAYS_MODERATION) and "moderation" or nil
end

-- Points that a finished task cost, where the answer says so.
local function charge_of(task, state)
    local point = word(task.point)
    if state == "failed" then
        return word(task.refund) == "1" and 0 or nil
    elseif state ~= "succeeded" or not point or #point > 12 or not find(point, "^%d+$") then
        return nil
    end
    return word(task.refund) == "1" and 0 or math.tointeger(tonumber(point))
end

local function describe(task, env)
    local urls, old = urls_of(task), old_url_of(task)
    local state, note = meaning(task, urls or old)
    local reason = note
    if state == "failed" or state == "cancelled" then
        reason = fail_reason(task, env) or note
    end
    return {
        state = state,
        progress = progress_of(task),
        -- What failed may show a clip all the same, which is paid for.
        urls = state ~= "running" and urls or state == "succeeded" and old or nil,
        last_frame = web(task.last_frame) or web(inside(task.data).last_frame),
        reason = one_line(reason),
        kind = state == "failed" and kind_of_failure(reason) or nil,
        charge = charge_of(task, state),
    }
end

local NO_NEWS_KIND <const> = { [401] = "auth", [403] = "auth", [429] = "rate" }

local function no_news(status, said)
    return {
        state = "no_news",
        kind = NO_NEWS_KIND[status],
        reason = ("HTTP %d: %s"):format(status, one_line(said) or "nothing about the task"),
    }
end

-- A number other than 200 with HTTP 200. It may speak of the task, or of this
-- one question ("too many requests"); only what is plainly about the task ends
-- it.
local function other_code(status, task, stated, env)
    local about = stated and describe(task, env)
    if about and about.state ~= "running" then
        return about
    elseif has_any((env.message or ""):lower(), SAYS_FAILED) then
        local reason = one_line(env.message)
        return { state = "failed", reason = reason, kind = kind_of_failure(reason) }
    end
    return about or no_news(status, env.message)
end

-- A `status` outside that comes with no task's name may be the envelope's own
-- ({"status":"error","message":"busy"}): only a clip is believed.
local function unnamed(status, doc, env)
    local about = describe(doc, env)
    return about.state == "succeeded" and about.urls and about or no_news(status, env.message)
end

local function is_missing(env, known)
    return env.name == "task_not_exist"
        or not known and has_any((env.message or ""):lower(), SAYS_MISSING)
end

-- An answer that neither names a task nor has a state is no news: it does not
-- show that the service knows the task.
local function describe_any(status, doc, env, named)
    local task, stated = answer.task_in(doc)
    if stated and task == doc and not named then
        return unnamed(status, doc, env)
    elseif type(env.code) == "number" and not env.ok then
        return other_code(status, task, stated, env)
    elseif stated or named and (env.ok or not env.name) then
        return describe(task, env)
    end
    return no_news(status, not env.ok and env.message or nil)
end

--- What an answer says about the task that was asked for, of its JSON; nil: it
--- is none.
function M.read(status, doc)
    if not doc then
        return no_news(status, "not JSON")
    end
    local env = answer.envelope(doc)
    local task, stated = answer.task_in(doc)
    local named = answer.task_named(doc)
    if is_missing(env, stated and (named or task ~= doc)) then
        return { state = "not_found", reason = one_line(env.message) or "task_not_exist" }
    elseif status // 100 ~= 2 or env.error and not named then
        return no_news(status, env.message)
    end
    return describe_any(status, doc, env, named)
end

function M.state(status, body)
    return M.read(status, answer.decode(body))
end

return M
