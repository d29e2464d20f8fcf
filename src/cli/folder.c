#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "report/page.h"
#include "store/find.h"
#include "store/give.h"

#define INDEX "index.html"
#define BESIDE "." INDEX GIVE_PART
#define LOOK_MAX 4096 // bytes of a page in which it says whose it is
#define A_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define A_FILE (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

// --- names

// "<32 hex>.mp4", the same with ".part", or ".tmp-<32 hex>" of a picture.
static bool is_of_ours(const char *name)
{
    static const char hex[] = "0123456789abcdef";
    if (text_starts(name, ".tmp-"))
        return strspn(name + 5, hex) == STORE_NAMED_HEX &&
               !name[5 + STORE_NAMED_HEX];
    if (strspn(name, hex) != STORE_NAMED_HEX || name[STORE_NAMED_HEX] != '.')
        return false;
    const char *ext = name + STORE_NAMED_HEX + 1;
    size_t len = strspn(ext, "abcdefghijklmnopqrstuvwxyz0123456789");
    return len > 0 && (!ext[len] || strcmp(ext + len, GIVE_PART) == 0);
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

// A folder below the open one, to be read; NULL with errno.
static DIR *read_below(int dir, const char *name)
{
    int fd = openat(dir, name, A_FOLDER | O_NOFOLLOW);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list && fd >= 0)
        close(fd);
    return list;
}

// --- is it ours?

static bool is_our_page(int dir)
{
    struct stat st;
    char head[LOOK_MAX];
    int fd = openat(dir, INDEX, A_FILE);
    if (fd < 0)
        return false;
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                    ? pread(fd, head, sizeof(head), 0)
                    : -1;
    close(fd);
    return n > 0 && memmem(head, (size_t)n, PAGE_GENERATOR,
                           strlen(PAGE_GENERATOR)) != NULL;
}

static bool holds_ours_only(int dir, const char *name)
{
    DIR *list = read_below(dir, name);
    if (!list)
        return false;
    bool ours = true;
    struct dirent *entry;
    while (ours && (entry = readdir(list)))
        ours = is_dot(entry->d_name) || is_of_ours(entry->d_name);
    closedir(list);
    return ours;
}

// Nothing at all, or what is left of a report without its page.
static bool is_begun(int dir)
{
    DIR *list = read_below(dir, ".");
    if (!list)
        return false;
    bool ours = true;
    struct dirent *entry;
    while (ours && (entry = readdir(list))) {
        const char *name = entry->d_name;
        bool folder = strcmp(name, FOLDER_CLIPS) == 0 ||
                      strcmp(name, FOLDER_POSTERS) == 0;
        ours = is_dot(name) || strcmp(name, BESIDE) == 0 ||
               (folder && holds_ours_only(dir, name));
    }
    closedir(list);
    return ours;
}

static bool is_ours(const struct folder *folder, struct err *err)
{
    return is_our_page(folder->dir) || is_begun(folder->dir) ||
           err_set(err, ERR_USAGE,
                   "%s holds something that is no report of tarmac's: nothing "
                   "was written; name another folder with --out DIR",
                   folder->path);
}

// --- opening

static bool lock(const struct folder *folder, struct err *err)
{
    // Some file systems have no locks for folders: nobody is waited for there.
    if (flock(folder->dir, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    return err_set(err, ERR_USAGE,
                   "another tarmac is just writing the report in %s: type it "
                   "again when that has ended",
                   folder->path);
}

static int open_below(const struct folder *folder, const char *name,
                      struct err *err)
{
    if (mkdirat(folder->dir, name, 0777) != 0 && errno != EEXIST) {
        err_errno(err, ERR_DISK, "cannot make %s/%s", folder->path, name);
        return -1;
    }
    int fd = openat(folder->dir, name, A_FOLDER | O_NOFOLLOW);
    if (fd < 0)
        err_errno(err, ERR_DISK, "cannot write into %s/%s", folder->path, name);
    return fd;
}

bool folder_open(struct folder *folder, const char *path, bool link,
                 struct err *err)
{
    *folder = (struct folder){.path = xstrdup(path),
                              .dir = -1,
                              .clips = -1,
                              .posters = -1,
                              .page = -1,
                              .made = !path_exists(path)};
    if (!path_mkdirs(path, err))
        return false;
    folder->dir = open(path, A_FOLDER | (link ? 0 : O_NOFOLLOW));
    if (folder->dir < 0)
        return err_errno(err, ERR_DISK, "cannot open %s", path);
    if (!lock(folder, err) || !is_ours(folder, err))
        return false;
    folder->page =
        openat(folder->dir, BESIDE,
               O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (folder->page < 0)
        return err_errno(err, ERR_DISK, "cannot write into %s", path);
    folder->clips = open_below(folder, FOLDER_CLIPS, err);
    if (folder->clips >= 0)
        folder->posters = open_below(folder, FOLDER_POSTERS, err);
    return folder->posters >= 0;
}

// --- closing

// An empty folder below is of no use.
static void take_away(const struct folder *folder)
{
    unlinkat(folder->dir, BESIDE, 0);
    unlinkat(folder->dir, FOLDER_CLIPS, AT_REMOVEDIR);
    unlinkat(folder->dir, FOLDER_POSTERS, AT_REMOVEDIR);
    if (folder->made)
        rmdir(folder->path);
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

void folder_close(struct folder *folder)
{
    if (folder->page >= 0 && !folder->published)
        take_away(folder);
    close_one(folder->page);
    close_one(folder->clips);
    close_one(folder->posters);
    close_one(folder->dir);
    free(folder->path);
    *folder = (struct folder){.dir = -1};
}

// --- what no page names any more

void folder_names_add(struct folder_names *names, const char *name)
{
    // Grown by doubling.
    if ((names->n & (names->n - 1)) == 0)
        names->list = xreallocarray(names->list, names->n ? 2 * names->n : 1,
                                    sizeof(*names->list));
    names->list[names->n++] = xstrdup(name);
}

void folder_names_free(struct folder_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void folder_names_sort(struct folder_names *names)
{
    if (names->n > 0)
        qsort(names->list, names->n, sizeof(*names->list), by_name);
}

static bool is_kept(const struct folder_names *keep, const char *name)
{
    return keep->n > 0 && bsearch(&name, keep->list, keep->n,
                                  sizeof(*keep->list), by_name) != NULL;
}

// What cannot be removed stays: the page does not name it.
static void sweep(int below, const struct folder_names *keep)
{
    DIR *list = read_below(below, ".");
    struct dirent *entry;
    while (list && (entry = readdir(list)))
        if (is_of_ours(entry->d_name) && !is_kept(keep, entry->d_name))
            unlinkat(below, entry->d_name, 0);
    if (list)
        closedir(list);
}

bool folder_publish(struct folder *folder, const struct folder_names *clips,
                    const struct folder_names *posters, bool synced,
                    struct err *err)
{
    // A folder is often on a disk that is pulled out when the command is done.
    if ((!synced && syncfs(folder->dir) != 0) || fsync(folder->page) != 0 ||
        renameat(folder->dir, BESIDE, folder->dir, INDEX) != 0)
        return err_errno(err, ERR_DISK, "cannot write %s/" INDEX, folder->path);
    folder->published = true;
    fsync(folder->dir);
    sweep(folder->clips, clips);
    sweep(folder->posters, posters);
    return true;
}
