"""Where tests of a file are looked for, and where new ones go."""

import pytest

from qwen_lsp.context.place_of_tests import place_of_tests


@pytest.mark.parametrize(
    ("source", "files", "expected"),
    [
        ("shop/price.py", "shop/price.py tests/test_price.py", "tests/test_price.py"),
        ("shop/price.py", "shop/price_test.py tests/test_prices.py", "shop/price_test.py"),
        (
            "shop/index/view.py",
            "tests/unit/features/test_view.py tests/unit/index/test_view.py",
            "tests/unit/index/test_view.py",
        ),
        (
            "one/price.py",
            "two/tests/test_price.py one/tests/test_price.py",
            "one/tests/test_price.py",
        ),
        ("src/price.ts", "src/price.ts src/price.spec.ts", "src/price.spec.ts"),
        ("src/Price.tsx", "src/__tests__/Price.test.tsx", "src/__tests__/Price.test.tsx"),
        (
            "src/main/java/shop/Price.java",
            "src/test/java/shop/PriceTest.java src/test/java/shop/PricesTest.java",
            "src/test/java/shop/PriceTest.java",
        ),
        ("shop/price.go", "shop/price_test.go shop/price.go", "shop/price_test.go"),
        ("lib/price.rb", "spec/lib/price_spec.rb", "spec/lib/price_spec.rb"),
        ("src/price.rs", "src/price.rs tests/price.rs", "tests/price.rs"),
        ("app/Price.php", "tests/PriceTest.php", "tests/PriceTest.php"),
        ("tests/test_price.py", "tests/test_price.py shop/price.py", "tests/test_price.py"),
    ],
)
def test_the_matching_file_is_found(source, files, expected):
    found = place_of_tests(source, files.split())
    assert (found.path, found.exists) == (expected, True)


@pytest.mark.parametrize(
    ("source", "files", "expected"),
    [
        pytest.param(
            "shop/index/view.py",
            "shop/index/tree.py tests/unit/index/test_tree.py tests/unit/test_all.py",
            "tests/unit/index/test_view.py",
            id="in the folder of tests that is paired with its own",
        ),
        pytest.param(
            "shop/view.py", "shop/tree.py shop/tree_test.py", "shop/view_test.py", id="beside"
        ),
        pytest.param(
            "app/view.ts", "lib/tree.ts lib/tree.spec.ts", "app/view.spec.ts", id="beside, as there"
        ),
        pytest.param(
            "app/view.ts",
            "lib/__tests__/tree.test.ts",
            "app/__tests__/view.test.ts",
            id="__tests__",
        ),
        pytest.param(
            "src/main/java/shop/View.java",
            "src/test/java/shop/deep/TreeTests.java",
            "src/test/java/shop/ViewTests.java",
            id="the mirrored folder, called as others are",
        ),
        pytest.param(
            "shop/view.py", "shop/view.py", "tests/test_view.py", id="the first in Python"
        ),
        pytest.param(
            "src/view.ts", "src/view.ts", "src/view.test.ts", id="the first in TypeScript"
        ),
        pytest.param(
            "src/main/java/shop/View.java", "", "src/test/java/shop/ViewTest.java", id="of Maven"
        ),
        pytest.param("shop/view.go", "", "shop/view_test.go", id="the first in Go"),
        pytest.param("view.zig", "", "test_view.zig", id="of a language without a convention"),
    ],
)
def test_a_new_file_goes_where_the_project_keeps_its_tests(source, files, expected):
    found = place_of_tests(source, files.split())
    assert (found.path, found.exists) == (expected, False)
