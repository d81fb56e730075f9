import { header } from "../http/answer-headers.ts";

export const name: string = header;
