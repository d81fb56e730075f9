const suffix = "...[TRUNCATED]";
const marker = '{"__truncated__":true}';

/** The SDK's form: at most `maxLength` UTF-16 code units, the suffix included. Never splits a surrogate pair. */
export function limitText(value: string, maxLength: number): string {
  return value.length <= maxLength ? value : cut(value, maxLength - suffix.length) + suffix;
}

/** A conversation as Netra shows it. */
export interface TracedMessage {
  readonly role: string;
  readonly content: string;
}

/**
 * Messages as a JSON array of at most `maxLength` code units. What does not fit is cut, and the array then ends with the
 * SDK's `{"__truncated__":true}`; unlike the SDK's repaired text, all that is kept stays as it was.
 */
export function limitMessages(messages: Iterable<TracedMessage>, maxLength: number): string {
  const parts: string[] = [];
  // Brackets, the marker and its comma.
  let room = maxLength - marker.length - 3;
  for (const message of messages) {
    const json = JSON.stringify(message);
    if (json.length + 1 > room) {
      const shorter = shorten(message, room - 1);
      if (shorter !== null) parts.push(shorter);
      parts.push(marker);
      break;
    }
    parts.push(json);
    room -= json.length + 1;
  }
  return `[${parts.join(",")}]`;
}

/** The message with as much of its content as fits, or null when nothing would be left. */
function shorten({ role, content }: TracedMessage, room: number): string | null {
  let length = Math.min(content.length, room);
  while (length > suffix.length) {
    const json = JSON.stringify({ role, content: limitText(content, length) });
    if (json.length <= room) return json;
    // Every code unit left out makes the text at least one shorter.
    length -= json.length - room;
  }
  return null;
}

function cut(value: string, length: number): string {
  const last = value.charCodeAt(length - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return value.slice(0, splitsPair ? length - 1 : length);
}
