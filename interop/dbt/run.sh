#!/usr/bin/env bash
# dbt-redshift with the profile of docs/clients/dbt.md: debug, a seed and a run of a project with two models. dbt has no
# option for the endpoint of the API: it comes from AWS_ENDPOINT_URL.
. shell/scenarios.sh
dbt=$1/bin/dbt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r dbt/project/. "$folder"
cd "$folder" || exit 1
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=$folder

# The profile of the page with its two placeholders replaced, then changed by expressions of sed.
profile() {
  {
    printf 'keyshift:\n  target: dev\n  outputs:\n    dev:\n'
    echo "$KS_STRINGS_0" |
      sed "s/access_key_id: …/access_key_id: $KS_ACCESS_KEY_ID/; s|secret_access_key: …|secret_access_key: $KS_SECRET_ACCESS_KEY|" |
      sed "${1:-}" | sed 's/^/      /'
  } >"$folder/profiles.yml"
}
one() { "$dbt" --quiet show --output json --inline "$1"; } # a query whose column is n
without_keys='/^access_key_id:/d; /^secret_access_key:/d'
as_itself="s/^method: iam\$/method: iam_role/; /^user:/d; /^autocreate:/d; /^db_groups:/d; $without_keys"

documented() { profile; "$dbt" --quiet debug; }
# Somebody who may create schemas.
as_master='s/^user: .*/user: awsuser/; /^db_groups:/d'
host() {
  profile "$as_master"
  "$dbt" --quiet seed
  "$dbt" --quiet run
  "$dbt" --quiet test
}
metadata() {
  profile "$as_master"
  "$dbt" --quiet docs generate
  node -e '
    const { nodes } = JSON.parse(require("fs").readFileSync("target/catalog.json", "utf8"));
    const orders = nodes["seed.keyshift_interop.orders"];
    const types = Object.values(orders.columns).map(({ name, type }) => `${name} ${type}`);
    if (!types.some((type) => /^amount /.test(type))) throw new Error(JSON.stringify(orders));
  '
}
iam() {
  profile "$as_itself"
  one 'select current_user as n' | grep -q IAM:RootIdentity
}
token() {
  profile "$as_itself"
  export AWS_ACCESS_KEY_ID=$KS_SESSION_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$KS_SESSION_SECRET_ACCESS_KEY
  export AWS_SESSION_TOKEN=$KS_SESSION_SESSION_TOKEN
  one 'select current_user as n' | grep -q "$KS_SESSION_DB_USER"
}
groups() {
  profile "s/^user: .*/user: $KS_NEW_USER/; /^db_groups:/d"
  refused 'permission denied' one 'select count(*) as n from example.sales'
  profile "s/^user: .*/user: $KS_NEW_USER/"
  one 'select count(*) as n from example.sales' | grep -q 300
}
database() {
  profile 's/^dbname: .*/dbname: nowhere/'
  refused 'database "nowhere" does not exist' "$dbt" debug
}
verify() {
  profile
  SSL_CERT_FILE=$KS_OTHER_CA_FILE refused 'CERTIFICATE_VERIFY_FAILED' "$dbt" debug
}

for name in documented host metadata iam token groups database verify; do scenario $name; done
