-- The script of chain.yaml: a clip, and another that begins where it ends.
--
-- clip:frame "last" stands for the picture that the clip ends with ("first", or
-- a number of seconds, for another one). Nothing is cut or sent until a request
-- that carries it really has to be bought.

return function(cell)
    local wide = runway.wait(runway.generate {
        prompt = "wide shot: " .. cell.prompt,
        motion = { z = 3 },
    })
    local close = runway.wait(runway.generate {
        prompt = "closer: " .. cell.prompt,
        image = wide:frame "last",
        motion = { z = 3, x = cell.turn },
    })
    return { wide = wide, close = close }
end
