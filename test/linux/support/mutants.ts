import { Family } from "../../../lib/net";
import { LinuxState, Proof, applyBatch, prove } from "../../../lib/linux";
import { Nic, freshHost, intentOf, nics, recipe } from "./hosts";

/** A correct rule set with one mistake in it. */
export interface Mutant {
  readonly operator: string;
  readonly change: string;
  readonly text: string;
}

export interface Judged extends Mutant {
  /** The kernel would refuse it, so that it can never be in force. */
  readonly refused: boolean;
  readonly state: LinuxState;
  /** The properties that have a witness; none when it survived. */
  readonly killedBy: readonly string[];
}

/** Four NICs of four addresses, as in the targets for the prover; the first has a delegated prefix as well. */
export const NICS: readonly Nic[] = nics(4, 4, true).map((nic, i) =>
  i === 0 ? { ...nic, delegated: ["10.0.0.64/28", "2001:db8:1:0:1::/80"] } : nic,
);
export const INTENT = intentOf(NICS);

export function original(family: Family): string {
  return recipe(NICS, family);
}

/** Two NICs alone have a default in main, and a VPN has its half-defaults there. */
export const BEFORE = freshHost(NICS, { defaults: 2, vpn: true });

/** Builds a mutant's host and proves it. */
export function judge(mutant: Mutant, family: Family): Judged {
  const { state, refused } = build(mutant.text, family);
  if (refused) return { ...mutant, refused, state, killedBy: [] };
  const proof: Proof = prove(state, INTENT, { before: BEFORE, maxWitnesses: 0 });
  const killed = proof.results.filter((r) => r.family === family && r.verdict === "witness");
  return { ...mutant, refused, state, killedBy: killed.map(({ property }) => property) };
}

export function build(text: string, family: Family): { state: LinuxState; refused: boolean } {
  // Links' groups are set with IPv4's commands; they belong to the host of both.
  const groups = NICS.map((nic) => `link set dev ${nic.device} group 77`).join("\n");
  const base = family === 4 ? BEFORE : applyBatch(BEFORE, 4, groups);
  const state = applyBatch(base, family, text);
  return { state: { ...state, gaps: [] }, refused: state.gaps.length > 0 };
}

