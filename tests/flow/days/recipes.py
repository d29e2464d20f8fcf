"""What can be wrong with a recipe, and with how it is named."""
from day import Day

ABOUT = ("Nothing is opened, sent or bought before the whole recipe is right, and all that\n"
         "is wrong with it is said at once. `tarmac check` says the same and nothing else.")

HEAD = "tarmac: 1\nname: r\n"
PIER = HEAD + "request: {prompt: a pier}\n"


def recipe(text):
    return lambda b: b.recipe(text)


def wrong(what, text, *says, **more):
    """A recipe that is refused for what stands in it."""
    return Day(what, recipe(text), says, code=3, **more)


def usage(what, command, says, **more):
    """A command line that cannot be meant."""
    return Day(what, lambda b: None, says, code=2, command=tuple(command), **more)


def mended(text):
    """Put right, it runs on the built-in gateway."""
    return {"mend": recipe(text)}


def rated(text):
    """A sweep, and ratings beside it."""
    def when(b):
        b.recipe(PIER + "sweep: {seed: [1, 2]}\n")
        (b.project.root / "r.ratings.yaml").write_text(text)
    return when


def configured(text):
    """The configuration, and a recipe that asks for its gateway 'h'."""
    def when(b):
        (b.project.home / "tarmac/config.yaml").write_text(text)
    return when


def config_wrong(what, text, *says):
    return Day(what, configured(text), says, code=3)


def key_command(command, more=""):
    """The key of the gateway 'h' is what a command prints."""
    return lambda b: configured(
        f"keys: {{{b.rogue.url}: {{command: {command}{more}}}}}\n"
        f"gateways: {{h: {{url: {b.rogue.url}, dialect: reverse}}}}\n")(b)


def linked_out(b):
    (b.project.root.parent / "outside.lua").write_text("return function() end\n")
    b.recipe(PIER + "script: r.lua\n")
    (b.project.root / "r.lua").symlink_to(b.project.root.parent / "outside.lua")


def script_is(data):
    def when(b):
        b.recipe(PIER + "script: r.lua\n")
        (b.project.root / "r.lua").write_bytes(data)
    return when


def dialect_is(text):
    """A gateway of the recipe that speaks a dialect of its own."""
    def when(b):
        b.recipe(HEAD + "gateway: own\nrequest: {prompt: a pier}\n"
                 "gateways: {own: {url: 'https://a.example', dialect: mine.lua}}\n")
        if text is not None:
            b.project.write("mine.lua", text)
    return when


BOMB = ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + b] * 9)}]\n" for b, c in zip("abcdefgh", "bcdefghi")))

NOT_TEXT = "not a text file: it holds NUL bytes; a text is saved as UTF-8"
RATIOS = ("reverse takes 16:9, 9:16, 1:1, 4:3, 3:4, 21:9, 1280:720, 720:1280, 1104:832, "
          "832:1104, 960:960, 1584:672")
NO_PATH = "is not a plain relative path (no leading '/', no '..', no empty part, no backslash)"

