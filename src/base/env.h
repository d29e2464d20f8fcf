// The environment and what follows from it; getenv() is banned elsewhere.

#pragma once

const char *env_get(const char *name); // NULL when unset or empty; borrowed

// $XDG_CONFIG_HOME/tarmac, else ~/.config/tarmac; NULL without a home; owned.
char *env_config_dir(void);

// Another after every start of the machine; NULL when it is not told. Read
// once; from any thread.
const char *env_boot_id(void);
