"""The faces: the chat in the browser, the command line, the routes beside them."""
