-- What a mistake raises here; in the program, the script's line stands before it.
local prim = {
    mistake = function(text)
        error(text, 0)
    end,
}
assert(loadfile "lua/prompt.lua")(prim)

local prompt, prompts = prim.prompt, prim.prompts

local TEMPLATE = "${shot} of ${subject}, ${light}"

local function says(text, fn, ...)
    local ok, message = pcall(fn, ...)
    assert.is_false(ok)
    assert.equal(text, message)
end

describe("a prompt of parts", function()
    it("is its template, filled", function()
        assert.equal("wide shot of a pier, dusk",
            prompt { TEMPLATE, shot = "wide shot", subject = "a pier", light = { "dusk" } })
        assert.equal("a pier, a pier", prompt { "${x}, ${x}", x = "a pier" })
        assert.equal("no more than ${this}: ${that}", prompt { "no more than $${this}: ${x}",
            x = "${that}" })
    end)

    it("is its parts, the heavier first, then by name", function()
        assert.equal("b, c, a", prompt { x = "c", a = { "a", weight = 0.5 }, b = "b" })
        assert.equal("z, first, second, a, b",
            prompt { "first", "second", b = "b", a = "a", z = { "z", weight = 1.5 } })
        assert.equal("b, a", prompt { { "a", weight = 1 }, { "b", weight = 2 } })
        local parts, sorted = {}, {}
        for i = 1, 50 do
            local name = ("p%02d"):format(i)
            parts[name], sorted[i] = name, name
        end
        assert.equal(table.concat(sorted, ", "), prompt(parts))
    end)

    it("leaves out what weighs nothing, and its comma", function()
        local function lit(weight, template)
            return prompt { template or TEMPLATE, shot = "close-up", subject = "a pier",
                light = { "dusk", weight = weight } }
        end
        assert.equal("close-up of a pier, dusk", lit(0.001))
        assert.equal("close-up of a pier", lit(0))
        assert.equal("close-up of a pier", lit(0, "${light}, ${shot} of ${subject}"))
        assert.equal("close-up, a pier", lit(0, "${shot}, ${light}, ${subject}"))
        assert.equal("close-up of a pier.", lit(0, "${shot} of ${subject}; ${light}."))
        assert.equal("a", prompt { a = "a", b = { "b", weight = 0 }, c = "" })
        assert.equal("", prompt { "${a}, ${b}", a = "", b = "" })
    end)

    it("names what has no part, and what is not used", function()
        says("runway.prompt: there is no part 'ligth' for '${ligth}' (did you mean 'light'?)",
            prompt, { "${ligth}", light = "dusk" })
        says("runway.prompt: there is no part 'x' for '${x}'", prompt, { "${x}" })
        says("runway.prompt: 'lihgt' does not stand in the template (did you mean 'light'?)",
            prompt, { "${light}", light = "dusk", lihgt = "noon" })
        says("runway.prompt: part 2 does not stand in the template", prompt,
            { "${a}", "b", a = "a" })
        says("runway.prompt: '${' without a name and '}' behind it (write '$${' for the "
            .. "characters themselves)", prompt, { "a ${b", b = "b" })
        says("runway.prompt: '${' without a name and '}' behind it (write '$${' for the "
            .. "characters themselves)", prompt, { "a ${}", b = "b" })
        says("runway.prompt: part 2 holds '${': only the first text is a template", prompt,
            { "a", "${b}", b = "b" })
    end)

    it("takes texts", function()
        says("runway.prompt: expected a table of parts, found string", prompt, "a pier")
        says("runway.prompt: expected a table of parts, found nil", prompt)
        says("runway.prompt: there are no parts", prompt, {})
        says("runway.prompt: 'n' is a number; a part is a text, as tostring() makes of it", prompt,
            { n = 3 })
        says("runway.prompt: part 1 is a boolean; a part is a text", prompt, { true })
        says("runway.prompt: a list with holes: one of its parts is nil", prompt, { "a", nil, "c" })
        says("runway.prompt: a part's name is a text, not a boolean", prompt, { [true] = "a" })
        says("runway.prompt: 'a' has no text", prompt, { a = {} })
        says("runway.prompt: 'a' has no text", prompt, { a = { weight = 1 } })
        says("runway.prompt: 'a' holds a list of lists", prompt, { a = { { { "a" } } } })
        says("runway.prompt: 'a' is a list with holes", prompt, { a = { "a", nil, "c" } })
        says("runway.prompt: 'a' has the key 'weigth'; a part is a text, {text, weight = 1}, or a "
            .. "list of them", prompt, { a = { "a", weigth = 2 } })
        for _, weight in ipairs { -1, 0 / 0, math.huge, "2" } do
            says("runway.prompt: 'a': 'weight' is a number from 0, and 0 leaves it out", prompt,
                { a = { "a", weight = weight } })
        end
    end)

    it("is one: lists are for prompts", function()
        says("runway.prompt: 'light' is a list of 2 texts; runway.prompts makes a prompt of each",
            prompt, { TEMPLATE, shot = "a", subject = "b", light = { "dusk", "noon" } })
    end)
end)

describe("prompts of parts", function()
    it("are all combinations, the first name slowest", function()
        assert.same({
            "wide of a pier, dusk", "wide of a cliff, dusk", "close of a pier, dusk",
            "close of a cliff, dusk", "wide of a pier, noon", "wide of a cliff, noon",
            "close of a pier, noon", "close of a cliff, noon",
        }, prompts {
            TEMPLATE, subject = { "a pier", "a cliff" }, shot = { "wide", "close" },
            light = { "dusk", "noon" },
        })
    end)

    it("begin with the list's own parts", function()
        assert.same({ "a, x", "a, y", "b, x", "b, y" }, prompts { { "a", "b" }, z = { "x", "y" } })
    end)

    it("weigh each text of a list, or all of them", function()
        assert.same({ "x, a", "b, x" },
            prompts { { { "a", weight = 0.5 }, { "b", weight = 2 } }, z = "x" })
        assert.same({ "x, a", "x, b", "x" },
            prompts { { "a", "b", { "c", weight = 0 }, weight = 0.5 }, z = "x" })
    end)

    it("are one where there are no lists", function()
        assert.same({ "a pier" }, prompts { "a pier" })
    end)

    it("are not without end", function()
        local ten = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" }
        assert.equal(10000, #prompts { a = ten, b = ten, c = ten, d = ten })
        says("runway.prompts: these lists make more than 10000 prompts", prompts,
            { a = ten, b = ten, c = ten, d = ten, e = { "0", "1" } })
    end)

    it("say their own name", function()
        says("runway.prompts: 'n' is a number; a part is a text, as tostring() makes of it",
            prompts, { n = 3 })
    end)
end)
