export { name } from "@tenantry/composition";
