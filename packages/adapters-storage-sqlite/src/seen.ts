/** What had been written when spans were looked for. */
export interface Seen {
  /** Of spans: moves with every write of them. */
  readonly revision: number;
  /** The last line of the ledger. */
  readonly line: number;
}

export function seenText({ revision, line }: Seen): string {
  return `${revision}/${line}`;
}

/** Null for a text of somebody else's. */
export function seenOf(text: string): Seen | null {
  const parts = /^(\d{1,15})\/(\d{1,15})$/.exec(text);
  return parts === null ? null : { revision: Number(parts[1]), line: Number(parts[2]) };
}
