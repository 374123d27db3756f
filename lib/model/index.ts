export * from "./issue";
export * from "./numbers";
export * from "./spec";
export * from "./host";
export * from "./plan";
export * from "./traffic";
