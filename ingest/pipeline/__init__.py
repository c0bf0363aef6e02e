"""One file from bytes to a published change; folders kept in step; everything indexed anew."""
