import { Issue } from "../../model/issue";
import { Plan } from "../../model/plan";
import { HostModel } from "../../model/spec";

const PROGRAM = "use the program instead: --to iproute2";

/** What of a plan systemd-networkd has no words for. Paths are those of HOST.json. */
export function networkdIssues(plan: Plan): Issue[] {
  const issues: Issue[] = [];
  if (plan.hostModel === HostModel.Strong) {
    issues.push({
      path: "policy.hostModel",
      problem: 'got "strong", which discards packets by nftables, and networkd has no packet filter',
      fix: `Leave it out, or ${PROGRAM}`,
    });
  }
  if (plan.hostModel === HostModel.Weak) {
    issues.push({
      path: "policy.hostModel",
      problem: 'got "weak", for which there is nothing to configure',
      fix: "Take the files of a former plan off the host",
    });
  }
  if (plan.traffic.length > 0) {
    issues.push({
      path: "policy.traffic",
      problem: `got ${plan.traffic.length}, and traffic policies jump among rules, as networkd's cannot`,
      fix: `Leave them out, or ${PROGRAM}`,
    });
  } else if (plan.connections.length > 0) {
    issues.push({
      path: "policy.trackConnections",
      problem: "got true, which marks connections by nftables, and networkd has no packet filter",
      fix: `Leave it out, or ${PROGRAM}`,
    });
  }
  if (plan.worlds.length > 0) {
    issues.push({
      path: "policy.worlds",
      problem: `got ${plan.worlds.length}, and networkd makes no namespaces, and of VRFs only some of what a world is`,
      fix: `Leave them out, or ${PROGRAM}`,
    });
  }
  if (plan.identity !== undefined) {
    issues.push({
      path: "policy.identity",
      problem: `got ${plan.identity.addresses.join(" and ")}, which FRR announces, and networkd starts no routing daemon`,
      fix: `Leave it out, or ${PROGRAM}`,
    });
  }
  for (const { name, match } of plan.interfaces) {
    if (match.ifname !== undefined) continue;
    issues.push({
      path: "interfaces",
      problem: `interface ${name} has no match.ifname, and networkd's files and rules name devices`,
      fix: `Add the name that "ip -br link" shows, besides what else it is found by: "match": {"ifname": "ens5"}`,
    });
  }
  return issues;
}
