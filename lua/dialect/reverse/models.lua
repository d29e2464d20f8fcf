--- The models that resellers of the reverse format name, and what their
-- upstream asks for each call.

local M = {
    -- Models: the published pages of 2026-03-13 (duomi, CometAPI, apifox) and
    -- clients of the same spring. Prices: what the published answers carry in
    -- `point` (a thousandth of a yuan each), 2024-12 to 2026-03. Resellers set
    -- their own: a gateway's `prices` come first.
    as_of = "2026-03-13",
}

M.models = {
    generate = { "gen2", "gen3", "gen3a_turbo", "gen4", "gen4_turbo", "gen4.5" },
    video2video = { "gen3", "gen3a_turbo", "gen4", "gen4_turbo", "gen4.5" },
}

-- Points of a call, however long its clip is.
M.points = { generate = 320, video2video = 900, act_one = 500, act_two = 500, aleph = 1000 }

-- Where a request names none: for generate the one whose motion vector the
-- services honour.
M.usual_model = { generate = "gen2", video2video = "gen3" }

--- Points, or nil: of a model that is not in the table only the user knows.
function M.price(route, model)
    local known = M.models[route]
    if not known or model == nil then
        return M.points[route]
    end
    for _, name in ipairs(known) do
        if name == model then
            return M.points[route]
        end
    end
end

return M
