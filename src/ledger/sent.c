#include "ledger/sent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/token.h"
#include "ledger/internal.h"
#include "ledger/runs.h"

#define SENT_BYTES (16u << 20) // about 300,000 purchases
#define END ".sent"
#define SENT "sent "
#define BACK "back "
#define WORD (sizeof(SENT) - 1)

static char *sent_path(const char *state_dir, const char *run)
{
    return xasprintf("%s/runs/%s" END, state_dir, run);
}

// --- writing
static bool add(const char *path, int flags, const char *word,
                const char *token, int64_t attempt)
{
    struct stat st;
    char *line = xasprintf("%s%s %lld\n", word, token, (long long)attempt);
    int fd = open(
        path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags,
        0600);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 &&
              st.st_size + (off_t)strlen(line) <= (off_t)SENT_BYTES &&
              file_write_all(fd, line, strlen(line));
    if (fd >= 0)
        close(fd);
    free(line);
    return ok;
}

bool sent_note(const char *state_dir, const char *run, const char *token,
               int64_t attempt)
{
    char *path = sent_path(state_dir, run);
    bool ok = add(path, O_CREAT, SENT, token, attempt);
    free(path);
    return ok;
}

// Without its line the file would accuse a sound ledger.
void sent_take_back(const char *state_dir, const char *run, const char *token,
                    int64_t attempt)
{
    if (strchr(run, '/')) // as a ledger from elsewhere may call one
        return;
    char *path = sent_path(state_dir, run);
    if (!add(path, 0, BACK, token, attempt))
        unlink(path);
    free(path);
}

// --- reading
struct line {
    char token[TOKEN_HEX];
    bool back;
    size_t n; // in the file
};

struct lines {
    struct line *all;
    size_t n;
};

// What is no whole line of ours says nothing.
static void take_line(struct lines *lines, const char *at, size_t len)
{
    bool back = strncmp(at, BACK, WORD) == 0;
    size_t token = TOKEN_HEX - 1;
    if ((!back && strncmp(at, SENT, WORD) != 0) || len <= WORD + token ||
        at[WORD + token] != ' ' ||
        strspn(at + WORD, "0123456789abcdef") != token)
        return;
    lines->all = xreallocarray(lines->all, lines->n + 1, sizeof(*lines->all));
    struct line *line = &lines->all[lines->n];
    *line = (struct line){.back = back, .n = lines->n};
    memcpy(line->token, at + WORD, token);
    lines->n++;
}

// Another run that begins, too, may have found all of it in the ledger, and
// removed it.
static bool is_gone(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 && errno == ENOENT;
}

static bool read_lines(const char *path, struct lines *lines, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(err, ERR_DISK,
                       "%s is not a file that tarmac has written: move it away",
                       path);
    char *text = file_read(path, SENT_BYTES, NULL, err);
    for (const char *at = text, *end; at && (end = strchr(at, '\n'));
         at = end + 1)
        take_line(lines, at, (size_t)(end - at));
    bool ok = text || is_gone(path);
    free(text);
    return ok;
}

static int by_token(const void *a, const void *b)
{
    const struct line *left = a, *right = b;
    int order = strcmp(left->token, right->token);
    if (order == 0)
        order = (left->n > right->n) - (left->n < right->n);
    return order;
}

static bool is_there(struct ledger *l, const char *token, bool *there,
                     struct err *err)
{
    struct purchase_row row = {0};
    bool found = false;
    bool ok = ledger_find_token(l, token, &row, &found, err);
    *there = ok && found && row.attempt.sent_ms > 0;
    purchase_row_free(&row);
    return ok;
}

static bool count_lacking(const char *path, struct ledger *l, size_t *lacking,
                          struct err *err)
{
    struct lines lines = {0};
    bool ok = read_lines(path, &lines, err);
    *lacking = 0;
    if (lines.n > 0)
        qsort(lines.all, lines.n, sizeof(*lines.all), by_token);
    for (size_t i = 0; i < lines.n && ok; i++) {
        const struct line *line = &lines.all[i];
        bool there = line->back ||
                     (i + 1 < lines.n &&
                      strcmp(line->token, line[1].token) == 0); // said later
        if (!there)
            ok = is_there(l, line->token, &there, err);
        *lacking += !there;
    }
    free(lines.all);
    return ok;
}

// Its file goes only once the log is no longer needed, which may be cut yet.
static bool check_run(const char *state_dir, const char *run, struct ledger *l,
                      struct err *err)
{
    char *path = sent_path(state_dir, run);
    size_t lacking;
    bool ok = count_lacking(path, l, &lacking, err);
    if (ok && lacking > 0)
        ok = err_set(err, ERR_DISK,
                     "%s/" LEDGER_FILE
                     " lacks %zu purchase%s that %s sent: it is an "
                     "older copy, or its -wal file is damaged; put it back "
                     "with its -wal file from a copy, or, where there is none, "
                     "remove %s, and then they may be bought again",
                     state_dir, lacking, lacking == 1 ? "" : "s",
                     lacking == 1 ? "was" : "were", path);
    else if (ok && db_checkpoint(l->db))
        unlink(path);
    free(path);
    return ok;
}

bool sent_is_left(const char *state_dir)
{
    struct run_files files = run_files_open(state_dir, END);
    char *run = run_files_next(&files);
    bool left = run != NULL;
    run_files_close(&files);
    free(run);
    return left;
}

bool sent_check(const char *state_dir, struct ledger *l, struct err *err)
{
    struct run_files files = run_files_open(state_dir, END);
    bool ok = true;
    for (char *run; ok && (run = run_files_next(&files)); free(run))
        if (run_is_dead(state_dir, run))
            ok = check_run(state_dir, run, l, err);
    run_files_close(&files);
    if (!ok)
        db_leave_log(l->db);
    return ok;
}

void sent_drop(const char *state_dir, const char *run)
{
    struct stat st;
    char *wal = path_join(state_dir, LEDGER_FILE "-wal");
    char *path = sent_path(state_dir, run);
    if (stat(wal, &st) != 0 || st.st_size == 0)
        unlink(path);
    free(path);
    free(wal);
}
