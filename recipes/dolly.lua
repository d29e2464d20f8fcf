-- The script of dolly.yaml: called once for each cell of the recipe.
--
-- runway.generate{…} buys one clip and returns its task_id as soon as the
-- service has accepted it. What is written here lies over the recipe's request,
-- `motion` by component. runway.wait(task_id) returns the clip, or raises.

return function(cell)
    local push = runway.params.push

    local wide = runway.wait(runway.generate {
        prompt = "wide shot: " .. cell.prompt,
        motion = { z = push },
    })
    runway.log("the wide shot is here, moving closer")

    -- The same move goes on, slower, with a slight turn.
    local close = runway.wait(runway.generate {
        prompt = "close up: " .. cell.prompt,
        motion = { z = push / 2, r = 1 },
    })

    return { wide = wide, close = close }
end
