export type { SqliteStorageOptions } from "./options.ts";
export type { ProcessIdentity } from "./process-identity.ts";
export { readEditionInForce } from "./price-editions.ts";
export { openSqliteStorage } from "./sqlite-storage.ts";
export type { SqliteStorage, SqliteStoragePorts, StorageHealth } from "./sqlite-storage.ts";
