#!/usr/bin/env bash
# psql, with the strings of docs/clients/psql.md.
. shell/scenarios.sh

# user, password, sslmode, CA file, then arguments of psql
connect() {
  local user=$1 password=$2 mode=$3 ca=$4
  shift 4
  PGPASSWORD=$password psql -X -A -t -v ON_ERROR_STOP=1 \
    "host=localhost port=$KS_PORT dbname=$KS_DATABASE user=$user sslmode=$mode sslrootcert=$ca" "$@"
}
login() { connect "$KS_LOGIN_USER" "$KS_LOGIN_PASSWORD" verify-full "$KS_CA_FILE" "$@"; }

host() {
  equal "$(login -c 'select current_database()')" "$KS_DATABASE"
  # The same as a URI, in which the colons of the user name with its group are encoded.
  equal "$(psql -X -A -t "postgresql://${KS_LOGIN_USER//:/%3A}:$KS_LOGIN_PASSWORD@localhost:$KS_PORT/$KS_DATABASE?sslmode=verify-full&sslrootcert=$KS_CA_FILE" -c 'select 1')" 1
}
groups() {
  equal "$(connect "$KS_NEW_LOGIN_USER" "$KS_NEW_LOGIN_PASSWORD" verify-full "$KS_CA_FILE" \
    -c 'select count(*) from example.sales')" 300
}
expired() {
  refused 'IAM Authentication token has expired|It expired at|the time here is' \
    connect "$KS_EXPIRED_USER" "$KS_EXPIRED_PASSWORD" verify-full "$KS_CA_FILE" -c 'select 1'
  # psql falls back to clear text and shows the second refusal, which repeats the first reason.
  refused 'must use TLS|IAM Authentication token has expired' \
    connect "$KS_EXPIRED_USER" "$KS_EXPIRED_PASSWORD" prefer "$KS_CA_FILE" -c 'select 1'
}
database() {
  refused 'not for the database' \
    connect "$KS_OTHER_DATABASE_USER" "$KS_OTHER_DATABASE_PASSWORD" verify-full "$KS_CA_FILE" -c 'select 1'
}
plain() {
  refused 'must use TLS' connect "$KS_LOGIN_USER" "$KS_LOGIN_PASSWORD" disable "$KS_CA_FILE" -c 'select 1'
}
verify() {
  refused 'certificate verify failed' \
    connect "$KS_LOGIN_USER" "$KS_LOGIN_PASSWORD" verify-full "$KS_OTHER_CA_FILE" -c 'select 1'
}
metadata() {
  login -c '\dn' | grep -q '^example|'
  login -c '\d example.sales' | grep -q '^amount|'
  login -c '\du' >/dev/null
  login -c '\dt example.*' | grep -q '^example|sales|'
}
cancel() {
  refused 'canceling statement due to user request' timeout --signal=INT 5 psql -X -v ON_ERROR_STOP=1 \
    "host=localhost port=$KS_PORT dbname=$KS_DATABASE user=$KS_LOGIN_USER password=$KS_LOGIN_PASSWORD sslmode=verify-full sslrootcert=$KS_CA_FILE" \
    -c 'select pg_sleep(30)'
}

prepared() {
  local output
  output=$(login -c 'prepare p (int, text, date) as select $1 + 1, upper($2), $3 + 1' -c "execute p (1, 'text', '2026-03-01')" \
    -c "execute p (2, 'again', '2026-03-02')")
  equal "$(echo "$output" | tail -2 | tr '\n' ' ')" '2|TEXT|2026-03-02 3|AGAIN|2026-03-03 '
}
copy() {
  local folder
  folder=$(mktemp -d)
  # The variable is gone when the shell ends.
  trap "rm -rf '$folder'" EXIT
  for n in $(seq 1000); do printf '%s\tline %s\n' "$n" "$n"; done >"$folder/in"
  login -q -c 'create temp table copied (n int, t text)' -c "\\copy copied from '$folder/in'" \
    -c "\\copy (select * from copied order by n) to '$folder/out'"
  cmp "$folder/in" "$folder/out"
  # The statements themselves, over psql's own input and output.
  equal "$(printf '7\tseven\n' | login -q -c 'create temp table piped (n int, t text)' -c 'copy piped from stdin' \
    -c 'copy piped to stdout')" "$(printf '7\tseven')"
}

documented() {
  export U=$KS_LOGIN_USER P=$KS_LOGIN_PASSWORD
  equal "$(eval "$KS_STRINGS_0 -X -A -t -c 'select 1'")" 1
  # The string names a login without groups.
  P=$KS_PLAIN_LOGIN_PASSWORD
  equal "$(eval "$KS_STRINGS_1 -X -A -t -c 'select 1'")" 1
}

for name in documented host groups expired database plain verify metadata cancel prepared copy; do scenario $name; done
