import { Address, Family, formatAddress } from "../../../lib/net";
import {
  InputFlow,
  Intent,
  LinuxState,
  Model,
  Outcome,
  OutputFlow,
  compile,
  inputLookup,
  output,
} from "../../../lib/linux";
import { classes } from "../../../lib/linux/prove/destinations";
import { intentPrefixes } from "../../../lib/linux/prove/expect";

/** One question to model and kernel alike: the flow, and the words after `ip route get`. */
export interface Question {
  readonly flow: OutputFlow | InputFlow;
  readonly line: string;
}

/**
 * Every class of destinations from every address of the intent, from no address, bound to every device, and arriving
 * by every device: what can be told of a host from outside.
 */
export function questionsFor(state: LinuxState, intent: Intent, family: Family): Question[] {
  const places = classes(family, [compile(state)], [...intentPrefixes(intent), ...STRAY[family]]).filter(
    askable,
  );
  const sources = intent.interfaces.map(
    (i) => i.addresses.find(({ address }) => address.family === family)!.address,
  );
  const questions: Question[] = [];
  const ask = (flow: OutputFlow | InputFlow): void => void questions.push({ flow, line: lineOf(flow) });
  for (const to of places) {
    ask({ to });
    for (const from of sources) ask({ to, from, unboundDevice: true });
    for (const { device } of intent.interfaces) {
      ask({ to, oif: device });
      for (const from of sources) ask({ to, from, oif: device, unboundDevice: true });
    }
    for (const from of [...sources, { family, value: family === 4 ? 0xac110002n : (0xfd77n << 112n) + 9n }]) {
      for (const iif of ["eth0", "docker0"]) if (!isOwn(state, from)) ask({ to, from, iif });
    }
  }
  return questions;
}

/** Destinations that mistakes name. */
const STRAY: Readonly<Record<Family, readonly { family: Family; value: bigint; length: number }[]>> = {
  4: [0xc0000209n, 0x0a00014dn, 0x08080808n].map((value) => ({ family: 4, value, length: 32 })),
  6: [(0x20010db80099n << 80n) + 9n, (0x20010db80002n << 80n) + 0x77n].map((value) => ({
    family: 6,
    value,
    length: 128,
  })),
};

function askable({ family, value }: Address): boolean {
  if (family === 6) return value > 1n && value >> 120n !== 0xffn && value >> 32n !== 0xffffn;
  return value !== 0n && value >> 28n !== 0xen && value >> 24n !== 127n && value !== 0xffffffffn;
}

function isOwn(state: LinuxState, { family, value }: Address): boolean {
  return state.addresses.some(({ address }) => address.family === family && address.value === value);
}

function lineOf(flow: OutputFlow | InputFlow): string {
  const words = [formatAddress(flow.to)];
  if (flow.from !== undefined) words.push("from", formatAddress(flow.from));
  if ("iif" in flow) words.push("iif", flow.iif);
  else if (flow.oif !== undefined) words.push("oif", flow.oif);
  return [...words, "uid", "0"].join(" ");
}

/** What becomes of it, whichever rule or table says so. */
export function answerOf(model: Model, { flow }: Question): string {
  const outcome: Outcome = "iif" in flow ? inputLookup(model, flow) : output(model, flow);
  if (outcome.kind !== "route") return outcome.kind === "error" ? outcome.error : outcome.because;
  return `${outcome.type} ${outcome.hops.map((hop) => `${hop.device} ${hop.via?.value} ${hop.source?.value}`).join(", ")}`;
}
