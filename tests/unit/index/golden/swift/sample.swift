import Foundation
import struct Catalogue.Price
@testable import Store

/// How many books a page shows.
let pageSize = 20
var sharedStore: Store<Book> = .init()
let formatter = DateFormatter()

typealias Listener<T> = (T) -> Void

/// What can be sold.
protocol Sellable: Priced, Identifiable where ID == Int {
    associatedtype Currency: Money
    var price: Price? { get set }
    func sell(_ amount: Int) throws -> Receipt
    init(title: String)
}

/// A book.
///
/// Its price is in cents.
@MainActor
public final class Book<Owner: Person>: Item, Sellable, @unchecked Sendable {
    static let shared = Book(title: "untitled")
    private(set) var title: String = ""
    weak var owner: Owner?
    let pages, chapters: Int
    private lazy var history = History(of: self)

    public var price: Price? {
        get { store.find(title)?.price }
        set { history.add(newValue) }
    }

    required init(title: String) {
        self.title = title
        super.init()
    }

    convenience init?(json: [String: Any]) {
        guard let title = json["title"] as? String else { return nil }
        self.init(title: title)
    }

    deinit {
        history.close()
    }

    // Sells so many of them.
    func sell(_ amount: Int) throws -> Receipt {
        let total = price! * amount
        func rounded(_ value: Price) -> Price { value.rounded() }
        defer { log("sold \(describe(total))") }
        return try Receipt.make(rounded(total)) { receipt in
            receipt.print()
        }
    }

    func load<Result>(from url: URL) async throws -> [Result] {
        []
    }

    subscript(page: Int) -> Page {
        pagesByNumber[page]
    }

    class func maker() -> some Maker { BookMaker() }

    enum CodingKeys: String, CodingKey {
        case title, owner = "sold_by"
    }

    struct Cursor: Equatable {
        var line = 0, column: Int = 0

        static func == (left: Cursor, right: Cursor) -> Bool {
            left.line == right.line
        }
    }
}

/** On what it is sold. */
indirect enum Format: Hashable {
    case paper(Size, binding: Binding?)
    case audio
    case bundle([Format])

    var label: String {
        switch self {
        case .paper: return "printed"
        default: return String(describing: self)
        }
    }
}

actor Registry {
    private var books: [String: Book<Person>] = [:]

    func add(_ book: Book<Person>) { books[book.title] = book }
}

extension Book: Hashable where Owner: Hashable {
    /// For sets and dictionaries.
    func hash(into hasher: inout Hasher) {
        hasher.combine(title)
    }

    var initials: String { String(title.prefix(1)) }
}

extension Store.Shelf {
    mutating func clear() { items.removeAll() }
}

func search(_ text: String, in store: Store<Book<Person>>) -> [Book<Person>] {
    store.books.filter { $0.matches(text) }.map(Book.init)
}

class Broken {
    func missing(
}
