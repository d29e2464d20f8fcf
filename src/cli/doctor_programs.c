// The doctor's look at what is installed.

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "data/version.h"
#include "db/db.h"
#include "net/version.h"
#include "report/summary.h"
#include "script/version.h"

#define MEDIA_MS 10000 // for tarmac-media to say its version
#define MEDIA_LINES_MAX 4096

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

struct media {
    struct buf said; // its lines, with ", " between them
    bool ended, late;
    int status, signum;
};

static void on_line(void *arg, const char *line, size_t len)
{
    struct media *media = arg;
    if (media->said.len > 0)
        buf_str(&media->said, ", ");
    buf_add(&media->said, line, len);
}

static void on_exit_of(void *arg, int status, int signum)
{
    struct media *media = arg;
    media->ended = true;
    media->status = status;
    media->signum = signum;
}

static void on_late(void *arg)
{
    ((struct media *)arg)->late = true;
}

static bool ask_media(struct doctor *doctor, const char *program,
                      struct media *media, struct err *err)
{
    const char *argv[] = {program, "--version", NULL};
    struct loop_child_spec spec = {.argv = argv,
                                   .on_line = on_line,
                                   .on_exit = on_exit_of,
                                   .arg = media,
                                   .line_max = MEDIA_LINES_MAX};
    struct loop_child *child = loop_child_spawn(doctor->loop, &spec, err);
    if (!child)
        return false;
    struct loop_timer *timer = loop_timer_new(doctor->loop, on_late, media);
    loop_timer_start(timer, MEDIA_MS);
    while (!media->ended && !media->late)
        loop_once(doctor->loop, true);
    if (!media->ended)
        loop_child_kill(child, SIGKILL);
    loop_timer_free(timer);
    loop_child_free(child);
    if (!media->ended)
        return err_set(err, ERR_DISK, "it did not answer within 10 s");
    if (media->signum)
        return err_set(err, ERR_DISK, "it ended by signal %d", media->signum);
    if (media->status)
        return err_set(err, ERR_DISK, "it ended with code %d", media->status);
    return true;
}

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
    struct media media = {0};
    buf_init(&media.said, MEDIA_LINES_MAX);
    if (!ask_media(doctor, program, &media, &err))
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "tarmac-media", NULL,
                   "%s does not run: %s; install tarmac again", program,
                   err.text);
    else if (!text_starts(media.said.data, ours) ||
             strchr(", ", media.said.data[strlen(ours)]) == NULL)
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "tarmac-media", NULL,
                   "%s is of another release (%s); install tarmac again",
                   program, media.said.data);
    else
        doctor_say(doctor, FINDING_OK, 0, "tarmac-media", NULL, "%s (%s)",
                   program, media.said.data);
    buf_free(&media.said);
    free(program);
}

void doctor_programs(struct doctor *doctor)
{
    doctor_say(doctor, FINDING_OK, 0, "tarmac", NULL, "%s", TARMAC_VERSION);
    say_libraries(doctor);
    say_media(doctor);
}
