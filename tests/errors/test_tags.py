"""What is said of a tag that cannot be used."""

from __future__ import annotations

from churnlab.errors.tags import TagError


def test_each_says_what_was_given_and_what_to_do() -> None:
    no = TagError.from_text("acts", "it is no condition")
    assert str(no) == (
        "the condition 'acts' cannot be read: it is no condition; write it like active[28] >= 12"
    )
    assert str(TagError.from_named("keen", no)).startswith("tag 'keen': the condition 'acts'")
    assert "did you mean 'acts'" in str(TagError.from_measure("act[7] > 1", "act", ["acts"]))
    assert "give texts" in str(TagError.from_no_text("keen", 5))
    assert "[[tags]]" in str(TagError.from_none())
