#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

int main(int argc, char **argv)
{
    // Before anything else loads: scripts ask often.
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("tarmac " TARMAC_VERSION);
        return 0;
    }
    setlocale(LC_CTYPE, "");
    return command_main(argc, argv);
}
