import { PROPERTIES, Proof } from "../linux";
import { Issue } from "../model/issue";

/**
 * What is known of a plan before anything is put on a host. A plan that is disproved has no verdict: it is refused.
 *
 * proved: for every packet there can be; proved schematically: with stand-ins for values that are pending; unknown:
 * not everything is known or understood.
 */
export const PlanVerdict = {
  Proved: "proved",
  ProvedSchematically: "proved schematically",
  Unknown: "unknown",
} as const;
export type PlanVerdict = (typeof PlanVerdict)[keyof typeof PlanVerdict];

/** Steps of a lookup that a message shows; the command shows all. */
const STEPS = 12;

/**
 * What is wrong with a plan that is disproved: an issue a claim, with the smallest packet that disproves it.
 *
 * @param world whose proof it is, when not the host's own
 */
export function proofIssues(proof: Proof, world?: string): Issue[] {
  const whose = world === undefined ? "" : ` in world ${world}`;
  return proof.results.flatMap(({ property, family, failing, witnesses: [witness] }) => {
    if (witness === undefined) return [];
    const { name, claim } = PROPERTIES[property];
    const steps = witness.trace
      .filter(({ text }) => !text.endsWith("does not match"))
      .slice(0, STEPS)
      .map(({ text }) => text.trim());
    const when = witness.when === undefined ? "" : ` ${witness.when}`;
    return [
      {
        path: "",
        problem:
          `the plan does not hold ${property}${whose} (${name}, IPv${family}: ${claim}). The packet ${witness.packet}${when}: ` +
          `expected ${witness.expected}, got ${witness.got}` +
          (steps.length === 0 ? "" : ` [${steps.join(" | ")}]`) +
          (failing > 1 ? `, and ${failing - 1} more like it` : ""),
        fix: `${witness.fix.charAt(0).toUpperCase()}${witness.fix.slice(1)}. To blame is ${witness.blame}`,
      },
    ];
  });
}
