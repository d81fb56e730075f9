import { name } from "@tenantry/adapters-storage-sqlite";

export const adapter: string = name;
