import { Family } from "../../net/address";
import { Gap, LinuxState } from "../state";
import { applyAddress, applyLink } from "./batch-links";
import { applyRoute } from "./batch-routes";
import { applyRule } from "./batch-rules";
import { quoted } from "./entries";
import { Refused, Words } from "./words";

/**
 * The state after the commands of an `ip -4 -batch` or `ip -6 -batch` file, as the kernel would take them: a copy,
 * the given state stays. Commands that are not understood or that the kernel would refuse are in the gaps, with their
 * line; as in a batch with -force, those after them count.
 *
 * Understood are: link set DEV group N; address add; route add, append, prepend, replace, del and flush table; rule
 * add and del.
 */
export function applyBatch(state: LinuxState, family: Family, text: string): LinuxState {
  const gaps: Gap[] = [];
  let current = state;
  text.split("\n").forEach((line, i) => {
    const words = new Words(line);
    if (words.empty) return;
    try {
      current = applyLine(current, family, words);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      gaps.push({
        where: `ip -${family} -batch`,
        position: `line ${i + 1}`,
        kind: error.kind,
        problem: `${quoted(line.trim())}: ${error.message}`,
      });
    }
  });
  return { ...current, gaps: [...current.gaps, ...gaps] };
}

function applyLine(state: LinuxState, family: Family, words: Words): LinuxState {
  const object = words.next("a command");
  switch (object) {
    case "rule":
    case "ru":
      return applyRule(state, family, words);
    case "route":
    case "ro":
    case "r":
      return applyRoute(state, family, words);
    case "link":
      return applyLink(state, words);
    case "addr":
    case "address":
      return applyAddress(state, words);
    default:
      throw new Refused(`ip ${quoted(object)} is not modelled`);
  }
}