/** All mutants of a rule set. */
export function mutantsOf(family: Family): Mutant[] {
  const lines = original(family).split("\n");
  const found: Mutant[] = [];
  const add = (operator: string, change: string, mutated: readonly string[]): void => {
    found.push({ operator, change, text: mutated.join("\n") });
  };
  const replace = (operator: string, i: number, line: string): void => {
    if (line !== lines[i])
      add(
        operator,
        `${lines[i]} -> ${line}`,
        lines.map((old, j) => (j === i ? line : old)),
      );
  };
  const front = (operator: string, line: string): void => add(operator, `+ ${line}`, [...lines, line]);
  const tables = NICS.map((_nic, i) => 7000 + 2 * i);
  const devices = NICS.map((nic) => nic.device);
  lines.forEach((line, i) => {
    const isRule = line.startsWith("rule");
    const isRoute = line.startsWith("route");
    if (isRule)
      add(
        "drop a rule",
        `- ${line}`,
        lines.filter((_l, j) => j !== i),
      );
    if (isRoute)
      add(
        "drop a route",
        `- ${line}`,
        lines.filter((_l, j) => j !== i),
      );
    if (line.startsWith("link"))
      add(
        "forget a group",
        `- ${line}`,
        lines.filter((_l, j) => j !== i),
      );
    if (isRule && /lookup 7/.test(line)) {
      for (const table of tables)
        replace("look up another table", i, line.replace(/lookup \d+/, `lookup ${table}`));
      replace("look up main instead", i, line.replace(/lookup \d+/, "lookup main"));
    }
    if (isRule) replace("put a rule behind main", i, line.replace(/priority \d+/, "priority 40000"));
    if (/^route add default/.test(line)) {
      replace("narrow a default", i, line.replace("default", family === 4 ? "0.0.0.0/1" : "8000::/1"));
      for (const device of devices)
        replace("default by another device", i, line.replace(/dev \S+/, `dev ${device}`));
      replace("another gateway", i, line.replace(/via \S+/, family === 4 ? "via 10.0.0.7" : "via fe80::7"));
    }
    if (/unreachable default/.test(line))
      replace("last resort comes first", i, line.replace(/metric \d+/, "metric 1"));
    if (/from \S+ goto/.test(line)) {
      NICS.forEach((_nic, n) =>
        replace("jump to another block", i, line.replace(/goto \d+/, `goto ${8030 + 3 * n}`)),
      );
      const wider = family === 4 ? line.replace("/32", "/28") : line.replace("/128", "/80");
      replace("widen a source", i, wider);
      replace("invert a source", i, line.replace(" from ", " not from "));
    }
    if (/suppress_ifgroup/.test(line)) {
      replace("lose a suppressor", i, line.replace(/ suppress_ifgroup \d+/, ""));
      replace("lose a suppressor", i, line.replace(/ suppress_prefixlength \d+/, ""));
      replace("suppress another group", i, line.replace(/suppress_ifgroup \d+/, "suppress_ifgroup 78"));
    }
    if (/unreachable protocol/.test(line))
      replace("do nothing instead of refusing", i, line.replace("unreachable", "nop"));
    if (/ oif /.test(line)) {
      replace("devices before sources", i, line.replace(/priority \d+/, "priority 7005"));
      for (const device of devices)
        replace("another device's rule", i, line.replace(/oif \S+/, `oif ${device}`));
    }
    if (isRule)
      add("double a rule", `+ ${line} by another protocol`, [
        ...lines,
        line.replace("protocol 77", "protocol 88"),
      ]);
  });
  const stray =
    family === 4
      ? ["192.0.2.9/32", "10.0.1.77/32", "8.8.8.8/32"]
      : ["2001:db8:99::9/128", "2001:db8:2::77/128"];
  for (const table of [...tables, 254]) {
    for (const [n, device] of devices.entries()) {
      const gateway = family === 4 ? `10.0.${n}.1` : "fe80::1";
      for (const to of stray)
        front(
          "a stray host route",
          `route add ${to} via ${gateway} dev ${device} onlink table ${table} proto 77`,
        );
    }
  }
  for (const table of tables) {
    for (const priority of [100, 7015]) {
      front("a stray mark rule", `rule add priority ${priority} fwmark 0x5/0xff lookup ${table} protocol 77`);
      front(
        "a stray port rule",
        `rule add priority ${priority} ipproto tcp dport 443 lookup ${table} protocol 77`,
      );
      front(
        "a stray user rule",
        `rule add priority ${priority} uidrange 1000-1000 lookup ${table} protocol 77`,
      );
      front("a stray TOS rule", `rule add priority ${priority} tos 0x10 lookup ${table} protocol 77`);
      front("a stray catch-all", `rule add priority ${priority} lookup ${table} protocol 77`);
      const to = family === 4 ? "198.51.100.0/24" : "2001:db8:77::/48";
      front("a stray destination rule", `rule add priority ${priority} to ${to} lookup ${table} protocol 77`);
    }
  }
  return found;
}

/** Killed and total by operator, as a table to print. */
export function killTable(judged: readonly Judged[]): string {
  const operators = [...new Set(judged.map(({ operator }) => operator))];
  const rows = operators.map((operator) => {
    const all = judged.filter((m) => m.operator === operator && !m.refused);
    const killed = all.filter((m) => m.killedBy.length > 0);
    const by = [...new Set(killed.flatMap((m) => m.killedBy))].sort(
      (a, b) => Number(a.slice(1)) - Number(b.slice(1)),
    );
    const survived = all.length - killed.length;
    return `${operator.padEnd(32)}${`${killed.length}/${all.length}`.padStart(8)}${String(survived).padStart(10)}   ${by.join(" ")}`;
  });
  return [`${"operator".padEnd(32)}${"killed".padStart(8)}${"survived".padStart(10)}   by`, ...rows].join(
    "\n",
  );
}
