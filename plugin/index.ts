/** What Pulumi reads to infer the components' schema; index.js is what it runs. */
export * from "../lib";
