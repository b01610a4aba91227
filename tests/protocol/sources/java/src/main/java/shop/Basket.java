package shop;

import java.util.ArrayList;
import java.util.List;

/** What a customer wants to buy. */
public class Basket {
    /** An article and how often it is wanted. */
    public record Line(String article, double net, int count) {}

    private final List<Line> lines = new ArrayList<>();

    public void add(Line line) {
        lines.add(line);
    }

    public double total(Double voucher) {
        // TODO: take the voucher off
        double result = 0;
        for (Line line : lines) {
            result = result + Prices.withVat(line.net()) * line.count();
        }
        return result;
    }

    public boolean isEmpty() {
        return lines.isEmpty();
    }
}
