/** A model at a provider. Written `provider/model`; the model part may contain slashes. */
export interface ModelRef {
  readonly provider: string;
  readonly model: string;
}

/** `acme/large`. */
export function formatModelRef(ref: ModelRef): string {
  return `${ref.provider}/${ref.model}`;
}

/** The parts of `provider/model`, or null when there are not two. */
export function parseModelRef(text: string): ModelRef | null {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return null;
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
}

export function sameModel(a: ModelRef, b: ModelRef): boolean {
  return a.provider === b.provider && a.model === b.model;
}
