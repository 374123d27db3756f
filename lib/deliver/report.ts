import { shown } from "../model/issue";

/** What a host's own kernel answered when it was asked for the way of every class of flow in the plan. */
export interface Report {
  /** Digest of the plan that is in force. */
  digest: string;
  /** Whether every answer was the planned one. False where nothing was asked, as under the weak host model. */
  symmetric: boolean;
  /** How many questions were asked. */
  checked: number;
  /** What was answered otherwise. Empty when symmetric. */
  failures: ReportFailure[];
}

/** A flow that the host's kernel would send another way than planned. */
export interface ReportFailure {
  /** Source address; `none` of a socket that has none yet. */
  from: string;
  /** Destination asked for. */
  to: string;
  /**
   * What kind of destination it stands for; behind it, if so, the device that the socket is bound to, the address that
   * the kernel chose, or the device by which the packet comes in.
   */
  class: string;
  /** The planned answer; `local` where the packet is for the host. */
  want: string;
  /** The kernel's answer. */
  got: string;
}

/**
 * Reads what the program printed: one JSON document at the end, after whatever a login shell may have printed before
 * it. What a host says is not trusted: its shape is checked, and nothing but the fields known here is taken over.
 *
 * @param output absent under mocks that know nothing of it
 * @param digest that of the plan that was to be applied
 * @throws Error when the output is no report, or one of another plan
 */
export function parseReport(output: string | undefined, digest: string): Report {
  if (typeof output !== "string")
    throw new Error(
      "the command has no stdout, which has the host's answer: run tests by runWithMocks of multihome/testing, " +
        "or have mocks of your own print a report",
    );
  const fields = record(documentAtEnd(output));
  const failed = fields["failed"];
  if (
    typeof fields["ok"] !== "boolean" ||
    typeof fields["checked"] !== "number" ||
    typeof fields["digest"] !== "string" ||
    !Array.isArray(failed)
  ) {
    throw new Error(`the host's answer is not a report: ${shown(output)}`);
  }
  if (fields["digest"] !== digest) {
    throw new Error(`the host reports the plan ${shown(fields["digest"])}, but ${shown(digest)} was applied`);
  }
  return {
    digest,
    symmetric: fields["ok"] && fields["checked"] > 0 && failed.length === 0,
    checked: fields["checked"],
    failures: failed.map(failure),
  };
}

/** What goes before it may have lines that begin like it. */
function documentAtEnd(output: string): unknown {
  for (const { index } of output.matchAll(/^\{/gm)) {
    try {
      return JSON.parse(output.slice(index));
    } catch {
      // The next line may begin it.
    }
  }
  return undefined;
}

function failure(value: unknown): ReportFailure {
  const fields = record(value);
  const text = (key: string): string => printable(fields[key]);
  return { from: text("from"), to: text("to"), class: text("class"), want: text("want"), got: text("got") };
}

/** Text of a host as it may stand in a log. */
function printable(value: unknown): string {
  return typeof value === "string" ? value.replace(/[^\x20-\x7e]/g, "?").slice(0, 200) : "?";
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
