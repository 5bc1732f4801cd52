#!/usr/bin/env bash
# dbt-redshift with the profile of docs/clients/dbt.md: debug, a seed and a run of a project with two models. dbt has no option for the endpoint
# of the API: it comes from AWS_ENDPOINT_URL.
. shell/scenarios.sh
dbt=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r dbt/project/. "$folder"
{
  printf 'keyshift:\n  target: dev\n  outputs:\n    dev:\n'
  echo "$KS_STRINGS_0" | sed "s/^/      /; s/access_key_id: …/access_key_id: $KS_ACCESS_KEY_ID/; s|secret_access_key: …|secret_access_key: $KS_SECRET_ACCESS_KEY|"
} >"$folder/profiles.yml"
cd "$folder" || exit 1
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=$folder
host() {
  "$dbt" --quiet debug
  "$dbt" --quiet seed
  "$dbt" --quiet run
  "$dbt" --quiet test
}
documented() { "$dbt" --quiet debug; }
scenario documented
scenario host
