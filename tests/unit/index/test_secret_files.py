"""Which names are those of secrets: kept out of the index, and of prompts."""

import pytest

from qwen_lsp.index.paths import Rules
from qwen_lsp.index.secret_files import is_secret
from tests.unit.index.repository import walked, write


@pytest.mark.parametrize(
    "path",
    [
        *(".env", "x/.env.local", ".ENV", "prod.env", ".envrc", ".envs/.production/.django"),
        *("server.pem", "a/tls.key", "id_rsa", "id_rsa.pub", "id_ed25519_work", "a.p12", "a.pfx"),
        *("release.jks", "debug.keystore", ".netrc", "_netrc", ".npmrc", ".pypirc", ".htpasswd"),
        *("credentials", "credentials.json", "secrets.yaml", "secrets.yml", "secret.toml"),
        *("secrets.prod.json", ".secrets.toml", "credentials.yml.enc", "client_secret_12.json"),
        *("service-account.json", "my-service_account-1.json", "x-firebase-adminsdk-1.json"),
        *(
            "terraform.tfvars",
            "prod.tfvars.json",
            "terraform.tfstate",
            "kubeconfig",
            "a.kubeconfig",
        ),
        *(".aws/config", "home/.ssh/config", ".gnupg/x", ".kube/config", ".git-credentials"),
    ],
)
def test_a_secret_is_known_by_its_name(tmp_path, path):
    assert is_secret(path)
    assert is_secret(f"/home/user/{path}")
    write(tmp_path, {path: "x"})
    rules = Rules(tmp_path, {"HOME": str(tmp_path / "nobody"), "GIT_CONFIG_NOSYSTEM": "1"})
    files, skipped = walked(rules)
    assert not files
    assert skipped == {"secret": 1}
    assert not rules.is_indexed(path)


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.sample", ".env.production.template", "example.env", "env.py"),
        *("secrets.py", "src/credentials.ts", "secret.go", "secrets/store.rs", "id_rsa_test.go"),
        *(
            "keys.py",
            "monkey.md",
            "environment.yml",
            ".envoy.yaml",
            "keystore.java",
            "secretary.txt",
        ),
        *("secrets.yml.example", "account.json", "aws/config.py", "credentials.d.ts", "README.md"),
    ],
)
def test_what_only_sounds_like_a_secret_is_none(path):
    assert not is_secret(path)
