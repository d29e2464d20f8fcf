test("the close shot goes on slower", function()
    local wide, close = table.unpack(recipe { params = { push = 6 } }.cells[1].purchases)
    same({ wide.request.motion.z, close.request.motion.z }, { 6, 3 })
    same({ wide.output, close.output }, { "dolly/push.wide", "dolly/push.close" })
end)

test("it says what it does", function()
    same(recipe().log, { "dolly/push: the wide shot is here, moving closer" })
end)
