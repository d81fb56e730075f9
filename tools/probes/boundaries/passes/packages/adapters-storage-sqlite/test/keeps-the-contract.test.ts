import { name as system } from "@tenantry/adapters-system";
import { double } from "@tenantry/core/testing";
import { name as testkit } from "@tenantry/testkit";
import { it } from "vitest";

it(`${system} ${double} ${testkit}`, () => {});
