--- The environment of one cell. What cells could change, or what must differ
-- between them, is made for each; all else is shared and read-only.

local prim, runway = ...

---@param index integer of the cell, from 1
---@return table env
return function(index)
    local own = {
        math = prim.math(index), -- the same random numbers in every run
        print = runway.log, -- stdout is for results
        runway = runway,
    }
    local env = prim.environment(own)
    own.require = prim.require(env)
    return env
end
