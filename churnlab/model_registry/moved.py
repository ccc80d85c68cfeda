"""Stores that were moved or copied: MLflow's database holds whole addresses of artifacts.

What is read goes by `Address.here`. Before something is written, the addresses in the database are
set to where the folder is now, so that MLflow's own tools find what a moved store holds, and a copy
writes nothing into the store that it was copied from.
"""

from __future__ import annotations

import sqlalchemy

from churnlab.model_registry.address import ARTIFACTS, Address

_END = f"/{ARTIFACTS}"
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def settle(address: Address, noted: str) -> bool:
    """Set the addresses in a folder's database to its present place; whether any was another.

    `noted` is where MLflow would put the artifacts of the experiment.

    >>> settle(Address.of("https://mlflow.shop"), "s3://runs")
    False
    """
    now = address.artifacts
    if address.folder is None or now is None or noted == now or not noted.endswith(_END):
        return False
    engine = sqlalchemy.create_engine(address.uri, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for table, column in _COLUMNS:
            changed = f"UPDATE {table} SET {column} = :now || substr({column}, :length) "
            where = f"WHERE {column} = :old OR substr({column}, 1, :length) = :below"
            values = {"now": now, "old": noted, "length": len(noted) + 1, "below": f"{noted}/"}
            connection.execute(sqlalchemy.text(changed + where), values)
    return True
