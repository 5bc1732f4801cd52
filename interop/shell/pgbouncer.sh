#!/usr/bin/env bash
# pgbouncer before the gateway, with the configuration of docs/clients/pgbouncer.md: applications connect to it in clear
# text on loopback, and it connects with TLS and the temporary password.
. shell/scenarios.sh

stop() {
  [ -z "${bouncer:-}" ] || kill "$bouncer"
  wait
  rm -rf "$home"
}

# Starts one that knows a user and a password, with further lines of configuration after those of the page. It ends with
# the scenario, which has a shell of its own.
start() {
  local user=$1 password=$2
  shift 2
  home=$(mktemp -d)
  chmod 755 "$home"
  trap stop EXIT
  port=$((20000 + RANDOM % 12000))
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((20000 + RANDOM % 12000)); done
  log=$home/log
  {
    echo "$KS_STRINGS_0" | sed "s|users.txt|$home/users.txt|"
    printf '%s\n' 'listen_addr = 127.0.0.1' "listen_port = $port" 'unix_socket_dir =' \
      "logfile = $log" 'server_login_retry = 1' "$@"
  } >"$home/pgbouncer.ini"
  echo "\"$user\" \"$password\"" >"$home/users.txt"
  if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody "$home"
    setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups pgbouncer "$home/pgbouncer.ini" >/dev/null 2>&1 &
  else
    pgbouncer "$home/pgbouncer.ini" >/dev/null 2>&1 &
  fi
  bouncer=$!
  for _ in $(seq 100); do
    grep -q 'process up' "$log" 2>/dev/null && return
    sleep 0.1
  done
  echo "pgbouncer did not start: $(cat "$log")"
  return 1
}

# user, password, then arguments of psql
through() {
  local user=$1 password=$2
  shift 2
  PGPASSWORD=$password psql -X -A -t -v ON_ERROR_STOP=1 "host=127.0.0.1 port=$port dbname=$KS_DATABASE user=$user" "$@"
}
inside() { through "$KS_LOGIN_USER" "$KS_LOGIN_PASSWORD" "$@"; }

usual() { start "$KS_LOGIN_USER" "$KS_LOGIN_PASSWORD" "$@"; }

documented() { usual; equal "$(inside -c 'select 1')" 1; }
host() { usual; equal "$(inside -c 'select current_database()')" "$KS_DATABASE"; }
groups() {
  start "$KS_NEW_LOGIN_USER" "$KS_NEW_LOGIN_PASSWORD"
  equal "$(through "$KS_NEW_LOGIN_USER" "$KS_NEW_LOGIN_PASSWORD" -c 'select count(*) from example.sales')" 300
}
expired() {
  start "$KS_EXPIRED_USER" "$KS_EXPIRED_PASSWORD"
  refused 'IAM Authentication token has expired' through "$KS_EXPIRED_USER" "$KS_EXPIRED_PASSWORD" -c 'select 1'
}
database() {
  start "$KS_OTHER_DATABASE_USER" "$KS_OTHER_DATABASE_PASSWORD"
  refused 'IAM authentication failed' through "$KS_OTHER_DATABASE_USER" "$KS_OTHER_DATABASE_PASSWORD" -c 'select 1'
}
plain() {
  usual 'server_tls_sslmode = disable'
  refused 'must use TLS' inside -c 'select 1'
}
verify() {
  usual "server_tls_ca_file = $KS_OTHER_CA_FILE" 'query_wait_timeout = 3'
  refused query_wait_timeout inside -c 'select 1'
  grep -q 'certificate verify failed' "$log"
}
metadata() {
  usual
  inside -c '\d example.sales' | grep -q '^amount|'
  inside -c '\dt example.*' | grep -q '^example|sales|'
}
cancel() {
  usual
  refused 'canceling statement due to user request' timeout --signal=INT 5 psql -X -v ON_ERROR_STOP=1 \
    "host=127.0.0.1 port=$port dbname=$KS_DATABASE user=$KS_LOGIN_USER password=$KS_LOGIN_PASSWORD" -c 'select pg_sleep(30)'
}
prepared() {
  usual
  local output
  output=$(inside -c 'prepare p (text) as select count(*) from example.sales where region = $1' -c "execute p ('north')")
  equal "$(echo "$output" | tail -1)" 75
}
copy() {
  usual
  local lines
  lines=$(for n in $(seq 1000); do printf '%s\tline %s\n' "$n" "$n"; done)
  equal "$(echo "$lines" | inside -q -c 'create temp table copied (n int, t text)' -c 'copy copied from stdin' \
    -c 'copy (select * from copied order by n) to stdout')" "$lines"
}
pool() {
  # A connection to the gateway lives one second, so each life of a credential has its own.
  usual 'server_lifetime = 1' 'server_idle_timeout = 1'
  local life password=$KS_LOGIN_PASSWORD first=$KS_LOGIN_PASSWORD connections
  for life in 1 2 3 4; do
    equal "$(through "$KS_LOGIN_USER" "$password" -c 'select count(*) from example.sales')" 300
    connections=$(grep -c 'new connection to server' "$log")
    [ "$connections" -ge "$life" ] || { echo "$connections connections in life $life"; return 1; }
    [ "$life" -eq 4 ] && break
    sh -c "$KS_CLOCK +3600s" >/dev/null
    password=$(node issue.mjs)
    # Moved over the old file: pgbouncer takes one with the same inode, size and second of change for the same.
    echo "\"$KS_LOGIN_USER\" \"$password\"" >"$home/users.new"
    chmod 644 "$home/users.new"
    mv "$home/users.new" "$home/users.txt"
    kill -HUP "$bouncer"
    # Until the connection of this life is gone, and pgbouncer has read the new password, which it does in its own time.
    for _ in $(seq 300); do
      [ "$(grep -c 'closing because: server lifetime over\|closing because: server idle timeout' "$log")" -ge "$life" ] &&
        through "$KS_LOGIN_USER" "$password" -c 'select 1' >/dev/null 2>&1 && break
      sleep 0.1
    done
  done
  [ "$password" != "$first" ] || { echo 'the password is the first one'; return 1; }
}

for name in documented host groups expired database plain verify metadata cancel prepared copy pool; do scenario $name; done
