#include "recipe/schema_words.h"

#include <string.h>

const struct schema_word schema_words[] = {
    {"tarmac", "The format of this file: 1."},
    {"name", "The recipe's name, which its outputs are filed under. The "
             "file's name without .yaml when it is left out."},
    {"about", "A line for people: what this recipe is for."},
    {"gateway", "Where to buy: `local`, the built-in gateway, which draws "
                "previz and costs nothing, or one that is configured. "
                "`--gateway` says another."},
    {"script", "A Lua file beside this one. It returns a function that is "
               "called once for each cell. Without it each cell is one "
               "generation."},
    {"route", "What is made: `generate`, `video2video`, `act_two`, or what "
              "else the gateway's dialect has."},
    {"include", "A recipe's file, or several, for shared parts, below this "
                "one's folder. Maps are merged, all else is replaced: later "
                "files over earlier ones, and this one over all."},

    {"params", "What `-p NAME=VALUE` sets. `${NAME}` reads it in `request` "
               "and `outputs`, `runway.params.NAME` in the script."},
    {"params.*", "A parameter: its default alone, or a map that says more of "
                 "it."},
    {"params.*.default", "Its value when -p gives none. Without a default, -p "
                         "has to."},
    {"params.*.help", "What it is for: `tarmac run RECIPE --help` prints it."},
    {"params.*.type", "Its type, when the default's does not say it."},
    {"params.*.min", "The least that a number may be."},
    {"params.*.max", "The most that a number may be."},
    {"params.*.choices", "What a choice may be."},

    {"request", "What every clip of this recipe starts from; sweep and script "
                "lay theirs over it. `${NAME}` stands for a parameter, an "
                "axis, or another field."},
    {"request.model", "The model, as the gateway calls it."},
    {"request.prompt", "What is to be seen."},
    {"request.image", "The picture that the clip begins with: a file beside "
                      "the recipe or below, or a URL."},
    {"request.last_image", "The picture that the clip ends with: a file "
                           "beside the recipe or below, or a URL."},
    {"request.video", "The clip to work from, or that drives: a file beside "
                      "the recipe or below, or a URL."},
    {"request.character_video", "A clip of the character that is to act as "
                                "`video` does: a file beside the recipe or "
                                "below, or a URL."},
    {"request.ratio", "Width to height, in quotes: \"16:9\"."},
    {"request.style", "A style that the gateway knows, such as cinematic."},
    {"request.seconds", "How long the clip is to be."},
    {"request.seed", "The service's random seed: the same one gives nearly "
                     "the same clip."},
    {"request.motion", "How the camera moves."},
    {"request.motion.x", "To the right: truck. Less than 0: to the left."},
    {"request.motion.y", "Up: pedestal. Less than 0: down."},
    {"request.motion.z", "Forward: dolly. Less than 0: back."},
    {"request.motion.r", "Roll, clockwise."},
    {"request.motion.bg_x_pan", "The background, to the right."},
    {"request.motion.bg_y_pan", "The background, up."},
    {"request.structure", "How far video2video leaves the clip's shapes, 0 to "
                          "1."},
    {"request.expression_intensity", "How much of the face act_two takes "
                                     "over, 1 to 5."},
    {"request.body_control", "Whether act_two moves the body, too."},
    {"request.flip", "Upright instead of lying."},
    {"request.extra", "What only one service knows: passed on as it is."},

    {"sweep", "The cells: every combination of these axes' points. An axis is "
              "a field of the request, or a variable of its own that "
              "`${NAME}` and the script read."},
    {"sweep.*", "An axis: a list of points, a range {from, to, steps} or "
                "{from, to, by}, values that move together {zip: {A: […], B: "
                "[…]}}, or the same from a file {file: shots.csv}."},
    {"sweep.*.from", "The range's first point."},
    {"sweep.*.to", "The range's last point."},
    {"sweep.*.steps", "How many points, both ends among them."},
    {"sweep.*.by", "How far it is from one point to the next."},
    {"sweep.*.zip",
     "Lists, or ranges, of the same length, by field or variable: their first "
     "values make one point, their second values the next."},
    {"sweep.*.file", "A file below the recipe's folder, a point a row: CSV "
                     "with a line of names, or a YAML list of maps."},
    {"sweep.exclude", "Cells to leave out: Lua expressions over axes, "
                      "parameters and fields, such as \"motion.z == 4 and "
                      "shot == 2\"."},
    {"sweep.include", "Cells to add after the grid: a map each, with a value "
                      "for every axis."},
    {"sweep.sample", "Only so many cells of the grid, drawn by a seed: a "
                     "larger count keeps those of a smaller one."},
    {"sweep.sample.count", "How many cells."},
    {"sweep.sample.seed", "Another seed, another draw."},
    {"sweep.takes", "How often each cell is bought. `${take}` tells them "
                    "apart."},

    {"limits", "How much at once, for how much, and for how long."},
    {"limits.in_flight", "How many purchases may be under way at once; the "
                         "gateway's own number when left out."},
    {"limits.budget", "The most that this recipe may cost, in credits, over "
                      "all its runs."},
    {"limits.timeout", "How long to wait for one clip: 30m unless said. The "
                       "next run goes on waiting."},
    {"limits.unknown_wait", "How long to listen for an answer that was lost: "
                            "60s unless said."},
    {"limits.memory", "Of the scripts of all cells together: 256MB unless "
                      "said."},
    {"limits.instructions", "Of Lua, for each cell: 1000000000 unless said."},
    {"limits.cell_timeout", "How long the script of one cell may take in "
                            "all."},
    {"limits.run_timeout", "How long a run may take; then it stops, and the "
                           "next one goes on."},

    {"outputs", "Where the clips go, and under which names."},
    {"outputs.dir", "The folder, below the one that holds .tarmac: `out` "
                    "unless said."},
    {"outputs.name", "The name of each clip without its ending, with `/` for "
                     "folders: \"${recipe}/x${motion.x}\". Every cell needs "
                     "one of its own."},
    {"outputs.embed", "Whether each clip says what made it, in its metadata: "
                      "true unless said."},

    {"gateways", "Gateways of this recipe, by name. Keys never stand here, "
                 "but in ~/.config/tarmac/config.yaml."},
    {"gateways.*", "A service: where it is, and how it is spoken to."},
    {"gateways.*.url", "Where it is: https://…"},
    {"gateways.*.dialect", "How it spells requests: `reverse`, `official`, or "
                           "a Lua file beside the recipe."},
    {"gateways.*.prefix", "What its paths begin with, such as /runway/v1."},
    {"gateways.*.profile", "Which of the service's habits: comet, apifox, "
                           "v1."},
    {"gateways.*.identity", "The name under which purchases are kept: its own "
                            "unless said."},
    {"gateways.*.poll_min", "How often a task may be asked for: every 5s "
                            "unless said."},
    {"gateways.*.in_flight", "How many tasks may be under way there at once."},
    {"gateways.*.timeout", "How long one answer may take: 2m to a purchase "
                           "and 1m to a question, unless said."},
    {"gateways.*.clip_max", "The largest clip that is taken: 2GB unless said."},
    {"gateways.*.budget", "The most that may be spent there, in credits, by "
                          "all recipes together."},
    {"gateways.*.prices", "Credits a second, by model; \"*\" for any other."},
    {"gateways.*.request", "Fields that lie over the recipe's request when it "
                           "runs there."},
    {"gateways.*.headers", "Sent with each request; not for keys."},
    {"gateways.*.insecure", "Allows http: to another machine, in the clear."},
    {"gateways.*.callback_url", "What to send as the callback address where "
                                "nothing listens."},
    {"gateways.*.callback_listen", "ADDRESS:PORT to listen at for its "
                                   "callbacks."},
    {"gateways.*.callback_public_url", "The address under which the service "
                                       "reaches callback_listen."},

    {"retry", "What has failed is bought again by itself. Each retry costs "
              "its price."},
    {"retry.count", "How often at most, for each clip, over all runs: 1 to "
                    "10."},
    {"retry.kinds", "Which failures; every kind when left out."},

    {"keys", "Where the key of each origin is found; never the key itself."},
    {"keys.*", "{env: NAME}, or {command: [PROGRAM, ARGUMENT…]} which prints "
               "it."},
    {"keys.*.env", "The environment's variable that holds the key."},
    {"keys.*.command", "A program and its arguments, run without a shell, "
                       "whose first line is the key."},
    {"keys.*.timeout", "How long the command may take: 60s unless said."},
};

const size_t schema_n_words = sizeof(schema_words) / sizeof(*schema_words);

const char *schema_words_of(const char *path)
{
    for (size_t i = 0; i < schema_n_words; i++) {
        if (strcmp(schema_words[i].path, path) == 0)
            return schema_words[i].text;
    }
    return NULL;
}
