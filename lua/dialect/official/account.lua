--- What the organization says of itself: its credits, and of each model how
-- many may run at once and how many it may still have made today.
--
-- The day is the last 24 hours, so that "today" is what is left of that now.

local answer = require "dialect.reverse.answer"

local M = {}

local BALANCE_MAX <const> = 1e12
local COUNT_MAX <const> = 1000000000
local MODELS_MAX <const> = 1000
local NAME_MAX <const> = 128

local inside = answer.inside

-- A whole number that can be believed, or nil.
local function count(v)
    return math.type(v) == "integer" and v >= 0 and v <= COUNT_MAX and v or nil
end

-- Credits that are owed buy nothing.
local function balance_of(doc)
    local credits = doc.creditBalance
    if math.type(credits) and credits <= BALANCE_MAX then
        return math.max(credits, 0)
    end
end

local function is_name(name)
    return type(name) == "string" and #name <= NAME_MAX and name:find "^[!-~]+$" ~= nil
end

-- A model that the organization's usage does not name was not used.
local function left_of(tier, name, used)
    local most = count(tier.maxDailyGenerations)
    if not (most and used) then
        return nil
    end
    local made = count(inside(used[name]).dailyGenerations) or used[name] == nil and 0
    return made and math.max(most - made, 0) or nil
end

local function models_of(doc)
    local usage = inside(doc.usage).models
    local used = type(usage) == "table" and usage or nil
    local models, n = {}, 0
    for name, tier in pairs(inside(inside(doc.tier).models)) do
        tier = inside(tier)
        if is_name(name) and n < MODELS_MAX then
            n = n + 1
            models[name] = {
                in_flight = count(tier.maxConcurrentGenerations),
                left_today = left_of(tier, name, used),
            }
        end
    end
    return models
end

--- {balance, models} of `GET /v1/organization`; nil: it is no such answer.
function M.accounted(status, _, body)
    local doc = status == 200 and answer.decode(body)
    if not doc or doc.creditBalance == nil and doc.tier == nil then
        return nil
    end
    return { balance = balance_of(doc), models = models_of(doc) }
end

return M
