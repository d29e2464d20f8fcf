test("six seeds", function()
    same(recipe().names, { "seeds/1", "seeds/2", "seeds/3", "seeds/4", "seeds/5", "seeds/6" })
end)

test("or others", function()
    local run = recipe { overrides = { "seed={from: 100, to: 500, steps: 5}" } }
    same(run.cells[5].purchases[1].request.seed, 500)
end)
