"""Routes beside the pages: files in, pictures of pages out."""
