import { Diagnosis } from "../doctor/diagnose";
import { explain } from "../doctor/words";
import { formatAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { Forwarding } from "../doctor/forwarding";
import { proofJson } from "./proveText";

/** A diagnosis as plain JSON, for machines. */
export function diagnosisJson(diagnosis: Diagnosis): object {
  const { intent, others, findings, proof, failClosed, forwarding, managers, remarks, notes, cure } =
    diagnosis;
  return {
    host: diagnosis.host,
    ...(diagnosis.kernel !== undefined && { kernel: diagnosis.kernel }),
    verdict: diagnosis.verdict,
    interfaces: intent.interfaces.map(({ device, addresses, gateways, subnets }) => ({
      device,
      addresses: addresses.map(({ address, length }) => `${formatAddress(address)}/${length}`),
      gateways: Object.values(gateways).map(formatAddress),
      subnets: subnets.map(formatPrefix),
    })),
    inside: others.map(({ device, reaches }) => ({ device, reaches: reaches.map(formatPrefix) })),
    followed: diagnosis.followed,
    findings: findings.map((finding) => {
      const { kind, verdict, peer, locals, bothWays, example } = finding;
      return {
        kind,
        verdict,
        bothWays,
        locals: locals.map(formatAddress),
        peer: {
          kind: peer.kind,
          example: formatAddress(peer.address),
          ...(peer.network && { network: formatPrefix(peer.network) }),
          ...(peer.device !== undefined && { device: peer.device }),
        },
        ...(example.exchange.bound !== undefined && { bound: example.exchange.bound }),
        ...explain(finding, intent),
        trace: {
          inward: (example.inward?.steps ?? []).map(({ depth, text }) => "  ".repeat(depth) + text),
          outward: example.outward.steps.map(({ depth, text }) => "  ".repeat(depth) + text),
        },
      };
    }),
    proof: proofJson(diagnosis.host, proof),
    ...(failClosed && { failClosed: failClosed.every(({ verdict }) => verdict === "proved") }),
    ...(forwarding && { forwarding: forwardingJson(forwarding) }),
    managers,
    remarks,
    notes,
    ...(cure && { cure }),
  };
}

function forwardingJson({ example, ...rest }: Forwarding): object {
  if (example === undefined) return rest;
  const { asker, asked, arrival, mark } = example;
  const ends = { in: arrival, from: formatAddress(asker), to: formatAddress(asked) };
  return { ...rest, example: { ...ends, ...(mark !== undefined && { mark }) } };
}
