std = "lua54"
max_line_length = 100
max_cyclomatic_complexity = 12

-- What a recipe's script may use besides the language.
local recipe = {
    read_globals = {
        runway = {
            fields = {
                "generate", "wait", "any", "clip", "status", "cancel", "image", "spawn", "map",
                "collect", "sleep", "log", "now", "json", "params", "none", "prompt", "prompts",
            },
        },
    },
}
files["recipes"] = recipe
files["recipes/**/*_test.lua"] = {
    read_globals = { "expect", "raises", "recipe", "same", "test" },
}
files["lua/default.lua"] = recipe -- the script of a recipe that has none
files["lua/from.lua"] = recipe -- of `run --from`

-- Declarations: nobody calls them here.
files["lua/types.lua"] = {
    unused_args = false,
    globals = { "runway", "expect", "raises", "recipe", "same", "test" },
}

files["tests/lua"] = { std = "lua54+busted" }
