-- The script of words.yaml: a clip for each way to put the parts together, all of
-- them side by side.

return function(cell)
    local prompts = runway.prompts {
        "${shot} of ${what}, ${light}, ${style}",
        shot = { "wide shot", "close up" },
        what = cell.what,
        light = { "at dawn", "at night" },
        style = { "film grain", weight = cell.grain and 1 or 0 }, -- 0 leaves it out
    }
    local clips = {}
    for i, clip in ipairs(runway.map(prompts, runway.clip)) do
        runway.collect("prompt " .. i, clip.request.prompt)
        clips["v" .. i] = clip
    end
    return clips
end
