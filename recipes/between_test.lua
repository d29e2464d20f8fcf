test("three ways from the first picture to the last", function()
    local run = recipe()
    same(run.names, { "between/x-3", "between/x0", "between/x3" })
    for _, cell in ipairs(run.cells) do
        local request = cell.purchases[1].request
        expect(request.image ~= request.last_image)
    end
end)