NAMED = [
    usage("No recipe is given", ["run"],
          "tarmac: error: run takes one recipe, for example: tarmac run recipes/orbit.yaml"),
    Day("There is no such recipe",
        lambda b: (b.project.root / "r.yaml").unlink(),
        "tarmac: error: cannot open r.yaml: No such file or directory",
        code=3),
    Day("The recipe's name lacks its .yaml", recipe(PIER),
        "tarmac: error: there is no r; did you mean r.yaml?",
        code=3, command=("run", "r")),
    Day("A folder is named instead of a recipe",
        lambda b: (b.project.root / "d").mkdir(),
        "tarmac: error: d is a directory; name the recipes in it",
        code=3, command=("run", "d")),
    Day("The recipe is a device", lambda b: None,
        "tarmac: error: /dev/null is not a regular file",
        code=3, command=("run", "/dev/null")),
    usage("The command is forgotten", ["r.yaml"],
          "tarmac: error: no command 'r.yaml'; to run a recipe: tarmac run r.yaml"),
    usage("The command is misspelt", ["rnu", "r.yaml"],
          "tarmac: error: no command 'rnu' (did you mean 'run'?)"),
    usage("An option is misspelt", ["run", "r.yaml", "--frist", "1"],
          "tarmac: error: run does not know --frist (did you mean '--first'?)"),
    usage("--first is given no number", ["run", "r.yaml", "--first", "two"],
          "tarmac: error: --first takes a number of cells from 1, not 'two'"),
    usage("--first is given a number that is too large",
          ["run", "r.yaml", "--first", "99999999999999999999"],
          "tarmac: error: --first takes a number of cells from 1, not '99999999999999999999'"),
    usage("An option lacks its value", ["run", "r.yaml", "--first"],
          "tarmac: error: --first needs a value; see: tarmac run --help"),
    usage("-p has no value", ["run", "r.yaml", "-p", "mood"],
          "tarmac: error: -p takes NAME=VALUE, not 'mood'"),
    Day("-p names a param that the recipe does not have",
        recipe(HEAD + "params: {mood: calm}\nrequest: {prompt: '${mood}'}\n"),
        "r.yaml: error: -p mod: the recipe has no such parameter (did you mean 'mood'?)",
        code=3, command=("run", "r.yaml", "-p", "mod=wild")),
    Day("-p gives a text where the param is a number",
        recipe(HEAD + "params: {n: 3}\nrequest: {prompt: 'pier ${n}'}\n"),
        'r.yaml: error: -p n takes a number, found "three"',
        code=3, command=("run", "r.yaml", "-p", "n=three")),
    Day("-p gives none of a param's choices",
        recipe(HEAD + "params: {mood: {type: choice, choices: [calm, wild], default: calm}}\n"
               "request: {prompt: '${mood}'}\n"),
        'r.yaml: error: -p mood takes one of calm, wild, found "wilt" (did you mean \'wild\'?)',
        code=3, command=("run", "r.yaml", "-p", "mood=wilt")),
    Day("A word behind the recipe gives a number that is too large",
        recipe(HEAD + "params: {n: {type: number, default: 3, min: 0, max: 10}}\n"
               "request: {prompt: 'pier ${n}'}\n"),
        "command line: error: n takes a number from 0 to 10, found 11",
        code=3, command=("run", "r.yaml", "n=11")),
    Day("A word behind the recipe names nothing", recipe(PIER),
        "command line: error: 'promt' is no part of the recipe: no key, param, axis or field of "
        "a request (did you mean 'prompt'?)",
        code=3, command=("run", "r.yaml", "promt=a pier")),
    Day("A word behind the recipe takes away what is not there", recipe(PIER),
        "command line: error: there is no 'sweep.seed' to take away",
        code=3, command=("run", "r.yaml", "~sweep.seed")),
    Day("A param is given a file that is not there",
        recipe(HEAD + "params: {first: {type: file}}\nrequest: {prompt: a, image: '${first}'}\n"),
        "r.yaml: error: 'first': there is no …/gone.png",
        code=3, command=("run", "r.yaml", "-p", "first=gone.png")),
    Day("--gateway names none that is known", recipe(PIER),
        "r.yaml: error: no gateway is called 'comet'; 'local' is built in, others stand "
        "under gateways: in the recipe or in …/config.yaml",
        code=3, command=("run", "r.yaml", "--gateway", "comet")),
    usage("generate is given no prompt", ["generate"],
          "tarmac: error: generate takes a prompt, for example: "
          'tarmac generate "a lighthouse at dusk" motion.x=4'),
    usage("generate is given a field without a value", ["generate", "a pier", "seconds="],
          "tarmac: error: 'seconds=' gives no value; write one behind it, or leave it out"),
    usage("generate is given a second text", ["generate", "a", "pier"],
          "tarmac: error: after the prompt come fields such as seconds=5 or motion.x=4, "
          "not 'pier'"),
    usage("init is to write what is there", ["init", "r"],
          "tarmac: error: r.yaml is there already: nothing was written; another name does it, "
          "for example: tarmac init film2"),
    usage("init is given no name", ["init", "my film"],
          "tarmac: error: init takes one name, of letters, digits, '.', '_' and '-', for example: "
          "tarmac init film"),
    usage("A clip that is not there is to be made again", ["run", "--from", "a.mp4"],
          "tarmac: error: a.mp4 cannot be made again: there is no such file; nothing was bought"),
    Day("What is to be made again is no clip", recipe(PIER),
        ("tarmac: error: r.yaml cannot be made again: it tells nothing of what made it "
         "(not a clip: …); nothing was bought",), code=2, command=("run", "--from", "r.yaml")),
]

