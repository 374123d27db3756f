#!/bin/sh
# settings.sh ROOT FILES: what makes the packages a guest of the lab: its files, and which services start by themselves.
# Run once by mmdebstrap, when the packages are in.
set -eu
root=$1 files=$2
units=$root/etc/systemd/system

cp -R "$files"/. "$root"/
printf 'guest\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 guest\n' >"$root/etc/hosts"
# Empty and not absent: every guest draws its own, and is no first boot.
: >"$root/etc/machine-id"
# Duplicate address detection would hold every address back for one to two seconds; images for clouds switch it off too.
printf 'net.ipv6.conf.%s.accept_dad = 0\n' all default '*' >"$root/etc/sysctl.d/90-lab.conf"

# A guest starts the network daemon that it is a test of, and no other.
find "$units" "$root/lib/systemd/system" -path '*.wants/*' \( \
  -name 'NetworkManager*' -o -name 'systemd-networkd*' -o -name networking.service -o -name 'policy-routes*' \
  -o -name 'refresh-policy-routes*' -o -name 'apt-daily*' -o -name 'dpkg-db-backup*' -o -name 'e2scrub*' \
  -o -name 'fstrim*' -o -name 'logrotate*' -o -name 'getty*' -o -name 'networkd-dispatcher*' \) -delete
rm -f "$units"/dbus-org.freedesktop.nm-dispatcher.service "$units"/dbus-org.freedesktop.network1.service
rm -f "$root"/etc/netplan/* "$root"/etc/network/interfaces
[ ! -d "$root/etc/cloud" ] || : >"$root/etc/cloud/cloud-init.disabled"
# Parts of a machine that a guest has not.
for unit in systemd-firstboot systemd-hwdb-update systemd-repart systemd-pstore ldconfig systemd-journal-catalog-update \
  console-getty systemd-machine-id-commit; do
  ln -sf /dev/null "$units/$unit.service"
done
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
