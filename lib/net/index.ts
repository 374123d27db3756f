export * from "./address";
export * from "./prefix";
export * from "./cover";
export * from "./packed";
export * from "./prefixMap";
