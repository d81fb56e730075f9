import { name } from "@tenantry/adapters-storage-sqlite";

export const store: string = name;
