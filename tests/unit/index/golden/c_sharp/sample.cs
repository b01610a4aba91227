using System;
using static System.Math;
using X = A.B.C;
global using G.H;
namespace My.App;
/// <summary>Doc</summary>
[Serializable]
public partial class Foo<T> : Base<T>, IBar where T : new() {
    public const int Max = 3;
    private readonly List<string> _names = new(), b;
    public string Name { get; set; } = "x";
    public event Handler Changed;
    [Fact]
    public Foo(int x) : base(x) { this._y = x; }
    ~Foo() {}
    public async Task<int> Get<K>(K k) => await Helper.Run<int>(k);
    public static Foo operator +(Foo a, Foo b) { return new Foo(1); }
    public int this[int i] => 1;
    void Local() { int Inner() { return 1; } var v = new Bar { A = 1 }; v?.Go(); }
    enum E { A, B = 2 }
    interface I : J { int M(); string P { get; } }
    struct S { public int q; }
    record R(int X, string Y) : Z;
    delegate void Handler(object s);
}
namespace Block.Ns { class C {} record struct RS(int a); }
class Broken { void m( { }

class AfterBroken { int X; }
