// What there is to type: the commands and the options, for --help and the
// shell.

#include "cli/command.h"

#include "cli/completions.h"
#include "cli/diff.h"
#include "cli/doctor.h"
#include "cli/generate.h"
#include "cli/init.h"
#include "cli/log.h"
#include "cli/prune.h"
#include "cli/report.h"
#include "cli/schema.h"
#include "cli/settle.h"
#include "cli/show.h"
#include "cli/status.h"
#include "cli/test.h"
#include "cli/ui.h"
#include "cli/verify.h"
#include "cli/with_recipe.h"

const struct command commands[] = {
    {"run", "RECIPE [NAME=VALUE…]", "bring the recipe's outputs up to date",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PLAIN | OPTION_FIRST | OPTION_ONLY |
         OPTION_RATINGS | OPTION_PARAM | OPTION_FROM | OPTION_RETRY |
         OPTION_FAULTS | OPTION_LOCK | OPTION_UI,
     "  tarmac run recipes/orbit.yaml\n"
     "  tarmac run recipes/orbit.yaml motion.r=0 limits.in_flight=8\n"
     "  tarmac run recipes/orbit.yaml --gateway comet --first 1\n"
     "  tarmac run recipes/orbit.yaml -p prompt='a pier in fog' --json\n"
     "  tarmac run --from out/orbit/x4_r0.mp4 motion.z=2\n"
     "  tarmac run recipes/orbit.yaml --faults lost=0.1,429=0.2:1\n"
     "  tarmac run recipes/orbit.yaml --ui\n"
     "  tarmac run recipes/orbit.yaml --lock\n"
     "  tarmac run recipes/orbit.yaml --locked\n",
     run_command},
    {"plan", "RECIPE [NAME=VALUE…]",
     "what run would buy, for how much, under which names",
     OPTION_GATEWAY | OPTION_JSON | OPTION_FIRST | OPTION_ONLY |
         OPTION_RATINGS | OPTION_PARAM | OPTION_RETRY | OPTION_REQUESTS |
         OPTION_COUNT,
     "  tarmac plan recipes/orbit.yaml\n"
     "  tarmac plan recipes/orbit.yaml --requests --first 1\n",
     plan_command},
    {"check", "RECIPE… [NAME=VALUE…]",
     "every mistake of the files, and nothing else",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PARAM,
     "  tarmac check recipes/*.yaml\n", check_command},
    {"test", "RECIPE [FILE_test.lua…]",
     "what the tests beside a recipe say of it; nothing is bought",
     OPTION_GATEWAY | OPTION_JSON | OPTION_MATCH,
     "  tarmac test recipes/orbit.yaml\n"
     "  tarmac test recipes/orbit.yaml --match names --json\n",
     test_command},
    {"generate", "\"PROMPT\" [FIELD=VALUE…]", "one clip, without a recipe",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PLAIN | OPTION_OUT | OPTION_RETRY |
         OPTION_FAULTS,
     "  tarmac generate \"a lighthouse at dusk\"\n"
     "  tarmac generate \"a pier\" motion.x=4 ratio=9:16 --out pier\n",
     generate_command},
    {"ui", "[RUN|RECIPE [NAME=VALUE…]]",
     "a recipe, or a run, live in a browser; buys when told to there",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PLAIN | OPTION_FIRST | OPTION_ONLY |
         OPTION_RATINGS | OPTION_PARAM | OPTION_RETRY | OPTION_FAULTS,
     "  tarmac ui recipes/orbit.yaml\n"
     "  tarmac ui\n"
     "  tarmac ui 5f1c2a\n",
     ui_command},
    {"report", "[RUN|RECIPE]",
     "a run as a folder that opens in any browser, anywhere",
     OPTION_JSON | OPTION_PLAIN | OPTION_OUT | OPTION_REPORT,
     "  tarmac report\n"
     "  tarmac report recipes/orbit.yaml --out /media/stick/orbit\n"
     "  tarmac report 5f1c2a\n"
     "  tarmac report --montage sheet.jpg --columns motion.x\n",
     report_command},
    {"diff", "A B", "how two locks or runs differ; exit 0: not, 4: they do",
     OPTION_JSON,
     "  tarmac diff recipes/orbit.lock.yaml old/orbit.lock.yaml\n"
     "  tarmac diff recipes/orbit.yaml 5f1c2a\n"
     "  tarmac diff a.lock.yaml b.lock.yaml --json\n",
     diff_command},
    {"status", "[RECIPE]", "what was bought, what is open, what needs you",
     OPTION_JSON | OPTION_ALL,
     "  tarmac status\n"
     "  tarmac status recipes/orbit.yaml --all\n"
     "  tarmac status --json\n",
     status_command},
    {"show", "ID|FILE", "everything that is known of one purchase", OPTION_JSON,
     "  tarmac show out/orbit/x4_r0.mp4\n"
     "  tarmac show 53320216-7d6a-4b8c-8dd2-e7f3535d711b\n"
     "  tarmac show 5a77fc --json\n",
     show_command},
    {"log", "[RECIPE]", "what happened, the newest first",
     OPTION_JSON | OPTION_ALL,
     "  tarmac log\n"
     "  tarmac log recipes/orbit.yaml --all\n"
     "  tarmac log --json\n",
     log_command},
    {"settle", "[ID…]",
     "purchases that may have been made: what became of them",
     OPTION_JSON | OPTION_SETTLE,
     "  tarmac settle\n"
     "  tarmac settle 5a77fc --adopt 53320216-7d6a-4b8c-8dd2-e7f3535d711b\n"
     "  tarmac settle 5a77fc --not-bought\n"
     "  tarmac settle 5a77fc --buy-again\n",
     settle_command},
    {"verify", "[RECIPE|FILE…]", "every clip and output against its hash",
     OPTION_JSON | OPTION_FIX,
     "  tarmac verify\n"
     "  tarmac verify recipes/orbit.yaml out/pier.mp4\n"
     "  tarmac verify --fix\n",
     verify_command},
    {"prune", "[--delete]", "what could go, never an only copy",
     OPTION_JSON | OPTION_ALL | OPTION_PRUNE,
     "  tarmac prune\n"
     "  tarmac prune --all --older 30d\n"
     "  tarmac prune --delete\n",
     prune_command},
    {"doctor", "[RECIPE]", "what is wrong here, and what to do", OPTION_JSON,
     "  tarmac doctor\n"
     "  tarmac doctor recipes/orbit.yaml\n"
     "  tarmac doctor --json\n",
     doctor_command},
    {"init", "[NAME]", "a recipe to begin with, NAME.yaml or recipe.yaml",
     OPTION_JSON | OPTION_INIT,
     "  tarmac init film\n"
     "  tarmac init film --script\n",
     init_command},
    {"schema", "[recipe|config]",
     "the JSON Schema of recipes, or of config.yaml, for editors", OPTION_JSON,
     "  tarmac schema > recipe.schema.json\n"
     "  tarmac schema config > config.schema.json\n",
     schema_command},
    {"completions", "bash|zsh|fish", "what a shell needs to complete tarmac", 0,
     "  . <(tarmac completions bash)\n"
     "  tarmac completions fish > ~/.config/fish/completions/tarmac.fish\n",
     completions_command},
    {"gateway", "[OPTIONS]", "serve the built-in gateway to any client", 0,
     NULL, NULL}, // handed over before options are read
};
const size_t n_commands = sizeof(commands) / sizeof(*commands);