FILES = [
    wrong("The recipe is empty", "", "r.yaml:1:1: error: the file is empty", **mended(PIER)),
    wrong("The recipe holds only comments", "# later\n", "r.yaml:1:1: error: the file is empty"),
    wrong("The recipe is a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", f"r.yaml:1:1: error: {NOT_TEXT}"),
    wrong("The recipe is a text of another kind", "hello world\n",
          "r.yaml:1:1: error: a recipe is a map that begins with 'tarmac: 1', "
          'found "hello world"'),
    wrong("The recipe is not UTF-8", PIER.encode() + b"about: caf\xe9\n",
          "r.yaml:4:11: error: not UTF-8: byte 0xe9; save the file as UTF-8", **mended(PIER)),
    wrong("The recipe is UTF-16", PIER.encode("utf-16"),
          "r.yaml:1:1: error: the file is UTF-16; save it as UTF-8"),
    wrong("A NUL stands in the recipe", PIER.encode() + b"about: a\0b\n",
          f"r.yaml:1:1: error: {NOT_TEXT}"),
    wrong("The recipe is larger than 4 MiB", PIER + "#" * (4 << 20),
          "tarmac: error: r.yaml is too large: more than 4194304 bytes"),
]

YAML = [
    wrong("A bracket is missing", HEAD + "request: {prompt: a pier\n",
          "r.yaml:4:1: error: not YAML: a ',' or '}' is missing (it begins on line 3)",
          **mended(PIER)),
    wrong("A quote is missing", HEAD + 'request:\n  prompt: "a pier\n  model: gen2\n',
          "r.yaml:6:1: error: not YAML: the file ends inside of a text: a quote is missing "
          "(it begins on line 4)"),
    wrong("A text holds ': '", HEAD + "request:\n  prompt: pier: dusk\n",
          "r.yaml:4:15: error: not YAML: a ':' cannot stand here: indent the keys of a map "
          "alike, and quote a text that holds ': '"),
    wrong("Keys are indented unevenly", HEAD + "request:\n  prompt: a\n model: gen2\n",
          "r.yaml:5:2: error: not YAML: a key was expected here: are the keys of this map "
          "indented alike? (it begins on line 1)"),
    wrong("A tab indents", HEAD + "request:\n\tprompt: a pier\n",
          "r.yaml:4:1: error: not YAML: a tab cannot indent; use spaces"),
    wrong("A tab indents after spaces did", HEAD + "request:\n  prompt: a pier\n\tmodel: gen2\n",
          "r.yaml:5:1: error: not YAML: a tab cannot indent; use spaces (it begins on line 4)"),
    wrong("A text begins with @", HEAD + "request:\n  prompt: @pier\n",
          "r.yaml:4:11: error: not YAML: '@' cannot begin a text; quote it"),
    wrong("Aliases multiply (a billion laughs)", BOMB,
          "r.yaml:6:11: error: too large or nested too deeply with what it repeats: 'e'"),
    wrong("Brackets are nested a thousand deep", HEAD + "request: " + "[" * 1000,
          "r.yaml:3:73: error: nested too deeply: more than 64 levels"),
    wrong("There are more than 200000 values",
          HEAD + "params: {" + ", ".join(f"k{i}: 1" for i in range(100001)) + "}\n",
          "r.yaml:3:…: error: too large: more than 200000 values"),
    wrong("A key is there twice", PIER + "request: {prompt: a cliff}\n",
          "r.yaml:4:1: error: duplicate key 'request' (first on line 3)"),
    wrong("A merge key is used", HEAD + "request:\n  <<: {model: gen2}\n  prompt: a pier\n",
          "r.yaml:4:3: error: merge keys ('<<') are not supported"),
    wrong("A tag asks for an object", HEAD + "request: {prompt: !!python/object x}\n",
          "r.yaml:3:19: error: 'x' has a tag that is none of !!str !!int !!float !!bool "
          "!!null"),
    wrong("The file holds two recipes", PIER + "---\n" + PIER,
          "r.yaml:4:1: error: a second document; a file holds one"),
]

