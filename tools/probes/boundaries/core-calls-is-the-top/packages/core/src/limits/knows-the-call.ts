import { call } from "../calls/metered-call.ts";

export const known: string = call;
