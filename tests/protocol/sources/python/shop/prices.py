"""What things cost."""

VAT = 0.19


def with_vat(net: float, rate: float = VAT) -> float:
    """Add the tax.

    Rounded to cents.
    """
    if net < 0:
        raise ValueError(f"A price below nothing: {net}")
    gross = net * (1 + rate)
    return round(gross, 2)
