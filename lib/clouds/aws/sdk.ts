/**
 * The part of @pulumi/aws that hosts need, loaded at first use: programs for other clouds need not have the package,
 * and loading the whole of it would take seconds.
 */
export function ec2(): typeof import("@pulumi/aws/ec2") {
  return load("MultiHomedHost", "@pulumi/aws/ec2") as typeof import("@pulumi/aws/ec2");
}

/** The same of Systems Manager: two of its resources. */
export function ssm(): {
  readonly Association: typeof import("@pulumi/aws/ssm/association").Association;
  readonly Document: typeof import("@pulumi/aws/ssm/document").Document;
} {
  type Parts = typeof import("@pulumi/aws/ssm/association") & typeof import("@pulumi/aws/ssm/document");
  const part = (name: string): object => load("SsmProgram", `@pulumi/aws/ssm/${name}`);
  return { ...part("association"), ...part("document") } as Parts;
}

function load(component: string, name: string): object {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a static import would be loaded by everybody
    return require(name) as object;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`${component} needs the package @pulumi/aws, version 7: npm install @pulumi/aws@7`);
  }
}
