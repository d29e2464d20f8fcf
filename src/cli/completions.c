#include "cli/completions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/spelling.h"
#include "recipe/fields.h"
#include "report/summary.h"

#define TEXT_MAX (1u << 20)

static bool wants_folder(const struct spelling *spelling)
{
    return strcmp(spelling->value, "DIR") == 0;
}

static bool wants_file(const struct spelling *spelling)
{
    return strcmp(spelling->value, "FILE") == 0;
}

static bool wants_gateway(const struct spelling *spelling)
{
    return spelling->name && strcmp(spelling->name, "gateway") == 0;
}

// "prompt= model= … motion.x= …"
static void add_fields(struct buf *out)
{
    for (const char *const *name = field_names(); *name; name++) {
        if (!field_is_group(*name))
            buf_printf(out, "%s= ", *name);
    }
}

// --- bash

static void bash_options(const struct command *command, struct buf *out)
{
    for (size_t i = 0; i < n_option_lines; i++) {
        if (!command_takes(command, &option_lines[i]))
            continue;
        struct spelling s;
        spelling_of(&s, &option_lines[i]);
        buf_printf(out, "%s%s ", s.name ? "--" : "-",
                   s.name ? s.name : s.letter);
        spelling_free(&s);
    }
}

static void bash_command(const struct command *command, struct buf *out)
{
    static const char *const kinds[] = {"none", "recipe", "file", "choice"};
    enum words words = command_words(command);
    buf_printf(out, "    %s)\n        kind=%s options=\"", command->name,
               kinds[words]);
    bash_options(command, out);
    buf_str(out, "\"");
    if (words == WORDS_CHOICE) {
        char *choices = command_choices(command);
        buf_printf(out, " choices=\"%s\"", choices);
        free(choices);
    }
    if (command_has_fields(command))
        buf_str(out, " fields=1");
    buf_str(out, "\n        ;;\n");
}

// What follows an option that takes a value.
static void bash_values(struct buf *out)
{
    for (size_t i = 0; i < n_option_lines; i++) {
        struct spelling s;
        spelling_of(&s, &option_lines[i]);
        if (s.value) {
            buf_printf(out, "    %s%s) ", s.name ? "--" : "-",
                       s.name ? s.name : s.letter);
            buf_str(out, wants_gateway(&s)
                             ? "COMPREPLY=($(compgen -W local -- \"$word\"))"
                         : wants_folder(&s) ? "_tarmac_files -d"
                         : wants_file(&s)   ? "_tarmac_files -f"
                                            : ":");
            buf_str(out, "; return ;;\n");
        }
        spelling_free(&s);
    }
}

static void bash(struct buf *out)
{
    buf_str(out, "# tarmac for bash, by: tarmac completions bash\n"
                 "_tarmac_files() {\n"
                 "    compopt -o filenames\n"
                 "    mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$word\")\n"
                 "}\n\n"
                 "_tarmac() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} kind=none choices= "
                 "fields=\n"
                 "    local words=(\"${COMP_WORDS[@]:0:COMP_CWORD}\")\n"
                 "    local options=\"--help --version\" commands=\"");
    for (size_t i = 0; i < n_commands; i++)
        buf_printf(out, "%s ", commands[i].name);
    buf_str(out, "\"\n"
                 "    COMPREPLY=()\n"
                 "    if ((COMP_CWORD == 1)); then\n"
                 "        COMPREPLY=($(compgen -W \"$commands $options\" -- "
                 "\"$word\"))\n"
                 "        return\n"
                 "    fi\n"
                 "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < n_commands; i++)
        bash_command(&commands[i], out);
    buf_str(out, "    esac\n"
                 "    case ${COMP_WORDS[COMP_CWORD-1]} in\n");
    bash_values(out);
    buf_str(out, "    esac\n"
                 "    if [[ $word == -* ]]; then\n"
                 "        COMPREPLY=($(compgen -W \"$options\" -- "
                 "\"$word\"))\n"
                 "    elif [[ $fields ]] && ((COMP_CWORD > 2)) &&\n"
                 "        [[ $kind == none || \" ${words[*]} \" == *.y*ml\" "
                 "\"* ]]; then\n"
                 "        compopt -o nospace\n"
                 "        COMPREPLY=($(compgen -W \"");
    add_fields(out);
    buf_str(out, "\" -- \"$word\"))\n"
                 "    elif [[ $kind == choice ]]; then\n"
                 "        COMPREPLY=($(compgen -W \"$choices\" -- "
                 "\"$word\"))\n"
                 "    elif [[ $kind == file ]]; then\n"
                 "        _tarmac_files -f\n"
                 "    elif [[ $kind == recipe ]]; then\n"
                 "        compopt -o filenames\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -X '!*.y*ml' "
                 "-- \"$word\"; compgen -d -- \"$word\")\n"
                 "    fi\n"
                 "}\n"
                 "complete -F _tarmac tarmac\n");
}

// --- zsh and fish

// Inside '…'; `also`: what else a backslash comes before.
static void add_quoted(struct buf *out, const char *text, const char *also)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_str(out, "'\\''");
        else if (strchr(also, *text))
            buf_printf(out, "\\%c", *text);
        else
            buf_byte(out, *text);
    }
}

static void zsh_option(const struct spelling *s, struct buf *out)
{
    buf_str(out, " \\\n            '");
    if (s->letter && s->name)
        buf_printf(out, "(-%s --%s)'{-%s,--%s}'", s->letter, s->name, s->letter,
                   s->name);
    else
        buf_printf(out, "%s%s", s->name ? "--" : "-",
                   s->name ? s->name : s->letter);
    buf_byte(out, '[');
    add_quoted(out, s->help, ":[]");
    buf_byte(out, ']');
    if (s->value)
        buf_printf(out, ":%s:%s", s->value,
                   wants_gateway(s)  ? "(local)"
                   : wants_folder(s) ? "_files -/"
                   : wants_file(s)   ? "_files"
                                     : "");
    buf_byte(out, '\'');
}

