-- The script of restyle.yaml: a clip, and what video2video makes of it. The first
-- is the same request in every cell, and so bought once.

return function(cell)
    local film = runway.clip {
        prompt = cell.film,
        motion = { x = 3, z = 2 },
    }
    return runway.clip {
        route = "video2video",
        video = film,
        prompt = cell.words,
        motion = runway.none,
        structure = cell.structure,
    }
end
