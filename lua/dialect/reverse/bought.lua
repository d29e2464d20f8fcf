--- The answer to a submit: was it bought?
--
-- "no" only where the service provably refused before buying. Everything else
-- without a task_id is "unknown", which is never sent again by itself: a wrong
-- "unknown" asks a question, a wrong "no" pays twice.

local answer = require "dialect.reverse.answer"

local M = {}

local has_any = answer.has_any

-- Codes of refusals that come before anything is bought.
local NOT_BOUGHT <const> = {
    callback_url_empty = "invalid",
    invalid_request = "invalid",
    invalid_api_platform = "invalid",
    channel_not_found = "invalid",
    task_channel_disable = "invalid",
    model_mapping_failed = "invalid",
    invalid_relay_mode = "invalid",
    model_price_error = "invalid",
    quota_not_enough = "credits",
    insufficient_user_quota = "credits",
}

-- Codes after which the task may exist upstream, whatever status or text says.
local AMBIGUOUS <const> = {
    build_request_failed = true,
    do_request_failed = true,
    read_response_body_failed = true,
    unmarshal_response_body_failed = true,
    task_failed = true,
    invalid_response = true,
    upstream_error = true,
    get_task_failed = true,
    insert_task_failed = true,
}

-- Texts that leave no doubt, in lower case.
local SAYS_CREDITS <const> = {
    "insufficient quota", "insufficient user quota", "insufficient balance",
    "insufficient credit", "insufficient fund", "not enough credit", "not have enough credit",
    "not enough balance", "quota_not_enough", "insufficient_user_quota", "insufficient_quota",
    "余额不足", "额度不足", "配额不足", "积分不足", "点数不足", "额度已用尽", "余额已用尽",
}
local SAYS_AUTH <const> = {
    "invalid token", "invalid api key", "invalid api-key", "invalid key", "incorrect api key",
    "invalid signature", "unauthorized", "无效的令牌", "令牌无效", "令牌已过期", "未提供令牌",
    "密钥无效", "密钥错误",
}
local SAYS_INVALID <const> = {
    "invalid parameter", "invalid param", "parameter error", "param error", "missing parameter",
    "missing required", "callback_url_empty", "参数错误", "参数无效", "参数不合法", "缺少参数",
    "参数缺失",
}
local SAYS_DAILY <const> = { "daily", "per day", "每日", "今日", "当日" }

local function kind_of_text(s)
    if has_any(s, SAYS_CREDITS) then
        return "credits"
    elseif has_any(s, SAYS_AUTH) then
        return "auth"
    elseif has_any(s, SAYS_INVALID) then
        return "invalid"
    end
end

-- What a JSON error means where the HTTP status decides.
local BY_STATUS <const> = {
    [401] = "auth",
    [402] = "credits",
    [403] = "auth",
    [404] = "invalid", -- no such route: a wrong address
    [405] = "invalid",
    [429] = "rate",
}

-- Nothing that an answer says about itself, or nothing that a refusal may say.
local function proves_nothing(status, env)
    local says_nothing = not (env.code or env.message or env.error)
    local relayed = AMBIGUOUS[env.name] or AMBIGUOUS[env.type]
    local broken = status < 200 or status >= 500 or status // 100 == 3
    return says_nothing or relayed or broken or env.ok
end

-- What a code or an HTTP status says, the text making it finer.
local function kind_of_code(status, env, said)
    -- A 401 is about the key, whatever code the platform writes beside it.
    local kind = status ~= 401 and NOT_BOUGHT[env.name] or BY_STATUS[status]
    if kind ~= "rate" and kind ~= "auth" then
        return kind
    elseif has_any(said, SAYS_CREDITS) then
        return "credits"
    elseif kind == "rate" and has_any(said, SAYS_DAILY) then
        return "daily"
    end
    return kind
end

-- The kind of a refusal, or nil when this may be anything. Where neither the
-- code nor the HTTP status decides (a 200 with another code and no task_id)
-- only the text counts, and only where it names the credits, the key or the
-- parameters: the same gateways relay in that form what went wrong behind them
-- after the task was made.
local function refusal(status, env)
    if env.type == "tarmac_api_error" and env.name == "shutting_down" then
        return "rate" -- the built-in gateway, before it looked at the request
    elseif proves_nothing(status, env) then
        return nil
    end
    local said = (env.message or ""):lower()
    local kind = kind_of_code(status, env, said) or kind_of_text(said)
    if not kind and status == 400 and type(env.error) == "table" then
        return "invalid" -- the platform's own envelope: it went no further
    end
    return kind
end

local function not_json(body)
    if not body:find "%S" then
        return "an empty answer"
    end
    return body:find "^%s*<" and "a web page, not JSON" or "not JSON"
end

local function outcome(status, kind, said)
    return {
        bought = kind and "no" or "unknown",
        kind = kind,
        reason = ("HTTP %d: %s"):format(status, said),
    }
end

--- The task that was bought; else nil, and that it was not or that nobody
--- knows.
function M.accepted(status, _, body)
    local doc = answer.decode(body)
    if not doc then
        local id = answer.salvage(body)
        return id, not id and outcome(status, nil, not_json(body)) or nil
    end
    local env = answer.envelope(doc)
    local id = answer.task_id_in(doc) or env.ok and answer.salvage(body)
    if id then
        return id
    end
    local said = answer.one_line(env.message) or "no task_id in it"
    return nil, outcome(status, refusal(status, env), said)
end

return M
