// The commands, as a table: what main() looks a word up in.

#pragma once

// Run the program's command line; returns the exit code.
int command_main(int argc, char **argv);
