// @ts-nocheck: see ../harness/tokens.ts
export async function badInput() {}
