"""Languages whose imports are paths or follow from paths: Rust, C, Ruby, Lua, shell."""

import pytest

from tests.unit.index.resolving import check

CARGO = {
    "Cargo.toml": '[workspace]\nmembers = ["core", "app"]\n',
    "core/Cargo.toml": '[package]\nname = "shop-core"\n',
    "app/Cargo.toml": '[package]\nname = "app"\n[dependencies]\n'
    'base = { package = "shop-core", path = "../core" }\n'
    'json = { package = "serde-json", version = "1" }\nfar = { path = "../../far" }\n',
}
RUST_TREE = """
    core/src/lib.rs core/src/orders.rs core/src/orders/item.rs core/src/orders/state/mod.rs
    core/src/web/mod.rs core/src/web/views.rs core/tests/orders.rs core/tests/common/mod.rs
    app/src/main.rs app/src/settings.rs app/src/bin/import.rs
"""
RUST_CASES = {
    "from the crate": ("core/src/web/views.rs", "crate::orders Order", "core/src/orders.rs"),
    "a module inside of a module": (
        "core/src/web/mod.rs",
        "crate::orders::item Item",
        "core/src/orders/item.rs",
    ),
    "a module as a directory": ("core/src/lib.rs", "crate::web View", "core/src/web/mod.rs"),
    "the name is the module": ("core/src/lib.rs", "crate::orders item", "core/src/orders/item.rs"),
    "everything of a module": ("core/src/web/mod.rs", "crate::orders *", "core/src/orders.rs"),
    "a name of the crate itself": ("core/src/orders.rs", "crate VERSION", "core/src/lib.rs"),
    "an own module": ("core/src/orders.rs", "self::item Item", "core/src/orders/item.rs"),
    "an own module without self": ("core/src/orders.rs", "item Item", "core/src/orders/item.rs"),
    "an own module of a mod.rs": ("core/src/web/mod.rs", "self::views", "core/src/web/views.rs"),
    "the module above": ("core/src/orders/item.rs", "super Order", "core/src/orders.rs"),
    "a module beside": (
        "core/src/orders/item.rs",
        "super::state State",
        "core/src/orders/state/mod.rs",
    ),
    "two modules above": (
        "core/src/orders/state/mod.rs",
        "super::super::web",
        "core/src/web/mod.rs",
    ),
    "the crate's root from a module": ("core/src/orders.rs", "super VERSION", "core/src/lib.rs"),
    "mod of the crate's root": ("core/src/lib.rs", "orders", "core/src/orders.rs"),
    "mod of a directory": ("core/src/lib.rs", "web", "core/src/web/mod.rs"),
    "mod of a file in a directory of its own": (
        "core/src/orders.rs",
        "state",
        "core/src/orders/state/mod.rs",
    ),
    "mod of a test": ("core/tests/orders.rs", "common", "core/tests/common/mod.rs"),
    "a crate of the workspace": (
        "app/src/main.rs",
        "shop_core::orders Order",
        "core/src/orders.rs",
    ),
    "a name of a crate of the workspace": ("app/src/main.rs", "shop_core Error", "core/src/lib.rs"),
    "a crate of the workspace under another name": (
        "app/src/main.rs",
        "base::orders Order",
        "core/src/orders.rs",
    ),
    "a crate from elsewhere under another name": ("app/src/main.rs", "json::settings", ""),
    "a crate outside of the workspace": ("app/src/main.rs", "far::settings", ""),
    "the crate under test": ("core/tests/orders.rs", "shop_core::web", "core/src/web/mod.rs"),
    "a binary beside is its own crate": ("app/src/bin/import.rs", "crate::settings", ""),
    "the standard library": ("app/src/main.rs", "std::collections HashMap", ""),
    "a raw name": ("core/src/lib.rs", "crate::r#web", "core/src/web/mod.rs"),
}


@pytest.mark.parametrize(("importing", "written", "expected"), RUST_CASES.values(), ids=RUST_CASES)
def test_a_rust_path_is_resolved(importing, written, expected):
    check("rust", RUST_TREE, importing, written, expected, config_texts=CARGO)


def test_a_rust_crate_without_its_cargo_file_has_modules_all_the_same():
    check("rust", "src/lib.rs src/a/b.rs", "src/a/c.rs", "crate::a::b X", "src/a/b.rs")


