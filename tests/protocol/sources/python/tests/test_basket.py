from shop.basket import Basket, Line


def test_a_new_basket_is_empty():
    assert Basket("Ada").is_empty()
    assert Line("tea", 2.0).count == 1
