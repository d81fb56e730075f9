export { meetingRequest } from "./meeting-request.ts";
export { sections, sectionsFor } from "./sections.ts";
export type { Section } from "./sections.ts";
export { summarizeMeeting } from "./summarize-meeting.ts";
export type { MeetingInput, MeetingResult, MeetingSummary } from "./summarize-meeting.ts";
