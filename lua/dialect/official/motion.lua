--- The camera in words, where a service has no field for it. The built-in
-- gateway reads exactly this sentence back.

local given = require("dialect.reverse.answer").given

local M = {}

M.AXES = { "x", "y", "z", "r", "bg_x_pan", "bg_y_pan" }

--- "Camera: x 4, r -0.5." of what moves, or nil.
function M.sentence(motion)
    local moves = {}
    for _, axis in ipairs(M.AXES) do
        local n = given(motion[axis])
        if n and n ~= 0 then
            moves[#moves + 1] = ("%s %.14g"):format(axis, n)
        end
    end
    return moves[1] and "Camera: " .. table.concat(moves, ", ") .. "."
end

--- The prompt that is sent, or nil.
function M.prompt(request)
    local prompt = given(request.prompt)
    local sentence = M.sentence(given(request.motion) or {})
    if sentence and prompt and prompt:find "%S" then
        return prompt .. " " .. sentence
    end
    return sentence or prompt
end

return M
