const term = /^([\d_]+) × \$(\d+)(?:\.(\d{1,12}))?(\/M)?$/;
const amount = /^\$(\d+)(?:\.(\d{1,12}))?$/;

/**
 * The total of a calculation written out by hand, in units of 10⁻¹² USD, exactly:
 *
 * ```text
 * 1_000 × $0.15/M + 20 × $0.60/M + 2 × $0.01 = $0.020162
 * ```
 *
 * `/M` is per million. It shares no code with what it is to check. Throws when it does not read so, or when its terms do
 * not come to its total.
 */
export function handCalculation(text: string): bigint {
  const [left = "", right, ...more] = text.split(" = ");
  if (right === undefined || more.length > 0) throw new Error(`no calculation: ${text}`);
  const sum = left.split(" + ").reduce((total, part) => total + amountOfTerm(part), 0n);
  const told = amount.exec(right);
  if (told === null) throw new Error(`no amount: ${right}`);
  const total = picoOf(told[1], told[2]);
  if (sum !== total) throw new Error(`${left} comes to ${sum} × 10⁻¹² USD and not to ${right}`);
  return total;
}

function amountOfTerm(text: string): bigint {
  const found = term.exec(text);
  if (found === null) throw new Error(`no term: ${text}`);
  const [, count = "", dollars, decimals, perMillion] = found;
  const product = BigInt(count.replaceAll("_", "")) * picoOf(dollars, decimals);
  if (perMillion === undefined) return product;
  if (product % 1_000_000n !== 0n) throw new Error(`${text} is finer than 10⁻¹² USD`);
  return product / 1_000_000n;
}

function picoOf(dollars: string = "0", decimals: string = ""): bigint {
  return BigInt(dollars + decimals.padEnd(12, "0"));
}
