import a, {b as c, d} from "./x";
import * as ns from "y";
import type { T } from "./t";
import "./side";
import fs = require("fs");
export {e as f} from "./z";
export * from "./w";
export * as q from "./w2";
const {g, h: i} = require("h");
const j = require("j");

/** Doc of A.
 */
@Dec({a: 1})
export class A<T> extends ns.B<T> implements C, D<E> {
  private readonly x: number = 1;
  #y = new Foo();
  static z?: string;
  constructor(private svc: Service, readonly o: O, other: Other) { super(); this.w = other; this.v = new V(); }
  get p(): string { return ""; }
  // doc m
  @Input() m<K>(a: K): Promise<K> { return foo(a); }
  abstract n(): void;
  handler = (x: number): void => { };
}
interface I extends J, K<L> { a: string; b(): number; (x: number): string }
type U = { a: string } | null;
type U2 = { a: string; 'q-x'?: number };
enum En { A, B = 2 }
namespace N.M { export function f() {} }
declare module "foo" { export const v: number; }
declare function df(x: number): string;
export default function () {}
export const arrow = async (x: number): Promise<void> => { function local() {} const loc2 = () => 1; const v = 3; };
const obj = { k: 1, meth() {}, fn: function() {} };
let u: Foo.Bar = new Foo.Bar<string>();
export const typed: Map<string, X> = new Map();
function tpl(this: X, ...a: Y[]): asserts a is Z {}
foo.bar = function () {};
Foo.prototype.baz = function () {};
let z2 = <any>x; x as unknown as Qux;
abstract class AB {}
const el = class extends Q {};
class Broken { m( { }
}
class AfterBroken { x: number = 1; }
