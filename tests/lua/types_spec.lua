--- The declarations for editors name what there is, no more and no less.

local function read(name)
    local file = assert(io.open(name))
    local source = file:read "a"
    file:close()
    return source
end

-- What types.lua declares of `runway`: functions by running it, fields by its
-- comments.
local function declared()
    local source = read "lua/types.lua"
    local env = {}
    assert(load(source, "@lua/types.lua", "t", env))()
    local names = {}
    for name in pairs(env.runway) do
        names[name] = true
    end
    local class = source:match "%-%-%-@class Runway\n(.-)\nrunway = {}"
    for name in class:gmatch "%-%-%-@field ([%w_]+)" do
        names[name] = true
    end
    return names
end

-- What lua/runway.lua makes of primitives.
local function made()
    local prim = setmetatable({}, { __index = function(_, name) return name end })
    local names = {}
    for name in pairs(assert(loadfile "lua/runway.lua")(prim)) do
        names[name] = true
    end
    return names
end

describe("types.lua", function()
    it("declares what the runway table holds", function()
        assert.same(made(), declared())
    end)

    it("is what the linter lets recipes use", function()
        local env = { files = {} }
        assert(loadfile(".luacheckrc", "t", env))()
        local names = {}
        for _, name in ipairs(env.files.recipes.read_globals.runway.fields) do
            names[name] = true
        end
        assert.same(names, declared())
    end)
end)
