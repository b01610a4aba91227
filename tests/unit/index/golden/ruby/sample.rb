# frozen_string_literal: true

require "json"
require "net/http"
require_relative "catalogue/price"
load "tasks/setup.rb"

# Everything that has to do with the shop.
module Shop
  # How often a request is tried.
  MAX_TRIES = 3
  CLIENT = Net::HTTP.new("localhost")

  NotFound = Class.new(StandardError)

  # A place on the map.
  Point = Struct.new(:latitude, :longitude) do
    # Metres to another place.
    def distance_to(other)
      Geometry::Distance.between(self, other)
    end
  end

  # A book that can be ordered.
  #
  # Prices are in cents.
  class Book < Catalogue::Item
    include Comparable
    include Enumerable, Catalogue::Priced
    extend Forwardable

    attr_accessor :title, :price
    attr_reader :isbn

    FORMATS = %w[paper audio].freeze
    @@count = 0

    class << self
      def from_json(text)
        new(**JSON.parse(text, symbolize_names: true))
      end
    end

    def self.find(isbn)
      STORE.fetch(isbn) { raise NotFound, "no #{describe(isbn)}" }
    end

    # @param title [String]
    def initialize(title:, isbn:, price: 0)
      @title = title
      @isbn = isbn
      @history = History.new(self)
      @@count += 1
    end

    def <=>(other) = title <=> other.title

    def price=(cents)
      @history.add(cents)
      @price = cents
    end

    def discounted?
      @discounted ||= Discount::Finder.new
      price < list_price
    rescue Catalogue::Missing, ArgumentError => e
      warn e.message
      false
    end

    alias cheap? discounted?
    alias_method :to_str, :title

    define_method(:to_s) { "#{title} (#{isbn})" }

    private

    def each(&block)
      total = 0
      pages.each do |page|
        block.call(page)
        total += 1
      end
      total
    end
  end

  class Catalogue::Shelf
    HANDLERS = { book: Book, map: Map }.freeze

    def put(item)
      case item
      when Book then items << item
      end
    end
  end
end

def main(arguments)
  shelf = Shop::Catalogue::Shelf.new
  shelf.put(Shop::Book.find(arguments.first))
end

class Unfinished
  def broken(
end
