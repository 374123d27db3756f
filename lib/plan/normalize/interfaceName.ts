import { shown } from "../../model/issue";
import { Problems } from "./problems";
import { readString } from "./shape";

/**
 * The name of an interface that the host has.
 *
 * @param names those there are; undefined when they could not be told, and then any will do
 */
export function readInterfaceName(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): string | undefined {
  const name = readString(value, path, problems, "an interface's name");
  if (name === undefined || names === undefined || names.includes(name)) return name;
  const known = `${names.slice(0, 8).map(shown).join(", ")}${names.length > 8 ? ", ..." : ""}`;
  problems.add(path, `got ${shown(name)}, which is no interface here`, `Known are ${known}`);
  return undefined;
}
