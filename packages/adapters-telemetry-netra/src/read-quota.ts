import type { ExportAnswer } from "@tenantry/otlp-delivery";

/**
 * A refusal that means "later": the SDK takes `{"error":{"code":429}}` and the words "quota exceeded" for a 429, whatever
 * the status beside them. Taken for the refusal that the status says, the spans would be lost.
 */
export function readQuota(answer: ExportAnswer): ExportAnswer {
  if (answer.kind !== "answered" || (answer.status >= 200 && answer.status < 300)) return answer;
  const text = Buffer.from(answer.body).toString("utf8");
  return saysQuota(text) ? { ...answer, status: 429 } : answer;
}

function saysQuota(text: string): boolean {
  if (/quota exceeded/i.test(text)) return true;
  try {
    const parsed = JSON.parse(text) as { error?: { code?: unknown } } | null;
    return parsed?.error?.code === 429;
  } catch {
    return false;
  }
}