CONTENT = [
    wrong("The recipe is of a newer format", "tarmac: 2\nsweeps: {}\n",
          "r.yaml:1:9: error: this recipe is format 2; this tarmac reads 1: a newer one is "
          "needed"),
    wrong("The recipe does not say that it is one", "request: {prompt: a pier}\n",
          "r.yaml:1:1: error: 'tarmac: 1' is missing: it says that this is a recipe",
          **mended("tarmac: 1\nrequest: {prompt: a pier}\n")),
    wrong("A key is misspelt", PIER + "limts: {budget: 5}\n",
          "r.yaml:4:1: error: unknown key 'limts' (did you mean 'limits'?)"),
    wrong("A field stands beside the request", PIER + "duration: 5\n",
          "r.yaml:4:1: error: unknown key 'duration' (it stands under 'request', as "
          "'seconds')"),
    wrong("Several things are wrong at once",
          "tarmac: 1\nname: a/b\nscript: gone.lua\n"
          "request: {promt: x, seconds: 7, ratio: 16:10}\n"
          "sweep: {seed: [1, -1]}\nlimits: {budget: -4, timeout: soon}\n"
          "outputs: {dir: ../x}\n",
          "r.yaml:2:7: error: a recipe's name takes letters, digits, '.', '_' and '-', "
          'found "a/b"',
          "r.yaml:3:9: error: script: there is no gone.lua beside the recipe",
          "r.yaml:4:11: error: unknown field 'promt' (did you mean 'prompt'?)",
          "r.yaml:4:30: error: 'seconds' is 7: reverse takes 5, 10",
          f"r.yaml:4:40: error: 'ratio' is \"16:10\": {RATIOS}",
          "r.yaml:5:19: error: 'seed' is -1: reverse takes 0 to 4294967295",
          "r.yaml:6:18: error: 'budget' in limits takes a number from 0 with at most three "
          "decimals, found -4",
          "r.yaml:6:31: error: 'timeout' in limits takes a duration such as 90s, 30m or 2h, "
          'or a number of seconds, found "soon"',
          f"r.yaml:7:16: error: '../x' {NO_PATH}"),
    wrong("Values are of the wrong type",
          HEAD + "request: {prompt: [a], seconds: five, motion: 3}\nsweep: [1]\nlimits: 4\n",
          "r.yaml:3:19: error: 'prompt' takes a text, found a list",
          "r.yaml:3:33: error: 'seconds' takes a number, found \"five\"",
          "r.yaml:3:47: error: 'motion' takes a map, found 3",
          "r.yaml:4:8: error: 'sweep' takes a map, found a list",
          "r.yaml:5:9: error: 'limits' takes a map, found 4"),
    wrong("A ratio is none that the gateway takes", HEAD + "request: {prompt: a, ratio: 16:10}\n",
          f"r.yaml:3:29: error: 'ratio' is \"16:10\": {RATIOS}", **mended(PIER)),
    wrong("A ratio is a number", HEAD + "request: {prompt: a, ratio: 1.78}\n",
          "r.yaml:3:29: error: 'ratio' takes a text, found 1.78"),
    wrong("The prompt is empty", HEAD + "request: {prompt: ''}\n",
          "r.yaml:3:19: error: 'prompt' is empty: reverse generate needs it"),
    wrong("An image is not there", HEAD + "request: {prompt: a, image: a.png}\n",
          "r.yaml:3:29: error: 'image': there is no a.png beside the recipe; a file lies "
          "there or below, or is a URL"),
    wrong("A variable is misspelt",
          HEAD + "params: {mood: calm}\nrequest: {prompt: 'a ${mod} pier'}\n",
          "r.yaml:4:19: error: unknown variable 'mod' (did you mean 'mood'?)"),
    wrong("A ${ has no end", HEAD + "request: {prompt: 'a ${mood pier'}\n",
          "r.yaml:3:19: error: '${' without a name and '}' behind it (write '$${' for the "
          "characters themselves)"),
    wrong("Two fields are made of each other",
          HEAD + "request: {prompt: '${style}', style: '${prompt}'}\n",
          "r.yaml:3:19: error: this refers to itself, through its ${…}"),
    wrong("The gateway is none that is known", HEAD + "gateway: locl\nrequest: {prompt: a}\n",
          "r.yaml:3:10: error: no gateway is called 'locl' (did you mean 'local'?)",
          **mended(PIER)),
]

