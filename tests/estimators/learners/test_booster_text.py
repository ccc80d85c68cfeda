"""Model texts: trees of two models in one, numbered again."""

from __future__ import annotations

from churnlab.estimators.learners.booster_text import merged

_HEAD = "version=v4\ntree_sizes={}\n\n"
_TAIL = "end of trees\n\nparameters:\n[seed: 0]\n"


def test_trees_are_numbered_again_and_their_sizes_said() -> None:
    first = _HEAD.format("9 9") + "Tree=0\na\n" + "Tree=1\nb\n" + _TAIL
    second = _HEAD.format("10") + "Tree=0\ncc\n" + _TAIL.replace("0", "1")
    both = merged(first, second)
    assert both.splitlines()[:9] == [
        "version=v4",
        "tree_sizes=9 9 10",
        "",
        "Tree=0",
        "a",
        "Tree=1",
        "b",
        "Tree=2",
        "cc",
    ]
    assert both.endswith(_TAIL)


def test_three_models_become_one() -> None:
    texts = [_HEAD.format("9") + f"Tree=0\n{name}\n" + _TAIL for name in "abc"]
    assert merged(*texts) == merged(merged(*texts[:2]), texts[2])
    assert "Tree=2\nc\n" in merged(*texts)
