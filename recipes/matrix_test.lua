test("each place at each hour, but no desert at night", function()
    same(recipe().names, {
        "matrix/lighthouse_dawn", "matrix/lighthouse_night",
        "matrix/village_dawn", "matrix/village_night",
        "matrix/desert_dawn",
    })
end)

test("the gaps of the prompt are filled", function()
    local cell = recipe().cells[4]
    same(cell.purchases[1].request.prompt, "a village at night, wide shot")
end)
