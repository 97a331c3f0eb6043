"""What is printed as YAML."""

from typing import Any

import yaml


def yaml_text(data: Any) -> str:
    """Data as YAML, without an end of line at its end."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True).rstrip()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, below a `|`, where YAML can."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)
