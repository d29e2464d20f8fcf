// Clips for tests, by the ffmpeg program. To be included behind cmocka.h.

#pragma once

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

// ffmpeg with these words, split at spaces, writes `clip`.
static inline void ffmpeg_to(const char *clip, const char *words)
{
    char *all = xasprintf("ffmpeg -v error -y %s %s", words, clip);
    char *argv[64];
    int n = 0;
    char *rest = all;
    for (char *word; n < 63 && (word = strtok_r(rest, " ", &rest));)
        argv[n++] = word;
    argv[n] = NULL;
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("ffmpeg %s", words);
    free(all);
}
