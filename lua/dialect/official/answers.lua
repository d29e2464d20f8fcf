--- The answers of Runway's own API, and of services that relay it in an
-- envelope of their own, which the reverse format's readers know.

local answer = require "dialect.reverse.answer"
local bought = require "dialect.reverse.bought"
local reverse = require "dialect.reverse.state"

local M = {}

local inside, text = answer.inside, answer.text

local SAYS_CREDITS <const> = { "enough credits", "insufficient credit", "out of credits" }
local SAYS_DAILY <const> = { "daily", "per day" }

local BY_STATUS <const> = {
    [400] = "invalid",
    [401] = "auth",
    [403] = "auth",
    [404] = "invalid", -- no such route: a wrong address
    [405] = "invalid",
    [429] = "rate",
}

-- What a relay says of its own call behind it, which may have bought.
local SAYS_BEHIND <const> = { "upstream", "timeout", "timed out", "request_failed" }

-- The kind of a refusal in Runway's own form, {"error": "…"}, or nil.
local function refusal(status, said, doc)
    local kind = BY_STATUS[status]
    said = said:lower()
    if status == 400 and answer.has_any(said, SAYS_CREDITS) then
        return "credits"
    elseif status == 429 and answer.has_any(said, SAYS_DAILY) then
        return "daily"
    elseif status == 400 and not (doc.issues or doc.docUrl)
        and answer.has_any(said, SAYS_BEHIND) then
        return nil
    end
    return kind
end

-- "promptText: …" of the first thing that was wrong.
local function first_issue(doc)
    local issue = inside(inside(doc.issues)[1])
    local path = inside(issue.path)
    local message = text(issue.message)
    local field = text(path[1])
    return message and (field and field .. ": " or "") .. message
end

-- An id that a cut answer still names, of the answer itself: a page, and what
-- lies deeper, name other things so. Only of what was taken.
local function salvage(status, body)
    return status // 100 == 2 and answer.task_id_of(
        body:sub(1, 1024):match '^[^<{%[]*{[^{}%[]-"id"%s*:%s*"([^"\\]+)"') or nil
end

--- The task that was bought; else nil, and that it was not or that nobody
--- knows.
function M.accepted(status, headers, body)
    local doc = answer.decode(body)
    local id = doc and status // 100 == 2 and answer.task_id_of(doc.id)
        or not doc and salvage(status, body)
    if id then
        return id
    end
    local said = doc and text(doc.error)
    local kind = said and not doc.code and refusal(status, said, doc)
    if not kind then
        return bought.accepted(status, headers, body)
    end
    local issue = first_issue(doc)
    return nil, {
        bought = "no",
        kind = kind,
        reason = ("HTTP %d: %s"):format(status,
            answer.one_line(issue and said .. ": " .. issue or said)),
    }
end

-- What a failureCode means, by its first words; the rest is for diagnosis.
local FAILURES <const> = {
    { "SAFETY", "moderation", "its input is not refunded; other words or another seed may pass" },
    { "INPUT_PREPROCESSING.SAFETY", "moderation", "other words may pass" },
    { "INPUT_PREPROCESSING.INTERNAL", "failed", "it can be bought again" },
    { "ASSET.INVALID", "invalid", "change the file" },
    { "INTERNAL.BAD_OUTPUT", "failed", "another prompt or image may pass" },
    { "THIRD_PARTY.UNAVAILABLE", "failed", "it can be bought again later" },
    { "INTERNAL", "failed", "it can be bought again" },
}

local function meaning_of(code)
    for _, row in ipairs(FAILURES) do
        if code == row[1] or code:sub(1, #row[1] + 1) == row[1] .. "." then
            return row[2], row[3]
        end
    end
end

local function credits_of(doc)
    local credits = inside(doc.cost).credits
    if type(credits) == "number" and credits >= 0 and credits <= 1e9 then
        return credits
    end
end

--- What an answer says about the task that was asked for.
function M.state(status, body)
    local doc = answer.decode(body)
    local about = reverse.read(status, doc)
    if not doc then
        return about
    end
    if about.state == "failed" then
        local code = text(doc.failureCode) or text(inside(doc.data).failureCode)
        local kind, advice = meaning_of(code or "INTERNAL")
        if code and kind then
            about.kind = kind ~= "failed" and kind or nil
            about.reason = answer.one_line(("%s (%s)"):format(about.reason or code, advice))
        end
    elseif about.state == "succeeded" and not about.charge then
        about.charge = credits_of(doc)
    end
    return about
end

return M
