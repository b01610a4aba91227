#include <vector>
#include "x.h"
namespace a::b {
// Doc
template <typename T>
class Foo final : public Base<T>, private ns::Other {
 public:
  Foo(int x);
  explicit Foo() : x_(1) {}
  ~Foo() override;
  virtual std::vector<T> get(int k) const = 0;
  static int count() { return helper(1); }
  bool operator==(const Foo& o) const { return true; }
  int x_ = 0, *p_;
  Foo* next;
  enum class Color : int { Red, Green };
  using Alias = std::vector<T>;
  typedef int Num;
  template <class U> void tm(U u) {}
};
}
template <> int a::b::Foo<int>::count() { obj->run(); a.go(); ns::f(); auto l = [](int x) { return x; }; }
Foo::Foo(int x) { int local = 1; }
Foo* Foo::make() { return new Foo(); }
Foo& Foo::ref() {}
Foo::~Foo() {}
static const int MAX = 3;
extern int g;
int arr[3];
using namespace std;
using std::string;
struct P { int x; void m(); };
namespace { int hidden() { return 1; } }
extern "C" { int cfn(int); }
#define SQ(x) ((x)*(x))
#define VAL 3
template <typename T> concept C1 = true;
union U { int i; };
int broken( {

struct AfterBroken { int x; };
