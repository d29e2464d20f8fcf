--- Prompts put together of parts: `prompt` and `prompts` of the primitives.
--
-- What services take is plain text, so a weight says where a part stands, and
-- whether it does. Pure functions; prim.mistake(text) raises a mistake at the
-- script's own line.

local prim = ...

local PROMPTS_MAX <const> = 10000 -- as many as a cell can buy
local NEAR_MAX <const> = 64 -- letters of a name that is compared

local function mistake(format, ...)
    prim.mistake(format:format(...))
end

-- --- names that were meant

-- Edits that turn `a` into `b`, two swapped neighbours counting as one.
local function distance(a, b)
    local before, above, now = {}, {}, {}
    for j = 0, #b do
        above[j] = j
    end
    for i = 1, #a do
        now[0] = i
        for j = 1, #b do
            local same = a:byte(i) == b:byte(j)
            now[j] = math.min(above[j] + 1, now[j - 1] + 1, above[j - 1] + (same and 0 or 1))
            local swapped = i > 1 and j > 1 and a:byte(i) == b:byte(j - 1)
                and a:byte(i - 1) == b:byte(j)
            if swapped then
                now[j] = math.min(now[j], before[j - 2] + 1)
            end
        end
        before, above, now = above, now, before
    end
    return above[#b]
end

-- " (did you mean 'light'?)", or nothing.
local function hint(word, names)
    local limit = math.max(1, math.min(3, #word // 3))
    local best
    for _, name in ipairs(names) do
        local near = #word <= NEAR_MAX and #name <= NEAR_MAX and distance(word, name)
        if near and near <= limit and near < #word then
            best, limit = name, near - 1
        end
    end
    return best and (" (did you mean '%s'?)"):format(best) or ""
end

-- --- what was given

-- What messages call a part: 'light', or part 2.
local function called(key)
    return type(key) == "string" and ("'%s'"):format(key) or ("part %d"):format(key)
end

local function check_weight(call, key, weight)
    if type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
        mistake("%s: %s: 'weight' is a number from 0, and 0 leaves it out", call, called(key))
    end
    return weight
end

-- How many there are in a list, all of whose other keys are 'weight'.
local function count(call, key, list)
    local n = 0
    for name in pairs(list) do
        if math.type(name) == "integer" then
            n = n + 1
        elseif name ~= "weight" then
            mistake("%s: %s has the key '%s'; a part is a text, {text, weight = 1}, or a list of "
                .. "them", call, called(key), tostring(name))
        end
    end
    if n ~= #list then
        mistake("%s: %s is a list with holes", call, called(key))
    elseif n == 0 then
        mistake("%s: %s has no text", call, called(key))
    end
    return n
end

-- Add what `v` may be to the choices of a part; a list may hold {text, weight=},
-- which holds texts.
local function add_choices(choices, call, key, v, weight, depth)
    if type(v) == "string" then
        choices[#choices + 1] = { text = v, weight = weight }
    elseif type(v) ~= "table" then
        mistake("%s: %s is a %s; a part is a text%s", call, called(key), type(v),
            type(v) == "number" and ", as tostring() makes of it" or "")
    elseif depth > 1 then
        mistake("%s: %s holds a list of lists", call, called(key))
    else
        local n = count(call, key, v)
        local own = v.weight ~= nil and check_weight(call, key, v.weight) or weight
        for i = 1, n do
            add_choices(choices, call, key, v[i], own, depth + 1)
        end
    end
end

local function read_part(call, key, v)
    local choices = {}
    add_choices(choices, call, key, v, 1, 0)
    if type(key) == "number" then
        for _, choice in ipairs(choices) do
            if choice.text:find("${", 1, true) then
                mistake("%s: part %d holds '${': only the first text is a template", call, key)
            end
        end
    end
    return { key = key, choices = choices }
end

-- The parts, those of the list first, then by their names.
local function read_parts(call, given, from)
    local names, n = {}, 0
    for key in pairs(given) do
        if type(key) == "string" then
            names[#names + 1] = key
        elseif math.type(key) == "integer" then
            n = n + 1
        else
            mistake("%s: a part's name is a text, not a %s", call, type(key))
        end
    end
    if n ~= #given then
        mistake("%s: a list with holes: one of its parts is nil", call)
    end
    table.sort(names)
    local parts = {}
    for i = from, n do
        parts[#parts + 1] = read_part(call, i, given[i])
    end
    for _, name in ipairs(names) do
        parts[#parts + 1] = read_part(call, name, given[name])
    end
    return parts, names
end

-- --- the template

-- Its pieces: {text=} and {name=}; "$${" stands for "${".
local function split(call, template)
    local pieces, at, literal = {}, 1, ""
    while at <= #template do
        local from = template:find("${", at, true)
        if not from then
            literal = literal .. template:sub(at)
            break
        elseif from > at and template:sub(from - 1, from - 1) == "$" then
            literal = literal .. template:sub(at, from - 2) .. "${"
            at = from + 2
        else
            local to = template:find("}", from, true)
            if not to or to == from + 2 then
                mistake("%s: '${' without a name and '}' behind it (write '$${' for the "
                    .. "characters themselves)", call)
            end
            pieces[#pieces + 1] = { text = literal .. template:sub(at, from - 1) }
            pieces[#pieces + 1] = { name = template:sub(from + 2, to - 1) }
            literal, at = "", to + 1
        end
    end
    pieces[#pieces + 1] = { text = literal }
    return pieces
end

-- Every name is a part's, and every part has a name that stands there.
local function check_template(call, pieces, parts, names)
    local stands, said = {}, {}
    for _, name in ipairs(names) do
        stands[name] = false
    end
    for _, piece in ipairs(pieces) do
        if piece.name and stands[piece.name] == nil then
            mistake("%s: there is no part '%s' for '${%s}'%s", call, piece.name, piece.name,
                hint(piece.name, names))
        elseif piece.name then
            stands[piece.name] = true
            said[#said + 1] = piece.name
        end
    end
    for _, part in ipairs(parts) do
        if not stands[part.key] then
            mistake("%s: %s does not stand in the template%s", call, called(part.key),
                hint(tostring(part.key), said))
        end
    end
end

-- What is left out takes the comma before it along; at the beginning, the one
-- behind it.
local function fill(pieces, chosen)
    local texts, begun = {}, false
    for i, piece in ipairs(pieces) do
        local choice = piece.name and chosen[piece.name]
        texts[i] = piece.text or choice.weight > 0 and choice.text or ""
    end
    for i, piece in ipairs(pieces) do
        if piece.name and texts[i] == "" then
            if begun then
                texts[i - 1] = texts[i - 1]:gsub("[,;]%s*$", "")
            else
                texts[i + 1] = texts[i + 1]:gsub("^%s*[,;]%s*", "")
            end
        end
        begun = begun or texts[i] ~= ""
    end
    return table.concat(texts)
end

-- --- without one

local function join(parts, chosen)
    local all = {}
    for i, part in ipairs(parts) do
        local choice = chosen[part.key]
        if choice.weight > 0 and choice.text ~= "" then
            all[#all + 1] = { text = choice.text, weight = choice.weight, place = i }
        end
    end
    table.sort(all, function(a, b)
        if a.weight ~= b.weight then
            return a.weight > b.weight
        end
        return a.place < b.place
    end)
    for i, item in ipairs(all) do
        all[i] = item.text
    end
    return table.concat(all, ", ")
end

-- --- both

-- The parts, and a function that makes the prompt of one choice for each.
local function read(call, given)
    if type(given) ~= "table" then
        mistake("%s: expected a table of parts, found %s", call, type(given))
    elseif next(given) == nil then
        mistake("%s: there are no parts", call)
    end
    local first = given[1]
    local template = type(first) == "string" and first:find("${", 1, true) and first
    local parts, names = read_parts(call, given, template and 2 or 1)
    if not template then
        return parts, function(chosen) return join(parts, chosen) end
    end
    local pieces = split(call, template)
    check_template(call, pieces, parts, names)
    return parts, function(chosen) return fill(pieces, chosen) end
end

--- One prompt.
---@param given table parts by name, perhaps a template before them
---@return string
function prim.prompt(given)
    local parts, make = read("runway.prompt", given)
    local chosen = {}
    for _, part in ipairs(parts) do
        if #part.choices > 1 then
            mistake("runway.prompt: %s is a list of %d texts; runway.prompts makes a prompt of "
                .. "each", called(part.key), #part.choices)
        end
        chosen[part.key] = part.choices[1]
    end
    return make(chosen)
end

--- A prompt for every combination of the parts that are lists.
---@param given table the same
---@return string[]
function prim.prompts(given)
    local parts, make = read("runway.prompts", given)
    local total = 1
    for _, part in ipairs(parts) do
        total = total * #part.choices
        if total > PROMPTS_MAX then
            mistake("runway.prompts: these lists make more than %d prompts", PROMPTS_MAX)
        end
    end
    local prompts = {}
    for n = 0, total - 1 do
        local chosen, rest = {}, n
        for i = #parts, 1, -1 do -- the last part changes fastest
            local choices = parts[i].choices
            chosen[parts[i].key] = choices[rest % #choices + 1]
            rest = rest // #choices
        end
        prompts[n + 1] = make(chosen)
    end
    return prompts
end
