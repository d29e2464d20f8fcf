-- The script of story.yaml: as many shots as it is asked for, each begun with the
-- last picture of the one before.

local beats <const> = {
    "a village at dawn, smoke over the roofs",
    "the road out of the village, fields on both sides",
    "the road leads to the sea, a lighthouse far away",
    "the lighthouse from below, gulls around it",
    "the view from the lighthouse, evening",
}

return function(cell)
    local clips, last = {}, nil
    for i = 1, cell.shots do
        last = runway.clip {
            prompt = beats[i],
            image = last and last:frame "last",
        }
        clips["shot" .. i] = last
        runway.collect("shot" .. i, last.seconds)
    end
    return clips
end