static void zsh_command(const struct command *command, struct buf *out)
{
    buf_printf(out, "    %s)\n        _arguments -s", command->name);
    for (size_t i = 0; i < n_option_lines; i++) {
        if (!command_takes(command, &option_lines[i]))
            continue;
        struct spelling s;
        spelling_of(&s, &option_lines[i]);
        zsh_option(&s, out);
        spelling_free(&s);
    }
    enum words words = command_words(command);
    bool fields = command_has_fields(command);
    const char *which = fields ? "1" : "*";
    if (words == WORDS_FILE)
        buf_printf(out, " \\\n            '%s:file:_files'", which);
    if (words == WORDS_RECIPE)
        buf_printf(out, " \\\n            '%s:recipe:_files -g \"*.y(a|)ml\"'",
                   which);
    if (words == WORDS_CHOICE) {
        char *choices = command_choices(command);
        buf_printf(out, " \\\n            '1:which:(%s)'", choices);
        free(choices);
    }
    if (fields) {
        buf_str(out, " \\\n            '*:field:_values -S \"\" field ");
        add_fields(out);
        buf_str(out, "'");
    }
    buf_str(out, "\n        ;;\n");
}

static void zsh(struct buf *out)
{
    buf_str(out, "#compdef tarmac\n"
                 "# tarmac for zsh, by: tarmac completions zsh\n"
                 "_tarmac() {\n"
                 "    local -a commands\n"
                 "    commands=(\n");
    for (size_t i = 0; i < n_commands; i++) {
        buf_printf(out, "        '%s:", commands[i].name);
        add_quoted(out, commands[i].summary, ":");
        buf_str(out, "'\n");
    }
    buf_str(out, "    )\n"
                 "    if ((CURRENT == 2)); then\n"
                 "        _describe command commands\n"
                 "        return\n"
                 "    fi\n"
                 "    shift words\n"
                 "    ((CURRENT--))\n"
                 "    case $words[1] in\n");
    for (size_t i = 0; i < n_commands; i++)
        zsh_command(&commands[i], out);
    buf_str(out, "    esac\n"
                 "}\n"
                 "if [[ $funcstack[1] == _tarmac ]]; then\n"
                 "    _tarmac \"$@\"\n"
                 "else\n"
                 "    compdef _tarmac tarmac\n"
                 "fi\n");
}

static void fish_option(const struct command *command, const struct spelling *s,
                        struct buf *out)
{
    buf_printf(out, "complete -c tarmac -n '__fish_seen_subcommand_from %s'",
               command->name);
    if (s->letter)
        buf_printf(out, " -s %s", s->letter);
    if (s->name)
        buf_printf(out, " -l %s", s->name);
    if (s->value)
        buf_str(out, wants_gateway(s) ? " -x -a local"
                     : wants_folder(s)
                         ? " -x -a '(__fish_complete_directories)'"
                     : wants_file(s) ? " -r -F"
                                     : " -x");
    buf_str(out, " -d '");
    add_quoted(out, s->help, "\\");
    buf_str(out, "'\n");
}

static void fish_command(const struct command *command, struct buf *out)
{
    buf_printf(out, "complete -c tarmac -n __fish_use_subcommand -a %s -d '",
               command->name);
    add_quoted(out, command->summary, "\\");
    buf_str(out, "'\n");
    for (size_t i = 0; i < n_option_lines; i++) {
        if (!command_takes(command, &option_lines[i]))
            continue;
        struct spelling s;
        spelling_of(&s, &option_lines[i]);
        fish_option(command, &s, out);
        spelling_free(&s);
    }
    enum words words = command_words(command);
    char *choices = words == WORDS_CHOICE ? command_choices(command) : NULL;
    const char *what = words == WORDS_RECIPE
                           ? "-k -a '(__fish_complete_suffix .yaml)'"
                       : words == WORDS_FILE ? "-F"
                                             : NULL;
    if (what)
        buf_printf(out,
                   "complete -c tarmac -n '__fish_seen_subcommand_from %s' "
                   "%s\n",
                   command->name, what);
    if (choices)
        buf_printf(out,
                   "complete -c tarmac -n '__fish_seen_subcommand_from %s' "
                   "-a '%s'\n",
                   command->name, choices);
    if (command_has_fields(command)) {
        buf_printf(out,
                   "complete -c tarmac -n '__fish_seen_subcommand_from %s' "
                   "-a '",
                   command->name);
        add_fields(out);
        buf_str(out, "'\n");
    }
    free(choices);
}

static void fish(struct buf *out)
{
    buf_str(out, "# tarmac for fish, by: tarmac completions fish\n"
                 "complete -c tarmac -f\n"
                 "complete -c tarmac -n __fish_use_subcommand -l help -l "
                 "version\n");
    for (size_t i = 0; i < n_commands; i++)
        fish_command(&commands[i], out);
}

int completions_command(const struct options *options)
{
    static const struct {
        const char *name;
        void (*write)(struct buf *out);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    const char *word = options->n_words == 1 ? options->words[0] : "";
    for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
        if (strcmp(shells[i].name, word) != 0)
            continue;
        struct buf out;
        buf_init(&out, TEXT_MAX);
        shells[i].write(&out);
        fwrite(out.data, 1, out.len, stdout);
        buf_free(&out);
        return EXIT_ALL_DELIVERED;
    }
    log_error("completions takes one shell, bash, zsh or fish, for example: "
              "tarmac completions bash");
    return EXIT_USAGE;
}
