"""The text of a LightGBM model: two models become one, which LightGBM itself cannot do."""

from __future__ import annotations


def merged(first: str, second: str) -> str:
    """The text of a model whose trees are those of both.

    tests/estimators/learners/test_boosting.py checks that the installed LightGBM reads such a text.

    >>> print(merged("tree_sizes=9\\nTree=0\\na\\nend of trees\\n", "Tree=0\\nb\\nend of trees\\n"))
    tree_sizes=9 9
    Tree=0
    a
    Tree=1
    b
    end of trees
    <BLANKLINE>
    """
    head, trees, tail = _parts(first)
    _, more, _ = _parts(second)
    both = [f"Tree={i}\n" + tree.split("\n", 1)[1] for i, tree in enumerate(trees + more)]
    sizes = "tree_sizes=" + " ".join(str(len(tree)) for tree in both)
    lines = [sizes if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return "\n".join(lines) + "".join(both) + tail


def _parts(text: str) -> tuple[str, list[str], str]:
    """Head, trees and tail of a model's text."""
    body, mark, tail = text.partition("end of trees")
    head, *trees = body.split("Tree=")
    return head, ["Tree=" + tree for tree in trees], mark + tail
