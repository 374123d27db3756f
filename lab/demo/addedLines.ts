/**
 * From the engine's detailed diff of a preview, the lines of the plan that the program will carry: rules, routes,
 * addresses. What is around them (the constant part of the program, other properties) says nothing about the host.
 */
export function addedLines(diff: string): string[] {
  return diff
    .split("\n")
    .map((line) => line.replace(/^[\s|+~-]*/, ""))
    .filter((line) => /^(interface|address|prefix|rule[46]|route[46]) /.test(line));
}
