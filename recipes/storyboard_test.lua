test("four panels, each bought once", function()
    local run = recipe()
    same(run.names, { "storyboard/1", "storyboard/2", "storyboard/3", "storyboard/4" })
    same(run.bought, 4)
    same(run.shared, 6) -- 1 + 2 + 3: what panels 2 to 4 ask for again
end)

test("a panel alone brings what it needs", function()
    local run = recipe { overrides = { "panel=3" } }
    same(run.names, { "storyboard/3" })
    same(run.bought, 3)
end)
