import { PolicySpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { Candidate } from "./candidate";
import { Host } from "./host";
import { specOf } from "./layout";

/** Ours: the program of the host's plan, run on the host. */
export function ours(title = "multihome", policy?: PolicySpec): Candidate {
  return { title, families: [4, 6], apply: (host) => applyProgram(host, policy) };
}

export function applyProgram(host: Host, policy?: PolicySpec): void {
  const plan = planHost(specOf(host.layout, policy));
  const ns = host.namespace;
  ns.batch(
    4,
    plan.interfaces.map((i) => `link set ${i.name} group ${plan.numbers.group}`),
  );
  const table = (name: string) =>
    plan.numbers.tableBase + 2 * plan.interfaces.find((i) => i.name === name)!.slot;
  const base = plan.numbers.priorityBase + 10;
  for (const [family, f] of [
    [4, plan.ipv4],
    [6, plan.ipv6],
  ] as const) {
    const p = ` proto ${plan.numbers.protocol}`;
    ns.batch(family, [
      ...f.routes.map(
        (r) =>
          `route add ${r.type} ${r.to}${r.via ? ` via ${r.via}` : ""}${r.dev ? ` dev ${r.dev}` : ""}${r.src ? ` src ${r.src}` : ""}${r.onLink ? " onlink" : ""}${r.metric ? ` metric ${r.metric}` : ""} table ${table(r.table)}${p}`,
      ),
      `rule add pref ${plan.numbers.priorityBase + 2990} nop${p}`,
      ...[...f.rules].reverse().map((r) => {
        const a = r.action;
        const action =
          a.kind === "nop"
            ? "nop"
            : a.kind === "unreachable"
              ? "unreachable"
              : a.kind === "goto"
                ? `goto ${a.priority === "join" ? plan.numbers.priorityBase + 2990 : base + a.priority}`
                : a.kind === "table"
                  ? `lookup ${table(a.table)}`
                  : `lookup main suppress_prefixlength ${a.minPrefix} suppress_ifgroup ${plan.numbers.group}`;
        return `rule add pref ${base + r.priority}${r.from ? ` from ${r.from}` : ""}${r.oif ? ` oif ${r.oif}` : ""} ${action}${p}`;
      }),
    ]);
  }
  for (const s of plan.sysctls) ns.sysctl(`net/${s.key.replace("@", s.interface)}`, `${s.atLeast}`);
}
