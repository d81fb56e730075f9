import { nothing } from "./not-there.ts";

export const missing: unknown = nothing;
