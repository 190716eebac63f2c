"""The command line: one verb a file; heavy libraries are imported after the arguments are parsed."""
