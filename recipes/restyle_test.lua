test("one film, three looks", function()
    local run = recipe()
    same(run.names, { "restyle/oil", "restyle/drawing", "restyle/night" })
    same({ run.bought, run.shared }, { 4, 2 })
end)

test("what is painted over is the film", function()
    local cell = recipe { params = { structure = 0.2 } }.cells[1]
    same({ cell.purchases[1].route, cell.purchases[2].route }, { "generate", "video2video" })
    same(cell.purchases[2].request.structure, 0.2)
    expect(cell.purchases[2].request.video)
end)
