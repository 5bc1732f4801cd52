#!/usr/bin/env bash
# dbt-redshift with method iam: debug, a seed and a run of a project with two models. dbt has no option for the endpoint
# of the API: it comes from AWS_ENDPOINT_URL.
. shell/scenarios.sh
dbt=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r dbt/project/. "$folder"
cat >"$folder/profiles.yml" <<YML
keyshift:
  target: dev
  outputs:
    dev:
      type: redshift
      method: iam
      cluster_id: $KS_CLUSTER
      host: localhost
      port: $KS_PORT
      user: awsuser
      dbname: $KS_DATABASE
      schema: from_dbt
      sslmode: verify-ca
      region: $KS_REGION
      autocreate: true
      access_key_id: $KS_ACCESS_KEY_ID
      secret_access_key: $KS_SECRET_ACCESS_KEY
YML
cd "$folder" || exit 1
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=$folder
host() {
  "$dbt" --quiet debug
  "$dbt" --quiet seed
  "$dbt" --quiet run
  "$dbt" --quiet test
}
scenario host
