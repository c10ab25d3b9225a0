#!/usr/bin/env bash
# A container engine for the specs that need one: eval "$(tools/engine/start.sh)"
# Where an engine answers already, it is used as it is, with the images that it pulls. Where there is none (CI, which reaches no registry
# of containers), this installs one from Debian's packages, as root, and makes images from Debian's packages under the very names that
# docker-compose.yml and the Dockerfile use; the Node in them is this machine's. The first run takes about two minutes, later ones a second.
# Everything lies in ${PARLANCE_ENGINE_DIR:-/var/tmp/parlance-engine}; no firewall rule and no forwarding of the host is changed.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$HERE/../..
DIR=${PARLANCE_ENGINE_DIR:-/var/tmp/parlance-engine}
SOCKET=unix://$DIR/docker.sock

lines() { printf 'export DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1%s\n' "${1:-}"; }

if docker version >/dev/null 2>&1; then
  lines
  exit
fi

install_engine() {
  local -a needed=(docker.io docker-compose debootstrap)
  if ! { command -v dockerd && command -v docker-compose && command -v debootstrap; }; then
    apt-get update -qq
    # From Debian 13 on, the client is a package of its own.
    if apt-cache show docker-cli; then needed+=(docker-cli docker-buildx); fi
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${needed[@]}"
  fi
}

# Ports are published on the loopback alone, by a process and not by the firewall. It holds nothing open that whoever called this waits for.
start_engine() {
  docker version && return
  ulimit -n "$(ulimit -Hn)"
  setsid dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/dockerd.pid" --host "$SOCKET" \
    --storage-driver overlay2 --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --ip 127.0.0.1 \
    --bip 172.31.250.1/24 --default-address-pool base=172.31.0.0/16,size=24 >"$DIR/dockerd.log" 2>&1 </dev/null 3>&- 4>&- &
  for _ in {1..150}; do
    docker version && return
    sleep 0.2
  done
  return 1
}

make_debian() {
  docker image inspect parlance-engine/debian && return
  local codename rootfs=$DIR/rootfs
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  rm -rf "$rootfs"
  debootstrap --variant=minbase --include=ca-certificates "$codename" "$rootfs"
  rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
  # With what this machine trusts.
  cp /etc/ssl/certs/ca-certificates.crt "$rootfs/etc/ssl/certs/"
  tar -C "$rootfs" --numeric-owner -c . | docker import - parlance-engine/debian
  rm -rf "$rootfs"
}

# This machine's Node and npm, where Node's own image has them.
make_node() {
  local context=$DIR/node
  rm -rf "$context"
  mkdir -p "$context/bin" "$context/lib/node_modules"
  cp "$(readlink -f "$(command -v node)")" "$context/bin/node"
  cp -a "$(npm root -g)/npm" "$context/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$context/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$context/bin/npx"
  docker build --tag "$1" --file "$HERE/node.Dockerfile" "$context"
}

images() {
  sed -nE 's/^ARG NODE_IMAGE=//p' "$ROOT/Dockerfile"
  sed -nE 's/^ +image: ([^$ ]+)$/\1/p' "$ROOT/docker-compose.yml"
}

make_images() {
  local image name
  for image in $(images); do
    docker image inspect "$image" && continue
    name=${image%%:*}
    name=${name##*/}
    if [ "$name" = node ]; then
      make_node "$image"
    else
      docker build --network=host --tag "$image" --target "$name" --file "$HERE/servers.Dockerfile" "$HERE"
    fi
  done
}

# Another client that stands before Debian's on the PATH may be one that cannot build.
link_client() {
  mkdir -p "$DIR/bin"
  ln -sf /usr/bin/docker /usr/bin/docker-compose "$DIR/bin/"
}

mkdir -p "$DIR"
exec 3>&1 4>&2 >"$DIR/start.log" 2>&1
trap 'tail -n 30 "$DIR/start.log" >&4' ERR
set -xE
install_engine
link_client
export DOCKER_HOST=$SOCKET DOCKER_BUILDKIT=1 PATH=$DIR/bin:$PATH
start_engine
make_debian
make_images
exec 1>&3 2>&4
{ set +x; } 2>/dev/null
# Testcontainers would start a cleaner from an image that cannot be pulled.
lines " PATH=$DIR/bin:\$PATH DOCKER_HOST=$SOCKET TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1"
