import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.declared import bare_type, type_of_name

BARE_TYPES = [
    ("X", "X"),
    ("models.X", "models.X"),
    ("a::b::X", "a::b::X"),
    ("\\App\\X", "\\App\\X"),
    ("Optional[X]", "X"),
    ("typing.Optional[X]", "X"),
    ("X | None", "X"),
    ("None | X", "X"),
    ("X | null | undefined", "X"),
    ("X?", "X"),
    ("X!", "X"),
    ("?X", "X"),
    ("Promise<X>", "X"),
    ("Promise<X | undefined>", "X"),
    ("Awaitable[X]", "X"),
    ("Coroutine[Any, Any, X]", "X"),
    ("Coroutine[Any, Callable[[A], B], X]", "X"),
    ("Annotated[X, 'about']", "X"),
    ("Mapped[Optional[X]]", "X"),
    ("type[X]", "X"),
    ("Option<&'a X>", "X"),
    ("Arc<dyn X>", "X"),
    ("std::unique_ptr<X>", "X"),
    ("Task<X>", "X"),
    ("Omit<X, 'id'>", "X"),
    ("'X'", "X"),
    ('"Optional[X]"', "X"),
    ("&mut X", "X"),
    ("&'a mut X<'b>", "X"),
    ("*pkg.X", "pkg.X"),
    ("const X&", "X"),
    ("struct X *", "X"),
    ("list[X]", "list"),
    ("List<X>", "List"),
    ("dict[str, X] | None", "dict"),
    ("Optional[list[X]]", "list"),
    ("Vec<X>", "Vec"),
    ("X<Y, Z>", "X"),
    ("A | B", "A"),
    ("A & B", "A"),
    ("X[]", ""),
    ("[]X", ""),
    ("[X; 4]", ""),
    ("(a: X) => Y", ""),
    ("{ a: X }", ""),
    ("None", ""),
    ("void | null", ""),
    ("Optional[", ""),
    ("", ""),
]


@pytest.mark.parametrize(("written", "expected"), BARE_TYPES, ids=[one for one, _ in BARE_TYPES])
def test_the_class_of_a_type(written, expected):
    assert bare_type(written) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("Xa.[]<>(){}|&?*'\", :")))
def test_any_text_can_be_read_as_a_type(written):
    assert bare_type(written) in written


