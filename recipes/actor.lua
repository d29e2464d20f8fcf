-- The script of actor.yaml: first a film of a movement, then the character of the
-- picture that makes it.

return function(cell)
    local film = runway.clip {
        model = "gen2",
        prompt = cell.film,
        motion = { x = cell.sway },
    }
    local act = runway.clip {
        route = "act_two",
        seconds = runway.none, -- as long as the film
        video = film,
        image = cell.character,
        expression_intensity = 4,
    }
    return { film = film, act = act }
end
