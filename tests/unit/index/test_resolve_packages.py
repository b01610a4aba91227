"""Languages in which a file says what package or namespace it belongs to, and Go."""

import pytest

from qwen_lsp.index.resolve.resolver import Resolver
from tests.unit.index.resolving import check

JAVA = {
    "core/src/main/java/shop/Order.java": "shop",
    "core/src/main/java/shop/Item.java": "shop",
    "core/src/test/java/shop/OrderTest.java": "shop",
    "web/src/main/java/shop/web/Controller.java": "shop.web",
    "web/src/main/java/shop/web/Controller.Views.java": "shop.web",
    "web/src/main/kotlin/shop/web/Extensions.kt": "shop.web",
}
KOTLIN = "web/src/main/kotlin/shop/web/Extensions.kt"
CONTROLLER = "web/src/main/java/shop/web/Controller.java"
ORDER = "core/src/main/java/shop/Order.java"
JVM_CASES = {
    "a class": ("java", CONTROLLER, "shop.Order", ORDER),
    "a class as package and name": ("java", CONTROLLER, "shop Order", ORDER),
    "a nested class": ("java", CONTROLLER, "shop.Order.State", ORDER),
    "a static method": ("java", CONTROLLER, "shop.Order.of", ORDER),
    "everything of a class": ("java", CONTROLLER, "shop.Order *", ORDER),
    "a package": (
        "java",
        CONTROLLER,
        "shop *",
        f"{'core/src/main/java/shop/Item.java'} {ORDER} core/src/test/java/shop/OrderTest.java",
    ),
    "a class of the standard library": ("java", CONTROLLER, "java.util.List", ""),
    "a class that a build makes": ("java", CONTROLLER, "shop.OrderGrpc", ""),
    "a Java class from Kotlin": ("kotlin", KOTLIN, "shop.Order", ORDER),
    "a function of a package": (
        "kotlin",
        ORDER.replace("Order.java", "Shop.kt"),
        "shop.web.render",
        f"{CONTROLLER} web/src/main/java/shop/web/Controller.Views.java {KOTLIN}",
    ),
}


@pytest.mark.parametrize(
    ("language", "importing", "written", "expected"), JVM_CASES.values(), ids=JVM_CASES
)
def test_a_class_is_resolved(language, importing, written, expected):
    check(language, "", importing, written, expected, packages=JAVA)


def test_a_scala_import_may_begin_in_a_package_around():
    packages = {"a/Shop.scala": "acme.shop", "b/Order.scala": "acme.orders"}
    check("scala", "", "a/Shop.scala", "orders.Order", "b/Order.scala", packages=packages)
    check("scala", "", "a/Shop.scala", "acme.orders *", "b/Order.scala", packages=packages)


def test_of_two_classes_of_one_name_the_nearest_comes_first():
    packages = dict.fromkeys(("a/shop/Order.java", "b/shop/Order.java", "b/shop/Item.java"), "shop")
    check(
        "java",
        "",
        "b/web/Page.java",
        "shop.Order",
        "b/shop/Order.java a/shop/Order.java",
        packages=packages,
    )


CSHARP = {
    "src/Models/User.cs": "Acme.Models",
    "src/Models/User.Events.cs": "Acme.Models",
    "src/Services/Mail.cs": "Acme.Services",
}
CSHARP_CASES = {
    "a namespace": ("Acme.Models", "src/Models/User.cs src/Models/User.Events.cs"),
    "a class, all its parts": (
        "Acme.Models.User",
        "src/Models/User.cs src/Models/User.Events.cs",
    ),
    "a namespace of the framework": ("System.Linq", ""),
    "a namespace that has only others in it": ("Acme", ""),
}


@pytest.mark.parametrize(("written", "expected"), CSHARP_CASES.values(), ids=CSHARP_CASES)
def test_a_namespace_is_resolved(written, expected):
    check("c_sharp", "", "src/Services/Mail.cs", written, expected, packages=CSHARP)


