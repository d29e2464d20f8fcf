local function refuse(word, kind)
    return function(purchase)
        if purchase.request.prompt:find(word) then
            return { fail = kind }
        end
    end
end

test("nothing is said twice that was taken at once", function()
    same(recipe().bought, 2)
end)

test("a refused prompt is tried once more, in softer words", function()
    local run = recipe { answer = refuse("storm", "moderation") }
    expect(run.ok and run.bought == 3)
    same(run.cells[1].purchases[2].request.prompt, "an old ship in a wind")
end)

test("what is refused again fails, and is not bought a third time", function()
    local run = recipe { answer = refuse("a ", "moderation") }
    same({ run.failed, run.bought }, { 2, 4 })
    same(run.cells[1].error.kind, "moderation")
end)

test("other failures are left alone", function()
    local run = recipe { answer = refuse("storm", "failed") }
    same({ run.failed, run.bought }, { 1, 2 })
end)
