#!/usr/bin/env bash
# dbt-redshift with the profile of docs/clients/dbt.md: debug, a seed and a run of a project with two models. dbt has no
# option for the endpoint of the API: it comes from AWS_ENDPOINT_URL.
. shell/scenarios.sh
dbt=$1/bin/dbt python=$1/bin/python here=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r dbt/project/. "$folder"
cd "$folder" || exit 1
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=$folder

# A profile of the page, changed by expressions of sed.
write_profile() {
  {
    printf 'keyshift:\n  target: dev\n  outputs:\n    dev:\n'
    echo "$1" | sed "$2" | sed 's/^/      /'
  } >"$folder/profiles.yml"
}
# The first one, whose placeholders are the keys.
profile() {
  write_profile "$KS_STRINGS_0" "s/access_key_id: …/access_key_id: $KS_ACCESS_KEY_ID/; s|secret_access_key: …|secret_access_key: $KS_SECRET_ACCESS_KEY|; ${1:-}"
}
# The second one, of the caller's own database user.
# That of a login that something else has asked for: KS_… as far as _USER and _PASSWORD, and further changes.
given_profile() {
  local user=$1_USER password=$1_PASSWORD
  profile "s/^method: .*/method: database/; s/^user: .*/user: \"${!user}\"/; /_access_key: /d; s/^access_key_id: .*/password: \"${!password}\"/; ${2:-}"
}
own_profile() { write_profile "$KS_STRINGS_1" ''; }
one() { "$dbt" --quiet show --output json --inline "$1"; } # the rows of a query

# `iam` and `token` run the second profile.
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
  own_profile
  one 'select current_user as n' | grep -q IAM:RootIdentity
}
token() {
  own_profile
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
prepared() {
  profile "$as_master"
  # The seed of `host`, whose values dbt sent as parameters of one statement.
  one "select id, name, amount, day::text from {{ ref('orders') }} order by id" >"$folder/shown"
  node -e '
    const { show } = JSON.parse(require("fs").readFileSync("shown", "utf8"));
    const rows = show.map((row) => `${Object.values(row).join()}\n`).join("");
    const [, ...seed] = require("fs").readFileSync("seeds/orders.csv", "utf8").split(/(?<=\n)/);
    if (rows !== seed.join("")) throw new Error(rows);
  '
}
cancel() { profile "$as_master"; "$python" "$here/dbt/cancel.py" "$dbt"; }
expired() {
  given_profile KS_EXPIRED
  refused 'IAM Authentication token has expired' "$dbt" debug
}
plain() {
  given_profile KS_LOGIN 's/^sslmode: .*/sslmode: disable/'
  refused 'must use TLS' "$dbt" debug
}
database() {
  profile 's/^dbname: .*/dbname: nowhere/'
  refused 'database "nowhere" does not exist' "$dbt" debug
}
verify() {
  profile
  SSL_CERT_FILE=$KS_OTHER_CA_FILE refused 'CERTIFICATE_VERIFY_FAILED' "$dbt" debug
}

for name in documented host metadata iam token groups prepared cancel expired database plain verify; do scenario $name; done
