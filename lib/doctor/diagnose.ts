import { Gap, Intent, LinuxState, Proof, PropertyId, PropertyResult, prove } from "../linux";
import { Host } from "../model/host";
import { bind } from "./bind";
import { HostCapture } from "./capture";
import { Cure, findCure } from "./cure";
import { Finding, findProblems } from "./findings";
import { Forwarding, forwardingOf } from "./forwarding";
import { linkNotes } from "./links";
import { Manager, managersOf } from "./managers";
import { Remark, arpRemarks, markRemarks, ruleRemarks } from "./remarks";
import { OtherDevice, survey } from "./survey";

/** What is found out about a host by looking at its own dumps. */
export interface Diagnosis {
  /** unknown: something that was not read or is not modelled has a say in it, or no interface was found. */
  readonly verdict: "symmetric" | "asymmetric" | "unknown";
  readonly host: string;
  readonly kernel?: string;
  /** The interfaces that were taken for the host's own, and what each is held to. */
  readonly intent: Intent;
  readonly others: readonly OtherDevice[];
  /** How many flows were followed one by one. */
  readonly followed: number;
  readonly findings: readonly Finding[];
  /** The proof for every packet there can be; it knows more flows than people have names for. */
  readonly proof: Proof;
  /** What happens when routes or a link are lost; only of a host with several interfaces. */
  readonly failClosed?: readonly PropertyResult[];
  /** What it forwards, which the verdict is not about; absent when it forwards nothing. */
  readonly forwarding?: Forwarding;
  readonly managers: readonly Manager[];
  readonly remarks: readonly Remark[];
  readonly notes: readonly string[];
  readonly cure?: Cure;
}

/** Properties of every flow there is now. */
const NOW: readonly PropertyId[] = ["P1", "P2", "P3", "P4", "P5", "P9"];

/** Gaps that leave nothing to judge by: the capture is no capture, is cut off, or is not what a kernel says. */
export function damage(state: LinuxState): Gap[] {
  return state.gaps.filter(({ kind, where }) => kind !== "unmodelled" && where !== "sysctl");
}

/**
 * Looks at a host: which flows go wrong, why, who configures it, and what would cure it.
 *
 * @param wanted the host's description; by default it is held to what its dumps let see
 * @throws SpecError when the description is of another host
 */
export function diagnose(capture: HostCapture, wanted?: Host): Diagnosis {
  const { state } = capture;
  const found = wanted === undefined ? survey(state) : bind(state, wanted);
  const { intent, others, notes } = found;
  const { findings, followed } = findProblems(state, found);
  const proof = prove(state, intent, { properties: NOW });
  const several = intent.interfaces.length > 1;
  const failClosed = several ? prove(state, intent, { properties: ["P6"] }).results : undefined;
  const forwarding = intent.interfaces.length > 0 ? forwardingOf(state, found) : undefined;
  const host = wanted?.name ?? capture.name ?? "this host";
  const verdict = intent.interfaces.length === 0 ? "unknown" : verdictOf(findings, proof, state);
  return {
    verdict,
    host,
    kernel: state.kernel,
    intent,
    others,
    followed,
    findings,
    proof,
    ...(failClosed && { failClosed }),
    ...(forwarding && { forwarding }),
    managers: managersOf(capture),
    remarks: [...ruleRemarks(proof), ...markRemarks(state), ...arpRemarks(state, found)],
    notes: [...linkNotes(state, found), ...notes],
    ...(several && verdict === "asymmetric" && { cure: findCure(state, intent, host) }),
  };
}

function verdictOf(findings: readonly Finding[], proof: Proof, state: LinuxState): Diagnosis["verdict"] {
  const disproved = proof.results.some(({ property, verdict }) => property !== "P9" && verdict === "witness");
  if (disproved || findings.some(({ verdict }) => verdict !== "unknown")) return "asymmetric";
  const unsure = proof.results.some(({ property, verdict }) => property !== "P9" && verdict === "unknown");
  return unsure || findings.length > 0 || state.gaps.length > 0 ? "unknown" : "symmetric";
}
