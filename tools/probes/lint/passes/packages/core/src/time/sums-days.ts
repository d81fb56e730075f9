export const newYear: number = Date.UTC(2026, 0, 1);
