test("four takes of one request", function()
    local run = recipe()
    same(run.names, { "takes/1", "takes/2", "takes/3", "takes/4" })
    same(run.bought, 4)
    for take, cell in ipairs(run.cells) do
        same(cell.purchases[1].take, take)
        same(cell.purchases[1].request, run.cells[1].purchases[1].request)
    end
end)