SWEEPS = [
    wrong("An axis has no points", PIER + "sweep: {motion.x: []}\n",
          "r.yaml:4:19: error: 'motion.x' has no points (1 to 100000)"),
    wrong("A range has no steps", PIER + "sweep: {motion.x: {from: 0, to: 1, steps: 0}}\n",
          "r.yaml:4:43: error: 'steps' takes a whole number from 1 to 100000, found 0"),
    wrong("A range runs away from its end", PIER + "sweep: {motion.x: {from: 0, to: 1, by: -1}}\n",
          "r.yaml:4:40: error: 'by' never reaches 'to' from 'from'"),
    wrong("A range ends at infinity", PIER + "sweep: {motion.x: {from: 0, to: .inf, steps: 2}}\n",
          "r.yaml:4:33: error: '.inf' is no finite number; quote it to make it a string"),
    wrong("A range begins with no number",
          PIER + "sweep: {motion.x: {from: .nan, to: 1, steps: 2}}\n",
          "r.yaml:4:26: error: '.nan' is no finite number; quote it to make it a string"),
    wrong("A sweep has more than ten million cells",
          PIER + "sweep: {seed: {from: 1, to: 99999, by: 1}, motion.x: {from: 1, to: 99999, "
          "by: 1}}\n",
          "r.yaml:4:8: error: this sweep has more than 10000000 cells"),
    wrong("An axis is a misspelt field", PIER + "sweep: {sed: [1, 2]}\n",
          "r.yaml:4:9: error: axis 'sed' changes nothing (did you mean 'seed'?)"),
    wrong("Two cells would have one name",
          PIER + "sweep: {motion.x: [1, 2]}\noutputs: {name: same}\n",
          "r.yaml:5:17: error: cells 1 (motion.x=1) and 2 (motion.x=2) would both be named "
          "'same': add ${motion.x} to outputs.name",
          mend=recipe(PIER + "sweep: {motion.x: [1, 2]}\n"), total=2),
    wrong("The columns of a zip group are not of one length",
          PIER + "sweep:\n  shot: {zip: {seed: [1, 2], style: [a, b, c]}}\n",
          "r.yaml:5:30: error: the columns of 'shot' move together: 'seed' has 2 points, 'style' "
          "has 3"),
    wrong("A zip group is called as a field", PIER + "sweep: {seed: {zip: {style: [a]}}}\n",
          "r.yaml:4:9: error: 'seed' is a field: a zip group has a name of its own, such as "
          "'shot'"),
    wrong("exclude sets instead of comparing",
          PIER + "sweep: {seed: [1, 2], exclude: seed = 2}\n",
          "r.yaml:4:32: error: 'exclude': '=' sets, '==' compares"),
    wrong("exclude reads a misspelt name",
          PIER + "sweep: {seed: [1, 2], exclude: sede == 2}\n",
          "r.yaml:4:32: error: 'exclude': unknown name 'sede' (did you mean 'seed'?) (where "
          "seed=1)"),
    wrong("exclude compares what cannot be compared",
          PIER + "sweep: {seed: [1, null], exclude: seed > 1}\n",
          "r.yaml:4:35: error: 'exclude': attempt to compare number with nil (where seed=none)"),
    wrong("exclude never ends",
          PIER + "sweep: {seed: [1], exclude: '(function() while true do end end)()'}\n",
          "r.yaml:4:29: error: 'exclude': the expression used up its budget of 1000000 Lua "
          "instructions (where seed=1)"),
    wrong("exclude reaches for the system",
          PIER + "sweep: {seed: [1], exclude: \"os.execute('true')\"}\n",
          "r.yaml:4:29: error: 'exclude': unknown name 'os' (where seed=1)"),
    wrong("exclude leaves nothing", PIER + "sweep: {seed: [1, 2], exclude: seed > 0}\n",
          "r.yaml:4:32: error: 'exclude' leaves no cell"),
    wrong("An included cell lacks an axis",
          PIER + "sweep: {seed: [1], motion.x: [1], include: [{seed: 7}]}\n",
          "r.yaml:4:45: error: this cell has no 'motion.x'"),
    wrong("A cell is included twice",
          PIER + "sweep: {seed: [1, 2], include: [{seed: 7}, {seed: 7}]}\n",
          "r.yaml:4:44: error: this cell is included already"),
    wrong("A sample says no number of cells", PIER + "sweep: {seed: [1, 2], sample: {seed: 7}}\n",
          "r.yaml:4:31: error: a sample is {count: N, seed: S}: 'count' is missing"),
    wrong("No takes are asked for", PIER + "sweep: {takes: 0}\n",
          "r.yaml:4:16: error: 'takes' takes a whole number from 1 to 1000, found 0"),
    Day("--only leaves no cell", recipe(PIER + "sweep: {seed: [1, 2]}\n"),
        "tarmac: error: --only leaves no cell of the 2",
        code=2, command=("run", "r.yaml", "--only", "seed == 3")),
    Day("--only names ratings, and there are none", recipe(PIER + "sweep: {seed: [1, 2]}\n"),
        "tarmac: error: --only: no ratings: export them from the report's page as "
        "r.ratings.yaml, or name them with --ratings FILE",
        code=2, command=("run", "r.yaml", "--only", "rating >= 4")),
    Day("The ratings have mistakes", rated(
        "tarmac_ratings: 1\ncells:\n- {axes: {seed: 1}, rating: 6}\n- {axes: {seed: 2}, ratin: 4}\n"),
        ("r.ratings.yaml:3:29: error: 'rating' takes a whole number from 0 to 5, found 6",
         "r.ratings.yaml:4:21: error: unknown key 'ratin' of a rated cell (did you mean 'rating'?)"),
        code=3, command=("run", "r.yaml", "--only", "rating >= 4")),
    Day("The ratings are of a newer tarmac", rated("tarmac_ratings: 2\n"),
        "r.ratings.yaml:1:17: error: ratings of format 2, which a newer tarmac wrote; this one "
        "reads format 1",
        code=3, command=("run", "r.yaml", "--only", "rating >= 4")),
    usage("A report where nothing was run", ("report",),
          "tarmac: error: nothing was run here yet: there is no ledger in …; begin with: "
          "tarmac run RECIPE"),
    usage("--ratings without --only", ("run", "r.yaml", "--ratings", "r.ratings.yaml"),
          "tarmac: error: --ratings is for --only, such as --only 'rating >= 4'"),
    Day("--only is no expression", recipe(PIER + "sweep: {seed: [1, 2]}\n"),
        "tarmac: error: --only: unexpected 'seed'",
        code=2, command=("run", "r.yaml", "--only", "the seed")),
    wrong("A name leads out of the folder", PIER + "outputs: {name: ../x}\n",
          f"r.yaml:4:17: error: the name '../x' {NO_PATH} (cell 1)"),
    wrong("The folder is absolute", PIER + "outputs: {dir: /tmp}\n",
          f"r.yaml:4:16: error: '/tmp' {NO_PATH}"),
    wrong("The folder is tarmac's own", PIER + "outputs: {dir: .tarmac/x}\n",
          "r.yaml:4:16: error: '.tarmac/x' lies in .tarmac, which is tarmac's own"),
    wrong("A name is a device on Windows", PIER + "outputs: {name: a/CON}\n",
          "r.yaml:4:17: error: the name 'a/CON' has a part that is the name of a device on "
          "Windows (cell 1)"),
]

