test("a clip for each line, in their order", function()
    same(recipe().names, {
        "shots/1_harbour", "shots/2_street", "shots/3_hills", "shots/4_pier",
    })
end)

test("what is empty is not set", function()
    local street = recipe().cells[2].purchases[1].request
    same(street.motion, { x = -4 })
    same(street.prompt, "a street in the city, rain on the windows")
end)

test("the long one costs more", function()
    local cells = recipe().cells
    expect(cells[4].purchases[1].credits == 2 * cells[1].purchases[1].credits)
end)
