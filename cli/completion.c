/* Completion scripts, made from the tables of options.c. Model names come from `weigh complete`. */
#include <stdio.h>
#include <string.h>

#include "parse.h"

static void words(const char *separator) {
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++) printf("%s%s", i ? separator : "", FACE_COMMANDS[i].name);
  for (size_t i = 0; i < CLI_OWN_COUNT; i++) printf("%s%s", separator, CLI_OWN[i].name);
}

static void bash_options(const face_command *command) {
  printf("    %s) options=\"", command->name);
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++)
    if (FACE_OPTIONS[i].of == '*' || strchr(command->options, FACE_OPTIONS[i].of))
      printf("--%s ", FACE_OPTIONS[i].name);
  printf("\" ;;\n");
}

static void bash_choices(void) {
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++) {
    const face_option *o = &FACE_OPTIONS[i];
    if (!o->value) continue;
    if (o->letter) printf("    -%c|", o->letter);
    else printf("    ");
    if (o->choices) printf("--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return ;;\n", o->name, o->choices);
    else printf("--%s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", o->name);
  }
}

static void print_bash(void) {
  printf("# bash completion for weigh: source <(weigh completion bash)\n_weigh() {\n");
  printf("  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n");
  printf("  COMPREPLY=()\n  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W \"");
  words(" ");
  printf("\" -- \"$word\")); return\n  fi\n  case $before in\n");
  bash_choices();
  printf("  esac\n  case ${COMP_WORDS[1]} in\n");
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++) bash_options(&FACE_COMMANDS[i]);
  for (size_t i = 0; i < CLI_OWN_COUNT; i++)
    if (*CLI_OWN[i].options) bash_options(&CLI_OWN[i]);
  printf("    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")); return ;;\n  esac\n");
  printf("  case $word in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n");
  printf("    *) COMPREPLY=($(compgen -f -- \"$word\") $(weigh complete \"$word\" 2>/dev/null)) ;;\n  esac\n}\n");
  printf("complete -o filenames -F _weigh weigh\n");
}

static void print_zsh(void) {
  printf("#compdef weigh\n# zsh completion for weigh: weigh completion zsh > \"${fpath[1]}/_weigh\"\n");
  printf("autoload -U +X bashcompinit && bashcompinit\n");
  print_bash();
}

/* In fish's single quotes, ' and \\ are escaped. */
static void fish_quoted(const char *text) {
  putchar('\'');
  for (; text && *text; text++) {
    if (*text == '\'' || *text == '\\') putchar('\\');
    putchar(*text);
  }
  putchar('\'');
}

static void print_fish(void) {
  printf("# fish completion for weigh: weigh completion fish | source\n");
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++) {
    const face_command *c = &FACE_COMMANDS[i];
    printf("complete -c weigh -n __fish_use_subcommand -a %s -d ", c->name);
    fish_quoted(weigh_text(c->about, WEIGH_ENGLISH));
    printf("\n");
    if (c->max_words)
      printf("complete -c weigh -n '__fish_seen_subcommand_from %s' -a '(weigh complete (commandline -ct))'\n",
             c->name);
    for (size_t k = 0; k < FACE_OPTION_COUNT; k++) {
      const face_option *o = &FACE_OPTIONS[k];
      if (o->of != '*' && !strchr(c->options, o->of)) continue;
      printf("complete -c weigh -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
      if (o->letter) printf(" -s %c", o->letter);
      if (o->value) printf(" -r");
      if (o->choices) printf(" -f -a '%s'", o->choices);
      printf(" -d ");
      fish_quoted(weigh_text(o->about, WEIGH_ENGLISH));
      printf("\n");
    }
  }
  printf("complete -c weigh -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n");
}

bool cli_print_completion(const char *shell) {
  if (strcmp(shell, "bash") == 0) print_bash();
  else if (strcmp(shell, "zsh") == 0) print_zsh();
  else if (strcmp(shell, "fish") == 0) print_fish();
  else return false;
  return true;
}
