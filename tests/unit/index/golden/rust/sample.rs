//! crate doc
use a::b::{C, d as e, f::{self, g::*}};
use std::io;
pub use crate::x::Y as Z;
extern crate foo as bar;
mod sub;

/// Doc Foo.
#[derive(Debug)]
pub struct Foo<T: Bound> where T: X {
    /// field
    pub a: Vec<T>,
    b: u8,
}
struct Tup(pub u8, Foo);
enum E { A, B(u8), C { x: i32 } }
pub trait Tr: Super + 'static {
    const K: u8;
    type Out;
    fn req(&self) -> u8;
    fn def(&self) { self.req(); }
}
impl<T> Foo<T> {
    pub const M: u8 = 1;
    /// new
    pub fn new() -> Self { fn inner() {} let x = 1; Foo { a: vec![], b: 0 } }
}
impl<T> fmt::Display for Foo<T> {
    type Out = u8;
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "x"); a::b(); self.go::<T>() }
}
impl Tr for x::Other {}
mod inner { pub fn f() {} }
macro_rules! mac { () => {} }
const MAX: usize = 3;
static S: &str = "";
type Al<T> = Result<T, Err>;
union U { a: u8 }
extern "C" { fn cfn(x: i32) -> i32; }
#[cfg(test)]
mod tests { use super::*; #[test] fn t() {} }
async fn go<T>(x: impl Tr) -> Result<(), E> {}
fn broken( {

struct AfterBroken { x: u8 }
