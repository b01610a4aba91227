export const VAT = 0.19;

/** Adds the tax, rounded to cents. */
export function withVat(net: number, rate: number = VAT): number {
  if (net < 0) {
    throw new RangeError(`A price below nothing: ${net}`);
  }
  const gross = net * (1 + rate);
  return Math.round(gross * 100) / 100;
}
