--- What a dialect finds in the program's own Lua machine, for specs: modules of
-- lua/ by their names, and `json`, whose integral numbers are integers.

local cjson = require "cjson"

local M = {}

package.path = "lua/?.lua;" .. package.path

local function tidy(v)
    if type(v) == "table" then
        for key, item in pairs(v) do
            v[key] = tidy(item)
        end
    elseif math.type(v) == "float" then
        return math.tointeger(v) or v
    end
    return v
end

local json = {
    null = cjson.null,
    encode = cjson.encode,
    decode = function(text)
        return tidy(cjson.decode(text))
    end,
}

package.preload.json = function()
    return json
end

M.json = json

return M
