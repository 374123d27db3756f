# shellcheck shell=sh
# Whose the plan in force is, if who applied it said so with --owner, such as a component of Pulumi. Under another name it is
# another to Pulumi, which makes the new before it deletes the old: this deletion must take nothing off the host.
#
#   $STATE/owner    who has applied last, of those who said who they are

# owned: whether it is $holder's; else $v has it, if anybody.
owned() {
  v=
  [ ! -r "$STATE/owner" ] || read -r v <"$STATE/owner"
  [ "$v" = "$holder" ]
}

# own: notes whose it is. For what is committed.
own() { [ -z "$holder" ] || owned || put owner "$holder" || fail "cannot write to $STATE"; }

# followed: whether another has applied since, which is told.
followed() { [ -n "$holder" ] && ! owned && [ -n "$v" ] && say "$v has applied since, so nothing is removed"; }
