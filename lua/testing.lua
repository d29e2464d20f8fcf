--- What a recipe's tests are written with: test, recipe, expect, same, raises.

local prim = ...

local M = { print = prim.print, test = prim.test }

local SHOWN_MAX <const> = 200 -- bytes of a value in a message
local PLACES_MAX <const> = 10 -- differences of two tables that are told
local LINES_MAX <const> = 12 -- that one call of expect() may take

local ORDER <const> = {
    answer = "function",
    first = "number",
    gateway = "string",
    only = "string",
    overrides = "table",
    params = "table",
}

local ANSWER <const> = {
    fail = "string", -- its kind
    height = "number",
    message = "string", -- of the failure
    seconds = "number", -- of the clip
    took = "number", -- seconds
    width = "number",
}

local function check_answer(answer)
    if answer == nil then
        return nil
    elseif type(answer) ~= "table" then
        prim.mistake("answer: expected a table, or nothing, found a " .. type(answer))
    end
    for name, value in pairs(answer) do
        if not ANSWER[name] then
            prim.mistake(("answer: unknown key '%s' (fail, height, message, seconds, took, width)")
                :format(tostring(name)))
        elseif type(value) ~= ANSWER[name] then
            prim.mistake(("answer: '%s' is a %s, not a %s")
                :format(name, ANSWER[name], type(value)))
        end
    end
    return answer
end

--- Run the recipe to its end, without money, network or files.
---@param order? table
---@return table run
function M.recipe(order)
    order = order == nil and {} or order
    if type(order) ~= "table" then
        prim.mistake("recipe: expected a table, found " .. type(order))
    end
    local asked = {}
    for name, value in pairs(order) do
        if not ORDER[name] then
            prim.mistake(("recipe: unknown key '%s' (answer, first, gateway, only, overrides, "
                .. "params)"):format(tostring(name)))
        elseif type(value) ~= ORDER[name] then
            prim.mistake(("recipe: '%s' is a %s, not a %s"):format(name, ORDER[name], type(value)))
        elseif name ~= "answer" then
            asked[name] = value
        end
    end
    if order.first and (math.type(order.first) ~= "integer" or order.first < 1) then
        prim.mistake "recipe: 'first' is a number of cells from 1"
    end
    local answer = order.answer
    return prim.recipe(asked, answer and function(purchase)
        return check_answer(answer(purchase))
    end)
end

-- --- values as text

local NAME <const> = "^[%a_][%w_]*$"

