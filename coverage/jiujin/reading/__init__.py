"""Everything that opens a file: each reader returns what it read and every problem that it met."""
