--- Runway's own models: what each takes, and what it costs. One table, so that
-- a new model is a new row.

local M = {
    -- Prices: github.com/runwayml/skills of this day; aleph2 and
    -- gemini_omni_flash from later pages of docs.dev.runwayml.com. Fields: the
    -- request types of github.com/runwayml/sdk-python, 2026-07-27.
    as_of = "2026-04-21",
}

-- Ratios: by the names that are used here, and all that are taken as written.
local function sizes(names, more)
    local taken, known = {}, {}
    local function add(ratio)
        if not known[ratio] then
            known[ratio] = true
            taken[#taken + 1] = ratio
        end
    end
    local order = { "16:9", "9:16", "4:3", "3:4", "1:1", "21:9" }
    for _, name in ipairs(order) do
        if names[name] then
            add(name)
        end
    end
    for _, name in ipairs(order) do
        if names[name] then
            add(names[name])
        end
    end
    for _, pixels in ipairs(more or {}) do
        add(pixels)
    end
    return { names = names, taken = taken }
end

local R6 <const> = sizes {
    ["16:9"] = "1280:720", ["9:16"] = "720:1280", ["4:3"] = "1104:832", ["3:4"] = "832:1104",
    ["1:1"] = "960:960", ["21:9"] = "1584:672",
}
local V2 <const> = sizes { ["16:9"] = "1280:720", ["9:16"] = "720:1280" }
local V4 <const> = sizes(V2.names, { "1920:1080", "1080:1920" })
local S_NAMES <const> = {
    ["16:9"] = "1280:720", ["9:16"] = "720:1280", ["4:3"] = "1112:834", ["3:4"] = "834:1112",
    ["1:1"] = "960:960", ["21:9"] = "1470:630",
}
local S_SMALL <const> = { "992:432", "864:496", "752:560", "640:640", "560:752", "496:864" }
local S12 <const> = sizes(S_NAMES, S_SMALL)
local S24 <const> = sizes(S_NAMES, {
    "992:432", "864:496", "752:560", "640:640", "560:752", "496:864", "2206:946", "1920:1080",
    "1664:1248", "1440:1440", "1248:1664", "1080:1920", "3840:1646", "3840:2160", "3840:2880",
    "3840:3840", "2880:3840", "2160:3840",
})
local HAPPY <const> = sizes({
    ["16:9"] = "1280:720", ["9:16"] = "720:1280", ["4:3"] = "1108:832", ["3:4"] = "832:1108",
    ["1:1"] = "960:960",
}, { "1920:1080", "1080:1920", "1440:1440", "1662:1248", "1248:1662" })
local GEN3 <const> = sizes { ["16:9"] = "1280:768", ["9:16"] = "768:1280" }
local ALEPH <const> = sizes(R6.names, { "848:480", "640:480" })
local TARGETS <const> = sizes({}, {
    "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "21:9",
})

-- Of a model that is not in the table, but has a price: what most take.
M.usual = R6

--   second      credits a second of the result
--   silent      the same with extra: {audio: false}
--   least       credits of the smallest bill
--   most        seconds that may be charged for, where no length is asked for:
--               what it can cost, so that a budget holds
--   image       its ratios with an image; false: it takes none there
--   words       its ratios without one; nil: it needs an image
--   last        it takes a last image
--   text        the longest prompt, in UTF-16 units
--   needs_text  even with an image
--   seconds     {min, max}, or a list of choices; nil: any
--   seed        it takes one
M.routes = {
    generate = {
        { name = "gen4.5", second = 12, image = R6, words = V2, text = 1000, needs_text = true,
          seconds = { min = 2, max = 10 }, seed = true },
        { name = "gen4_turbo", second = 5, image = R6, text = 1000,
          seconds = { min = 2, max = 10 }, seed = true },
        { name = "veo3.1", second = 40, silent = 20, image = V4, words = V4, last = true,
          text = 1000, seconds = { 4, 6, 8 }, seed = true },
        { name = "veo3.1_fast", second = 15, silent = 10, image = V4, words = V4, last = true,
          text = 1000, seconds = { 4, 6, 8 }, seed = true },
        { name = "veo3", second = 40, image = V4, words = V4, text = 1000, seconds = { 8 },
          seed = true },
        { name = "seedance2", second = 36, image = S24, words = S24, last = true, text = 3500,
          seed = true },
        { name = "seedance2_fast", image = S12, words = S12, last = true, text = 3500,
          seed = true },
        { name = "seedance2_mini", image = S12, words = S12, last = true, text = 3500,
          seed = true },
        { name = "happyhorse_1_0", image = false, words = HAPPY, text = 2500 },
        { name = "gemini_omni_flash", second = 10, image = V2, words = V2,
          seconds = { min = 3, max = 10 } },
        -- Gone from the published types on 2026-06-10.
        { name = "gen3a_turbo", second = 5, image = GEN3, last = true, text = 1000,
          needs_text = true, seconds = { 5, 10 }, seed = true },
    },
    --   video       what the given clip is called
    --   timed       its length can be asked for
    --   ratio       what its ratio is called, of `words`; nil: it takes none
    video2video = {
        { name = "aleph2", second = 28, least = 56, most = 30, words = TARGETS,
          ratio = "targetAspectRatio", text = 1000, needs_text = true, seed = true },
        { name = "seedance2", second = 36, most = 15, words = S24, text = 3500, needs_text = true,
          seed = true, video = "promptVideo", timed = true },
        { name = "seedance2_fast", words = S12, text = 3500, needs_text = true,
          seed = true, video = "promptVideo", timed = true },
        { name = "seedance2_mini", words = S12, text = 3500, needs_text = true,
          seed = true, video = "promptVideo", timed = true },
        { name = "gemini_omni_flash", second = 10, most = 30, needs_text = true },
        { name = "gen4_aleph", second = 15, most = 30, words = ALEPH, text = 1000,
          needs_text = true, seed = true },
    },
    act_two = {
        { name = "act_two", second = 5, most = 30, words = R6, seed = true },
    },
    upscale = {
        { name = "magnific_video_upscaler_creative" },
        { name = "upscale_v1" },
    },
}

-- Where a request names none.
M.usual_model = {
    generate = "gen4.5",
    video2video = "aleph2",
    act_two = "act_two",
    upscale = "magnific_video_upscaler_creative",
}

--- The row of a model of a route, or nil.
function M.find(route, name)
    for _, row in ipairs(M.routes[route] or {}) do
        if row.name == name then
            return row
        end
    end
end

--- The names of each route's models.
function M.names()
    local all = {}
    for route, rows in pairs(M.routes) do
        local names = {}
        for i, row in ipairs(rows) do
            names[i] = row.name
        end
        all[route] = names
    end
    return all
end

--- What a ratio is on the wire.
function M.pixels(ratios, ratio)
    return ratios and ratios.names[ratio] or ratio
end

return M
