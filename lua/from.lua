--- The script of `tarmac run --from CLIP`: makes again what the clip was made
--- of, clip by clip, and then the clip itself.

local FILES <const> = { "image", "last_image", "video", "character_video" }

--- What a field says now for the clip that it names, when that was made again.
local function anew(value, clips)
    local clip = type(value) == "table" and clips[value.of or value.clip]
    if not clip then
        return nil
    end
    if value.file and clip.files then
        clip = clip.files[value.file]
    end
    return value.frame and clip:frame(value.frame) or clip
end

local function with(request, clips)
    for _, field in ipairs(FILES) do
        request[field] = anew(request[field], clips) or request[field]
    end
    return request
end

return function(cell)
    local made = runway.json.decode(cell.made_of)
    local clips = {}
    for _, source in ipairs(made.of) do
        local request = with(source.request, clips)
        request.route, request.take = source.route, source.take
        clips[source.fingerprint] = runway.clip(request)
    end
    local request = with(made.request, clips)
    request.take = made.take
    return runway.clip(request)
end
