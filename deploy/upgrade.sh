#!/bin/sh
# Replaces the running instances of docker-compose.prod.yml one at a time. An old instance is stopped only after the new
# one that takes its place has become healthy, which means that /readyz answers 200. Otherwise the new one is removed,
# the old ones go on serving, and this script ends with 1. It may be run again at any point.
#
#   deploy/upgrade.sh                   builds what is checked out, migrates the schema, replaces the instances
#   deploy/upgrade.sh --back VERSION    replaces them by the image of an earlier version, which is still here
#
# WAIT_S: how long a new instance may take to become healthy (120). INSTANCES: how many run afterwards (2).
set -eu
cd "$(dirname "$0")/.."

WAIT_S=${WAIT_S:-120}
INSTANCES=${INSTANCES:-2}
GRACE_S=20

dc() { docker compose -f docker-compose.prod.yml "$@"; }
say() { printf '%s\n' "$*"; }
refuse() { printf '%s\n' "$*" >&2; exit "${CODE:-1}"; }
instances() { dc ps -q service; }
count() { instances | grep -c . || true; }

case "${1-}" in
  '') back= ; [ -n "${MARKETFLOW_VERSION-}" ] || MARKETFLOW_VERSION=$(git rev-parse --short HEAD) ;;
  --back) back=yes ; MARKETFLOW_VERSION=${2-} ;;
  *) CODE=64 refuse "Usage: deploy/upgrade.sh [--back VERSION]" ;;
esac
[ -n "$MARKETFLOW_VERSION" ] || CODE=64 refuse "Usage: deploy/upgrade.sh [--back VERSION]"
export MARKETFLOW_VERSION

running=$(instances)
[ -n "$running" ] || refuse "No instance runs, so there is nothing to replace: docker compose -f docker-compose.prod.yml up -d --build --wait"
before=$(docker inspect -f '{{.Config.Image}}' "$(printf '%s\n' "$running" | head -n 1)")

if [ -n "$back" ]; then
  docker image inspect "marketflow:$MARKETFLOW_VERSION" > /dev/null ||
    refuse "There is no image marketflow:$MARKETFLOW_VERSION here: check that version out and run deploy/upgrade.sh"
else
  dc build service
  # Every release runs on the schema of the next one, so the old instances go on while this runs, and after it.
  dc run --rm migrate
fi

# Starts one instance beside the others and waits until it is healthy; else removes it and gives up.
add_one() {
  # An instance that has stopped would be started again instead, with its old image.
  dc rm -f service
  old=$(instances)
  dc up -d --no-deps --no-recreate --no-build --scale "service=$(($(count) + 1))" service
  new=$(dc ps -aq service | grep -vxF "$old" || true)
  [ -n "$new" ] || refuse "Compose started no new instance. The old ones go on."
  waited=0
  until [ "$(docker inspect -f '{{.State.Health.Status}}' "$new")" = healthy ]; do
    if [ "$waited" -ge "$WAIT_S" ]; then
      docker logs --tail 20 "$new" >&2 || true
      docker stop -t "$GRACE_S" "$new" > /dev/null && docker rm "$new" > /dev/null
      refuse "The new instance was not healthy after $WAIT_S s; its last lines are above. It is gone, the old ones go on."
    fi
    sleep 1
    waited=$((waited + 1))
  done
  say "$new is healthy"
}

for each in $running; do
  # More than wanted run after an upgrade that was broken off: then one may go without another in its place.
  [ "$(count)" -gt "$INSTANCES" ] || add_one
  docker stop -t "$GRACE_S" "$each" > /dev/null
  docker rm "$each" > /dev/null
  say "$each is replaced"
done
while [ "$(count)" -lt "$INSTANCES" ]; do add_one; done

# What `docker compose up` starts from now on, such as after a restart of the machine.
if [ -f .env ]; then
  cp -p .env .env.new # with the rights of the old one, for it holds secrets
  { grep -v '^MARKETFLOW_VERSION=' .env || true; printf 'MARKETFLOW_VERSION=%s\n' "$MARKETFLOW_VERSION"; } > .env.new
  mv .env.new .env
fi
say "marketflow:$MARKETFLOW_VERSION runs. Before: $before (deploy/upgrade.sh --back ${before##*:})"
