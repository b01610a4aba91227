"""Orders: what a customer takes home and what it costs."""

from catalogue import Catalogue


class Order:
    """A basket of titles, checked against a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.titles: list[str] = []

    def put(self, title: str) -> bool:
        """Put a title into the basket; False if the shop does not have it."""
        book = self.catalogue.find(title)
        if book is None or book.copies == 0:
            return False
        book.copies -= 1
        self.titles.append(title)
        return True

    def total_cents(self) -> int:
        total = 0
        for title in self.titles:
            book = self.catalogue.find(title)
            if book is not None:
                total += book.price_cents
        return total


def format_price(cents):
    return "$" + str(cents / 100)
