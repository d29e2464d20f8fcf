--- What each route of the reverse format takes, as rows of fields.

local M = {}

M.AXES = { "x", "y", "z", "r", "bg_x_pan", "bg_y_pan" }

local SEED_MAX <const> = 4294967295

local function generate()
    local fields = {
        { name = "prompt", type = "text", required = true },
        { name = "model", type = "text" },
        {
            name = "ratio",
            type = "text",
            choices = {
                "16:9", "9:16", "1:1", "4:3", "3:4", "21:9",
                "1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672",
            },
        },
        { name = "style", type = "text" },
        { name = "seconds", type = "integer", choices = { 5, 10 } },
    }
    for _, axis in ipairs(M.AXES) do
        fields[#fields + 1] = { name = "motion." .. axis, type = "number", models = { "gen2" } }
    end
    fields[#fields + 1] = { name = "image", type = "file" }
    fields[#fields + 1] = { name = "last_image", type = "file" }
    -- options.seed: an extension, which the built-in gateway understands.
    fields[#fields + 1] = { name = "seed", type = "integer", min = 0, max = SEED_MAX }
    fields[#fields + 1] = { name = "extra", type = "any" }
    return fields
end

M.fields = {
    generate = generate(),
    video2video = {
        { name = "prompt", type = "text", required = true },
        { name = "model", type = "text" },
        { name = "video", type = "file", required = true },
        { name = "structure", type = "number", min = 0, max = 1 },
        { name = "seconds", type = "integer", min = 1, max = 10 },
        { name = "flip", type = "boolean" },
        { name = "seed", type = "integer", min = 0, max = SEED_MAX },
        { name = "extra", type = "any" },
    },
    act_one = {
        { name = "video", type = "file", required = true },
        { name = "image", type = "file", required = true },
        { name = "flip", type = "boolean" },
        { name = "extra", type = "any" },
    },
    act_two = {
        { name = "video", type = "file", required = true },
        { name = "image", type = "file" },
        { name = "character_video", type = "file" },
        { name = "expression_intensity", type = "integer", min = 1, max = 5 },
        { name = "body_control", type = "boolean" },
        { name = "flip", type = "boolean" },
        { name = "extra", type = "any" },
    },
    aleph = {
        { name = "video", type = "file", required = true },
        { name = "prompt", type = "text", required = true },
        { name = "image", type = "file" },
        { name = "seconds", type = "integer", choices = { 5 } },
        { name = "seed", type = "integer", min = 0, max = SEED_MAX },
        { name = "extra", type = "any" },
    },
}

local PROMPT_MAX <const> = 1000 -- of aleph

--- What is wrong with a request, each of whose fields is right: {{field, text}}.
function M.check(route, request)
    local function has(name)
        return type(request[name]) == "string" or type(request[name]) == "table"
    end
    if route == "act_two" and has "image" == has "character_video" then
        return { {
            field = "image",
            text = has "image" and "'image' and 'character_video' are two characters: give one"
                or "the character is missing: 'image' or 'character_video'",
        } }
    elseif route == "aleph" and (utf8.len(request.prompt) or 0) > PROMPT_MAX then
        return { {
            field = "prompt",
            text = ("'prompt' is %d characters long: reverse aleph takes at most %d"):format(
                utf8.len(request.prompt), PROMPT_MAX),
        } }
    end
    return {}
end

return M
