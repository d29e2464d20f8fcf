// The doctor's look at what is installed.

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/media_ask.h"
#include "data/version.h"
#include "db/db.h"
#include "net/version.h"
#include "report/summary.h"
#include "script/version.h"

static void say_libraries(struct doctor *doctor)
{
    char *curl = net_curl_version();
    char *cjson = script_cjson_version();
    doctor_say(doctor, FINDING_OK, 0, "libraries", NULL,
               "Lua %s, lua-cjson %s, libcurl %s, libyaml %s, jansson %s, "
               "libuv %s, libmicrohttpd %s, SQLite %s, OpenSSL %s",
               script_lua_version(), cjson, curl, data_yaml_version(),
               data_json_version(), loop_version(), net_server_version(),
               db_version(), hash_version());
    free(cjson);
    free(curl);
}

// --- tarmac-media, asked for its version

static void say_media(struct doctor *doctor)
{
    struct err err;
    char *program = media_program(&err);
    if (!program) {
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "tarmac-media", NULL, "%s",
                   err.text);
        return;
    }
    static const char ours[] = "tarmac-media " TARMAC_VERSION;
    const char *argv[] = {program, "--version", NULL};
    struct buf said;
    int code = 0;
    buf_init(&said, MEDIA_SAID_MAX);
    bool ended = media_ask(doctor->loop, argv, &said, &code, &err);
    if (ended && code != 0)
        ended = err_set(&err, ERR_DISK, "it ended with code %d", code);
    if (!ended)
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "tarmac-media", NULL,
                   "%s does not run: %s; install tarmac again", program,
                   err.text);
    else if (!text_starts(said.data, ours) ||
             strchr(", ", said.data[strlen(ours)]) == NULL)
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "tarmac-media", NULL,
                   "%s is of another release (%s); install tarmac again",
                   program, said.data);
    else
        doctor_say(doctor, FINDING_OK, 0, "tarmac-media", NULL, "%s (%s)",
                   program, said.data);
    buf_free(&said);
    free(program);
}

void doctor_programs(struct doctor *doctor)
{
    doctor_say(doctor, FINDING_OK, 0, "tarmac", NULL, "%s", TARMAC_VERSION);
    say_libraries(doctor);
    say_media(doctor);
}