local function quote(text)
    return '"' .. text:gsub('["\\\n]', { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n" }) .. '"'
end

local function step(key)
    if type(key) == "string" and key:find(NAME) then
        return "." .. key
    end
    return "[" .. (type(key) == "string" and quote(key) or tostring(key)) .. "]"
end

local show

local function show_table(t, depth)
    if depth == 0 then
        return "{…}"
    end
    local parts, size = {}, 0
    for key, value in pairs(t) do
        local listed = math.type(key) == "integer" and key == #parts + 1
        local named = type(key) == "string" and key:find(NAME)
        local text = show(value, depth - 1)
        parts[#parts + 1] = listed and text
            or (named and key or "[" .. show(key, 0) .. "]") .. " = " .. text
        size = size + #parts[#parts]
        if size > SHOWN_MAX then
            parts[#parts + 1] = "…"
            break
        end
    end
    return "{" .. table.concat(parts, ", ") .. "}"
end

function show(value, depth)
    if type(value) == "table" then
        return show_table(value, depth or 3)
    elseif type(value) == "string" then
        return quote(value)
    end
    return tostring(value)
end

-- --- what an expectation was about

local function trimmed(line)
    return (prim.line(line) or ""):match "^%s*(.-)%s*$"
end

-- The text of a call of expect() that begins in this line of the test's file:
-- what stands between its parentheses, and the lines that it takes.
local function call_text(line)
    local text = ""
    for i = line, line + LINES_MAX - 1 do
        text = text .. (i > line and " " or "") .. trimmed(i)
        local inside = text:match "expect%s*(%b())"
        if inside then
            return text, inside
        end
    end
    return trimmed(line), ""
end

-- The path that begins here, "run.cells[1].name": its first name, the keys that
-- follow, and where it ends.
local function path_at(text, at)
    local root, stop = text:match("^([%a_][%w_]*)()", at)
    local keys = {}
    while true do
        local name, behind = text:match("^%.([%a_][%w_]*)()", stop)
        local index, after = text:match("^%[(%d+)%]()", stop)
        if not name and not index then
            return root, keys, stop
        end
        keys[#keys + 1] = name or math.tointeger(index)
        stop = behind or after
    end
end

-- The value that the keys lead to.
local function follow(value, keys)
    for _, key in ipairs(keys) do
        if type(value) ~= "table" then
            return nil
        end
        value = rawget(value, key)
    end
    return value
end

-- "run.bought is 8" for each path of an expression that leads to a value.
local function values_of(text, locals, lines)
    local seen = {}
    text = text:gsub('"[^"]*"', '""'):gsub("'[^']*'", "''")
    for len, at in text:gmatch "(#?)%f[%w_%.:]()[%a_]" do
        local root, keys, stop = path_at(text, at)
        local name = len .. text:sub(at, stop - 1)
        local value = follow(locals[root], keys)
        local called = type(value) == "function" or text:find("^%s*[%({\"':]", stop)
        if locals[root] ~= nil and not called and not seen[name] then
            seen[name] = true
            local shown = len == "" and show(value) or type(value) == "table" and #value
            lines[#lines + 1] = shown and name .. " is " .. shown
        end
    end
end

--- A condition that holds. Its text and the values in it are told when it does not.
---@param ok any
---@param message? string told first
---@return any ok
function M.expect(ok, message)
    if ok then
        return ok
    end
    local line, locals = prim.caller()
    local lines = {}
    if line == 0 then
        prim.fail(message or "expect", lines)
    end
    local text, inside = call_text(line)
    values_of(inside, locals, lines)
    prim.fail(message and tostring(message) or text, lines)
end

-- --- same

local function both_lists(a, b)
    return #a > 0 and #b > 0
end

local compare

local function compare_tables(found, expected, at, places)
    if both_lists(found, expected) and #found ~= #expected then
        places[#places + 1] = ("#%s: expected %d, found %d"):format(at, #expected, #found)
    end
    local keys = {}
    for key in pairs(expected) do
        keys[key] = true
    end
    for key in pairs(found) do
        keys[key] = true
    end
    for key in pairs(keys) do
        compare(found[key], expected[key], at .. step(key), places)
    end
end

function compare(found, expected, at, places)
    if type(found) == "table" and type(expected) == "table" then
        compare_tables(found, expected, at, places)
    elseif found ~= expected then
        places[#places + 1] = ("%s: expected %s, found %s"):format(at, show(expected), show(found))
    end
end

--- Two values that are the same, tables by what is in them.
---@param found any
---@param expected any
---@param message? string told first
function M.same(found, expected, message)
    local places = {}
    compare(found, expected, "found", places)
    if #places == 0 then
        return
    end
    local more = #places - PLACES_MAX
    for i = #places, PLACES_MAX + 1, -1 do
        places[i] = nil
    end
    if more > 0 then
        places[#places + 1] = ("and %d more"):format(more)
    end
    local line = prim.caller()
    prim.fail(message and tostring(message) or line > 0 and trimmed(line) or "same", places)
end

-- --- raises

--- A function that raises, and a part of what it says.
---@param fn function
---@param part? string that its message contains, as it stands here
---@return any err
function M.raises(fn, part)
    if type(fn) ~= "function" then
        prim.mistake("raises: expected a function, found " .. type(fn))
    end
    local ok, err = pcall(fn)
    local said = type(err) == "table" and err.message or err
    if ok then
        prim.fail("raises: it raised nothing", {})
    elseif part and not tostring(said):find(part, 1, true) then
        prim.fail("raises: it said something else",
            { "expected " .. show(part), "found " .. show(tostring(said)) })
    end
    return err
end

return M
