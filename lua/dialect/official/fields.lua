--- What each route takes, for its models, as rows of fields; and what no single
-- field shows.

local answer = require "dialect.reverse.answer"
local motion = require "dialect.official.motion"
local models = require "dialect.official.models"

local M = {}

local given = answer.given

local SEED_MAX <const> = 4294967295
-- Of a data: URI.
local IMAGE_MAX <const> = 5 * 1024 * 1024
local VIDEO_MAX <const> = 16 * 1024 * 1024

-- --- rows

local function union(a, b)
    local all, known = {}, {}
    for _, list in ipairs { a or {}, b or {} } do
        for _, item in ipairs(list) do
            if not known[item] then
                known[item] = true
                all[#all + 1] = item
            end
        end
    end
    return all
end

local function taken(ratios)
    return ratios and ratios.taken
end

-- The names of a route's models for which `test` holds.
local function those(route, test)
    local names = {}
    for _, model in ipairs(models.routes[route]) do
        if test(model) then
            names[#names + 1] = model.name
        end
    end
    return names
end

local function add_ratios(fields, route)
    for _, model in ipairs(models.routes[route]) do
        local choices = union(taken(model.words), taken(model.image))
        if choices[1] then
            fields[#fields + 1] = {
                name = "ratio", type = "text", models = { model.name }, strict = true,
                choices = choices,
            }
        end
    end
end

local function add_seconds(fields, route)
    for _, model in ipairs(models.routes[route]) do
        local range = model.seconds or {}
        if route == "generate" or model.timed then
            fields[#fields + 1] = {
                name = "seconds", type = "integer", models = { model.name }, strict = true,
                min = range.min, max = range.max,
                choices = range[1] and range or nil,
                -- Five is no choice of theirs, and what else would be a guess.
                required = range[1] and range[1] ~= 5 or nil,
            }
        end
    end
end

local function add_seed(fields, route)
    fields[#fields + 1] = {
        name = "seed", type = "integer", min = 0, max = SEED_MAX, strict = true,
        models = those(route, function(model) return model.seed end),
    }
end

local function generate()
    local fields = {
        { name = "prompt", type = "text" },
        { name = "model", type = "text" },
    }
    add_ratios(fields, "generate")
    add_seconds(fields, "generate")
    for _, axis in ipairs(motion.AXES) do
        fields[#fields + 1] = { name = "motion." .. axis, type = "number" }
    end
    fields[#fields + 1] = { name = "image", type = "file", bytes_max = IMAGE_MAX }
    fields[#fields + 1] = {
        name = "last_image", type = "file", bytes_max = IMAGE_MAX, strict = true,
        models = those("generate", function(model) return model.last end),
    }
    add_seed(fields, "generate")
    fields[#fields + 1] = { name = "extra", type = "any" }
    return fields
end

local function video2video()
    local fields = {
        { name = "prompt", type = "text" },
        { name = "model", type = "text" },
        { name = "video", type = "file", required = true, bytes_max = VIDEO_MAX },
    }
    add_ratios(fields, "video2video")
    add_seconds(fields, "video2video")
    add_seed(fields, "video2video")
    fields[#fields + 1] = { name = "extra", type = "any" }
    return fields
end

local function act_two()
    local fields = {
        { name = "model", type = "text" },
        { name = "video", type = "file", required = true, bytes_max = VIDEO_MAX },
        { name = "image", type = "file", bytes_max = IMAGE_MAX },
        { name = "character_video", type = "file", bytes_max = VIDEO_MAX },
        { name = "expression_intensity", type = "integer", min = 1, max = 5 },
        { name = "body_control", type = "boolean" },
    }
    add_ratios(fields, "act_two")
    add_seed(fields, "act_two")
    fields[#fields + 1] = { name = "extra", type = "any" }
    return fields
end

M.fields = {
    generate = generate(),
    video2video = video2video(),
    act_two = act_two(),
    upscale = {
        { name = "model", type = "text" },
        { name = "video", type = "file", required = true, bytes_max = VIDEO_MAX },
        { name = "extra", type = "any" },
    },
}

-- --- what no single field shows

-- UTF-16 units of a text.
local function units(s)
    local n = 0
    for _, c in utf8.codes(s) do
        n = n + (c > 0xFFFF and 2 or 1)
    end
    return n
end

local function needs_prompt(route, model, request)
    if route == "generate" then
        return model.needs_text or not given(request.image)
    end
    return model.needs_text
end

local function check_length(model, prompt, written, wrong)
    if model.text and utf8.len(written) and units(written) > model.text then
        wrong("prompt", "'prompt' is %d characters long%s: model '%s' takes at most %d",
            units(written), written ~= prompt and ", with the camera's words" or "",
            model.name, model.text)
    end
end

local function check_prompt(route, model, request, wrong)
    local prompt = given(request.prompt)
    local said = prompt and prompt:find "%S"
    if not said and needs_prompt(route, model, request) then
        wrong("prompt", "'prompt' is missing: official %s needs it for model '%s'%s", route,
            model.name, model.needs_text and "" or " where there is no image")
    else
        check_length(model, prompt, motion.prompt(request) or "", wrong)
    end
end

local function has(list, item)
    for _, v in ipairs(list) do
        if v == item then
            return true
        end
    end
end

local function check_image(model, request, wrong)
    local image, ratio = given(request.image), given(request.ratio)
    local ratios = model.words
    if image then
        ratios = model.image
    end
    if given(request.last_image) and not image then
        wrong("last_image", "'last_image' needs an 'image' beside it")
    elseif not image and not model.words then
        wrong("model", "model '%s' needs an 'image'", model.name)
    elseif ratio and not ratios then
        wrong("ratio", "model '%s' takes no 'ratio' with an image: it is the image's", model.name)
    elseif ratio and not has(ratios.taken, ratio) then
        wrong("ratio", "'ratio' is '%s': model '%s' takes %s %s an image", ratio, model.name,
            table.concat(ratios.taken, ", "), image and "with" or "without")
    end
end

local function check_character(request, wrong)
    local image, video = given(request.image), given(request.character_video)
    if not image and not video then
        wrong("image", "the character is missing: 'image' or 'character_video'")
    elseif image and video then
        wrong("character_video", "'image' and 'character_video' are two characters: give one")
    end
end

--- What is wrong with a request, each of whose fields is right: {{field, text}}.
function M.check(route, request)
    local list = {}
    local function wrong(field, format, ...)
        list[#list + 1] = { field = field, text = format:format(...) }
    end
    local name = given(request.model) or models.usual_model[route]
    -- A model that only its price knows is the service's to check.
    local model = models.find(route, name) or { name = name, words = models.usual }
    local known = models.find(route, name) ~= nil
    if route == "act_two" then
        check_character(request, wrong)
    elseif known and route ~= "upscale" then
        check_prompt(route, model, request, wrong)
        if route == "generate" then
            check_image(model, request, wrong)
        end
    end
    return list
end

return M