SCRIPTS = [
    wrong("The script is not there", PIER + "script: gone.lua\n",
          "r.yaml:4:9: error: script: there is no gone.lua beside the recipe"),
    Day("The script is a link that leads elsewhere", linked_out,
        "r.yaml:4:9: error: script: r.lua leads out of …", code=3),
    Day("The script is compiled", script_is(b"\x1bLua\x54\x00"),
        "r.yaml:4:9: error: script: r.lua is no text, as a script must be", code=3),
]

GATEWAYS = [
    Day("The dialect is none that is known",
        recipe(HEAD + "gateway: own\nrequest: {prompt: a pier}\n"
               "gateways: {own: {url: 'https://a.example', dialect: rverse}}\n"),
        "tarmac: error: no dialect is called 'rverse'; built in: official, reverse", code=3),
    Day("The dialect's file is not there", dialect_is(None),
        "tarmac: error: dialect 'mine.lua': there is no such file beside the recipe", code=3),
    Day("The dialect's file has a syntax error", dialect_is("return {\n"),
        "tarmac: error: dialect 'mine.lua': mine.lua:2: unexpected symbol near <eof>", code=3),
    Day("The dialect's file lacks a function", dialect_is("return {name='m', version='1'}\n"),
        "tarmac: error: dialect 'mine.lua': the module has no function 'accepted'", code=3),
    wrong("A recipe's gateway sends keys in the clear",
          HEAD + "gateway: own\nrequest: {prompt: a pier}\n"
          "gateways: {own: {url: 'http://a.example', dialect: reverse}}\n",
          "r.yaml:5:23: error: 'url' sends keys in the clear over http:, which is for this "
          "machine only: use https:, or 'insecure: true' in ~/.config/tarmac/config.yaml"),
    wrong("A recipe holds a key",
          HEAD + "gateway: own\nrequest: {prompt: a pier}\n"
          "gateways: {own: {url: 'https://a.example', dialect: reverse, key: s3cret}}\n",
          "r.yaml:5:62: error: 'key': keys belong in ~/.config/tarmac/config.yaml, never in "
          "a recipe"),
]

