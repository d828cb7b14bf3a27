"""Whether an output may feed an input, by the definitions of their kinds (PROTOCOL.md §3, §4)."""

from __future__ import annotations

from sync.wire.packets import ANY, PASSTHROUGH, input_for, output_for, type_id
from sync.wire.pipeline import Connection, NodeDefinition

__all__ = ["mismatch"]


def mismatch(connection: Connection, source: NodeDefinition, target: NodeDefinition) -> str | None:
    """Why the connection cannot be made, or None.

    Details such as pixel formats do not count: all pictures here are of one format. An output that the definition
    does not name is the running node's business.
    """
    pin = input_for(target.inputs, connection.to_pin)
    if pin is None:
        return f"there is no input pin {connection.to_pin}"
    produced = output_for(source.outputs, connection.from_pin)
    given = ANY if produced is None else type_id(produced.produces_type)
    accepted = {type_id(each) for each in pin.accepts_types}
    if given in (ANY, PASSTHROUGH) or ANY in accepted or given in accepted:
        return None
    return f"{given} is not what the input takes"
