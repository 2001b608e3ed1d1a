#!/bin/sh
# Stands in for `docker` where a script of the project runs: keeps its containers in a file, knows the commands that we
# use and no others, and refuses what the real one would refuse. In sh, since a script calls it dozens of times.
#
# In STUB_FOLDER: `containers` (lines of id, image, health), `images` (versions), `new-health` (of what is started from
# now on), `failing` (a Compose command that fails). It writes `calls`, and to `healthy`, after each call, how many are.
set -eu
cd "$STUB_FOLDER"
echo "$*" >> calls
version=${MARKETFLOW_VERSION:-latest}

fail() { echo "$*" >&2; exit 1; }
find() { grep "^$1 " containers || fail "No such container: $1"; }
count() { grep -c . containers || true; }

# A service of the compose file among the operands: what follows it is the command inside.
service_in() {
  for each; do
    if grep -qx "  $each:" docker-compose.prod.yml; then echo "$each"; return; fi
  done
  fail "names no service: $*"
}

up() {
  wanted=
  for each; do case $each in service=*) wanted=${each#service=} ;; esac; done
  [ -n "$wanted" ] || return 0
  case " $* " in *' --no-deps --no-recreate --no-build '*) ;; *) fail "replaces what runs: up $*" ;; esac
  while [ "$(count)" -lt "$wanted" ]; do
    echo one >> started
    echo "new$(grep -c . started) marketflow:$version $(cat new-health)" >> containers
  done
}

compose() {
  [ "$1" = -f ] && [ "$2" = docker-compose.prod.yml ] || fail "names no compose file: $*"
  shift 2
  [ "$1" != "$(cat failing)" ] || fail "$1 failed"
  case $1 in
    ps)
      [ "$*" = 'ps -q service' ] || [ "$*" = 'ps -aq service' ] || fail "$*"
      cut -d ' ' -f 1 containers ;;
    build) echo "$version" >> images ;;
    up) shift; up "$@" ;;
    run | exec)
      shift
      service_in "$@" > /dev/null
      previous=
      for each; do
        # Our own programs have to be in the image, and what is mounted on this machine.
        case $each in src/*.ts) [ -f "$each" ] || fail "no such file in the image: $each" ;; esac
        [ "$previous" != -v ] || [ -f "${each%%:*}" ] || fail "no such file: ${each%%:*}"
        previous=$each
      done ;;
    rm | stop | start | restart | logs) shift; service_in "$@" > /dev/null ;;
    down) ;;
    *) fail "unknown command: docker compose $*" ;;
  esac
}

case $1 in
  compose) shift; compose "$@" ;;
  inspect)
    container=$(find "$4")
    case $3 in
      '{{.Config.Image}}') echo "$container" | cut -d ' ' -f 2 ;;
      '{{.State.Health.Status}}') echo "$container" | cut -d ' ' -f 3 ;;
      *) fail "unknown format: $3" ;;
    esac ;;
  image)
    [ "$2" = inspect ] || fail "unknown command: docker $*"
    grep -qx "${3#marketflow:}" images || fail "No such image: $3" ;;
  logs) echo "the log of $(find "$4" | cut -d ' ' -f 1)" ;;
  stop) find "$4" > /dev/null ;;
  rm)
    find "$2" > /dev/null
    { grep -v "^$2 " containers || true; } > left
    mv left containers ;;
  volume) [ "$2" = rm ] || fail "unknown command: docker $*" ;;
  *) fail "unknown command: docker $*" ;;
esac
grep -c ' healthy$' containers >> healthy || true
