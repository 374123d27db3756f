export * from "./state";
export * from "./flow";
export * from "./prove/types";
