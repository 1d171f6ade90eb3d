"""Questions: arrays and tables in, tables out; no file is opened and nothing is drawn here."""
