#!/bin/sh
# make.sh ROOT DEBS SUITE PACKAGES SETTINGS FILES: has mmdebstrap make the tree of an image in ROOT. DEBS keeps what was
# downloaded, for the next time.
set -eu
root=$1 debs=$2 suite=$3 packages=$4 settings=$5 files=$6

mkdir -p "$debs"
exec mmdebstrap --quiet --mode=root --format=directory --variant=minbase --skip=essential/unlink,output/dev \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --setup-hook='mkdir -p "$1/var/cache/apt/archives"' --setup-hook="sync-in $debs /var/cache/apt/archives" \
  --customize-hook="sync-out /var/cache/apt/archives $debs" \
  --customize-hook='rm -f "$1"/var/cache/apt/archives/*.deb' \
  --customize-hook="sh $settings \"\$1\" $files" \
  --include="$packages" "$suite" "$root"
