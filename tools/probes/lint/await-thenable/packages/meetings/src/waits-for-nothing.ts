export async function one(): Promise<number> {
  return await (1 as number);
}
