local function prompts(run)
    local found = {}
    for i, row in ipairs(run.rows) do
        found[i] = row.value
    end
    return found
end

test("every combination, without the part that weighs nothing", function()
    same(prompts(recipe()), {
        "wide shot of a train in the desert, at dawn",
        "close up of a train in the desert, at dawn",
        "wide shot of a train in the desert, at night",
        "close up of a train in the desert, at night",
    })
end)

test("with it, if it is wanted", function()
    local run = recipe { params = { grain = true } }
    same(prompts(run)[1], "wide shot of a train in the desert, at dawn, film grain")
end)