# Language, line above the cursor, class of `x` there.
ON_A_LINE = [
    ("python", "def f(x: Order):", "Order"),
    ("python", "def f(self, x: Order, y: Item) -> None:", "Order"),
    ("python", "def f(self, *, x: Order = DEFAULT):", "Order"),
    ("python", "    x: Order,", "Order"),
    ("python", "    x: dict[str, Order] = {}", "dict"),
    ("python", "    x: Order | None = None", "Order"),
    ("python", "    x: 'Order' = load()  # for x: Item", "Order"),
    ("python", "    x: np.ndarray", "np.ndarray"),
    ("python", "    x = Order(1, 2)", "Order"),
    ("python", "    x = models.Order()", "models.Order"),
    ("python", "    x = await Order()", "Order"),
    ("python", "    x = x or Order()", "Order"),
    ("python", "    if x := Order():", "Order"),
    ("python", "    x = cast('Order', found)", "Order"),
    ("python", "    x = typing.cast(Order, found)", "Order"),
    ("python", "    with Order(path) as x:", "Order"),
    ("python", "    async with client.Order(a, b()) as x:", "client.Order"),
    ("python", "    except OrderError as x:", "OrderError"),
    ("python", "    if isinstance(x, Order):", "Order"),
    ("python", "        case Order(id=1) as x:", "Order"),
    ("python", "def f(*args: Order, x: Item):", "Item"),
    ("python", "    y = lambda x: Order", ""),
    ("python", "    x = {Order(): 1}", ""),
    ("python", "    self.x = Order()", ""),
    ("python", "    x = orders.find()", ""),
    ("python", "    max_x = Order()", ""),
    ("python", "    x == Order()", ""),
    ("python", "    for x in Order():", ""),
    ("python", "    if x:", ""),
    ("typescript", "function f(x: Order): Item {", "Order"),
    ("typescript", "function f(y: Item, x?: Order) {", "Order"),
    ("typescript", "  const x: Map<string, Order> = new Map();", "Map"),
    ("typescript", "  let x!: Promise<Order>;", "Order"),
    ("typescript", "  const x = new Order(1);", "Order"),
    ("typescript", "  const x = new api.Order<Item>();", "api.Order"),
    ("typescript", "  const x = await new Order();", "Order"),
    ("typescript", "  const x = found as Order;", "Order"),
    ("typescript", "  if (x instanceof Order) {", "Order"),
    ("typescript", "  items.map((x: Order) => x.id)", "Order"),
    ("tsx", "function View({ id }: Props, x: Order) {", "Order"),
    ("typescript", "  send({ x: value });", ""),
    ("typescript", "  const x = y ? a : b;", ""),
    ("typescript", "  const x: string = '';", ""),
    ("typescript", "  const x: Order[] = [];", ""),
    ("typescript", "  this.x = new Order();", ""),
    ("javascript", "  var x = new Order();", "Order"),
    ("javascript", " * @param {Order} x - what is ordered", "Order"),
    ("javascript", " * @param {?Order} [x]", "Order"),
    ("javascript", "  send({ x: Order });", ""),
    ("java", "  Order x = find(id);", "Order"),
    ("java", "  void f(Item y, final Order x) {", "Order"),
    ("java", "  Map<String, List<Order>> x = new HashMap<>();", "Map"),
    ("java", "  void f(Map<K, V> y, Optional<Order> x) {", "Order"),
    ("java", "  for (Order x : orders) {", "Order"),
    ("java", "  void f(@Nullable(value = 1) Order x)", "Order"),
    ("java", "  private static final shop.Order x;", "shop.Order"),
    ("java", "  var x = new Order(1);", "Order"),
    ("java", "  var x = (Order) found;", "Order"),
    ("java", "  if (found instanceof Order x) {", "Order"),
    ("java", "  try (Order x = open()) {", "Order"),
    ("java", "  } catch (OrderException x) {", "OrderException"),
    ("java", "  Order[] x = all();", ""),
    ("java", "  return x;", ""),
    ("java", "  int x = 1;", ""),
    ("java", "  f(Y * x);", ""),
    ("java", "  a < b && c > x;", ""),
    ("c_sharp", "  Order? x = null;", "Order"),
    ("c_sharp", "  void F(ref Order x, out Item y)", "Order"),
    ("c_sharp", "  var x = new Order { Id = 1 };", "Order"),
    ("c_sharp", "  var x = found as Order;", "Order"),
    ("c_sharp", "  if (found is Order x)", "Order"),
    ("c_sharp", "  foreach (Order x in orders)", "Order"),
    ("c_sharp", "  async Task<Order> F(Task<Order> x)", "Order"),
    ("kotlin", "fun f(x: Order, y: Item) {", "Order"),
    ("kotlin", "  val x = Order(1)", "Order"),
    ("kotlin", "  var x: Order? = null", "Order"),
    ("kotlin", "  if (x is Order) {", "Order"),
    ("kotlin", "  val x = found as? Order", "Order"),
    ("kotlin", "  val x = orders()", ""),
    ("swift", "func f(x: Order) -> Item {", "Order"),
    ("swift", "  let x = Order(id: 1)", "Order"),
    ("swift", "  let x = try? Order()", "Order"),
    ("swift", "  guard let x = found as? Order else { return }", "Order"),
    ("scala", "  def f(x: Order): Item =", "Order"),
    ("scala", "  val x = new Order(1)", "Order"),
    ("scala", "  val x = Order(1)", "Order"),
    ("rust", "fn f(x: &mut Order, y: Item) {", "Order"),
    ("rust", "    let x: Option<Box<Order>> = None;", "Order"),
    ("rust", "    let mut x = Order::new(1);", "Order"),
    ("rust", "    let x = shop::Order::from_str(text)", "shop::Order"),
    ("rust", "    let x = Order { id: 1 };", "Order"),
    ("rust", "    let x = order::find(1);", ""),
    ("rust", "    let y = x::Order;", ""),
    ("go", "func f(x *Order, y Item) error {", "Order"),
    ("go", "func (x *Order) Place() {", "Order"),
    ("go", "func f(y, x shop.Order) {", "shop.Order"),
    ("go", "func f(x, y Order) {", "Order"),
    ("go", "\tvar x order", "order"),
    ("go", "\tx := &shop.Order{ID: 1}", "shop.Order"),
    ("go", "\tx := new(Order)", "Order"),
    ("go", "\tx, ok := found.(*Order)", "Order"),
    ("go", "\tx := shop.NewOrder()", ""),
    ("go", "\tx := []Order{}", ""),
    ("go", "\tfor x := range orders {", ""),
    ("c", "void f(struct order *x, int y)", "order"),
    ("c", "  order_t *x = malloc(1);", "order_t"),
    ("c", "  y = a * x;", ""),
    ("cpp", "void f(const shop::Order& x)", "shop::Order"),
    ("cpp", "  std::unique_ptr<Order> x = make();", "Order"),
    ("cpp", "  auto x = std::make_shared<Order>(1);", "Order"),
    ("cpp", "  auto* x = new Order(1);", "Order"),
    ("cpp", "  Order x{1};", "Order"),
    ("cpp", "  auto x = static_cast<Order*>(found);", "Order"),
    ("cpp", "  auto x = FindOrder(1);", ""),
    ("php", "function f(?Order $x, Item $y)", "Order"),
    ("php", "  $x = new \\Shop\\Order();", "\\Shop\\Order"),
    ("php", "  if ($x instanceof Order) {", "Order"),
    ("php", "  } catch (A|B $x) {", "A"),
    ("ruby", "    x = Order.new(1)", "Order"),
    ("ruby", "    @x ||= Shop::Order.new", "Shop::Order"),
    ("lua", "  local x = Order:new(1)", "Order"),
    ("css", "x: Order", ""),
]


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    ON_A_LINE,
    ids=[f"{language}: {line.strip()}" for language, line, _ in ON_A_LINE],
)
def test_the_class_of_a_name_on_a_line(language, line, expected):
    assert type_of_name("x", [line], language) == expected


