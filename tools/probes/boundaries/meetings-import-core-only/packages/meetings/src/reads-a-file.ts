import { readFileSync } from "node:fs";

export const text: string = readFileSync("meeting.txt", "utf8");
