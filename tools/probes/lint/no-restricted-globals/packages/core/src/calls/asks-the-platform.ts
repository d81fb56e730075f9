export const platform: unknown = globalThis;
