--- What each cell of @FILE@ does: called once for each, all of them side
--- by side. Stopped half-way and run again, it finds what it had bought.

return function(cell)
    -- The cell's request, with a prompt of our own: bought, or found bought.
    local clip = runway.clip { prompt = cell.prompt .. ", wide shot" }
    runway.log(cell.name, "lasts", clip.seconds, "s")

    -- A second clip could go on from its last picture:
    -- local close = runway.clip { image = clip:frame "last" }
    -- return { wide = clip, close = close }
    return clip
end
