-- The script of storyboard.yaml. Panel n begins with the last picture of panel
-- n - 1, and asks for that one as if it were its own: the same request is the
-- same purchase, in whichever cell it stands.

local panels <const> = {
    "an island far out at sea, morning",
    "closer: a beach, a path leads up",
    "the path through the forest",
    "a lighthouse above the trees",
}

local function panel(n)
    return runway.clip {
        prompt = panels[n],
        image = n > 1 and panel(n - 1):frame "last" or runway.none,
    }
end

return function(cell)
    return panel(cell.panel)
end
