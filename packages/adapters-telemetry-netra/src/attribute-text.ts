import { limitText } from "./limit-text.ts";

export interface AttributeLimits {
  /** Longest text, in UTF-16 code units. */
  readonly maxLength: number;
  /** Most attributes; those set later are dropped and counted. */
  readonly maxCount: number;
}

/** Where attributes are written. */
export interface AttributeSink {
  /** Each key once. What has no value on the wire is left out: null, NaN, infinities, values of other types. */
  set(key: string, value: unknown): void;
}

const noLimits: AttributeLimits = { maxLength: Infinity, maxCount: Infinity };

/** Attributes of one span, event or resource: they become OTLP JSON text as they are set, in that order. */
export class AttributeText implements AttributeSink {
  readonly #limits: AttributeLimits;
  #text = "";
  #count = 0;
  #dropped = 0;

  constructor(limits: AttributeLimits = noLimits) {
    this.#limits = limits;
  }

  /** Each key once. What has no value on the wire is left out: NaN, infinities, values of other types. */
  set(key: string, value: unknown): void {
    const json = this.#encode(value);
    if (json === null) return;
    if (this.#count >= this.#limits.maxCount) {
      this.#dropped += 1;
      return;
    }
    this.#text += `${this.#count === 0 ? "" : ","}${keyText(key)}${json}}`;
    this.#count += 1;
  }

  /** The same attributes, to be gone on with. */
  copy(): AttributeText {
    const copy = new AttributeText(this.#limits);
    copy.#text = this.#text;
    copy.#count = this.#count;
    return copy;
  }

  json(): string {
    return `[${this.#text}]`;
  }

  get dropped(): number {
    return this.#dropped;
  }

  #encode(value: unknown): string | null {
    switch (typeof value) {
      case "string":
        return `{"stringValue":${jsonText(limitText(value, this.#limits.maxLength))}}`;
      case "boolean":
        return `{"boolValue":${value}}`;
      case "number":
        if (Number.isSafeInteger(value)) return `{"intValue":${value}}`;
        return Number.isFinite(value) ? `{"doubleValue":${value}}` : null;
      default:
        return null;
    }
  }
}

/** Far more than the vocabulary has, and few enough to keep: an application's own resource attributes pass here too. */
const maxKnownKeys = 1_024;
const knownKeys = new Map<string, string>();

/** The same few dozen keys stand in every span. */
function keyText(key: string): string {
  const known = knownKeys.get(key);
  if (known !== undefined) return known;
  const made = `{"key":${jsonText(key)},"value":`;
  if (knownKeys.size < maxKnownKeys) knownKeys.set(key, made);
  return made;
}

/** A lone surrogate is not text: a strict reader would refuse the whole batch for it. */
export function jsonText(value: string): string {
  return JSON.stringify(value.toWellFormed());
}
