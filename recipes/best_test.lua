-- A dry run delivers what is asked for. Its `answer` says otherwise, so that what
-- a script does then can be seen before it is paid for.
local function lengths(seconds)
    return function(purchase)
        return { seconds = seconds[purchase.take] }
    end
end

test("a good take is the only one", function()
    same(recipe().bought, 1)
end)

test("after a short take there is another", function()
    local run = recipe { answer = lengths { 2.5, 5 } }
    same(run.bought, 2)
    same(run.log, { "best/clip: take 1 is too short, another one" })
end)

test("the longest of three, if none is long enough", function()
    local run = recipe { answer = lengths { 2, 4, 3 } }
    same(run.bought, 3)
    same(run.cells[1].purchases[2].output, "best/clip")
    same(run.rows[2], { cell = "best/clip", name = "take 2", value = 4 })
end)

test("never more than it may", function()
    local run = recipe { params = { most = 2 }, answer = lengths { 1, 1, 1 } }
    same(run.bought, 2)
end)
