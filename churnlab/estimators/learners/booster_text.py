"""The text of a LightGBM model: several models become one, which LightGBM itself cannot do."""

from __future__ import annotations


def merged(*texts: str) -> str:
    """The text of a model whose trees are those of all.

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
    models = [parts(text) for text in texts]
    head, _, tail = models[0]
    trees = [tree.split("\n", 1)[1] for _, some, _ in models for tree in some]
    numbered = [f"Tree={i}\n{tree}" for i, tree in enumerate(trees)]
    sizes = "tree_sizes=" + " ".join(str(len(tree)) for tree in numbered)
    lines = [sizes if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    return "\n".join(lines) + "".join(numbered) + tail


def parts(text: str) -> tuple[str, list[str], str]:
    """Head, trees and tail of a model's text.

    >>> parts("tree_sizes=9 Tree=0 a end of trees")
    ('tree_sizes=9 ', ['Tree=0 a '], 'end of trees')
    """
    body, mark, tail = text.partition("end of trees")
    head, *trees = body.split("Tree=")
    return head, ["Tree=" + tree for tree in trees], mark + tail
