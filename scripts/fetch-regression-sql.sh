#!/usr/bin/env bash
# Fetches PostgreSQL's own regression tests from Debian's source package, without touching the machine's package lists:
#   scripts/fetch-regression-sql.sh <folder> [suite] [major]
# Prints the variable that tells test/walk/regression-sql.test.ts where they are. Needs Debian or what descends from it.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
suite=${2:-trixie}
major=${3:-17}
mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' | awk '$2 == "Debian" { print $1; exit }')
[ -n "$mirror" ] || { echo 'no mirror of Debian is among the package sources' >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
apt() {
  apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" "$@" >&2
}
apt update
(cd "$work" && apt source --download-only "postgresql-$major")
tar -xf "$work"/postgresql-"$major"_*.orig.tar.* -C "$folder" --strip-components=1 --wildcards '*/src/test/regress/*'
echo "export KEYSHIFT_REGRESS_DIR='$folder/src/test/regress'"
