import { type DataReader, join } from "../errors/data-reader.ts";
import { parseUsd } from "../money/decimal.ts";
import type { Allowance } from "../pricing/allowance.ts";
import {
  type AttemptCharges,
  type ChargePolicy,
  type CostCharge,
  defaultAttemptCharges,
  type ListCharge,
  type ListedPrice,
} from "../pricing/charge.ts";
import { chargeVersion } from "../pricing/charge-version.ts";
import { readFees, readRates } from "../pricing/parse-prices.ts";
import type { CalendarUnit } from "../time/period.ts";
import { parseModelRef } from "./model-ref.ts";

const fieldNames = ["markup", "prices", "unlisted", "allowance", "attempts"] as const;
const allowanceUnits = ["usd", "tokens", "calls"] as const;
const unansweredKinds = ["aborted", "cut", "failed"] as const;
const units: readonly CalendarUnit[] = ["hour", "day", "week", "month", "year"];

/** `charge:` of a tier. Its version follows from what it says. Null (reported) when it cannot be read. */
export function parseCharge(reader: DataReader, raw: unknown, path: string): ChargePolicy | null {
  if (raw === "pass-through") return { kind: "pass-through", version: "pass-through" };
  const fields = reader.fields(raw, path, fieldNames);
  if (fields === null) return null;
  if (Object.keys(fields).length === 0) reader.report(path, `must set at least one of ${fieldNames.join(", ")}`);
  const base = parseBase(reader, fields, path);
  const allowance = given(fields, "allowance", (value) => parseAllowance(reader, value, join(path, "allowance")));
  const attempts = given(fields, "attempts", (value) => parseAttempts(reader, value, join(path, "attempts")));
  if (base === null || allowance === null || attempts === null) return null;
  const policy = {
    ...base,
    ...(allowance === undefined ? {} : { allowance }),
    ...(attempts === undefined ? {} : { attempts }),
  };
  return { ...policy, version: chargeVersion(policy) };
}

function parseBase(
  reader: DataReader,
  fields: Readonly<Record<string, unknown>>,
  path: string,
): CostCharge | ListCharge | null {
  const hasList = fields["prices"] !== undefined;
  if (fields["unlisted"] !== undefined && !hasList) {
    reader.report(join(path, "unlisted"), "applies to models that are not in prices; there are none");
  }
  if (hasList && fields["markup"] !== undefined) {
    reader.report(path, "must not set both markup and prices; for models without a price write the markup as unlisted");
  }
  if (hasList) return parseList(reader, fields, path);
  if (fields["markup"] === undefined) return { kind: "pass-through" };
  return parseMarkup(reader, fields["markup"], join(path, "markup"));
}

function parseMarkup(reader: DataReader, raw: unknown, path: string): CostCharge | null {
  const match = typeof raw === "string" ? /^([0-9]{1,6})(?:\.([0-9]{1,4}))?%$/.exec(raw) : null;
  if (match === null) {
    reader.report(path, 'must be a percentage such as "20%", with at most 4 decimals');
    return null;
  }
  return { kind: "markup", markupPpm: BigInt(`${match[1]}${(match[2] ?? "").padEnd(4, "0")}`) };
}

function parseList(reader: DataReader, fields: Readonly<Record<string, unknown>>, path: string): ListCharge | null {
  const models: Record<string, ListedPrice> = {};
  const where = join(path, "prices");
  const entries = reader.entries(fields["prices"], where);
  for (const [name, value] of entries) {
    const at = join(where, name);
    if (parseModelRef(name) === null) reader.report(at, "write provider/model, such as acme/large");
    const price = reader.fields(value, at, ["perMillionTokens", "fees"]);
    if (price === null) continue;
    const rates = readRates(reader, price["perMillionTokens"], join(at, "perMillionTokens"));
    models[name] = {
      rates,
      fees: price["fees"] === undefined ? {} : readFees(reader, price["fees"], join(at, "fees")),
    };
  }
  const unlisted =
    fields["unlisted"] === undefined ? null : parseUnlisted(reader, fields["unlisted"], join(path, "unlisted"));
  return unlisted === undefined ? null : { kind: "price-list", models, unlisted };
}

/** Undefined when it cannot be read; null is `unknown`. */
function parseUnlisted(reader: DataReader, raw: unknown, path: string): CostCharge | null | undefined {
  if (raw === "unknown") return null;
  if (raw === "pass-through") return { kind: "pass-through" };
  const problem = 'must be "unknown", "pass-through" or an object with markup';
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    reader.report(path, problem);
    return undefined;
  }
  const fields = reader.fields(raw, path, ["markup"]);
  return fields === null ? undefined : (parseMarkup(reader, fields["markup"], join(path, "markup")) ?? undefined);
}

function parseAllowance(reader: DataReader, raw: unknown, path: string): Allowance | null {
  const fields = reader.fields(raw, path, [...allowanceUnits, "per"]);
  if (fields === null) return null;
  const per = reader.choice(fields["per"], join(path, "per"), units);
  const named = allowanceUnits.filter((name) => fields[name] !== undefined);
  const unit = named[0];
  if (unit === undefined || named.length > 1) {
    reader.report(path, `must set exactly one of ${allowanceUnits.join(", ")}`);
    return null;
  }
  const where = join(path, unit);
  const amount = unit === "usd" ? readUsd(reader, fields[unit], where) : reader.whole(fields[unit], where, 0);
  return amount === null || per === null ? null : { unit, amount: BigInt(amount), per };
}

function readUsd(reader: DataReader, raw: unknown, path: string): bigint | null {
  const parsed = reader.parsed(parseUsd(raw), path);
  if (parsed === null) return null;
  if (parsed.pico >= 0n) return parsed.pico;
  reader.report(path, "must not be negative");
  return null;
}

function parseAttempts(reader: DataReader, raw: unknown, path: string): AttemptCharges | null {
  const fields = reader.fields(raw, path, unansweredKinds);
  if (fields === null) return null;
  const attempts = { ...defaultAttemptCharges };
  let isWhole = true;
  for (const kind of unansweredKinds) {
    if (fields[kind] === undefined) continue;
    const charged = reader.choice(fields[kind], join(path, kind), ["charged", "free"]);
    if (charged === null) isWhole = false;
    else attempts[kind] = charged;
  }
  return isWhole ? attempts : null;
}

/** Undefined when the field is absent, null when it cannot be read. */
function given<Read>(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  read: (value: unknown) => Read | null,
): Read | null | undefined {
  return fields[name] === undefined ? undefined : read(fields[name]);
}