@pytest.mark.parametrize(
    ("language", "lines", "expected"),
    [
        pytest.param("python", "def f(x: A):|    x = B()|    y = 1", "B", id="the nearest line"),
        pytest.param("python", "def f(x: A):|    x = x.b", "", id="assigned something unknown"),
        pytest.param("python", "def f(x: A):|    for x in y:", "", id="a loop over something"),
        pytest.param("python", "def f(x: A):|    g(x=1)", "A", id="an argument of that name"),
        pytest.param("typescript", "let x: A;|x = b();", "A", id="declared for good"),
        pytest.param("javascript", "let x = new A();|x = b();", "", id="declared for nothing"),
        pytest.param("java", "A x = a();|x = b();", "A", id="declared for good before the name"),
        pytest.param("python", "", "", id="no lines"),
    ],
)
def test_the_class_of_a_name_in_several_lines(language, lines, expected):
    assert type_of_name("x", lines.split("|"), language) == expected


@pytest.mark.parametrize("part", ["x=y as ", "x := ", "(x, ", "A<", "x: Optional["])
def test_a_very_long_line_says_nothing(part):
    assert [type_of_name("x", [part * 5000], one) for one in ("python", "java", "swift")] == [
        ""
    ] * 3
    assert bare_type(part * 5000) == ""
