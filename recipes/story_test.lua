test("three shots, or as many as asked for", function()
    same(recipe().names, { "story/take.shot1", "story/take.shot2", "story/take.shot3" })
    same(recipe { params = { shots = 5 } }.bought, 5)
end)

test("only the first begins without a picture", function()
    local shots = recipe().cells[1].purchases
    expect(not shots[1].request.image)
    expect(shots[2].request.image and shots[3].request.image)
end)

test("a shot waits for the one before", function()
    local slow = recipe { answer = function() return { took = 60 } end }
    expect(slow.seconds >= 180)
end)

test("six shots are too many", function()
    raises(function() recipe { params = { shots = 6 } } end, "shots")
end)
