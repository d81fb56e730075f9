export function take(value: any): unknown {
  return value;
}
