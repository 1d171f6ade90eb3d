"""Everything that writes for people: pages, workbooks, tables, sheets of a map."""
