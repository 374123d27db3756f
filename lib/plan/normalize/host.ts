import { Host, HostInterface } from "../../model/host";
import { SLOTS } from "../../model/numbers";
import { SpecError, shown } from "../../model/issue";
import { compareText } from "../order";
import { Entry, checkDistinct } from "./distinct";
import { readInterface } from "./interface";
import { readNumbers } from "./numbers";
import { readPolicy } from "./policy";
import { Problems, at } from "./problems";
import { readList, readName, readObject } from "./shape";

/**
 * Reads a host strictly: unknown fields, nulls, wrong types and contradictions are errors, all reported at once.
 * What only seems to be missing because something beside it could not be read is not reported as missing.
 *
 * Guarantees: the result does not depend on the order of interfaces, fields or secondary addresses; an accepted
 * host holds no address twice and no source that two interfaces claim.
 *
 * @param value plain data, as parsed from HOST.json
 * @throws SpecError with every issue
 */
export function normalize(value: unknown): Host {
  const problems = new Problems();
  const fields = readObject(value, "", problems, ["name", "interfaces", "policy", "numbers"]);
  if (fields === undefined) throw new SpecError("the host", problems.issues);
  const name = readName(fields["name"], "name", problems);
  const entries = readInterfaces(fields["interfaces"], problems);
  const policy = readPolicy(fields["policy"], "policy", problems, namesOf(entries));
  const numbers = readNumbers(fields["numbers"], "numbers", problems);
  checkDistinct(entries ?? [], problems);
  problems.throwIfAny(name === undefined ? "the host" : `host ${shown(name)}`);
  return {
    name: name as string,
    // A draft is complete when no problem was noted.
    interfaces: (entries ?? [])
      .map((e) => e.draft as HostInterface)
      .sort((a, b) => compareText(a.name, b.name)),
    onLink: policy.onLink,
    directPairs: policy.directPairs,
    numbers,
  };
}

/** Undefined when it cannot be told which interfaces there are. */
function readInterfaces(value: unknown, problems: Problems): Entry[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    problems.add(
      "interfaces",
      "there is no interface",
      "List the interfaces to route; one is enough to begin with",
    );
    return undefined;
  }
  const items = readList(value, "interfaces", problems, "interfaces");
  if (items.length > SLOTS) {
    problems.add(
      "interfaces",
      `got ${items.length} interfaces`,
      `At most ${SLOTS} have tables; leave some to the host`,
    );
    return undefined;
  }
  return items.flatMap((item, i) => {
    const path = at("interfaces", i);
    const draft = readInterface(item, path, problems);
    return draft === undefined ? [] : [{ path, draft }];
  });
}

/** The names others may refer to; undefined when some could not be read. */
function namesOf(entries: readonly Entry[] | undefined): string[] | undefined {
  const names = entries?.map((e) => e.draft.name);
  return names?.every((n) => n !== undefined) === true ? names : undefined;
}
