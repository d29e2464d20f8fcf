// Recipes that an editor has to underline, and `tarmac check` refuses: what is
// wrong, and the text below "tarmac: 1".

const PIER = "request: {prompt: a pier}\n";

export const broken = [
  ["a key that nobody knows", "gatway: local\n" + PIER],
  ["a field beside the request", PIER + "seconds: 5\n"],
  ["an unknown field", "request: {prompt: a pier, secnds: 5}\n"],
  ["a field by a service's own name", "request: {prompt: a pier, duration: 5}\n"],
  ["an unknown motion", "request: {prompt: a pier, motion: {pan: 1}}\n"],
  ["a motion with dots", "request: {prompt: a pier, motion.x: 1}\n"],
  ["a prompt that is a number", "request: {prompt: 5}\n"],
  ["a ratio without quotes that YAML reads as a list", "request: {prompt: a, ratio: [16, 9]}\n"],
  ["seconds in quotes", "request: {prompt: a pier, seconds: '5'}\n"],
  ["seconds as a word", "request: {prompt: a pier, seconds: long}\n"],
  ["half a seed", "request: {prompt: a pier, seed: 1.5}\n"],
  ["a motion that is a word", "request: {prompt: a pier, motion: left}\n"],
  ["a direction in words", "request: {prompt: a pier, motion: {x: left}}\n"],
  ["an empty picture", "request: {prompt: a pier, image: ''}\n"],
  ["a switch that is a number", "request: {prompt: a pier, flip: 1}\n"],
  ["extra that is a text", "request: {prompt: a pier, extra: all}\n"],
  ["a request that is a list", "request: [a pier]\n"],
  ["a name with a slash", "name: a/b\n" + PIER],
  ["a name with a blank", "name: a pier\n" + PIER],
  ["a name that is hidden", "name: .pier\n" + PIER],
  ["a name that is a number", "name: 5\n" + PIER],
  ["a script from elsewhere", "script: /etc/passwd\n" + PIER],
  ["a script that is a list", "script: [a.lua]\n" + PIER],
  ["a gateway that is no name", "gateway: https://api.example.com\n" + PIER],
  ["a parameter with a dash", "params: {a-b: 1}\n" + PIER],
  ["a parameter with a meaning of its own", "params: {take: 1}\n" + PIER],
  ["a parameter that is a list", "params: {p: [1, 2]}\n" + PIER],
  ["a default that is a map", "params: {p: {default: {a: 1}}}\n" + PIER],
  ["a default with a template", "params: {p: '${q}'}\n" + PIER],
  ["an unknown key of a parameter", "params: {p: {defualt: 1}}\n" + PIER],
  ["help that is a number", "params: {p: {default: 1, help: 5}}\n" + PIER],
  ["a type that there is not", "params: {p: {type: float, default: 1}}\n" + PIER],
  ["a choice without choices", "params: {p: {type: choice, default: day}}\n" + PIER],
  ["choices that are none", "params: {p: {type: choice, choices: [], default: day}}\n" + PIER],
  ["an axis that is no list", PIER + "sweep: {motion.x: 4}\n"],
  ["an axis without points", PIER + "sweep: {motion.x: []}\n"],
  ["an axis of words where numbers are", PIER + "sweep: {motion.x: [left, right]}\n"],
  ["a point twice", PIER + "sweep: {motion.x: [1, 1]}\n"],
  ["a point with a template", PIER + "sweep: {prompt: ['${a}', b]}\n"],
  ["an axis of lists", PIER + "sweep: {motion.x: [[1], [2]]}\n"],
  ["an axis that is a group", PIER + "sweep: {motion: [1, 2]}\n"],
  ["an axis of an unknown field", PIER + "sweep: {motion.w: [1, 2]}\n"],
  ["an axis with a meaning of its own", PIER + "sweep: {name: [a, b]}\n"],
  ["an axis with a dash", PIER + "sweep: {a-b: [1, 2]}\n"],
  ["a range without an end", PIER + "sweep: {motion.x: {from: 1, steps: 3}}\n"],
  ["a range with steps and by", PIER + "sweep: {motion.x: {from: 1, to: 3, steps: 3, by: 1}}\n"],
  ["a range with neither", PIER + "sweep: {motion.x: {from: 1, to: 3}}\n"],
  ["a range of words", PIER + "sweep: {motion.x: {from: a, to: b, steps: 3}}\n"],
  ["half a step", PIER + "sweep: {motion.x: {from: 1, to: 3, steps: 1.5}}\n"],
  ["an unknown key of a range", PIER + "sweep: {motion.x: {from: 1, to: 3, step: 3}}\n"],
  ["a range of texts", PIER + "sweep: {prompt: {from: 1, to: 3, steps: 3}}\n"],
  ["a zip that is a list", PIER + "sweep: {shot: {zip: [1, 2]}}\n"],
  ["a zip without columns", PIER + "sweep: {shot: {zip: {}}}\n"],
  ["a zip of an unknown field", PIER + "sweep: {shot: {zip: {motion.w: [1, 2]}}}\n"],
  ["a zip beside a range", PIER + "sweep: {shot: {zip: {seed: [1, 2]}, from: 1}}\n"],
  ["no takes", PIER + "sweep: {takes: 0}\n"],
  ["takes that are a list", PIER + "sweep: {takes: [1, 2]}\n"],
  ["a sample without a count", PIER + "sweep: {motion.x: [1, 2], sample: {seed: 1}}\n"],
  ["a sample of none", PIER + "sweep: {motion.x: [1, 2], sample: {count: 0}}\n"],
  ["an exclude that is a map", PIER + "sweep: {motion.x: [1, 2], exclude: {motion.x: 1}}\n"],
  ["an exclude of numbers", PIER + "sweep: {motion.x: [1, 2], exclude: [1]}\n"],
  ["an include that is a map", PIER + "sweep: {motion.x: [1, 2], include: {motion.x: 3}}\n"],
  ["an unknown limit", PIER + "limits: {inflight: 4}\n"],
  ["nothing at once", PIER + "limits: {in_flight: 0}\n"],
  ["too much at once", PIER + "limits: {in_flight: 10001}\n"],
  ["a budget below nothing", PIER + "limits: {budget: -1}\n"],
  ["a budget in words", PIER + "limits: {budget: 5 credits}\n"],
  ["a time without its unit", PIER + "limits: {timeout: '30'}\n"],
  ["a time in days", PIER + "limits: {timeout: 3d}\n"],
  ["too little memory", PIER + "limits: {memory: 1048576}\n"],
  ["memory of an unknown unit", PIER + "limits: {memory: 1TB}\n"],
  ["too few instructions", PIER + "limits: {instructions: 1000}\n"],
  ["an unknown key of the outputs", PIER + "outputs: {folder: out}\n"],
  ["outputs elsewhere", PIER + "outputs: {dir: /tmp}\n"],
  ["embedding in words", PIER + "outputs: {embed: 'no'}\n"],
  ["a gateway's unknown key", PIER + "gateways: {g: {url: 'https://a.example', dialect: reverse, key: x}}\n"],
  ["a gateway of another protocol", PIER + "gateways: {g: {url: 'ftp://a.example', dialect: reverse}}\n"],
  ["a gateway's price in words", PIER + "gateways: {g: {url: 'https://a.example', dialect: reverse, prices: {m: five}}}\n"],
  ["a gateway that is a text", PIER + "gateways: {g: 'https://a.example'}\n"],
  ["a header in a recipe", PIER + "gateways: {g: {url: 'https://a.example', dialect: reverse, headers: {A: b}}}\n"],
  ["a retry without a count", PIER + "retry: {kinds: [failed]}\n"],
  ["a retry without end", PIER + "retry: {count: 11}\n"],
  ["a retry of an unknown kind", PIER + "retry: {count: 1, kinds: [moderated]}\n"],
  ["kinds that are a word", PIER + "retry: {count: 1, kinds: failed}\n"],
  ["an include of a number", "include: 5\n" + PIER],
  ["a key of a service", "api_key: abc\n" + PIER],
];

