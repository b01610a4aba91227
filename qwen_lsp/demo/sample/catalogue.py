"""The books of a small shop."""

from dataclasses import dataclass


@dataclass
class Book:
    """A title on the shelf; the price is in cents."""

    title: str
    author: str
    price_cents: int
    copies: int = 1


class Catalogue:
    """All books, by title."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    def add(self, book: Book) -> None:
        """Put a book on the shelf, or more copies of one that is there."""
        existing = self._books.get(book.title)
        if existing is None:
            self._books[book.title] = book
        else:
            existing.copies += book.copies

    def find(self, title: str) -> Book | None:
        """Return the book with this title, None if the shop has none."""
        return self._books.get(title)

    def by_author(self, author: str) -> list[Book]:
        """Return all books by one author, cheapest first."""
        found = [book for book in self._books.values() if book.author == author]
        return sorted(found, key=lambda book: book.price_cents)
