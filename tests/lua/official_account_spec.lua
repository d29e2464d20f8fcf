require "machine"
local official = require "dialect.official"

local function accounted(body, status)
    return official.accounted(status or 200, {}, body)
end

local function with_models(tier, usage)
    return accounted(('{"creditBalance":10,"tier":{"models":%s}%s}')
        :format(tier, usage and (',"usage":{"models":%s}'):format(usage) or "")).models
end

describe("official: the account", function()
    it("is asked for, and nothing is bought by that", function()
        local call = official.account {}
        assert.equal("GET", call.method)
        assert.equal("/v1/organization", call.path)
        assert.equal("2024-11-06", call.headers["X-Runway-Version"])
        assert.is_nil(call.body)
        assert.equal("/a/v1/organization", official.account({ prefix = "/a/" }).path)
    end)

    it("has credits, and of each model what it allows", function()
        assert.same({
            balance = 1000,
            models = {
                gen4_turbo = { in_flight = 3, left_today = 150 },
                act_two = { in_flight = 1, left_today = 50 },
            },
        }, accounted [[{"creditBalance":1000,
            "tier":{"maxMonthlyCreditSpend":100,"models":{
                "gen4_turbo":{"maxConcurrentGenerations":3,"maxDailyGenerations":200},
                "act_two":{"maxConcurrentGenerations":1,"maxDailyGenerations":50}}},
            "usage":{"models":{"gen4_turbo":{"dailyGenerations":50}}}}]])
    end)

    it("has nothing left below nothing", function()
        assert.equal(0, accounted('{"creditBalance":-5,"tier":{}}').balance)
        assert.equal(0, with_models('{"m":{"maxDailyGenerations":5}}',
            '{"m":{"dailyGenerations":9}}').m.left_today)
    end)

    it("does not guess what was used", function()
        assert.is_nil(with_models('{"m":{"maxDailyGenerations":5}}').m.left_today)
        assert.is_nil(with_models('{"m":{"maxDailyGenerations":5}}',
            '{"m":{"dailyGenerations":"many"}}').m.left_today)
        assert.is_nil(with_models('{"m":{"maxDailyGenerations":5}}',
            '{"m":{"dailyGenerations":-1}}').m.left_today)
    end)

    it("takes nothing that is not so", function()
        assert.same({ m = {} }, with_models '{"m":null}')
        assert.same({ m = {} }, with_models '{"m":{"maxConcurrentGenerations":1.5}}')
        assert.same({ m = {} }, with_models '{"m":{"maxConcurrentGenerations":1e30}}')
        assert.same({}, with_models '{"":{},"two words":{},"\\u0000":{}}')
        assert.same({}, with_models '["m"]')
        assert.same({ models = {} }, accounted '{"creditBalance":"1000","tier":7}')
        assert.same({ models = {} }, accounted '{"creditBalance":1e300}')
    end)

    it("is no answer elsewhere", function()
        for _, body in ipairs { "", "<html>", "[]", "{}", "null", '{"error":"no"}' } do
            assert.is_nil(accounted(body))
        end
        assert.is_nil(accounted('{"creditBalance":5}', 401))
        assert.is_nil(accounted('{"creditBalance":5}', 500))
    end)
end)
