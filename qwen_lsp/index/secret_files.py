"""Which files look like secrets, by their names.

They are neither indexed nor put into a prompt. A name that is wrongly taken for a secret costs a
file that few would search; one that is missed can end in a suggestion. Source files are no secrets
whatever they are called.
"""

import re

_FOLDERS = frozenset({".aws", ".azure", ".env", ".envs", ".gnupg", ".kube", ".secrets", ".ssh"})
_NAMES = frozenset(
    {
        ".boto",
        ".dockercfg",
        ".envrc",
        ".git-credentials",
        ".htpasswd",
        ".my.cnf",
        ".netrc",
        ".npmrc",
        ".pgpass",
        ".pypirc",
        ".s3cfg",
        ".terraformrc",
        ".vault-token",
        ".yarnrc.yml",
        "_netrc",
        "application_default_credentials.json",
        "client_secret.json",
        "kubeconfig",
        "local.settings.json",
        "rclone.conf",
        "rootkey.csv",
        "terraform.rc",
        "token.json",
    }
)
_ENDINGS = (
    ".env",
    ".jks",
    ".kdbx",
    ".key",
    ".keystore",
    ".keytab",
    ".kubeconfig",
    ".ovpn",
    ".p12",
    ".p8",
    ".pem",
    ".pfx",
    ".ppk",
    ".tfstate",
    ".tfstate.backup",
    ".tfvars",
    ".tfvars.json",
    "_accesskeys.csv",
)
_DATA = r"(\.(cfg|conf|csv|enc|env|ini|json|properties|toml|txt|xml|ya?ml))*"
_PATTERNS = re.compile(
    r"\.env[._-].*"
    r"|id_(rsa|dsa|ecdsa|ed25519)(_sk)?([_-][\w-]*)?(\.(bak|old|pub))?"
    rf"|\.?(credentials?|secrets?)([._-](dev|development|local|prod|production|staging|test))?{_DATA}"
    r"|client_secret.*\.json"
    r"|.*service[._-]?account.*\.json"
    r"|.*firebase-adminsdk.*\.json"
)
# These begin like secrets, and are there to be read.
_HARMLESS = re.compile(
    r".*\.(example|sample|template|dist|tmpl|tpl|defaults|schema|[jt]s|py|rb|sh)"
)
# Only names with one of these inside can match a pattern; asking for them first saves a lot.
_HINT = re.compile(r"\.env|id_|credential|secret|account|adminsdk")


def is_secret(path: str) -> bool:
    """Say whether a file looks like a secret; `path` has forward slashes, relative or not."""
    *folders, name = path.split("/")
    return is_secret_name(name) or any(map(is_secret_folder, folders))


def is_secret_folder(name: str) -> bool:
    """Say whether everything in a folder of this name counts as secret."""
    return name.lower() in _FOLDERS


def is_secret_name(name: str) -> bool:
    """Say whether a file of this name looks like a secret wherever it is."""
    name = name.lower()
    if name in _NAMES:
        return True
    if name.endswith(_ENDINGS):
        return not name.startswith(("example.", "sample.", "template."))
    if not _HINT.search(name):
        return False
    return bool(_PATTERNS.fullmatch(name)) and not _HARMLESS.fullmatch(name)
