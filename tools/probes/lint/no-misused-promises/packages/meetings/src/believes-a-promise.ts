async function isOpen(): Promise<boolean> {
  return await Promise.resolve(false);
}

export function state(): string {
  return isOpen() ? "open" : "closed";
}
