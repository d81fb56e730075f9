import openai from "openai";

export const client: unknown = openai;
