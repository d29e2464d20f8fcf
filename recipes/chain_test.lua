test("one wide shot, and three ways to go on", function()
    local run = recipe()
    same({ run.bought, run.shared, #run.names }, { 4, 2, 6 })
end)
