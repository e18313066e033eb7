# Completion of mainstream and mainstream-train. It asks the program itself (--help), so it knows what the program knows.

_mainstream_words() {  # PROGRAM WORDS..: subcommands and options there
  COLUMNS=400 "$@" --help 2> /dev/null | awk '
    /^Subcommands:/ { commands = 1; next }
    !NF { commands = 0 }
    commands && /^  [a-z]/ { print $1 }
    /^  +-/ {
      n = split($1, names, ",")
      for (i = 1; i <= n; ++i) { sub(/=.*/, "", names[i]); if (names[i] ~ /^--?[a-z]/) print names[i] }
    }'
}

_mainstream() {
  local cur prev words cword
  _init_completion -n = || return
  local commands=("${words[0]}") known word
  known=$(_mainstream_words "${commands[@]}")
  for word in "${words[@]:1:cword-1}"; do
    if [[ $word == [a-z]* ]] && grep -qxF -- "$word" <<< "$known"; then
      commands+=("$word")
      known=$(_mainstream_words "${commands[@]}")
    fi
  done
  if [[ $prev == --log-level ]]; then
    known=$'debug\ninfo\nwarn\nerror\noff'
  elif [[ ${#commands[@]} -gt 1 && $cur != -* ]] && grep -q '^-' <<< "$known" && ! grep -q '^[a-z]' <<< "$known"; then
    _filedir  # a value
    return
  fi
  COMPREPLY=($(compgen -W "$known" -- "$cur"))
} && complete -F _mainstream mainstream mainstream-train
