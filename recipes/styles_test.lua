test("nothing but the style differs", function()
    local seen = {}
    for i, cell in ipairs(recipe().cells) do
        local request = cell.purchases[1].request
        seen[i] = request.style
        request.style = nil
        same(request, {
            model = "gen2", prompt = "a village in the hills", seconds = 5, seed = 7,
            motion = { x = 2, z = 2 },
        })
    end
    same(seen, { "cinematic", "watercolour", "noir" })
end)
