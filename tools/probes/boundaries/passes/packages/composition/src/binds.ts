import { name as sqlite } from "@tenantry/adapters-storage-sqlite";
import { name as simulator } from "@tenantry/provider-simulator";
import { Container } from "inversify";

export const all: unknown = [sqlite, simulator, Container];
