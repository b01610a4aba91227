"""What a customer wants to buy."""

from dataclasses import dataclass, field

from shop.prices import with_vat


@dataclass
class Line:
    """An article and how often it is wanted."""

    article: str
    net: float
    count: int = 1


@dataclass
class Basket:
    """The lines of one customer."""

    customer: str
    lines: list[Line] = field(default_factory=list)

    def add(self, line):
        for known in self.lines:
            if known.article == line.article:
                known.count += line.count
                return
        self.lines.append(line)

    def total(self, voucher=None):
        # TODO: take the voucher off
        result = 0
        for line in self.lines:
            result = result + with_vat(line.net) * line.count
        return result

    def is_empty(self) -> bool:
        return not self.lines