// What both take: all that the language has.
export const sound = [
  ["a prompt", PIER],
  ["empty sections", "params:\nsweep:\nlimits:\n" + PIER],
  ["fields that are left open", "request: {prompt: a pier, style: , motion: {x: }}\n"],
  ["templates where numbers are",
    "params: {s: 5, n: 7}\nrequest: {prompt: a, seconds: '${s}', seed: '${n}', motion: {x: '${s}'}}\n"],
  ["params of every type", `params:
  a: day
  b: {default: 4, min: 0, max: 10, help: how far}
  c: {type: number, default: 4}
  d: {type: integer, default: 2}
  e: {type: boolean, default: false}
  f: {type: choice, choices: [day, night], default: day}
  g: {type: string, default: x}
request: {prompt: "\${a} \${b} \${c} \${d} \${e} \${f} \${g}"}
`],
  ["lists and ranges", PIER + `sweep:
  motion.x: [-4, 0, 4]
  motion.r: {from: -6, to: 6, steps: 3}
  motion.z: {from: 0, to: 4, by: 2}
  seed: [1, 2]
`],
  ["axes of its own", `request: {prompt: "\${what} at \${when}"}
sweep:
  what: [a pier, a cliff]
  when: [dawn, noon]
`],
  ["what moves together", PIER + `sweep:
  motion.z: [0, 4]
  shot: {zip: {prompt: [a pier, a cliff], seed: [11, 12]}}
  exclude: ["motion.z == 4 and shot == 2"]
  include: [{motion.z: 8, shot: 1}]
  sample: {count: 2, seed: 7}
  takes: 2
`],
  ["columns that repeat themselves, are not set, or are ranges", PIER + `sweep:
  shot: {zip: {seed: [1, 1, null], motion.x: {from: 0, to: 4, by: 2}, word: [a, a, null],
    when: {from: 1, to: 3, steps: 3}}}
outputs: {name: "\${recipe}/\${shot}"}
`],
  ["one expression", PIER + "sweep: {motion.x: [1, 2, 3], exclude: motion.x == 2}\n"],
  ["what only one service knows", `request: {prompt: a pier, extra: {mood: calm, deep: {a: [1]}}}
sweep: {extra.light: [1, 2]}
`],
  ["all limits", PIER + `limits: {in_flight: 4, budget: 12.5, timeout: 30m, unknown_wait: 90,
  memory: 512MB, instructions: 2000000000, cell_timeout: 1.5h, run_timeout: 2h}
`],
  ["gateways", PIER + `gateways:
  comet: {url: "https://api.example.com", dialect: reverse, prefix: /runway/v1, profile: comet,
    identity: c, poll_min: 5s, in_flight: 2, timeout: 1m, clip_max: 1GB, budget: 100,
    prices: {gen4: 5, "*": 10}, request: {model: gen4_turbo}}
`],
  ["retries", PIER + "retry: {count: 2, kinds: [moderation, failed]}\n"],
  ["outputs", PIER + "outputs: {dir: out/deep, name: '${recipe}', embed: false}\n"],
];
