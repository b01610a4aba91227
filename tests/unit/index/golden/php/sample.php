<?php

declare(strict_types=1);

namespace App\Catalogue;

use App\Http\Request;
use App\Store\Repository as Store;
use App\Models\{Author, Publisher as House, Tags\Tag};
use Stringable;
use function App\Text\slug;
use const App\Text\LONGEST_SLUG;

require 'bootstrap.php';
require_once __DIR__ . '/legacy/functions.php';
include_once('optional.php');

const PAGE_SIZE = 20, MAX_PAGES = 5;
define('LEGACY_MODE', true);

$store = new Store('books');

/**
 * What can be sold.
 */
interface Sellable extends Priced, \Countable
{
    const CURRENCY = 'EUR';

    public function price(int $amount): Money;
}

trait Logs
{
    protected ?Logger $logger = null;

    /** Writes one line. */
    protected function log(string $message): void
    {
        $this->logger?->info($message);
    }
}

enum Format: string implements HasLabel
{
    case Paper = 'paper';
    case Audio = 'audio';

    const Usual = self::Paper;

    public function label(): string
    {
        return match ($this) {
            self::Paper => 'Printed',
            self::Audio => 'Read aloud',
        };
    }
}

/**
 * A book.
 *
 * @template T
 */
#[Entity('books')]
final class Book extends Model implements Sellable, Stringable
{
    use Logs, Concerns\HasTags;

    public const string TABLE = 'books';

    private static int $count = 0, $failed;
    public readonly Format $format;
    protected $cache;

    public function __construct(
        private readonly Store $store,
        protected string $title = '',
        int $pages = 0,
    ) {
        parent::__construct();
        self::$count++;
        $this->format = Format::Usual;
    }

    // How much it costs.
    public function price(int $amount): Money
    {
        try {
            $found = $this->store->find($this->title) ?? new Money(0);
        } catch (NotFound | Timeout $error) {
            $this->log($error->getMessage());
            return Money::zero(Money::EUR);
        }
        return $found instanceof Money ? $found->times($amount) : \App\Money\convert($found);
    }

    abstract protected function shelf(): string|int;

    public function __toString(): string
    {
        return slug($this->title);
    }
}

/** Finds books by a part of their title. */
function search(Request $request, callable $accept = null): array
{
    $books = array_filter(all_books(), fn (Book $book) => $accept($book));
    $local = new Book(new Store('x'));
    return array_map(function ($book) { return render($book); }, $books);
}

class Broken {
    public function missing(
}
