declare function setTimeout(done: () => void, ms: number): number;

export const timer: number = setTimeout(() => undefined, 10);
