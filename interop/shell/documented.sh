#!/usr/bin/env bash
# Runs a command in the environment that the page of an SDK sets, and with nothing else of this one: with the page's first
# block, and then with its second one too, which is for HTTPS.
set -euo pipefail
keys="s|AWS_ACCESS_KEY_ID=…|AWS_ACCESS_KEY_ID=$KS_ACCESS_KEY_ID|; s|AWS_SECRET_ACCESS_KEY=…|AWS_SECRET_ACCESS_KEY=$KS_SECRET_ACCESS_KEY|"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for blocks in "$KS_STRINGS_0" "$KS_STRINGS_0"$'\n'"$KS_STRINGS_1"; do
  env -i PATH="$PATH" HOME="$HOME" bash -ec "$(echo "$blocks" | sed "$keys")"$'\n''exec "$@"' bash "$@"
done
