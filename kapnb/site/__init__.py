"""The pages as a folder of files, or as one file: Python runs in the reader's browser, and no server is needed."""