CONFIG = [
    config_wrong("The configuration is not YAML", "keys: {\n",
                 "…/config.yaml:2:1: error: not YAML: a value is missing (it begins on line 2)"),
    config_wrong("The configuration has an unknown key", "gatways: {}\n",
                 "…/config.yaml:1:1: error: unknown key 'gatways' (did you mean 'gateways'?)"),
    config_wrong("The configuration holds the key itself",
                 "keys: {'https://a.example': s3cret}\n",
                 "…/config.yaml:1:29: error: a key is {env: NAME} or {command: [program, "
                 "argument]}; the key itself does not stand here"),
    config_wrong("A key belongs to a path", "keys: {'https://a.example/v1': {env: K}}\n",
                 "…/config.yaml:1:8: error: an origin has no path: write https://a.example"),
    config_wrong("A gateway has no url", "gateways: {h: {dialect: reverse}}\n",
                 "…/config.yaml:1:15: error: gateway 'h' has no 'url' (https://…)"),
    config_wrong("A gateway takes the name of the built-in one",
                 "gateways: {local: {url: 'https://a.example', dialect: reverse}}\n",
                 "…/config.yaml:1:19: error: 'local' is the built-in gateway: give this one "
                 "another name"),
]


def refused(what, when, says):
    return Day(what, when, says, code=8, ledger=(), mend=lambda b: b.gateway())


