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

-- What lua/testing.lua makes of primitives, and what types.lua and the linter say
-- that a recipe's tests have.
local function of_tests()
    local prim = setmetatable({}, { __index = function(_, name) return name end })
    local made_of = {}
    for name in pairs(assert(loadfile "lua/testing.lua")(prim)) do
        made_of[name] = true
    end
    made_of.print = nil -- the language's
    local env = {}
    assert(load(read "lua/types.lua", "@lua/types.lua", "t", env))()
    env.runway = nil
    local declared_there, linted = {}, {}
    for name in pairs(env) do
        declared_there[name] = true
    end
    local rules = { files = {} }
    assert(loadfile(".luacheckrc", "t", rules))()
    for _, name in ipairs(rules.files["recipes/**/*_test.lua"].read_globals) do
        linted[name] = true
    end
    return made_of, declared_there, linted
end

-- The fields of one of its classes.
local function fields_of(class)
    local names = {}
    local source = read "lua/types.lua"
    local lines = source:match("%-%-%-@class " .. class .. "[^\n]*\n(.-)\n[^%-]")
        or source:match("%-%-%-@class " .. class .. "[^\n]*\n(.-)\n\n")
    for name in (lines .. "\n"):gmatch "%-%-%-@field ([%w_]+)" do
        names[name] = true
    end
    return names
end

-- The neutral fields of a request, those of `motion` as a set of their own.
local function neutral()
    local rows = read("src/recipe/fields.c"):match "neutral%[%] = {\n(.-)\n};"
    local names, motion = {}, {}
    for name in rows:gmatch '%.name = "([%w_.]+)"' do
        local below = name:match "^motion%.(.+)$"
        if below then
            motion[below] = true
            names.motion = true
        else
            names[name] = true
        end
    end
    return names, motion
end

-- What a function of the sources sets in a table for Lua.
local function set_by(file, fn)
    local body = read(file):match("\n[%w ]*%f[%w_]" .. fn .. "%b()\n(%b{})")
    local names = {}
    for name in body:gmatch 'set_%w+%(L, "([%w_]+)"' do
        names[name] = true
    end
    for name in body:gmatch 'lua_setfield%(L, %-?%d+, "([%w_]+)"' do
        names[name] = true
    end
    return names
end

local function with(names, ...)
    for _, name in ipairs { ... } do
        names[name] = true
    end
    return names
end

describe("types.lua", function()
    it("declares the fields of a request, no more and no less", function()
        local names, motion = neutral()
        assert.same(names, fields_of "Request")
        assert.same(motion, fields_of "Motion")
    end)

    it("declares what a clip holds", function()
        assert.same(with(set_by("src/script/clip.c", "push_facts"), "frame"), fields_of "File")
        assert.same(set_by("src/script/clip.c", "clip_frame"), fields_of "Image")
        assert.same({ files = true }, fields_of "Clip")
        assert.is_true(set_by("src/script/clip.c", "clip_push").files)
    end)

    it("declares what a cell holds besides axes, params and fields", function()
        local names = {}
        for name in read("src/recipe/cell.c"):gmatch 'value_set%(vars, "([%w_]+)"' do
            names[name] = true
        end
        assert.same(names, fields_of "Cell")
    end)

    it("declares what a recipe's tests have", function()
        local made_of, declared_there, linted = of_tests()
        assert.same(made_of, declared_there)
        assert.same(made_of, linted)
    end)

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
