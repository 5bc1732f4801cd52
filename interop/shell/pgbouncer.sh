#!/usr/bin/env bash
# pgbouncer before the gateway, in session mode: applications connect to it in clear text on loopback, and it connects
# with TLS and the temporary password.
. shell/scenarios.sh
folder=$(mktemp -d)
port=$((20000 + RANDOM % 12000))
cat >"$folder/pgbouncer.ini" <<INI
[databases]
$KS_DATABASE = host=localhost port=$KS_PORT dbname=$KS_DATABASE
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = plain
auth_file = $folder/users.txt
pool_mode = session
server_tls_sslmode = verify-full
server_tls_ca_file = $KS_CA_FILE
ignore_startup_parameters = extra_float_digits
pidfile = $folder/pid
logfile = $folder/log
INI
echo "\"$KS_LOGIN_USER\" \"$KS_LOGIN_PASSWORD\"" >"$folder/users.txt"
chmod 755 "$folder"
if [ "$(id -u)" -eq 0 ]; then
  chown -R nobody "$folder"
  setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups pgbouncer "$folder/pgbouncer.ini" >/dev/null 2>&1 &
else
  pgbouncer "$folder/pgbouncer.ini" >/dev/null 2>&1 &
fi
bouncer=$!
trap 'kill $bouncer; wait $bouncer; rm -rf "$folder"' EXIT
for _ in $(seq 50); do
  grep -q 'process up' "$folder/log" 2>/dev/null && break
  sleep 0.1
done

through() {
  psql -X -A -t -v ON_ERROR_STOP=1 \
    "host=127.0.0.1 port=$port dbname=$KS_DATABASE user=$KS_LOGIN_USER password=$KS_LOGIN_PASSWORD" "$@"
}
host() { equal "$(through -c 'select count(*) from example.sales')" 300; }
prepared() {
  local output
  output=$(through -c 'prepare p (text) as select count(*) from example.sales where region = $1' -c "execute p ('north')")
  equal "$(echo "$output" | tail -1)" 75
}

scenario host || true
scenario prepared || true
[ -s "$folder/log" ] && cat "$folder/log" >&2
exit 0
