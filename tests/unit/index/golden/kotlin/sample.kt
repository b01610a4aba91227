@file:JvmName("Catalogue")

package com.example.catalogue

import java.time.Instant
import kotlinx.coroutines.flow.*
import com.example.store.Repository as Store

/** How many books a page shows. */
const val PAGE_SIZE = 20

val defaultStore: Store<Book> = Store("books")
private var clock = Clock()

typealias Listener<T> = (T) -> Unit

/**
 * What can be sold.
 */
sealed interface Sellable : Priced, Comparable<Sellable> {
    val price: Money?

    fun sell(amount: Int): Receipt
}

/** A book. */
@Serializable
@Table("books")
data class Book<T : Any>(
    val title: String,
    @Json(name = "isbn") private var isbn: Isbn? = null,
    pages: Int,
) : Item(title), Sellable, Logger by ConsoleLogger() {

    override val price: Money?
        get() = store.find(title)?.price

    private val history = History(this)
    lateinit var shelves: Map<String, List<Shelf>>
    val summary by lazy { summarise(title) }

    constructor(title: String) : this(title, null, 0) {
        history.add(title)
    }

    init {
        require(title.isNotBlank()) { "a book has a title" }
    }

    // Sells so many of them.
    override fun sell(amount: Int): Receipt {
        val total = price!! * amount
        fun rounded(money: Money) = money.round()
        return Receipt.of(rounded(total), onDone = object : Callback<Book<T>> {
            override fun done(book: Book<T>) {
                println("sold $book ${describe(book)}")
            }
        })
    }

    suspend fun <R> with(block: suspend (T) -> R): R? = block(value as T)

    inner class Cursor {
        var position = 0
    }

    companion object Factory : Maker<Book<*>> {
        const val TABLE = "books"

        @JvmStatic
        fun make(): Book<String> = Book("untitled")
    }
}

enum class Format(val label: String) : HasLabel {
    /** On paper. */
    PAPER("printed"),
    AUDIO("read aloud") {
        override fun describe() = "audio"
    };

    open fun describe(): String = label
}

object Registry : Closeable {
    private val books = mutableListOf<Book<*>>()

    override fun close() {
        books.clear()
    }
}

annotation class Experimental

fun interface Accept {
    fun accepts(book: Book<*>): Boolean
}

/** Shortens a title. */
fun String.shortened(length: Int = 10): String = take(length)

val List<Book<*>>.second: Book<*>
    get() = this[1]

fun <T> Store<T>?.orEmpty(): Store<T> = this ?: Store()

fun main(arguments: Array<String>) {
    val book: Sellable = Book<Int>(arguments.first())
    when (book) {
        is Book<*> -> Registry.run { add(book) }
        else -> throw UnknownBook()
    }
    listOf(book).map(::describe).forEach { it.sell(1) }
}

class Broken {
    fun missing(
}
