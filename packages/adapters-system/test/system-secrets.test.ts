import { secretsContract, testContract } from "@tenantry/testkit";
import { createSystemSecrets } from "../src/index.ts";

testContract(secretsContract, {
  name: "system",
  open: () => ({ subject: { secrets: createSystemSecrets(), another: () => createSystemSecrets() }, close: () => {} }),
});
