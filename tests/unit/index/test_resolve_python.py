import pytest

from tests.unit.index.resolving import check

CASES = {
    "an absolute import from the workspace's root": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop.orders",
        "shop/orders.py",
    ),
    "a package is its __init__.py": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop",
        "shop/__init__.py",
    ),
    "a name taken from a package is its submodule if there is one": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop orders",
        "shop/orders.py",
    ),
    "a name taken from a package is a subpackage if there is one": (
        "shop/__init__.py shop/orders/__init__.py",
        "main.py",
        "shop orders",
        "shop/orders/__init__.py",
    ),
    "a name that is no submodule stands in the package's own file": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop Order",
        "shop/__init__.py",
    ),
    "everything of a package": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop *",
        "shop/__init__.py",
    ),
    "a function of a module": (
        "shop/__init__.py shop/orders.py",
        "main.py",
        "shop.orders place",
        "shop/orders.py",
    ),
    "a package below src": (
        "src/shop/__init__.py src/shop/orders.py",
        "tests/test_orders.py",
        "shop.orders Order",
        "src/shop/orders.py",
    ),
    "a package below a source root of any name": (
        "backend/python/shop/__init__.py backend/python/shop/orders.py",
        "tools/run.py",
        "shop.orders",
        "backend/python/shop/orders.py",
    ),
    "of several packages of that name the nearest one": (
        "a/app/__init__.py a/app/views.py b/app/__init__.py b/app/views.py",
        "b/manage.py",
        "app.views",
        "b/app/views.py",
    ),
    "of packages equally near the one less deep": (
        "examples/old/shop/__init__.py src/shop/__init__.py",
        "main.py",
        "shop",
        "src/shop/__init__.py",
    ),
    "a package without the module gives way to one that has it": (
        "shop/__init__.py src/shop/__init__.py src/shop/orders.py",
        "main.py",
        "shop.orders",
        "src/shop/orders.py",
    ),
    "a module beside the importing script": (
        "scripts/common.py",
        "scripts/run.py",
        "common",
        "scripts/common.py",
    ),
    "an absolute import does not begin inside of a package": (
        "shop/__init__.py shop/requests.py",
        "shop/orders.py",
        "requests",
        "",
    ),
    "a module of the standard library is not a file elsewhere": (
        "tools/logging.py",
        "src/main.py",
        "logging",
        "",
    ),
    "a module of the standard library is hidden by a file beside": (
        "tools/logging.py",
        "tools/main.py",
        "logging",
        "tools/logging.py",
    ),
    "the standard library's own sources": (
        "Lib/logging/__init__.py",
        "Lib/asyncio/log.py",
        "logging",
        "Lib/logging/__init__.py",
    ),
    "a third party's module is not ours": (
        "shop/__init__.py",
        "main.py",
        "numpy.linalg norm",
        "",
    ),
    "a namespace package": (
        "lib/acme/cloud/store.py",
        "main.py",
        "acme.cloud.store Bucket",
        "lib/acme/cloud/store.py",
    ),
    "a module taken from a namespace package": (
        "lib/acme/cloud/store.py",
        "main.py",
        "acme.cloud store",
        "lib/acme/cloud/store.py",
    ),
    "a package in a namespace package": (
        "lib/acme/cloud/__init__.py",
        "main.py",
        "acme.cloud",
        "lib/acme/cloud/__init__.py",
    ),
    "a relative import": (
        "shop/__init__.py shop/models.py",
        "shop/orders.py",
        ".models Order",
        "shop/models.py",
    ),
    "a relative import of a module by name": (
        "shop/__init__.py shop/models.py",
        "shop/orders.py",
        ". models",
        "shop/models.py",
    ),
    "a relative import of a name of the package": (
        "shop/__init__.py",
        "shop/orders.py",
        ". VERSION",
        "shop/__init__.py",
    ),
    "two dots go one package up": (
        "shop/__init__.py shop/errors.py shop/web/__init__.py",
        "shop/web/views.py",
        "..errors ShopError",
        "shop/errors.py",
    ),
    "dots in an __init__.py count from its own package": (
        "shop/web/views.py",
        "shop/web/__init__.py",
        ".views View",
        "shop/web/views.py",
    ),
    "more dots than directories": ("errors.py", "main.py", "...errors Error", ""),
    "one dot at the workspace's root": ("errors.py", "main.py", ".errors Error", "errors.py"),
    "the stub of a module comes after it": (
        "fast/__init__.py fast/codec.py fast/codec.pyi",
        "main.py",
        "fast.codec",
        "fast/codec.py fast/codec.pyi",
    ),
    "a compiled module is known by its stub": (
        "fast/__init__.py fast/codec.pyi",
        "main.py",
        "fast.codec",
        "fast/codec.pyi",
    ),
    "a package goes before a module of the same name": (
        "shop.py shop/__init__.py",
        "main.py",
        "shop",
        "shop/__init__.py",
    ),
    "a file does not import itself": ("", "shop/__init__.py", ". VERSION", ""),
    "a module that a build makes": (
        "shop/__init__.py",
        "main.py",
        "shop.pb2 Order",
        "",
    ),
}


@pytest.mark.parametrize(("tree", "importing", "written", "expected"), CASES.values(), ids=CASES)
def test_a_python_import_is_resolved(tree, importing, written, expected):
    check("python", tree, importing, written, expected)


def test_a_file_among_many_of_its_name_is_found_by_its_directory():
    tree = " ".join(f"apps/app{number:03}/settings.py" for number in range(300))
    check("python", tree, "apps/app123/main.py", "settings", "apps/app123/settings.py")
