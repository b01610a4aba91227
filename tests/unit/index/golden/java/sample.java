/* License */
package a.b.c;

import a.b.C;
import static a.B.c;
import static a.B.*;
import x.y.*;

/** Doc. */
@Ann(value = 1)
public abstract class Foo<T extends Bar> extends base.Base<T> implements I1, I2<X> {
    private static final int MAX = 3, MIN = 1;
    /** f */
    protected List<String> names = new ArrayList<>();
    // c
    @Deprecated
    public Foo(int a, Service svc) throws E { super(a); this.svc = svc; helper.run(x -> x.go()); }
    @Override
    public <K> Map<K, V> get(K k) { int local = 1; Runnable r = new Runnable() { public void run() { } }; return Collections.emptyMap(); }
    abstract void nope();
    interface Inner extends A, B { int K = 1; void m(); default String d() { return Foo::bar; } }
    enum E { ONE(1), TWO { void x() {} }; private final int v; E(int v) { this.v = v; } }
    record R(int x, String y) implements Z { R { } static int z() { return 0; } }
    @interface An { int value() default 1; String[] names(); }
    static class SC {}
    var q = (Cast) obj;
}
class Broken { void m( { }
}
class AfterBroken { int x; }
