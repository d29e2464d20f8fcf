test("a film, and who acts as it does", function()
    local run = recipe()
    same(run.names, { "actor/sway.act", "actor/sway.film" })
    local film, act = table.unpack(run.cells[1].purchases)
    same({ film.route, act.route }, { "generate", "act_two" })
    expect(act.request.video and act.request.image)
    same(act.credits, film.credits) -- as long as the film
end)
