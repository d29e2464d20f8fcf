--- The `runway` table of scripts: a friendly shape over the primitives of C.

local prim = ...

local runway = {
    collect = prim.collect,
    image = prim.image,
    json = prim.json,
    log = prim.log,
    none = prim.none, -- in a request: leave this field out
    now = prim.now,
    params = prim.params,
    prompt = prim.prompt, -- of lua/prompt.lua
    prompts = prim.prompts,
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

-- --- waiting

local function check_options(call, options)
    if options == nil then
        return {}
    elseif type(options) ~= "table" then
        mistake("%s: expected a table of options, found %s", call, type(options))
    end
    for name in pairs(options) do
        if not WAIT_OPTIONS[name] then
            mistake("%s: unknown option '%s' (timeout, gateway)", call, tostring(name))
        end
    end
    if options.gateway ~= nil and type(options.gateway) ~= "string" then
        mistake("%s: 'gateway' is a name, not a %s", call, type(options.gateway))
    end
    return options
end

--- Wait until a generation is delivered.
---@param ids string|string[] a task_id, or a list of them
---@param options? { timeout?: number|string, gateway?: string }
---@return table clip or, for a list, a list of clips in the same order
function runway.wait(ids, options)
    options = check_options("runway.wait", options)
    if type(ids) == "string" then
        return prim.wait({ ids }, options.timeout, options.gateway)[1]
    elseif type(ids) ~= "table" then
        mistake("runway.wait: expected a task_id or a list of them, found %s", type(ids))
    end
    return prim.wait(ids, options.timeout, options.gateway)
end

--- Wait for the first of several to be delivered; those that fail are passed
--- over, until all have.
---@param ids string[]
---@param options? { timeout?: number|string, gateway?: string }
---@return table clip
---@return integer index of its id
function runway.any(ids, options)
    options = check_options("runway.any", options)
    if type(ids) ~= "table" then
        mistake("runway.any: expected a list of task_ids, found %s", type(ids))
    end
    return prim.any(ids, options.timeout, options.gateway)
end

--- Generate and wait.
---@param fields string|table
---@return table clip
function runway.clip(fields)
    return runway.wait(runway.generate(fields))
end

-- --- one task

local function check_id(call, id)
    if type(id) ~= "string" then
        mistake("%s: expected a task_id, found %s", call, type(id))
    end
end

--- How a generation stands: read once at the gateway while it is open.
---@param id string
---@return table status
function runway.status(id)
    check_id("runway.status", id)
    return prim.status(id)
end

--- Cancel a generation that has not ended.
---@param id string
---@return boolean cancelled false: it had ended, or its clip is ready
function runway.cancel(id)
    check_id("runway.cancel", id)
    return prim.cancel(id)
end

-- --- jobs

--- Run a function beside this one; its errors are raised where it is awaited,
--- or fail the cell at its end when nobody does.
---@param fn function
---@param ... any its arguments
---@return userdata job
function runway.spawn(fn, ...)
    if type(fn) ~= "function" then
        mistake("runway.spawn: expected a function, found %s", type(fn))
    end
    return prim.spawn(fn, ...)
end

--- Call fn(item, index) for every item, each in a job of its own. All of them
--- have ended when this returns, or raises the first failure in the list's order.
---@param list any[]
---@param fn function
---@return any[] results
function runway.map(list, fn)
    if type(list) ~= "table" then
        mistake("runway.map: expected a list, found %s", type(list))
    elseif type(fn) ~= "function" then
        mistake("runway.map: expected a function, found %s", type(fn))
    end
    local jobs, results, first = {}, {}, nil
    for i = 1, #list do
        jobs[i] = prim.spawn(fn, list[i], i)
    end
    for i, job in ipairs(jobs) do
        local ok, result = pcall(job.await, job)
        if ok then
            results[i] = result
        else
            first = first or { failure = result }
        end
    end
    if first then
        error(first.failure, 0)
    end
    return results
end

return runway
