test("each scene is tried with both seeds", function()
    same(recipe().names, {
        "scenes/arrival_11", "scenes/arrival_12",
        "scenes/search_11", "scenes/search_12",
        "scenes/found_11", "scenes/found_12",
    })
end)

test("a long text is one line", function()
    local found = recipe().cells[5].purchases[1].request
    same(found.prompt, "a lighthouse between the trees, far away, at dusk")
    same(found.motion, { z = 5 })
end)
