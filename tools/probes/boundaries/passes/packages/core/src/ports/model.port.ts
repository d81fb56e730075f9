import type { ChatRequest } from "../calls/chat-request.ts";
import type { PicoUsd } from "../money/pico-usd.ts";

export type Model = (request: ChatRequest) => PicoUsd;
