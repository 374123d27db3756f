#!/bin/sh
# Boots an instance of the lab: runs as process 1 of a PID namespace, in a mount namespace and the instance's network.
# Gives it /etc, /var, /root, /run and /tmp of its own, in memory, so that instances share no state with each other or
# with the machine; then becomes its sshd.
#
# usage: instance.sh DIRECTORY SSHD UID_SSHD SUDO_SHIM
#   DIRECTORY   of the instance: ssh_host_ed25519_key, authorized_keys, and an empty "disk" to mount on
#   SSHD        path of OpenSSH's server
#   UID_SSHD    user and group id of its unprivileged half, or "-" to take the machine's
#   SUDO_SHIM   "yes" when the machine has no sudo that works here
set -eu

directory=$1 sshd=$2 uid_sshd=$3 sudo_shim=$4
umask 022
cd "$directory"

# Relative paths: an overlay's options cannot hold every character a path can.
mount -t tmpfs -o mode=755 tmpfs disk
cd disk
for tree in etc var; do
  mkdir "$tree" "$tree.work"
  mount -t overlay -o "lowerdir=/$tree,upperdir=$tree,workdir=$tree.work" overlay "/$tree"
done
mkdir root
cp ../ssh_host_ed25519_key ../authorized_keys root/
mount --bind root /root
cd /root
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp

# /proc and /sys as the instance's namespaces see them. A container's masked ones cannot be mounted anew; then the
# machine's stay, which show more than they should but mislead nobody about the network.
mount -t proc proc /proc || true
mount -t sysfs sysfs /sys || true

shell=/bin/sh
[ ! -x /bin/bash ] || shell=/bin/bash
if [ "$uid_sshd" = - ]; then
  account_sshd=$(grep '^sshd:' /etc/passwd || echo 'sshd:x:74:74::/run/sshd:/usr/sbin/nologin')
else
  account_sshd="sshd:x:$uid_sshd:$uid_sshd::/run/sshd:/usr/sbin/nologin"
fi
printf '%s\n' "root:x:0:0:root:/root:$shell" "$account_sshd" > /etc/passwd.new
printf '%s\n' 'root:x:0:' > /etc/group.new
printf '%s\n' 'root:*:19000:0:99999:7:::' > /etc/shadow.new
for file in passwd group shadow; do
  mv -f "/etc/$file.new" "/etc/$file"
done
rm -f /etc/nologin /run/nologin
mkdir -p /run/sshd /var/lib/multihome /run/multihome /etc/ssh
chmod 755 /run/sshd

mkdir -m 700 /root/.ssh
mv authorized_keys /root/.ssh/authorized_keys
mv -f ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key
chmod 600 /root/.ssh/authorized_keys /etc/ssh/ssh_host_ed25519_key

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ "$sudo_shim" = yes ]; then
  mkdir -p /run/lab/bin
  cat > /run/lab/bin/sudo << 'EOF'
#!/bin/sh
# Who logs in is root already: drop the options, run the command.
while [ $# -gt 0 ]; do
  case $1 in
    -u | -g) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || exit 0
exec "$@"
EOF
  chmod 755 /run/lab/bin/sudo
  path=/run/lab/bin:$path
fi

cat > /etc/ssh/sshd_config << EOF
Port 22
AddressFamily any
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /root/.ssh/authorized_keys
PidFile none
PermitRootLogin prohibit-password
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
AcceptEnv LANG LC_*
SetEnv PATH=$path
Subsystem sftp internal-sftp
EOF

exec "$sshd" -D -e -f /etc/ssh/sshd_config
