test("what this recipe says lies over what it includes", function()
    local run = recipe()
    same(run.names, { "series/spring", "series/autumn" })
    same(run.cells[1].purchases[1].request, {
        model = "gen2", style = "cinematic", ratio = "16:9", seconds = 5,
        prompt = "a village in the hills in spring",
    })
end)
