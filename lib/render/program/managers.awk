# Whose rules decide before ours, and what can be done about it: a sentence each, at most three.
#
# Input: dumps of rules. Variables: the numbers.

function known(pattern, name, remedy) {
  if (!who && $0 ~ pattern) {
    who = " of " name
    cure = remedy
  }
}

/^[0-9]+:\t/ && $1 + 0 > 0 && $1 + 0 < join && / lookup / && $0 !~ (" proto " protocol "( |$)") && !/ lookup 25[35]( |$)/ {
  who = cure = ""
  known(" lookup 52( |$)", "Tailscale", "stop using an exit node, or tell it not to accept routes")
  known("fwmark 0xca6c lookup|lookup 51820", "wg-quick", "set \"Table = off\" in its file, and route what the tunnel is for")
  known("fwmark 0x80/0x80|^(512|1024|1536):", "the Amazon VPC CNI", "tag the interfaces of the plan node.k8s.amazonaws.com/no_manage")
  known(" lookup 10[0-9][0-9][0-9]( |$)", "amazon-ec2-net-utils", "mask policy-routes@ and refresh-policy-routes@ of the interface")
  known(" lookup 30[2-4][0-9][0-9]( |$)", "nm-cloud-setup or cloud-netconfig", "disable its timer and service")
  known("lookup [0-9]+ .*l3mdev|l3mdev", "a VRF", "leave its interfaces out of the plan")
  known(" proto 4( |$)", "systemd-networkd or netplan", "give it a Priority of 10000 or more")
  if (!cure) cure = "give it a priority of 10000 or more, or none before the plan is applied"
  text = $0
  gsub(/\t/, " ", text)
  gsub(/[^-A-Za-z0-9_.:@\/ ]/, "?", text)
  if (!(text in told) && n++ < 3) print ". The rule \"" text "\"" who " comes before ours: " cure
  told[text]
}
