#!/usr/bin/env bash
# Installs the Debian packages named as arguments, and does nothing when they are all there.
# Without arguments: everything that tests, demo and benchmark take from the system.
# Needs root. No service is started: tests, demo and benchmark start servers of their own.
set -euo pipefail

packages=("$@")
if [ "${#packages[@]}" -eq 0 ]; then
  # promtool is part of the package prometheus, amtool of prometheus-alertmanager; ip, of iproute2, gives pods addresses.
  # faketime sets a daemon's clock.
  packages=(redis-server prometheus prometheus-alertmanager chromium fonts-dejavu-core iproute2 postgresql-client pgbouncer faketime curl)
fi

export DEBIAN_FRONTEND=noninteractive
# A bare root shell may lack the folders that dpkg needs.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "setup-debian.sh: needs root to install: ${missing[*]}" >&2
  exit 1
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=no
clean_up() {
  rm -f "$log"
  [ "$own_policy" = no ] || rm -f "$policy"
}
trap clean_up EXIT

if [ ! -e "$policy" ]; then
  own_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

install_missing() {
  apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1
}

echo "Installing Debian packages: ${missing[*]}" >&2
# The package lists are read only when they are missing or too old to install from.
if ! install_missing; then
  if ! { apt-get -o DPkg::Lock::Timeout=300 update </dev/null >>"$log" 2>&1 && install_missing; }; then
    tail -n 30 "$log" >&2
    echo "setup-debian.sh: could not install: ${missing[*]}" >&2
    exit 1
  fi
fi
