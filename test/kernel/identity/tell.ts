import { FlowsResult } from "./flows";

/** What is measured goes to whoever runs the test: it depends on the machine, so it is printed and not asserted. */
export function tell(what: string, v4: FlowsResult, v6: FlowsResult): void {
  const one = ({ udp, tcp }: FlowsResult): string =>
    `${udp.lost} of ${udp.sent} datagrams lost, a flow was without for ${udp.gap} ms at most; ` +
    `${tcp.filter((t) => t.alive).length} of ${tcp.length} connections alive, longest gap ${Math.max(...tcp.map((t) => t.gap))} ms`;
  process.stdout.write(`identity, ${what}: IPv4 ${one(v4)}; IPv6 ${one(v6)}\n`);
}
