import type { ChatRequest } from "../calls/chat-request.ts";

export type Asked = ChatRequest;
