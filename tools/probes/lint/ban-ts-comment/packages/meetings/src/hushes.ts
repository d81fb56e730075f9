// @ts-ignore
export const count: number = 1;
