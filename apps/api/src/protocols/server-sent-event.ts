/** One event: `event:` only where the protocol names its events. JSON has no line breaks, so one `data:` line holds it. */
export function serverSentEvent(name: string | null, data: unknown): string {
  const head = name === null ? "" : `event: ${name}\n`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}
