/**
 * From the engine's detailed diff, what is added or changed, as the engine prints it. Left out: what is the same, and
 * the resources' long identifiers.
 */
export function policyDiff(diff: string): string[] {
  const noise = /^\s*(\[(urn|provider)=|[+~-] \d+ to )/;
  const lines = diff.split("\n").filter((line) => !noise.test(line));
  const shown: string[] = [];
  // Depth of the added resource we are within: all of it is new.
  let inside: number | undefined;
  for (const line of lines) {
    const [, blanks, sign] = /^(\s*)([+~-]?)/.exec(line) as RegExpExecArray;
    if (inside !== undefined && (blanks.length > inside || /^\s*[\])}]/.test(line))) shown.push(line);
    else inside = undefined;
    if (inside === undefined && sign !== "") {
      shown.push(line);
      if (sign === "+") inside = blanks.length;
    }
  }
  const indent = Math.min(...shown.map((line) => line.search(/\S/)));
  return shown.map((line) => line.slice(indent));
}
