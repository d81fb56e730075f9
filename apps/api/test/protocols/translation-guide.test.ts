import { join } from "node:path";
import { expect, it } from "vitest";
import { messageStopReasons } from "../../src/protocols/anthropic-messages/message-stop-reasons.ts";
import { chatFinishReasons } from "../../src/protocols/openai-chat/chat-finish-reasons.ts";
import { responseStatuses } from "../../src/protocols/openai-responses/response-shell.ts";
import { subjects } from "./examples/subjects.ts";
import { translationGuide } from "./translation-guide.ts";

it("the guide about translation says what the tables say", async () => {
  const guide = translationGuide(subjects, [
    { title: "`finish_reason`", words: chatFinishReasons },
    { title: "a response's `status`", words: responseStatuses },
    { title: "`stop_reason`", words: messageStopReasons },
  ]);
  await expect(guide).toMatchFileSnapshot(join(import.meta.dirname, "../../../../docs/guides/translation.md"));
});
