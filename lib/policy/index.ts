export {
  disagreeingSourceDestCheck,
  secretsInClear,
  sendsForeignSources,
  sharedTables,
  unpinnedHostKey,
  unprovedPlan,
} from "./checks";
export {
  hostKeyIsPinned,
  noSecretsInClear,
  planIsProved,
  policies,
  sourceDestCheckAgrees,
  tablesAreNotShared,
} from "./policies";
