package com.example
package catalogue

import java.time.Instant
import scala.collection.mutable.{Map, ListBuffer => Buffer, _}
import com.example.store.*
import com.example.text as words, com.example.money.Price
import org.old._

/** What can be sold. */
trait Sellable extends Priced with Ordered[Sellable] {
  type Currency
  val price: Option[Price]
  def sell(amount: Int): Receipt
}

/**
 * A book.
 */
@deprecated("use Item", "2.0")
final case class Book[T](title: String, isbn: Isbn = Isbn.none)(implicit store: Store[T])
    extends Item(title) with Sellable with store.Listener {

  private val history = new History[T](this)
  var shelves: Map[String, List[Shelf]] = Map.empty
  lazy val index = Index(title)
  override val price: Option[Price] = store.find(title).map(_.price)

  def this(title: String) = this(title, Isbn.none)

  // Sells so many of them.
  def sell(amount: Int): Receipt = {
    val total = price.get * amount
    def rounded(value: Price): Price = value.round
    Receipt.of[Price](rounded(total)) match {
      case Receipt(money) => log(s"sold ${describe(money)}")
      case other: Refund => throw new SaleFailed(other)
    }
  }

  def with_[R](block: T => R): R = block(value)

  type Self = Book[T]

  class Cursor {
    var position = 0
  }
}

object Book extends Maker[Book[_]] {
  val Table = "books"

  /** A book without a title. */
  def empty: Book[String] = Book("untitled")

  implicit class Shortened(val text: String) {
    def shortened: String = text take 10
  }

  given ordering: Ordering[Book[?]] = Ordering.by(_.title)
}

package object helpers {
  def now(): Instant = Instant.now()
}

enum Format(val label: String) extends HasLabel {
  case Paper extends Format("printed")
  case Audio, Bundle
  case Scan(pages: Int)

  def describe: String = label
}

extension (text: String)
  /** The first words. */
  def firstWords(count: Int): String = text.split(" ").take(count).mkString
  def isTitle: Boolean = text.head.isUpper

extension [T](books: List[Book[T]])
  def second: Book[T] = books(1)

val pageSize = 20
var clock: Clock = new Clock
type Listener[T] = T => Unit
opaque type BookId = Int

class Registry(config: Config, private val store: Store[Any]):
  def close(): Unit =
    store.close()
    books foreach remove

given Show[Isbn] with
  def show(isbn: Isbn): String = isbn.text

@main def run(arguments: String*): Unit =
  Registry(Config.default, Store()).close()

class Broken {
  def missing(
}
