test("eight of 125, within the budget", function()
    local run = recipe()
    same(run.bought, 8)
    expect(run.credits <= 200)
end)

test("a larger sample keeps the smaller one", function()
    local larger = {}
    for _, name in ipairs(recipe { overrides = { "sweep.sample.count=12" } }.names) do
        larger[name] = true
    end
    for _, name in ipairs(recipe().names) do
        expect(larger[name], name .. " is gone")
    end
end)

test("another seed looks elsewhere", function()
    local one, two = recipe().names, recipe { overrides = { "sweep.sample.seed=2" } }.names
    expect(#one == #two and table.concat(one) ~= table.concat(two))
end)