PHP_CASES = {
    "a class": ("App\\Models\\User", "app/Models/User.php"),
    "a class from the top": ("\\App\\Models\\User", "app/Models/User.php"),
    "a class as namespace and name": ("App\\Models User", "app/Models/User.php"),
    "a function of a namespace": ("App\\Models\\find", "app/Models/User.php"),
    "a class whose file was not read": ("App\\Http\\Kernel", "app/Http/Kernel.php"),
    "a class of a library": ("Symfony\\Console\\Command", ""),
    "a file beside": ("/config.php", "public/config.php"),
    "a file above": ("/../bootstrap/app.php", "bootstrap/app.php"),
}


@pytest.mark.parametrize(("written", "expected"), PHP_CASES.values(), ids=PHP_CASES)
def test_a_php_class_is_resolved(written, expected):
    check(
        "php",
        "app/Http/Kernel.php public/config.php bootstrap/app.php",
        "public/index.php",
        written,
        expected,
        packages={"app/Models/User.php": "App\\Models"},
    )


GO_MOD = (
    "module example.org/shop // ours\n\ngo 1.22\n\nreplace (\n\tother.org/x v1.0.0 => ../x\n)\n"
)
GO_TREE = """
    shop/main.go shop/orders/a.go shop/orders/orders.go shop/orders/orders_test.go
    shop/orders/README.md shop/tools/gen/gen.go x/y/y.go
"""
GO_CASES = {
    "a package is all its files but the tests": (
        "example.org/shop/orders",
        "shop/orders/orders.go shop/orders/a.go",
    ),
    "the module's own package": ("example.org/shop", ""),
    "the innermost module": ("example.org/shop/tools/gen", "shop/tools/gen/gen.go"),
    "a module that is replaced by a directory": ("other.org/x/y", "x/y/y.go"),
    "a package of the standard library": ("net/http", ""),
    "a module with a name that only begins alike": ("example.org/shopping/orders", ""),
}


@pytest.mark.parametrize(("written", "expected"), GO_CASES.values(), ids=GO_CASES)
def test_a_go_package_is_resolved(written, expected):
    configs = {"shop/go.mod": GO_MOD, "shop/tools/go.mod": "module example.org/shop/tools\n"}
    check("go", GO_TREE, "shop/main.go", written, expected, config_texts=configs)


def test_a_go_module_may_be_the_workspace_itself():
    configs = {"go.mod": "module example.org/shop"}
    check("go", "a/a.go", "main.go", "example.org/shop/a", "a/a.go", config_texts=configs)
    check("go", "main.go", "a/a.go", "example.org/shop", "main.go", config_texts=configs)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            ORDER,
            "core/src/main/java/shop/Item.java core/src/test/java/shop/OrderTest.java",
            id="a Java file sees its package wherever that stands",
        ),
        pytest.param(
            KOTLIN,
            f"{CONTROLLER.replace('.java', '.Views.java')} {CONTROLLER}",
            id="a Kotlin file sees the Java files of its package",
        ),
        pytest.param(
            "shop/orders/a.go", "shop/orders/orders.go", id="a Go file sees its directory"
        ),
        pytest.param("notes.md", "", id="other files see nothing"),
    ],
)
def test_files_of_one_package_see_each_other(path, expected):
    resolver = Resolver([*GO_TREE.split(), *JAVA], {}, JAVA)
    assert set(resolver.same_package(path)) == set(expected.split())


def test_a_huge_namespace_means_its_nearest_files_only():
    packages = {f"part{number:04}/File.cs": "Acme" for number in range(1000)}
    packages |= {f"part0500/File{number}.cs": "Acme" for number in range(5)}
    near = Resolver(packages, {}, packages).same_package("part0500/File3.cs")
    assert len(near) == 63
    assert {path.partition("/")[0] for path in near[:5]} == {"part0500"}