const struct option_line option_lines[] = {
    {OPTION_GATEWAY, "--gateway NAME    buy there, whatever the recipe says"},
    {OPTION_FIRST, "--first N         only the first N cells"},
    {OPTION_ONLY,
     "--only EXPR       only cells for which this is true: 'motion.x > 0'"},
    {OPTION_RATINGS,
     "--ratings FILE    for --only 'rating >= 4', as a page exports it\n"
     "                    (RECIPE.ratings.yaml, if it is beside the recipe)"},
    {OPTION_COUNT, "--count           only say how many cells there are"},
    {OPTION_PARAM, "-p NAME=VALUE     set a param of the recipe"},
    {OPTION_RETRY,
     "--retry-failed    buy again what the service failed to make"},
    {OPTION_FAULTS,
     "--faults SPEC     rehearse bad days of the built-in gateway, or @FILE;\n"
     "                    tarmac gateway --help names them"},
    {OPTION_FAULTS, "--faults-seed N   another draw of the same faults (0)"},
    {OPTION_REQUESTS, "--requests        each purchase with what it asks for"},
    {OPTION_ALL, "--all             every row, not only the first"},
    {OPTION_SETTLE, "--adopt TASK_ID   it was bought, as this task: fetch it"},
    {OPTION_SETTLE,
     "--not-bought      it was not bought: the next run buys it"},
    {OPTION_SETTLE,
     "--buy-again       buy it once more, whatever became of the first"},
    {OPTION_LOCK,
     "--lock            when all is delivered, write what it is made of into\n"
     "                    RECIPE.lock.yaml"},
    {OPTION_LOCK, "--locked          buy nothing, deliver exactly what is "
                  "locked"},
    {OPTION_FIX, "--fix             set damaged clips aside, make them again"},
    {OPTION_PRUNE, "--delete          delete it; without, it is only shown"},
    {OPTION_PRUNE, "--older AGE       only what has not changed for 30d, 12h"},
    {OPTION_FROM,
     "--from CLIP       instead of a recipe: make that clip again, from what\n"
     "                    it tells of itself; words behind it change fields"},
    {OPTION_OUT, "--out NAME        the output's name, without extension; or a "
                 "report's\n                    folder"},
    {OPTION_REPORT,
     "--montage FILE    no folder but one picture (.jpg), or one film (.mp4)"},
    {OPTION_REPORT, "--columns AXES    of a montage: side by side, A or A,B"},
    {OPTION_REPORT,
     "--at MOMENT       of a .jpg: first, last (unless said), or seconds"},
    {OPTION_UI, "--ui              and a page in a browser that shows it live"},
    {OPTION_MATCH, "--match TEXT      only tests that have this in their name"},
    {OPTION_INIT, "--script          with a Lua script and what editors need"},
    {OPTION_JSON, "--json            one JSON object a line on stdout"},
    {OPTION_PLAIN, "--plain           lines instead of the live display"},
    {0, "-v, --verbose     every step and every HTTP exchange"},
    {0, "--lua-dir DIR     read the embedded Lua from a folder instead"},
    {0, "-h, --help        this"},
};
const size_t n_option_lines = sizeof(option_lines) / sizeof(*option_lines);