C_CASES = {
    "beside the file": ("src/a.h lib/a.h", "src/a.c", "a.h", "src/a.h"),
    "a path from the file": ("inc/a.h", "src/a.c", "../inc/a.h", "inc/a.h"),
    "in an include directory": ("include/acme/a.h", "src/a.c", "acme/a.h", "include/acme/a.h"),
    "in angle brackets": ("include/acme/a.h", "src/a.c", "<acme/a.h>", "include/acme/a.h"),
    "of several the nearest first": (
        "x/include/a.h y/include/a.h",
        "y/src/a.c",
        "a.h",
        "y/include/a.h x/include/a.h",
    ),
    "an end that is only part of a name": ("include/data.h", "src/a.c", "a.h", ""),
    "a header of that name in another directory": ("lib/b/a.h", "src/a.c", "<acme/a.h>", ""),
    "a header of the C library": ("src/string.h", "src/a.c", "<string.h>", ""),
    "a header of the C++ library": ("src/a.h", "src/a.cc", "<vector>", ""),
    "an own header named like one of the library": (
        "src/string.h",
        "src/a.c",
        "string.h",
        "src/string.h",
    ),
    "quotes that stand in the facts": ("src/a.h", "src/a.c", '"a.h"', "src/a.h"),
    "a path from another directory": ("lib/inc/a.h", "src/a.c", "../inc/a.h", "lib/inc/a.h"),
}


@pytest.mark.parametrize(
    ("tree", "importing", "written", "expected"), C_CASES.values(), ids=C_CASES
)
def test_an_include_is_resolved(tree, importing, written, expected):
    check("cpp", tree, importing, written, expected)


OTHERS = {
    "a Ruby file beside": ("ruby", "lib/shop/a.rb", "lib/shop/b.rb", "a", "lib/shop/a.rb"),
    "a Ruby file above": ("ruby", "lib/a.rb", "lib/shop/b.rb", "../a", "lib/a.rb"),
    "a Ruby library": ("ruby", "lib/shop/a.rb", "spec/a_spec.rb", "shop/a", "lib/shop/a.rb"),
    "a Ruby gem": ("ruby", "lib/shop.rb", "spec/a_spec.rb", "rspec", ""),
    "a Lua module": ("lua", "lua/shop/a.lua", "plugin/x.lua", "shop.a", "lua/shop/a.lua"),
    "a Lua package": ("lua", "lua/shop/init.lua", "plugin/x.lua", "shop", "lua/shop/init.lua"),
    "no Lua module": ("lua", "lua/.lua", "plugin/x.lua", "", ""),
    "a script beside": ("bash", "bin/lib.sh", "bin/run.sh", "./lib.sh", "bin/lib.sh"),
    "a script from the root": (
        "bash",
        "bin/lib.sh",
        "ci/run.sh",
        "bin/lib.sh",
        "bin/lib.sh",
    ),
    "a script in a directory by variable": (
        "bash",
        "bin/lib.sh",
        "bin/run.sh",
        "$HERE/lib.sh",
        "bin/lib.sh",
    ),
    "a script in a directory by expression": (
        "bash",
        "bin/lib.sh",
        "bin/run.sh",
        "${BASH_SOURCE[0]%/*}/lib.sh",
        "bin/lib.sh",
    ),
    "a script in a directory in quotes": (
        "bash",
        "bin/lib.sh",
        "bin/run.sh",
        '"$HERE"/"lib.sh"',
        "bin/lib.sh",
    ),
    "a script from a directory above": (
        "bash",
        "tools/lib/log.sh",
        "ci/run.sh",
        "lib/log.sh",
        "tools/lib/log.sh",
    ),
    "a script of the system": ("bash", "bin/a.sh", "bin/run.sh", "/etc/profile", ""),
    "Swift sees its module without importing files": ("swift", "b.swift", "a.swift", "b", ""),
}


@pytest.mark.parametrize(
    ("language", "tree", "importing", "written", "expected"), OTHERS.values(), ids=OTHERS
)
def test_a_path_is_resolved(language, tree, importing, written, expected):
    check(language, tree, importing, written, expected)
