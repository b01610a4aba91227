import { withVat } from "./prices";

export interface Line {
  article: string;
  net: number;
  count: number;
}

export class Basket {
  readonly lines: Line[] = [];

  constructor(readonly customer: string) {}

  add(line) {
    const known = this.lines.find((one) => one.article === line.article);
    if (known) {
      known.count += line.count;
      return;
    }
    this.lines.push(line);
  }

  total(voucher?: number) {
    // TODO: take the voucher off
    let result = 0;
    for (const line of this.lines) {
      result = result + withVat(line.net) * line.count;
    }
    return result;
  }

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }
}
