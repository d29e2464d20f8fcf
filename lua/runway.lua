--- The `runway` table of scripts: a friendly shape over the primitives of C.

local prim = ...

local runway = {
    json = prim.json,
    log = prim.log,
    none = prim.none, -- in a request: leave this field out
    now = prim.now,
    params = prim.params,
    sleep = prim.sleep,
}

local WAIT_OPTIONS <const> = { timeout = true, gateway = true }

local function mistake(format, ...)
    prim.mistake(format:format(...))
end

--- Buy one generation, or find it bought; waits only for its acceptance.
---@param fields string|table a prompt, or fields to lay over the cell's request
---@return string task_id
function runway.generate(fields)
    if type(fields) == "string" then
        fields = { prompt = fields }
    elseif type(fields) ~= "table" then
        mistake("runway.generate: expected a prompt or a table of fields, found %s", type(fields))
    end
    return prim.generate(fields)
end

local function check_options(options)
    if type(options) ~= "table" then
        mistake("runway.wait: expected a table of options, found %s", type(options))
    end
    for name in pairs(options) do
        if not WAIT_OPTIONS[name] then
            mistake("runway.wait: unknown option '%s' (timeout, gateway)", tostring(name))
        end
    end
    if options.gateway ~= nil and type(options.gateway) ~= "string" then
        mistake("runway.wait: 'gateway' is a name, not a %s", type(options.gateway))
    end
end

--- Wait until a generation is delivered.
---@param ids string|string[] a task_id, or a list of them
---@param options? { timeout?: number|string, gateway?: string }
---@return table clip or, for a list, a list of clips in the same order
function runway.wait(ids, options)
    if options == nil then
        options = {}
    else
        check_options(options)
    end
    if type(ids) == "string" then
        return prim.wait({ ids }, options.timeout, options.gateway)[1]
    elseif type(ids) ~= "table" then
        mistake("runway.wait: expected a task_id or a list of them, found %s", type(ids))
    end
    return prim.wait(ids, options.timeout, options.gateway)
end

--- Generate and wait.
---@param fields string|table
---@return table clip
function runway.clip(fields)
    return runway.wait(runway.generate(fields))
end

return runway
