/**
 * What may not reach a terminal raw: control characters move the cursor and start escape sequences, the Unicode line
 * and paragraph separators break lines, bidirectional controls and invisible characters make one text look like
 * another. Line feed and tab are left to the caller.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;

/** Text of several lines made safe, so that no id or answer can move the cursor or fake what is printed. */
export function escapeTerminal(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(unsafe, visible);
}

/** Text of one line made safe: line feeds and tabs are shown as well. */
export function escapeCell(text: string): string {
  return escapeTerminal(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** JSON text made safe and still the same JSON: `JSON.stringify` leaves DEL, C1 and bidirectional controls raw. */
export function escapeJson(json: string): string {
  return json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One CSV cell (RFC 4180), safe for terminals. A text that a spreadsheet would run as a formula gets an apostrophe. */
export function csvCell(value: string): string {
  const text = escapeTerminal(value);
  const safe = /^[=+\-@\t]/.test(text) && !/^-?[0-9.]+$/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function visible(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return character.charCodeAt(0) < 0x100 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}
