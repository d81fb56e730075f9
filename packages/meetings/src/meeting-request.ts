import type { ChatRequest } from "@tenantry/core";
import type { Section } from "./sections.ts";

/** The request that asks for exactly these sections of a transcript. */
export function meetingRequest(asked: readonly Section[], transcript: string): ChatRequest {
  const list = asked.map((section) => `- ${section.heading} (${section.form})`).join("\n");
  return {
    messages: [
      {
        role: "system",
        content: "You summarize meetings for the people who could not attend. Use only what was said.",
      },
      {
        role: "user",
        content: `Summarize this meeting in exactly these sections, in this order:\n${list}\n\nMeeting Transcript:\n${transcript.trim()}`,
      },
    ],
    temperature: 0.3,
  };
}
