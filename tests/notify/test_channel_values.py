import pytest

from notify.channel import mask


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+8613800138000", "138****8000"),
        ("13800138000", "138****8000"),
        ("whatsapp:+8613800138000", "138****8000"),
        ("+15005550006", "150****0006"),
        ("+8525551234", "85****34"),
        ("12345", "****"),
        ("", "****"),
        ("lihua@example.com", "l****@example.com"),
    ],
)
def test_mask_hides_the_middle(address: str, shown: str) -> None:
    assert mask(address) == shown
