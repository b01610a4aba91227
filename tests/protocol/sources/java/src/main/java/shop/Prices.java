package shop;

/** What things cost. */
public final class Prices {
    public static final double VAT = 0.19;

    private Prices() {}

    /** Adds the tax, rounded to cents. */
    public static double withVat(double net) {
        if (net < 0) {
            throw new IllegalArgumentException("A price below nothing: " + net);
        }
        double gross = net * (1 + VAT);
        return Math.round(gross * 100) / 100.0;
    }
}