KEYS = [
    refused("The key's variable is not set",
            lambda b: b.project.configure(h={"url": b.rogue.url, "key": "NO_SUCH_KEY"}),
            "✗ r/r: the key of … is read from $NO_SUCH_KEY, which is not set; nothing was "
            "bought"),
    refused("The key's command is not there", key_command("[no-such-program]"),
            "✗ r/r: the key's command no-such-program: No such file or directory; nothing "
            "was bought"),
    refused("The key's command fails", key_command("['false']"),
            "✗ r/r: the key's command false failed with exit code 1; nothing was bought"),
    refused("The key's command prints nothing", key_command("['true']"),
            "✗ r/r: the key of … is empty; nothing was bought"),
    refused("The key's command prints without end", key_command("['yes']"),
            "✗ r/r: the key's command yes printed more than a key; nothing was bought"),
    refused("The key's command does not end", key_command("[sleep, '600']", ", timeout: 1s"),
            "✗ r/r: the key's command sleep did not end within 1 s and was killed; "
            "'timeout' beside 'command' gives it longer; nothing was bought"),
]
SHOTS = PIER + "sweep: {shot: {file: shots.csv}}\n"


def beside(text, **files):
    """A recipe, and files beside it, `a_csv` as a.csv."""
    def when(b):
        b.recipe(text)
        for name, data in files.items():
            b.project.write(name.replace("_", "."), data)
    return when


PARTS = [
    Day("A file that the recipe includes is not there",
        recipe(PIER + "include: look.yaml\n"),
        "r.yaml:4:10: error: 'include': there is no look.yaml beside the recipe", code=3),
    Day("A mistake stands in a file that the recipe includes",
        beside(PIER + "include: look.yaml\n", look_yaml="limits: {budgt: 5}\n"),
        "look.yaml:1:10: error: unknown key 'budgt' in limits (did you mean 'budget'?)", code=3),
    Day("Files include each other without end",
        beside(PIER + "include: look.yaml\n", look_yaml="include: r.yaml\n"),
        "look.yaml:1:10: error: 'include': r.yaml: it includes itself", code=3),
    Day("The recipe includes a file of another folder",
        recipe(PIER + "include: ../look.yaml\n"),
        "r.yaml:4:10: error: 'include' takes files beside the recipe or below, found "
        '"../look.yaml"', code=3),
    Day("A row of the shot list lacks a field",
        beside(SHOTS, shots_csv="prompt,seed\na cliff\n"),
        "shots.csv:2:1: error: this row has 1 field, and the header has 2", code=3),
    Day("A field of the shot list is no number",
        beside(SHOTS, shots_csv="prompt,seed\na cliff,x\n"),
        'shots.csv:2:9: error: \'seed\' takes a whole number, found "x"', code=3),
    Day("The columns of the shot list are parted by semicolons",
        beside(SHOTS, shots_csv="prompt;seed\na cliff;5\n"),
        "shots.csv:1:1: error: the columns are separated by commas; this file has another mark "
        "between them", code=3),
]

DAYS = [*NAMED, *FILES, *PARTS, *YAML, *CONTENT, *SWEEPS, *SCRIPTS, *GATEWAYS, *CONFIG, *KEYS]
