# Runs scenarios, which are functions of the shell: each prints one line. Facts are variables KS_…
scenario() { # name of a function
  local output status
  # Not inside an `if`: there the shell forgets `set -e`, and only the last command of the function would count.
  output=$(set -eu; "$1" 2>&1)
  status=$?
  if [ $status -eq 0 ]; then
    echo "ok $1"
  else
    echo "failed $1: $(echo "$output" | tr '\n' ' ' | cut -c1-600)"
  fi
}

# Fails unless the command fails with every one of the words in what it prints: refused 'word|word' command...
refused() {
  local words=$1 output word
  shift
  if output=$("$@" 2>&1); then
    echo "it was not refused: $output"
    return 1
  fi
  local IFS='|'
  for word in $words; do
    case $output in
      *"$word"*) ;;
      *) echo "the error does not say \"$word\": $output"; return 1 ;;
    esac
  done
}

equal() { # found, expected
  [ "$1" = "$2" ] || { echo "$1 is not $2"; return 1; }
}
