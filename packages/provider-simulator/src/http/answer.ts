import type { GeneratedChoice } from "../answers/generate.ts";
import type { TokenCounts } from "../billing/token-counts.ts";
import type { GenerationRequest } from "../prompt/generation-request.ts";
import type { Fields } from "./read-fields.ts";

/** A generated answer with all that its vendor's form needs. */
export interface Answer {
  /** 24 letters and digits that belong to this answer alone; ids inside the answer are made from it. */
  readonly key: string;
  readonly createdAtSeconds: number;
  readonly modelName: string;
  readonly request: GenerationRequest;
  /** The request's body, for forms that repeat parts of it. */
  readonly body: Fields;
  readonly choices: readonly GeneratedChoice[];
  /** What the answer says it used: not always what is billed. `null`: it says nothing. */
  readonly reported: TokenCounts | null;
}
