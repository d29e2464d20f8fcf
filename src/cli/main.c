#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

// A file that is opened where stdout is closed would get what is printed.
static void open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            abort();
}

int main(int argc, char **argv)
{
    // Before anything else loads: scripts ask often.
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("tarmac " TARMAC_VERSION);
        return 0;
    }
    open_standard();
    // The same for everybody: what Lua takes for a letter makes prompts.
    setlocale(LC_CTYPE, "C.UTF-8");
    return command_main(argc, argv);
}
