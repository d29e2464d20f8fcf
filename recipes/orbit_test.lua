-- The tests of orbit.yaml: tarmac test recipes/orbit.yaml
--
-- recipe() runs the recipe without money, network or files, and tells what came
-- of it; recipe { params = …, overrides = … } runs it as you say.

test("nine clips, for 225 credits at most", function()
    local run = recipe()
    expect(run.ok and run.bought == 9)
    expect(run.credits <= 225)
end)

test("they are called after the move", function()
    local run = recipe { overrides = { "motion.r=0" } }
    same(run.names, { "orbit/x-4_r0", "orbit/x0_r0", "orbit/x4_r0" })
end)

test("the prompt is the one that was given", function()
    for _, cell in ipairs(recipe { params = { prompt = "a pier" } }.cells) do
        same(cell.purchases[1].request.prompt, "a pier", cell.name)
    end
end)
