test("a clip for each step, and none between them", function()
    local run = recipe()
    same(run.names, { "path/1", "path/2", "path/3", "path/4", "path/5" })
    same(run.bought, 5)
end)

test("the columns move together", function()
    local third = recipe().cells[3].purchases[1].request.motion
    same({ third.y, third.z, third.r }, { 2, 4, 3 })
end)
