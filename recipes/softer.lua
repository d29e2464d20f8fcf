-- The script of softer.yaml: a prompt that the service does not want is bought
-- once more, in softer words.

local softer <const> = {
    { "storm", "wind" },
    { "a wreck", "an old ship" },
    { "fire", "warm light" },
}

return function(cell)
    local ok, clip = pcall(runway.clip, {})
    if ok then
        return clip
    elseif clip.kind ~= "moderation" then
        error(clip, 0)
    end
    local prompt = cell.prompt
    for _, words in ipairs(softer) do
        prompt = prompt:gsub(words[1], words[2])
    end
    runway.log("once more, as:", prompt)
    return runway.clip { prompt = prompt }
end
