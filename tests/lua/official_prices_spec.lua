--- What the runner expects to pay is what the built-in service asks for: two
-- tables, kept alike.

require "machine" -- finds the dialects
local models = require "dialect.official.models"

-- The rows of the service's table that are one line each, by name.
local function service()
    local file = assert(io.open("src/gateway/wire/official.yaml"))
    local rows, inside = {}, false
    for line in file:lines() do
        local name, fields = line:match "^  ([%w._]+): {(.*)}"
        if line:match "^%S" then
            inside = line == "models:"
        elseif inside and name then
            local row = {}
            for key, value in fields:gmatch "([%a_]+): (%w+)" do
                row[key] = tonumber(value) or value
            end
            rows[name] = row
        end
    end
    file:close()
    return rows
end

describe("official: prices", function()
    local rows = service()

    it("are those of the built-in service", function()
        for route, list in pairs(models.routes) do
            for _, model in ipairs(list) do
                local label = route .. " " .. model.name
                local row = assert(rows[model.name], label)
                -- The service has to ask for something; the runner does not guess.
                local known = not row.guess
                assert.equal(known and row.second or nil, model.second, label)
                assert.equal(row.silent, model.silent, label)
                assert.equal(row.least, model.least, label)
            end
        end
    end)

    it("are there for each model that makes clips", function()
        local ours = {}
        for _, list in pairs(models.routes) do
            for _, model in ipairs(list) do
                ours[model.name] = true
            end
        end
        for name, row in pairs(rows) do
            assert.equal(row.second ~= nil, ours[name] or false, name)
        end
    end)
end)
