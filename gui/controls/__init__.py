"""The control panel that a pipeline's author declared for its operators."""
