"""The subcommands of ``layerdesk``: each has ``run(argv) -> exit code`` and imports Qt late or never."""
