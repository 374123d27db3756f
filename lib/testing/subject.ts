import { readHostCapture } from "../doctor/capture";
import { survey } from "../doctor/survey";
import { Intent, LinuxState } from "../linux";
import { Plan } from "../model/plan";
import { HostSpec } from "../model/spec";
import { UNKNOWN } from "./recorded";
import { StagedHost, stageHost, stagePlan, stageProgram } from "../prove/staged";

/**
 * What the matchers can be asked about: a host's spec, a plan, a rendered program, a mocked `remote.Command` or its
 * inputs (the program is on its standard input), or the capture of a live host.
 */
export type Subject =
  HostSpec | Plan | string | { readonly stdin: string } | { readonly inputs: { readonly stdin?: string } };

/** A host to be judged. */
export interface Judged {
  readonly name: string;
  readonly state: LinuxState;
  readonly intent: Intent;
  /** How it came to be so; absent for a host that was captured. */
  readonly staged?: StagedHost;
}

/** One routing domain of a host: its own, or a further world as who is in it sees it. */
export type World = Pick<StagedHost, "name" | "state" | "intent" | "vrf">;

/** The host's own world, and its further ones. */
export function worldsOf(host: Judged): readonly [World, ...World[]] {
  return [host, ...(host.staged?.worlds ?? [])];
}

/**
 * @throws SpecError when a spec or program is wrong
 * @throws Error when the value is none of the kinds
 */
export function judged(value: unknown): Judged {
  if (typeof value === "string") return ofText(value);
  if (typeof value === "object" && value !== null) {
    const fields = value as Record<string, unknown>;
    if (typeof fields["stdin"] === "string") return ofText(fields["stdin"]);
    const inputs = fields["inputs"] as Record<string, unknown> | undefined;
    if (typeof inputs?.["stdin"] === "string") return ofText(inputs["stdin"]);
    if (fields["schema"] === 1 && "ipv4" in fields) return ofStaged(stagePlan(value as Plan));
    if ("interfaces" in fields) return ofStaged(stageHost(value as HostSpec));
  }
  throw new Error(
    "not a host: give a HostSpec, a Plan, the text of a program, a remote.Command or its inputs, or the text of a capture",
  );
}

function ofText(text: string): Judged {
  if (text === UNKNOWN)
    throw new Error(
      "the program is not known at this preview: ask of a run without preview, or of a spec or plan",
    );
  if (!/^### multihome /m.test(text)) return ofStaged(stageProgram(text));
  const { state, name } = readHostCapture(text);
  return { name: name ?? "the captured host", state, intent: survey(state).intent };
}

function ofStaged(staged: StagedHost): Judged {
  return { name: staged.name, state: staged.state, intent: staged.intent, staged };
}
